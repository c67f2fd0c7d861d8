"""The map's side of a city: vector tiles, and features for geographic information systems.

Everything here shows what the public may see, at the positions the public is shown.
"""
