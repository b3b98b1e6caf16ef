"""The instructor's side: hooks into nbgrader and everything that reads or writes a gradebook.

Lessons never import from here.
"""
