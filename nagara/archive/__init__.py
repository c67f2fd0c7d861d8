"""A whole city in one file, to move it from one installation to another with nothing lost.

``contents`` says which tables are in it and why others are not; ``writing`` makes the file, ``reading`` takes it in.
"""
