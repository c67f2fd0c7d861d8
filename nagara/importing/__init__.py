"""History of another system comes in, at the times stated there.

A row is read to a ``StatedHistory`` (by a mapping file: ``snapshots``; Nagara's own table: ``table``), then
placed, routed and promised as of its own receipt (``living``) and written with its events, in chunks
(``writing``, ``run``). A request is imported once for each (city, source, source_id): a later run skips and
counts what is there, *also where the source has since changed its state* - from the first import on, Nagara's
own history of a request is the one that counts.

A request still open is put on the ladder where it stands, so that the ordinary sweep picks it up. Of one
that another body is to act on, or that was closed, nothing is due.
"""

from nagara.importing.progress import OnProgress, shown_on
from nagara.importing.run import import_file, import_histories
from nagara.importing.stated import Because, NotTaken, Reject, StatedHistory, StatedMove, UnreadableFile
from nagara.importing.summary import ImportSummary

__all__ = [
    "Because",
    "ImportSummary",
    "NotTaken",
    "OnProgress",
    "Reject",
    "StatedHistory",
    "StatedMove",
    "UnreadableFile",
    "import_file",
    "import_histories",
    "shown_on",
]
