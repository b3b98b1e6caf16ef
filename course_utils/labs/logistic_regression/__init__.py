"""What lab 04 needs."""
