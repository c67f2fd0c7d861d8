"""How often the suggested services hold the right one: `python -m bench.suggestions [--city kh-pnh]`.

Prints, per language, the share of sentences whose code comes first (top-1) and among the three offered (top-3).
The sentences under `bench/sentences` were written for this and are kept apart from everything the model is
made of; each file holds, by common code, what residents might write. A city's service counts as right where it
has the sentence's common code. Needs no server and learns nothing from any city.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from city_config import City, load_configuration
from nagara.suggestions.keeping import model_of
from nagara.suggestions.model import Model

REPOSITORY = Path(__file__).resolve().parent.parent
SENTENCES = Path(__file__).with_name("sentences")


@dataclass(frozen=True, slots=True)
class Measured:
    """How many sentences of a language were asked, and of how many the right code was first or among three."""

    language: str
    sentences: int
    first: int
    among_three: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every language that has sentences and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--city", default="kh-pnh", help="whose services are suggested")
    city_id = parser.parse_args(arguments).city
    configuration = load_configuration(REPOSITORY / "city_config")
    city = configuration.cities[city_id]
    model = model_of(configuration, city)
    results = [measured(model, city, path.stem, read(path)) for path in sorted(SENTENCES.glob("*.yaml"))]
    results.append(
        Measured(
            "all",
            sum(one.sentences for one in results),
            sum(one.first for one in results),
            sum(one.among_three for one in results),
        )
    )
    print("| language | sentences | top-1 | top-3 |\n|---|--:|--:|--:|")
    for one in results:
        shares = (100 * hits / one.sentences for hits in (one.first, one.among_three))
        print(
            f"| {one.language} | {one.sentences} | " + " | ".join(f"{share:.0f} %" for share in shares) + " |"
        )
    return 0


def read(path: Path) -> Mapping[str, Sequence[str]]:
    """The sentences of one file by common code."""
    content: Mapping[str, Sequence[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def measured(model: Model, city: City, language: str, sentences: Mapping[str, Sequence[str]]) -> Measured:
    """Ask every sentence whose code the city offers."""
    offered = {service.network_code for service in city.services}
    asked = first = among = 0
    for code, written in sentences.items():
        if code not in offered:
            continue
        for words in written:
            found = [city.services_by_code[one.service_code].network_code for one in model.suggest(words)]
            asked += 1
            first += found[:1] == [code]
            among += code in found
    return Measured(language, asked, first, among)


if __name__ == "__main__":
    raise SystemExit(main())
