"""What a check may say, and how it reaches what a student handed over, here or in another process."""
