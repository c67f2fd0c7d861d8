"""Parts of a report's totals: by code and by district, none of 1 to 9 can be worked out."""

from __future__ import annotations

import numpy as np
import pytest

from nagara.indicators.cells import Cell
from nagara.indicators.figures import figures_of
from nagara.indicators.life_table import LifeTable
from nagara.indicators.publishing import GIVEN_AWAY
from nagara.indicators.suppression import is_few
from nagara.network_report.apart import issues_by_district, shares_by_code
from tests.nagara.network_report.planted import configuration

CODES = ("waste_missed", "road_pothole", "street_light", "drain_blocked")


def cell_of(resolved: int, declined: int, still_open: int) -> Cell:
    hours = np.array([5.0] * (resolved + declined) + [2000.0] * still_open)
    causes = np.array([1] * resolved + [2] * declined + [0] * still_open)
    return Cell(tables={"resolution": LifeTable.of(hours, causes)})


@pytest.mark.parametrize(
    ("issues", "told"),
    [
        ({CODES[0]: (80, 10, 10), CODES[1]: (50, 0, 0), CODES[2]: (40, 0, 0)}, 3),
        ({CODES[0]: (80, 10, 10), CODES[1]: (50, 0, 0), CODES[2]: (4, 0, 0)}, 1),
        ({CODES[0]: (80, 10, 10), CODES[1]: (50, 0, 0), CODES[2]: (4, 30, 20), CODES[3]: (60, 0, 0)}, 2),
        ({CODES[0]: (80, 10, 10), CODES[1]: (50, 0, 0), CODES[2]: (2, 0, 0), CODES[3]: (3, 0, 0)}, 1),
    ],
)
def test_no_code_is_what_the_others_leave_of_the_total(
    issues: dict[str, tuple[int, int, int]], told: int
) -> None:
    """Neither its issues nor how many of them were resolved: both stand beside the same of all codes together."""
    codes = configuration().network.codes_by_code
    cells = {code: cell_of(*counts) for code, counts in issues.items()}
    whole = figures_of(cells, codes)["N3a.share"]
    shown = shares_by_code(cells, codes)
    assert (whole.n, whole.events) == (sum(map(sum, issues.values())), sum(r for r, *_ in issues.values()))
    for name, counts in (
        ("n", {code: sum(own) for code, own in issues.items()}),
        ("events", {code: own[0] for code, own in issues.items()}),
    ):
        hidden = [code for code in issues if shown[code][name] is None]
        assert all(shown[code][name] in (None, count) for code, count in counts.items())
        assert {code for code, count in counts.items() if is_few(count)} <= set(hidden)
        assert not hidden or (len(hidden) > 1 and sum(counts[code] for code in hidden) >= 10)
        assert all(shown[code]["value"] is None for code in hidden), "its limits would tell of how many it is"
    assert sum(figure["value"] is not None for figure in shown.values()) == told
    companions = [code for code, own in issues.items() if shown[code]["withheld"] == GIVEN_AWAY]
    assert len(companions) == len(issues) - told - sum(min(sum(own), own[0]) < 10 for own in issues.values())


def test_no_district_is_what_the_others_leave_of_the_city() -> None:
    def shown(*counts: int) -> list[int | None]:
        tables = {str(place): LifeTable.of(np.ones(n), np.ones(n, int)) for place, n in enumerate(counts)}
        return list(issues_by_district(tables).values())

    assert shown(60, 31, 200) == [60, 31, 200]
    assert shown(60, 4, 31, 200) == [60, None, None, 200], (
        "the one of 31 is not told for the sake of the one of 4"
    )
    assert shown(60, 4, 3, 31) == [60, None, None, None], "seven in two districts are few, too"
    assert shown(60, 4, 7, 31) == [60, None, None, 31]
    assert shown(60, 4, 0, 31) == [60, None, 0, None]
    assert shown(4) == [None]
