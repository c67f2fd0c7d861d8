"""What a city cannot change unseen: a daily Merkle root over the heads of all its requests' chains.

``sealing`` makes the roots, ``handing`` gives them to the network, ``checking`` walks them, ``proving`` shows
that one request is in them, and ``proof`` - which needs nothing but Python - lets anybody check that.
"""
