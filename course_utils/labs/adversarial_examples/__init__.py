"""What lab 08 needs."""
