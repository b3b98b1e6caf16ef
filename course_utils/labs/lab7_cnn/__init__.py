"""What lab 06 needs."""
