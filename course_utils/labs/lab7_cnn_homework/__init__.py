"""What lab 06's homework needs."""
