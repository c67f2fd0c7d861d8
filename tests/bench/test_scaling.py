"""The page about scaling holds what is reckoned of the benches' present pages, and the reckoning adds up."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import scaling, scaling_figures

TABLES = """\
# A bench

- Date: today

| operation | conn. | Nagara | both us | bar |
|---|---|--:|---|---|
| file a report | 8 | 1,337 reports/s | 1,001 | met |
| file a report | 32 | 2,487 reports/s | - | met |

| operation | conn. | both us |
|---|---|---|
| file a report | 8 | 66 |
| a tile | 2 | 12.5 us |
"""


def test_the_page_holds_what_is_reckoned_of_the_pages_as_they_are() -> None:
    page = scaling.PAGE.read_text()
    block = page.partition(scaling.BEGIN)[2].partition(scaling.END)[0]
    assert block.strip() == scaling.reckoned().strip(), "run: python3 run.py bench scaling"


def test_a_figure_is_read_from_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling_figures, "BENCH", tmp_path)
    (tmp_path / "RESULTS.md").write_text(TABLES)
    filed = scaling_figures.operation("a report filed", "file a report")
    assert (filed.value, filed.unit) == (1.001, "ms"), "of the first table that has the line"
    assert scaling_figures.number_on("RESULTS.md", ("a tile", "2"), "both us") == 12.5


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        (("file a report", "64"), "both us", "no line that begins with file a report | 64"),
        (("both us",), "both us", "no line that begins with both us"),
        (("file a report", "8"), "all us", "no number in column 'all us' of 'file a report'"),
        (("file a report", "32"), "both us", "no number in column 'both us'"),
    ],
)
def test_what_is_not_on_the_page_is_said(
    line: tuple[str, ...], column: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaling_figures, "BENCH", tmp_path)
    (tmp_path / "RESULTS.md").write_text(TABLES)
    with pytest.raises(scaling_figures.NotOnThePage) as raised:
        scaling_figures.number_on("RESULTS.md", line, column)
    assert said in str(raised.value)
    assert "bench/RESULTS.md" in str(raised.value)


def test_a_process_takes_the_most_memory_of_all_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaling_figures, "BENCH", tmp_path)
    page = (
        "| figure | 99,999 | 999,999 | last / first |\n|---|---|---|---|\n| memory | 9.5 MiB | 8 MiB | 70 |\n"
    )
    (tmp_path / "RESULTS_GROWTH.md").write_text(page)
    assert scaling_figures.grown("an API process", "memory", "MiB").value == 9.5


def test_a_flood_is_some_cities_many_times_over() -> None:
    mean, busiest, flood = (load.filed for load in scaling.loads())
    assert mean == pytest.approx(100e6 / (365 * 24 * 3600))
    assert mean < busiest < flood
    assert flood / busiest == pytest.approx((270 + 30 * 50) / 300)


def test_of_many_events_some_come_to_the_same_city() -> None:
    mean, busiest, flood = (load.touched(30) for load in scaling.loads())
    events = 100e6 * scaling_figures.EVENTS.value / (365 * 24 * 3600) * 30
    one_after_another = 300 * (1 - (1 - 1 / 300) ** events)
    assert mean == pytest.approx(one_after_another, rel=0.01)
    assert mean < busiest < flood < 300
    assert scaling.loads()[0].touched(0.01) == pytest.approx(events / 3000, rel=0.01)


def test_builds_are_among_what_keeps_cores_busy() -> None:
    for load in scaling.loads():
        builds = load.touched(30) * scaling.build_of_a_city() / 30
        assert load.busy()[scaling.BUILDS] == pytest.approx(builds)
        assert load.cores() == pytest.approx(sum(load.busy().values()))


def test_a_hundred_looks_are_a_hundred() -> None:
    assert sum(share for share, _ in scaling_figures.LOOKED_AT.values()) == 100
