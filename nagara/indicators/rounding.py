"""Numbers as they are shown: six decimals. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def in_six_places(values: Floats) -> list[Any]:
    """Numbers rounded to six decimals, each to what ``round`` gives: nested lists, as the array is.

    A whole number of millionths divided by a million is the nearest to that decimal; where a value lies so near to half
    a millionth that its multiple may have been rounded across, ``round`` itself decides.
    """
    millions = values * 1e6
    found = np.rint(millions) / 1e6
    near = np.abs(np.abs(millions - np.trunc(millions)) - 0.5) < 1e-3 + np.abs(millions) * 1e-15
    for place in np.argwhere(near | (np.abs(millions) > 2.0**52)).tolist():
        found[tuple(place)] = round(float(values[tuple(place)]), 6)
    rounded: list[Any] = found.tolist()
    return rounded
