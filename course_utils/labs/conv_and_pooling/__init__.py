"""What lab 05 needs."""
