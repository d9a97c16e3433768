"""The room of deliveries: what was found is brought to where people read, and nothing is lost on the way."""
