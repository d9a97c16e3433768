"""From the history of a repository to what a model, or no model, can learn of it; each step proved in the sandbox."""
