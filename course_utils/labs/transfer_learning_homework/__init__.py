"""What lab 07's homework needs."""
