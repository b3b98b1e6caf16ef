"""One folder a lab: all that it alone needs."""
