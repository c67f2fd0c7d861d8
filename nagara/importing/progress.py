"""Shows how far an import is: a moving bar on a terminal, a line every tenth elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

OnProgress = Callable[[int, int], None]
"""Called with rows done and rows in all, after every chunk."""


def unseen(done: int, total: int) -> None:
    """Shows nothing."""


@contextmanager
def shown_on(console: Console, what: str) -> Iterator[OnProgress]:
    """A function to call with rows done and in all; the bar is gone when the block ends."""
    if not console.is_terminal:
        yield _lines(console, what)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows,"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines(console: Console, what: str) -> OnProgress:
    said = 0

    def say(done: int, total: int) -> None:
        nonlocal said
        tenths = 10 * done // total if total else 10
        if tenths > said:
            said = tenths
            console.print(f"{what}: {done:,} of {total:,} rows", highlight=False, soft_wrap=True)

    return say
