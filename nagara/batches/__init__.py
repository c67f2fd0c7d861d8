"""What takes longer than an answer may: one move over many requests and its undoing, a list taken out as a file.

What is to be done stands in the database; a timer looks there. So a worker may be killed at any time, and the
next tick goes on where it stopped.
"""
