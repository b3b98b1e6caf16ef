"""The labs: each folder holds all that one lab needs, and knows no other lab."""
