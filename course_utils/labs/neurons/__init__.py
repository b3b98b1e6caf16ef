"""What lab 01 needs."""
