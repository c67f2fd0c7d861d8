"""Printed pages: one page where one is promised, no letter without a font, equal bytes, names never as markup."""

from __future__ import annotations

import copy
import csv
import datetime as dt
import io
import re
import uuid
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections import defaultdict
from string import Formatter
from typing import Any

import pytest
import typst

from nagara.errors import InvalidInput, UnknownCity
from nagara.network_report import StoredReport
from nagara.network_report.beside import ON_ONE_PAGE
from nagara.network_report.comparing import STANDARDISED
from nagara.network_report.forms import forms, made_at, print_city, print_report
from nagara.network_report.page import render
from nagara.network_report.printed import draw_pages, set_pdf
from nagara.network_report.printed.of_city import MOST_ASKED, MOST_NOTED, city_pages, summary_page
from nagara.network_report.printed.of_network import network_pages
from nagara.network_report.texts import SOURCE, Texts, languages, texts_in
from tests.nagara.network_report.planted import CUT_OFF, configuration, content

DIGEST = "ab" * 32
WHERE = {
    "km": "kh-pnh", "lo": "la-vte", "th": "th-bkk", "my": "mm-rgn", "ta": "sg-sin", "zh-Hans": "sg-sin",
    "vi": "vn-han", "id": "id-jkt", "ms": "my-kul", "fil": "ph-mnl", "ceb": "ph-dvo", "en": "bn-bsb",
}  # fmt: skip
FONT_OF = {
    "km": b"NotoSansKhmer", "lo": b"NotoSansLao", "th": b"NotoSansThai", "my": b"NotoSansMyanmar",
    "ta": b"NotoSansTamil", "zh-Hans": b"NotoSansSC",
}  # fmt: skip


@pytest.fixture(scope="module")
def kept() -> StoredReport:
    found = content()
    html = render(found, DIGEST)
    return StoredReport(uuid.UUID(int=7), found["period"], CUT_OFF, {}, DIGEST, found, html)


def inside(pdf: bytes) -> bytes:
    """A PDF with its packed parts unpacked behind it."""
    parts = [pdf]
    for found in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompressobj().decompress(found[1]))
        except zlib.error:
            continue
    return b"\n".join(parts)


def test_every_language_says_everything() -> None:
    def placeholders(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in Formatter().parse(text) if name)

    english = texts_in(SOURCE).words
    assert set(languages()) == set(WHERE)
    for language in languages():
        words = texts_in(language).words
        assert words.keys() == english.keys(), language
        for key, text in words.items():
            assert placeholders(text) == placeholders(english[key]), (language, key)
    assert [language for language in languages() if texts_in(language).approved] == [SOURCE]


def fullest(page: dict[str, Any], texts: Texts) -> dict[str, Any]:
    """A summary with the most and the longest that can stand on it in its language."""

    def longest(prefix: str, most: int) -> list[str]:
        said = [
            text.format_map(defaultdict(lambda: "98.5%"))
            for key, text in texts.words.items()
            if key.startswith(prefix)
        ]
        return sorted(said, key=len)[-most:]

    names = [city.names.get(texts.language, "") for city in configuration().cities.values()]
    values = {"value": "98.5%", "interval": texts.say("range", low="97.5%", high="99.5%"), "before": "98.5%"}
    worst = {"provisional": texts.say("provisional"), "withheld": None}
    compared = {texts.say(f"figure.{figure}") for figure in STANDARDISED}
    standing = {name: {"standing": longest("standing.", 1)[0]} for name in compared}
    strip = {"value": 0.5, "low": 0.2, "high": 0.8, "before": 0.4, "others": [0.1] * 30, "hollow": True}
    beside = [[texts.say(f"beside.{key}"), f"98.5% ({values['interval']})"] for key in ON_ONE_PAGE]
    return page | {
        "city": max([page["city"], *names], key=len),
        "rows": [
            row | values | worst | {"strip": strip} | standing.get(row["name"], {}) for row in page["rows"]
        ],
        "beside": beside,
        "asked": longest("ask.", MOST_ASKED),
        "notes": longest("note.", MOST_NOTED),
    }


@pytest.mark.parametrize("language", WHERE)
def test_a_summary_is_one_page_in_its_language_however_much_there_is_to_say(
    kept: StoredReport, language: str
) -> None:
    texts = texts_in(language)
    simulated = copy.deepcopy(kept.content)
    next(city for city in simulated["cities"] if city["id"] == WHERE[language])["simulated"] = True
    page = summary_page(simulated, WHERE[language], texts, DIGEST, draft=True)
    assert len(draw_pages("summary", fullest(page, texts), 12)) == 1
    printed = inside(print_city(kept, "summary", WHERE[language], language, draft=False))
    assert FONT_OF.get(language, b"NotoSans") in printed
    assert f"/Lang({language.partition('-')[0]}".encode() in printed.replace(b" ", b"")
    assert (b"pdfuaid" in printed, b"pdfaid" in printed) == (True, True)
    assert b"StructTreeRoot" in printed


def test_the_networks_report_speaks_the_languages_of_its_cities(kept: StoredReport) -> None:
    english = network_pages(kept.content, DIGEST, draft=False)
    told = {
        form["language"] for form in forms(kept.content, kept.id) if "city" not in form and "language" in form
    }
    assert told == set(WHERE) - {SOURCE}
    for language in told:
        page = network_pages(kept.content, DIGEST, False, True, language)
        assert page["definitions"] == english["definitions"], "the published method is not translated"
        assert [len(page[part]) for part in ("limits", "headline", "funnels", "notices")] == [
            len(english[part]) + more
            for part, more in (("limits", 0), ("headline", 0), ("funnels", 0), ("notices", 1))
        ]
        same = [name for name, said in page["words"].items() if said == english["words"][name]]
        assert same in ([], ["difference"], ["simulated"]), language
        assert all(page[part] != english[part] for part in ("limits", "intro", "sections", "digest-line"))
    for language in ("my", "ta"):
        printed = print_report(kept, "pdf", draft=False, language=language)
        assert FONT_OF[language] in inside(printed)
        assert printed == print_report(copy.deepcopy(kept), "pdf", draft=False, language=language)
    with pytest.raises(InvalidInput):
        print_report(kept, "pdf", draft=False, language="fr")


def test_a_citys_report_has_two_to_four_pages(kept: StoredReport) -> None:
    for city, language in (("mm-rgn", "my"), ("ph-dvo", "en"), ("th-ryg", "th")):
        page = city_pages(kept.content, city, texts_in(language), DIGEST, draft=True)
        assert 1 <= len(draw_pages("city", page, 12)) <= 4, city


def test_a_letter_without_a_font_is_an_error(kept: StoredReport) -> None:
    page = summary_page(kept.content, "kh-pnh", texts_in("km"), DIGEST, draft=False)
    with pytest.raises(typst.TypstError, match="could not be displayed"):
        set_pdf("summary", page | {"city": "\u0f56\u0f7c\u0f51"}, CUT_OFF)


def test_equal_content_gives_equal_bytes_and_a_draft_others(kept: StoredReport) -> None:
    for form in ("pdf", "xlsx", "csv", "json", "html"):
        assert print_report(kept, form, draft=False) == print_report(copy.deepcopy(kept), form, draft=False)
    page = network_pages(kept.content, DIGEST, draft=False)
    assert set_pdf("network", page, made_at(kept.content)) == print_report(kept, "pdf", draft=False)
    assert made_at(kept.content) == CUT_OFF
    assert print_report(kept, "pdf", draft=True) != print_report(kept, "pdf", draft=False)
    assert b"20260411165900" in re.sub(rb"[-:TD]", b"", inside(print_report(kept, "pdf", draft=False)))


def test_names_are_never_read_as_markup(kept: StoredReport) -> None:
    hostile = copy.deepcopy(kept.content)
    hostile["cities"][0]["name"] = '#panic("x") *bold* = head $x$ "]'
    hostile["cities"][0]["names"]["en"] = hostile["cities"][0]["name"]
    assert set_pdf("network", network_pages(hostile, DIGEST, draft=False), CUT_OFF)
    city = hostile["cities"][0]["id"]
    assert set_pdf("summary", summary_page(hostile, city, texts_in("en"), DIGEST, draft=False), CUT_OFF)


def test_ranks_are_intervals_and_only_for_who_asks(kept: StoredReport) -> None:
    assert network_pages(kept.content, DIGEST, draft=False)["ranks"] == []
    ((first, *_), *_) = [found["rows"] for found in network_pages(kept.content, DIGEST, False, True)["ranks"]]
    assert re.fullmatch(r"\d+ to \d+ of \d+", first[1])


def test_small_counts_stand_in_no_form(kept: StoredReport) -> None:
    few = next(city for city in kept.content["cities"] if city["id"] == "bn-bsb")
    assert few["coverage"]["reports"] is None
    table = list(csv.DictReader(io.StringIO(print_report(kept, "csv", draft=False).decode())))
    assert all(int(row["n"] or 0) == 0 or int(row["n"]) >= 10 for row in table)
    counted = [row for row in table if row["unit"] == "count" and row["value"] and row["figure"] != "months"]
    assert all(float(row["value"]) == 0 or float(row["value"]) >= 10 for row in counted)


def test_the_workbook_holds_real_numbers_under_frozen_heads(kept: StoredReport) -> None:
    book = zipfile.ZipFile(io.BytesIO(print_report(kept, "xlsx", draft=True)))
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    names = [
        one.get("name") for one in ET.fromstring(book.read("xl/workbook.xml")).findall(".//m:sheet", space)
    ]
    assert names == [
        "cover", "figures", "districts", "funnel", "funnel limits", "questions", "dictionary", "sources", "methods",
    ]  # fmt: skip
    figures = ET.fromstring(book.read("xl/worksheets/sheet2.xml"))
    assert figures.find(".//m:pane[@state='frozen']", space) is not None
    numbers = [cell for cell in figures.iter(f"{{{space['m']}}}c") if cell.get("t") is None]
    assert len(numbers) > 500
    assert b"not for publication" in book.read("xl/sharedStrings.xml")
    assert b"<f>" not in b"".join(book.read(name) for name in book.namelist())


def test_what_there_is_not_is_refused(kept: StoredReport) -> None:
    with pytest.raises(InvalidInput):
        print_city(kept, "summary", "kh-pnh", "th", draft=False)
    with pytest.raises(UnknownCity):
        print_city(kept, "summary", "xx-xxx", "en", draft=False)
    with pytest.raises(InvalidInput):
        print_report(kept, "docx", draft=False)
    addresses = {form["url"] for form in forms(kept.content, kept.id)}
    assert f"/api/v1/network/reports/{kept.id}/cities/sg-sin/summary.pdf?language=ta" in addresses


def alt_texts(data: dict[str, Any]) -> list[str]:
    """The alternative texts of a city's plots."""
    return [data["curve"]["alt"]] if data["curve"] else []


def test_plots_say_in_words_what_they_show(kept: StoredReport) -> None:
    page = summary_page(kept.content, "th-bkk", texts_in("en"), DIGEST, draft=False)
    (alt,) = alt_texts(page)
    assert re.search(r"Day 7: \d+", alt)
    funnels = network_pages(kept.content, DIGEST, draft=False)["funnels"]
    assert funnels
    assert all("Outside the 95% limits" in funnel["alt"] for funnel in funnels)
    assert dt.datetime.fromisoformat(kept.content["cities"][1]["snapshot"]["cut_off"]) == CUT_OFF


def test_what_the_headline_must_be_read_beside_stands_by_it_on_every_printed_page(kept: StoredReport) -> None:
    found = copy.deepcopy(kept.content)
    figures = next(city for city in found["cities"] if city["id"] == "mm-rgn")["figures"]
    known = {"withheld": None, "n": 60}
    figures["N14.delay"] |= known | {"value": 70.0, "low": 49.0, "high": 104.0}
    figures["N15"] |= known | {"value": 0.81, "low": 0.7, "high": 0.88}
    burmese = summary_page(found, "mm-rgn", texts_in("my"), DIGEST, draft=False)
    assert len(draw_pages("summary", burmese, 12)) == 1, "the longest of them still fits its page"
    whole = city_pages(found, "mm-rgn", texts_in("my"), DIGEST, draft=False)["beside"]
    assert [row for row in whole if row in burmese["beside"]] == burmese["beside"]
    assert len(burmese["beside"]) == 4
    english = city_pages(found, "mm-rgn", texts_in("en"), DIGEST, draft=False)["beside"]
    assert [row[1] for row in english[4:6]] == ["70 (49 to 104)", "81% (70% to 88%)"]
    assert [row[0] for row in english[:3]] == [
        "Promises kept for good, declined ones counted as not kept",
        "Difference between districts in hours, declined ones counted as open",
        "Declined as not actionable",
    ], "what declining raises has its companion beside it"
    rows = network_pages(found, DIGEST, draft=False)["beside"]["rows"]
    yangon = next(row for row in rows if row["city"]["name"] == "Yangon")
    assert yangon["cells"] == [row[1] for row in english]
    assert "Resolutions that an audit found fixed" in render(found, DIGEST)
