"""Every reason for which the code withholds a figure has a code that screens in other languages go by."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from nagara.indicators.figure import Figure
from nagara.indicators.publishing import hidden, published
from nagara.indicators.reasons import REASONS, explained
from nagara.network.pulled import without_untold

ROOT = Path(__file__).parents[3]
PLACES = (
    "nagara/indicators/*.py",
    "nagara/network/*.py",
    "nagara/network_report/districts.py",
    "nagara/gis/*.py",
)
NAMES = {"reason", "unread", "unknown", "words"}
CONSTANTS = {
    "NONE", "NO_REPORTS", "NO_ANSWERS", "UNKNOWN", "WITHHELD", "FEW", "TOO_FEW", "GIVEN_AWAY", "SIMULATED",
}  # fmt: skip
FUNCTIONS = {"too_few", "why_not", "rate_withheld", "_too_little", "_share_at", "_few", "_why", "_withheld"}
OTHER_WORDS = {"questions.py", "asking.py", "trend.py", "funnel.py"}
"""Where ``words`` and ``reason`` are of something else."""


def given(tree: ast.AST) -> Iterator[ast.expr]:
    """Expressions that become the reason of a figure."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="withheld", value=value):
                yield value
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "withheld":
                        yield value
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in NAMES | CONSTANTS:
                yield value
            case ast.FunctionDef(name=name) if name in FUNCTIONS:
                yield from (one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value)
            case ast.Call(func=ast.Name(id=name), args=args) if name in {"Figure", "figure", "_withheld"}:
                yield from args


def said(expression: ast.expr) -> Iterator[str]:
    """The words in an expression, with a number where one would stand."""
    match expression:
        case ast.Constant(value=str(words)):
            yield words
        case ast.JoinedStr(values=parts):
            for what in ("reports", "open issues"):
                yield "".join(part_of(part, what) for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from (*said(one), *said(other))
        case ast.BoolOp(values=several) | ast.Tuple(elts=several):
            for one in several:
                yield from said(one)


def part_of(part: ast.expr, what: str) -> str:
    match part:
        case ast.Constant(value=words):
            return str(words)
        case ast.FormattedValue(value=ast.Name(id="what")):
            return what
        case ast.FormattedValue(format_spec=ast.JoinedStr(values=[ast.Constant(value=".0%")])):
            return "45%"
        case _:
            return "30"


def test_every_reason_that_is_given_has_a_code_and_every_code_is_given() -> None:
    found: dict[str, str] = {}
    for place in PLACES:
        for path in sorted(ROOT.glob(place)):
            if path.name not in OTHER_WORDS:
                tree = ast.parse(path.read_text(encoding="utf-8"))
                for words in {words for one in given(tree) for words in said(one)}:
                    found[words] = explained(words)["withheld_code"]
    assert [words for words, code in found.items() if code == "other"] == []
    assert sorted(set(REASONS) - set(found.values())) == []


@pytest.mark.parametrize(
    ("words", "code", "values"),
    [
        ("fewer than 30 issues", "too_few_issues", {"least": 30}),
        ("fewer than 10 of 45 had ended", "too_few_ended", {"least": 10, "of": 45}),
        ("too few were followed for 24 hours", "too_few_followed", {"hours": 24}),
        ("too few were followed for 30 days", "too_few_followed", {"hours": 720}),
        ("the outcome of 12% is unknown", "outcome_unknown", {"share": 0.12}),
        (
            "codes with enough requests cover 60% of the mix, less than 80%",
            "mix_not_covered",
            {"covered": 0.6, "least_share": 0.8},
        ),
        ("none", "none", {}),
        ("a reason of another version", "other", {}),
    ],
)
def test_a_code_comes_with_the_numbers_of_its_words(words: str, code: str, values: dict[str, float]) -> None:
    assert explained(words) == {"withheld_code": code, "withheld_values": values}


def test_a_figure_says_the_code_of_the_reason_that_is_shown() -> None:
    shown = published("N3a.median", Figure(12.0, 9.0, 15.0, 40).as_json())
    assert "withheld_code" not in shown
    assert hidden(shown)["withheld_code"] == "given_away"
    few = published("N8", Figure(0.1, 0.0, 0.2, 12, 3).as_json())
    assert (few["withheld"], few["withheld_code"]) == ("fewer than 20 cases", "too_few_cases")
    untold = without_untold({"N8": few}, ["reopening"])["N8"]
    assert (untold["withheld_code"], untold["withheld_values"]) == ("not_told", {})
