"""Pictures of a problem: checked by content, re-encoded without what they tell of their maker, kept, shown.

``checking`` and ``origin`` are pure; ``storage`` keeps bytes; ``keeping`` keeps the rows; ``darkroom`` works
off the event loop, a few pictures at a time.
"""
