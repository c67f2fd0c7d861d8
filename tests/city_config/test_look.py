"""A city's colour carries white text, and its crest is nothing but shapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from city_config import Configuration, check
from city_config.look import contrast_with_white, read_crest
from tests.city_config.conftest import Folder

CREST = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M0 0h10v10z" fill="#123456"/>{}</svg>'


def test_contrast_is_that_of_wcag() -> None:
    assert contrast_with_white("#000000") == pytest.approx(21)
    assert contrast_with_white("#ffffff") == pytest.approx(1)
    assert contrast_with_white("#767676") == pytest.approx(4.54, abs=0.01)  # the grey WCAG's authors give


def test_every_shipped_colour_carries_white_text(shipped: Configuration) -> None:
    looks = [city.look for city in shipped.cities.values() if city.look]
    assert looks
    assert all(contrast_with_white(look.colour) >= 4.5 for look in looks)


def test_a_colour_too_light_is_named_with_its_line_and_its_contrast(folder: Folder) -> None:
    folder.change("city.yaml", "\nnear_metres:", '\nlook: {colour: "#e9b949"}\nnear_metres:')
    fault = next(f for f in check(folder.load()) if f.severity == "error")
    assert "1.8" in fault.message
    assert "4.5 or more" in fault.message
    assert fault.line is not None


@pytest.mark.parametrize(
    ("inside", "named"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ("<foreignObject/>", "<foreignObject>"),
        ('<image href="https://example.org/a.png"/>', "<image>"),
        ("<style>path{fill:url(//example.org)}</style>", "<style>"),
        ('<path onload="alert(1)"/>', "onload"),
        ('<path d="M0 0" style="fill:red"/>', "style"),
        ('<path fill="url(https://example.org/#a)"/>', "outside itself"),
        ('<use href="#a"/>', "<use>"),
        ("<g><g></g>", "no SVG drawing"),
    ],
)
def test_a_crest_with_more_than_shapes_is_refused(tmp_path: Path, inside: str, named: str) -> None:
    crest = tmp_path / "crest.svg"
    crest.write_text(CREST.format(inside))
    with pytest.raises(ValueError, match=named):
        read_crest(crest)


def test_a_crest_with_a_document_type_is_refused(tmp_path: Path) -> None:
    crest = tmp_path / "crest.svg"
    crest.write_text(f'<!DOCTYPE svg [<!ENTITY a "aaaa">]>{CREST.format("")}')
    with pytest.raises(ValueError, match="document type"):
        read_crest(crest)


def test_a_crest_of_shapes_is_taken_and_one_that_is_missing_named(tmp_path: Path) -> None:
    crest = tmp_path / "crest.svg"
    crest.write_text(CREST.format('<!-- drawn by hand --><circle cx="5" cy="5" r="2" fill="url(#a)"/>'))
    assert read_crest(crest) == crest.read_bytes()
    with pytest.raises(ValueError, match=r"no file 'other\.svg'"):
        read_crest(tmp_path / "other.svg")
