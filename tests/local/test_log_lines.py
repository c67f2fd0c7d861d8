from __future__ import annotations

import asyncio
import io
import re

import pytest

from nagara.local.log_lines import LONGEST_LINE_BYTES, LogLines, plain


def shown(*chunks: bytes, end: bool = True) -> list[str]:
    """The bodies of the lines that come of these pieces of output."""
    stream = io.StringIO()

    async def copy() -> None:
        output = asyncio.StreamReader()
        for chunk in chunks:
            output.feed_data(chunk)
        output.feed_eof()
        await LogLines(stream).copy("api", output)

    asyncio.run(copy())
    lines = stream.getvalue().splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d api      \| ", line) for line in lines)
    return [line.split(" | ", 1)[1] for line in lines]


def test_lines_are_whole_however_they_arrive() -> None:
    assert shown(b"one\ntw", b"o\nthree") == ["one", "two", "three"]


def test_letters_cut_in_the_middle_stay_whole() -> None:
    khmer = "ភ្នំពេញ".encode()
    assert shown(khmer[:4], khmer[4:] + b"\n") == ["ភ្នំពេញ"]


def test_a_line_without_end_is_cut() -> None:
    lines = shown(b"x" * (3 * LONGEST_LINE_BYTES))
    assert "".join(lines) == "x" * (3 * LONGEST_LINE_BYTES)


def test_broken_text_is_shown_as_such() -> None:
    assert shown(b"\xff\xfe\n") == ["��"]


@pytest.mark.parametrize("steering", ["\x1b[2J", "\x07", "\r", "\u202e"])
def test_nothing_steers_the_terminal(steering: str) -> None:
    assert plain(f"a{steering}b\tc") == f"a\\u{ord(steering[0]):04x}{steering[1:]}b\tc"


def test_two_programs_at_once_never_share_a_line() -> None:
    stream = io.StringIO()

    async def both() -> None:
        log = LogLines(stream)
        outputs = {name: asyncio.StreamReader() for name in ("api", "worker")}
        copies = [asyncio.create_task(log.copy(name, output)) for name, output in outputs.items()]
        for _ in range(200):
            for name, output in outputs.items():
                output.feed_data(name[0].encode() * 150)
                await asyncio.sleep(0)
                output.feed_data(b"\n")
        for output in outputs.values():
            output.feed_eof()
        await asyncio.gather(*copies)

    asyncio.run(both())
    lines = [re.fullmatch(r"\S+ (api|worker) +\| (a+|w+)", line) for line in stream.getvalue().splitlines()]
    assert len(lines) == 400
    assert all(line and line[1][0] == line[2][0] and len(line[2]) == 150 for line in lines)
