"""What lab 02 needs."""
