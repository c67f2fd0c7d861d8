"""The published figures for anybody's data: a CSV in, one flat object of numbers out.

So that anyone can hold Nagara's arithmetic against another tool on the same rows. Columns ``city, category,
created, closed, snapshot`` and optionally ``due``; times ISO 8601 with zone; ``closed`` may be empty.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nagara.errors import InvalidInput
from nagara.indicators.proportions import wilson
from nagara.indicators.survival import CENSORED, RESOLVED, kaplan_meier, restricted_mean, risk_table

DEFAULT_TAU = 720.0
COLUMNS = ("city", "category", "created", "closed", "snapshot")
OPTIONAL_COLUMNS = ("due",)
TWO_SIDED_95 = 1.96
"""The factor the published layout names for the limits of the restricted mean."""

MAX_FIELD = 1_000_000
SHOWN_FAULTS = 5
HOUR = dt.timedelta(hours=1)
Figures = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Observation:
    """One row: how long it lasted or was watched, whether it closed, and how its due time went."""

    city: str
    category: str
    hours: float
    closed: bool
    met: bool | None
    """Closed by its due time; None where it has none, or none that had passed by its snapshot."""


@dataclass(frozen=True)
class Observations:
    """The rows of a file, and how many were left out, by reason."""

    rows: Sequence[Observation]
    left_out: dict[str, int]


def figures_from_csv(
    path: Path, tau: float = DEFAULT_TAU, tell: Callable[[str], None] = lambda line: None
) -> Figures:
    """The figures of a CSV or gzipped CSV file, hours and shares with 95 % limits; see ``figures_of_rows``.

    ``tell`` is given a line on the rows left out. Raises ``InvalidInput`` naming the file and line of what
    cannot be read; nothing is guessed.
    """
    if not (np.isfinite(tau) and tau > 0):
        raise InvalidInput(f"tau must be a positive number of hours, not {tau!r}.", field="tau")
    observations = read_observations(path)
    for reason, count in observations.left_out.items():
        tell(f"left out {count} rows: {reason}")
    return figures_of_rows(observations.rows, tau)


def figures_of_rows(rows: Sequence[Observation], tau: float) -> Figures:
    """``group/key/field`` to number or None, for groups overall (key ``all``), category and city.

    Quantile: smallest t with S(t) <= 1 - q, None when never reached; its limits from the log(-log) band.
    Restricted mean to tau: None when the last observation is a censored one before tau.
    """
    hours = np.array([row.hours for row in rows], dtype=np.float64)
    closed = np.array([row.closed for row in rows], dtype=bool)
    met = np.array([-1 if row.met is None else int(row.met) for row in rows], dtype=np.int8)
    figures: Figures = {}
    groups: list[tuple[str, list[str]]] = [
        ("overall", ["all"] * len(rows)),
        ("category", [row.category for row in rows]),
        ("city", [row.city for row in rows]),
    ]
    for group, keys in groups:
        labels = np.array(keys, dtype=object)
        for key in sorted(set(keys)) or (["all"] if group == "overall" else []):
            chosen = labels == key if len(rows) else np.zeros(0, dtype=bool)
            for name, value in _fields(hours[chosen], closed[chosen], met[chosen], tau):
                figures[f"{group}/{key}/{name}"] = value
    return figures


def read_observations(path: Path) -> Observations:
    """Read and check every row; raises ``InvalidInput`` listing the first faults with their lines."""
    rows: list[Observation] = []
    left_out: dict[str, int] = {}
    faults: list[str] = []
    faulty = 0
    for line, cells in _csv_rows(path):
        try:
            found = _observation(cells)
        except ValueError as error:
            faulty += 1
            if len(faults) < SHOWN_FAULTS:
                faults.append(f"line {line}: {error}")
            continue
        if isinstance(found, str):
            left_out[found] = left_out.get(found, 0) + 1
        else:
            rows.append(found)
    if faulty:
        more = f"; and {faulty - len(faults)} more rows" if faulty > len(faults) else ""
        raise InvalidInput(f"{path.name}: {'; '.join(faults)}{more}", field="input")
    return Observations(rows, left_out)


def _fields(
    hours: npt.NDArray[np.float64], closed: npt.NDArray[np.bool_], met: npt.NDArray[np.int8], tau: float
) -> Iterator[tuple[str, float | None]]:
    yield "n", len(hours)
    yield "events", int(closed.sum())
    yield "censored", int((~closed).sum())
    curve = kaplan_meier(risk_table(hours, np.where(closed, RESOLVED, CENSORED)))
    median = curve.quantile(0.5)
    yield from (("median", median.value), ("median_low", median.low), ("median_high", median.high))
    yield "p90", curve.quantile(0.9).value
    area = restricted_mean(curve, tau)
    half = TWO_SIDED_95 * area.standard_error if area else 0.0
    yield "rmst", area.value if area else None
    yield "rmst_low", area.value - half if area else None
    yield "rmst_high", area.value + half if area else None
    kept, due = int((met == 1).sum()), int((met >= 0).sum())
    share = wilson(kept, due)
    yield from (("sla_matured.k", kept), ("sla_matured.n", due), ("sla_matured.rate", share.value))
    yield from (("sla_matured.low", share.low), ("sla_matured.high", share.high))


def _observation(cells: dict[str, str]) -> Observation | str:
    """The row as an observation, or the reason it is left out; raises ValueError where it cannot be read."""
    created, snapshot = _time("created", cells["created"]), _time("snapshot", cells["snapshot"])
    closed = _time("closed", cells["closed"]) if cells["closed"] else None
    due = _time("due", cells["due"]) if cells.get("due") else None
    if created > snapshot:
        return "created after its snapshot"
    if closed is not None and closed < created:
        return "closed before it was created"
    known = closed is not None and closed <= snapshot
    ended = closed if closed is not None and known else snapshot
    met = None
    if due is not None and due <= snapshot:
        met = closed is not None and closed <= due
    return Observation(cells["city"], cells["category"], (ended - created) / HOUR, known, met)


def _time(name: str, text: str) -> dt.datetime:
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} {text[:40]!r} is not an ISO 8601 time") from None
    if time.tzinfo is None:
        raise ValueError(f"{name} {text[:40]!r} has no time zone")
    return time


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Every data row with the line it ends on, as a mapping by column name."""
    text = io.StringIO(_text(path), newline="")
    reader = csv.reader(text, strict=True)
    csv.field_size_limit(MAX_FIELD)
    try:
        header = _header(path, next(reader, []))
        for values in reader:
            if not values:
                continue
            if len(values) != len(header):
                counts = f"{len(values)} fields, the header has {len(header)}"
                raise InvalidInput(f"{path.name}: line {reader.line_num}: {counts}", field="input")
            yield reader.line_num, {name: cell.strip() for name, cell in zip(header, values, strict=True)}
    except csv.Error as error:
        raise InvalidInput(f"{path.name}: line {reader.line_num}: {error}", field="input") from error


def _header(path: Path, names: Iterable[str]) -> list[str]:
    header = [name.strip() for name in names]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InvalidInput(
            f"{path.name}: line 1: the header has no column {', '.join(missing)}",
            field="input",
            allowed=f"{','.join(COLUMNS)}[,{','.join(OPTIONAL_COLUMNS)}]",
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InvalidInput(f"{path.name}: line 1: column {', '.join(twice)} stands twice", field="input")
    return header


def _text(path: Path) -> str:
    """The file's text, unpacked where it is gzip; raises ``InvalidInput`` saying what is wrong and where."""
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror or error}", field="input") from error
    except (EOFError, zlib.error) as error:
        raise InvalidInput(f"{path.name}: not a whole gzip file: {error}", field="input") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"{path.name}: line {line}: not UTF-8", field="input") from error
