"""What lab 03 needs."""
