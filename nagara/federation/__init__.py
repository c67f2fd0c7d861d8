"""Cities that run their own Nagara: what they sign, and how the network takes it in.

``bundle`` is the form of what is sent, ``signing`` its signature, ``exporting`` makes one from a city's own
database; ``door`` opens what arrives, ``plausible`` holds it against what was known, ``merging`` puts it where
hosted cities' figures stand, and ``registry`` knows the keys.
"""
