"""Files of what the public may see of a city's requests: made at night, kept by day, described for people and programs.

Nothing in them was written by anybody: codes, times, places on a grid, names from the city's configuration.
"""
