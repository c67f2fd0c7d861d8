"""Another body's back-end as the owner of some requests: sent on, followed, told of what happens here.

``finding`` lays down what is to be sent, ``forms`` writes it in their words, ``sending`` sends it - once, whoever
is killed in between. ``pulling`` asks what they did and ``receiving`` takes what they send; ``applying`` makes
either a move of our request, once by its key. ``telling`` says what happens here. ``destinations`` leaves a system
alone that does not answer; ``showing`` is what staff see, with "send again".

The promise stays ours: no word of theirs stops its clock, and a closing of theirs is an event by
``external_system``, told to the resident like any other.
"""
