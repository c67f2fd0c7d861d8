"""Figures of any CSV: the published layout, bad input, and real rows against lifelines."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import math
import os
from pathlib import Path

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times, restricted_mean_survival_time
from statsmodels.stats.proportion import proportion_confint

from nagara.errors import InvalidInput
from nagara.indicators.external import figures_from_csv

HEADER = "city,category,created,closed,snapshot,due\n"
FIELDS = (
    "n", "events", "censored", "median", "median_low", "median_high", "p90", "rmst", "rmst_low", "rmst_high",
    "sla_matured.k", "sla_matured.n", "sla_matured.rate", "sla_matured.low", "sla_matured.high",
)  # fmt: skip
REAL = "bangkok_2022-12_2023-01.csv.gz"


def real_data() -> Path:
    """The real slice, where it is at hand: it may not be published and is not part of the repository."""
    folder = os.environ.get("NAGARA_REAL_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data"
    path = Path(folder) / REAL
    if not path.is_file():
        pytest.skip(f"the real data {REAL} is not at hand (NAGARA_REAL_DATA names its folder)")
    return path


def write(folder: Path, text: str) -> Path:
    path = folder / "rows.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_field_of_every_group_is_there(tmp_path: Path) -> None:
    rows = (
        "th-bkk,ถนน,2023-01-01T00:00:00Z,2023-01-02T00:00:00Z,2023-02-01T00:00:00Z,2023-01-03T00:00:00Z\n"
        "th-bkk,noise,2023-01-01T07:00:00+07:00,,2023-02-01T00:00:00Z,\n"
        "kh-pnh,noise,2023-01-01T00:00:00Z,2023-03-01T00:00:00Z,2023-02-01T00:00:00Z,2023-01-20T00:00:00Z\n"
    )
    figures = figures_from_csv(write(tmp_path, HEADER + rows), 720)
    groups = ["overall/all", "category/ถนน", "category/noise", "city/th-bkk", "city/kh-pnh"]
    assert set(figures) == {f"{group}/{field}" for group in groups for field in FIELDS}
    assert [figures[f"overall/all/{f}"] for f in ("n", "events", "censored")] == [3, 1, 2]
    assert figures["overall/all/median"] is None
    assert figures["category/ถนน/median"] == 24
    assert [figures[f"overall/all/sla_matured.{f}"] for f in ("k", "n", "rate")] == [1, 2, 0.5]
    assert figures["category/noise/rmst"] == 720
    assert figures["overall/all/rmst"] == pytest.approx((24 + 720 + 720) / 3)


def test_the_mean_is_unknown_where_the_last_row_is_censored_before_tau(tmp_path: Path) -> None:
    rows = "x,y,2023-01-01T00:00:00Z,,2023-01-02T00:00:00Z,\n"
    figures = figures_from_csv(write(tmp_path, HEADER + rows))
    assert figures["overall/all/rmst"] is None
    assert figures["overall/all/rmst_high"] is None
    assert figures["overall/all/sla_matured.rate"] is None
    assert figures_from_csv(tmp_path / "rows.csv", 24)["overall/all/rmst"] == 24


def test_impossible_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = (
        "x,y,2023-01-03T00:00:00Z,,2023-01-02T00:00:00Z,\n"
        "x,y,2023-01-03T00:00:00Z,2023-01-02T00:00:00Z,2023-02-02T00:00:00Z,\n"
        "x,y,2023-01-01T00:00:00Z,2023-01-01T00:00:00Z,2023-02-02T00:00:00Z,\n"
    )
    told: list[str] = []
    figures = figures_from_csv(write(tmp_path, HEADER + rows), tell=told.append)
    assert figures["overall/all/n"] == 1
    assert told == [
        "left out 1 rows: created after its snapshot",
        "left out 1 rows: closed before it was created",
    ]


def test_no_due_column_gives_an_empty_promise(tmp_path: Path) -> None:
    text = "city,category,created,closed,snapshot\nx,y,2023-01-01T00:00:00Z,,2023-01-02T00:00:00Z\n"
    figures = figures_from_csv(write(tmp_path, text))
    assert (figures["overall/all/sla_matured.n"], figures["overall/all/sla_matured.rate"]) == (0, None)


def test_a_file_without_rows_has_figures_of_nothing(tmp_path: Path) -> None:
    figures = figures_from_csv(write(tmp_path, HEADER))
    assert figures["overall/all/n"] == 0
    assert figures["overall/all/median"] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the header has no column city"),
        ("city,category,created,closed\n", "no column snapshot"),
        ("city,city,category,created,closed,snapshot\n", "stands twice"),
        (HEADER + "x,y,2023-01-01 00:00,,2023-01-02T00:00:00Z,\n", "line 2: created .* has no time zone"),
        (HEADER + "x,y,2023-02-30T00:00:00Z,,2023-01-02T00:00:00Z,\n", "line 2: created .* not an ISO"),
        (HEADER + "x,y,,,2023-01-02T00:00:00Z,\n", "line 2: created"),
        (HEADER + "x,y\n", "line 2: 2 fields, the header has 6"),
        (HEADER + '"x,y\n', "line 2"),
        (HEADER + "x,y,nonsense,,2023-01-02T00:00:00Z,\n" * 8, "and 3 more rows"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        figures_from_csv(write(tmp_path, text))


def test_bytes_that_are_no_text_no_gzip_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(HEADER.encode() + b"x,\xff\xfe,\n")
    with pytest.raises(InvalidInput, match="line 2: not UTF-8"):
        figures_from_csv(path)
    path.write_bytes(gzip.compress(HEADER.encode() * 50)[:40])
    with pytest.raises(InvalidInput, match="not a whole gzip"):
        figures_from_csv(path)
    with pytest.raises(InvalidInput, match="No such file"):
        figures_from_csv(tmp_path / "absent.csv")


@pytest.mark.parametrize("tau", [0, -1, math.nan, math.inf])
def test_tau_must_be_a_positive_time(tmp_path: Path, tau: float) -> None:
    with pytest.raises(InvalidInput, match="tau"):
        figures_from_csv(write(tmp_path, HEADER), tau)


def converted(folder: Path) -> Path:
    """The real rows in the columns asked for; due 72 hours after receipt, closing at its first sight."""
    path = folder / "real.csv.gz"
    with gzip.open(real_data(), "rt", encoding="utf-8") as source, gzip.open(path, "wt") as target:
        writer = csv.writer(target)
        writer.writerow(HEADER.strip().split(","))
        for row in csv.DictReader(source):
            created = dt.datetime.fromisoformat(row["created"])
            closed = row["finished"] or row["finished_by"]
            due = (created + dt.timedelta(hours=72)).isoformat()
            category = row["type"].split(",")[0] or "none"
            writer.writerow(["th-bkk", category, row["created"], closed, row["last_seen"], due])
    return path


def rows_of(path: Path) -> tuple[list[str], np.ndarray, np.ndarray, list[tuple[bool, bool]]]:
    """Category, duration, closed, (due passed, kept) of every usable row: written apart from the product."""
    categories, hours, ended, promise = [], [], [], []
    with gzip.open(path, "rt", encoding="utf-8") as source:
        for row in csv.DictReader(source):
            created, snapshot, due = (
                dt.datetime.fromisoformat(row[c]) for c in ("created", "snapshot", "due")
            )
            closed = dt.datetime.fromisoformat(row["closed"]) if row["closed"] else None
            if created > snapshot or (closed and closed < created):
                continue
            done = closed is not None and closed <= snapshot
            categories.append(row["category"])
            hours.append(((closed if done and closed else snapshot) - created).total_seconds() / 3600)
            ended.append(done)
            promise.append((due <= snapshot, closed is not None and closed <= due))
    return categories, np.array(hours), np.array(ended), promise


@pytest.mark.filterwarnings("ignore")
def test_real_rows_give_the_figures_of_lifelines(tmp_path: Path) -> None:
    path = converted(tmp_path)
    figures = figures_from_csv(path)
    categories, hours, ended, promise = rows_of(path)
    labels = np.array(categories)
    busiest = sorted(set(categories), key=lambda c: -int((labels == c).sum()))[:6]
    groups = [("overall/all", np.ones(len(labels), dtype=bool))] + [
        (f"category/{c}", labels == c) for c in busiest
    ]
    for key, chosen in groups:
        fitted = KaplanMeierFitter().fit(hours[chosen], ended[chosen])
        limits = median_survival_times(fitted.confidence_interval_).to_numpy().ravel()
        expected = [fitted.median_survival_time_, *limits, fitted.percentile(0.1)]
        found = [figures[f"{key}/{f}"] for f in ("median", "median_low", "median_high", "p90")]
        assert [math.inf if v is None else v for v in found] == pytest.approx(expected, abs=1e-9)
        mean = figures[f"{key}/rmst"]
        if mean is not None:
            assert mean == pytest.approx(restricted_mean_survival_time(fitted, t=720), rel=1e-6)
        due = [kept for (passed, kept), c in zip(promise, chosen, strict=True) if c and passed]
        low, high = proportion_confint(sum(due), len(due), method="wilson")
        assert [figures[f"{key}/sla_matured.{f}"] for f in ("k", "n")] == [sum(due), len(due)]
        assert [figures[f"{key}/sla_matured.{f}"] for f in ("low", "high")] == pytest.approx([low, high])
    assert figures["overall/all/n"] == len(hours)
