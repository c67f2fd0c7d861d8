"""From a draft to the public: how a network report is looked at, answered, endorsed, approved and released.

``path`` is the pure table of moves, ``offices`` who holds which office for how long, ``walking`` makes a move,
``comments`` what cities and countries say of their figures, ``seeing`` what of a report each may see before its
release.
"""
