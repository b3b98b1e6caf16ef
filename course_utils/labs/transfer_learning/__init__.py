"""What lab 07 needs."""
