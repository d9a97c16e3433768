"""What a language model is asked to do: programs for DSPy, each with a twin that needs no model."""
