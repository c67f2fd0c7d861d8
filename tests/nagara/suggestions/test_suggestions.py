"""Services are suggested from words, in any script, learning from the city and keeping nobody's secrets."""

from __future__ import annotations

from typing import Any

import pytest

from city_config import ConfigurationError
from city_config.configuration import Configuration
from city_config.phrases import load_phrases
from nagara.cities import configuration
from nagara.suggestions import keeping
from nagara.suggestions.learning import learnt, packed, unpacked
from nagara.suggestions.model import Model
from nagara.suggestions.ngrams import ngrams, normalised


@pytest.fixture
def known(services: object) -> Configuration:
    return configuration()


@pytest.mark.parametrize(
    ("written", "same_as"),
    [
        ("ĐƯỜNG  ngập!!", "duong ngap"),
        ("Café", "cafe"),
        ("ไฟ\u200bดับ", "ไฟดับ"),
        ("ＡＢＣ１２", "abc12"),
        ("", ""),
    ],
)
def test_spellings_of_one_thing_become_one(written: str, same_as: str) -> None:
    assert normalised(written) == same_as


def test_vowel_signs_of_scripts_without_blanks_stay() -> None:
    assert normalised("កន្លែង") == "កន្លែង"
    assert normalised("น้ำท่วม") == normalised("นํ้าท่วม") or "่" in normalised("น้ำท่วม")


def test_runs_of_a_script_without_blanks_and_of_one_with() -> None:
    assert ngrams("ไฟดับ")["ไฟ"] == 1
    assert "=hole" in ngrams("a hole")
    assert ngrams("路灯坏了")["灯"] == 1
    assert not ngrams("!?")


@pytest.mark.parametrize(
    ("words", "service"),
    [
        ("the truck did not collect our rubbish since Monday", "waste_missed"),
        ("សំរាមមិនទាន់មានអ្នកមកយកទេ", "waste_missed"),
        ("ផ្លូវខូច មានរណ្តៅធំ", "road_pothole"),
        ("ไฟถนนดับทั้งซอย", "street_light"),
        ("nuoc ngap den dau goi", "flooding"),
        ("路灯不亮，很黑", "street_light"),
        ("இரவில் தெருவிளக்கு எரியவில்லை", "street_light"),
        ("ຖືກໝາກັດ", "stray_animal"),
        ("မြောင်းပိတ်နေတယ်", "drain_blocked"),
    ],
)
def test_words_in_any_script_find_their_service(known: Configuration, words: str, service: str) -> None:
    city = known.cities["kh-pnh"]
    found = keeping.model_of(known, city).suggest(words)
    codes = {city.services_by_code[one.service_code].network_code for one in found}
    assert service in codes
    assert len(found) <= 3
    assert list(found) == sorted(found, key=lambda one: -one.score)


def test_words_that_say_nothing_get_nothing(known: Configuration) -> None:
    model = keeping.model_of(known, known.cities["kh-pnh"])
    for words in ("", "   ", "qqqq zzzz", "12345", "😀"):
        assert model.suggest(words) == ()


def test_words_of_something_else_get_nothing_and_misspelt_ones_their_service(known: Configuration) -> None:
    model = keeping.model_of(known, known.cities["kh-pnh"])
    for words in ("thanks", "hello", "test", "banana", "Computer", "bitcoin price", "my dog ate pizza"):
        assert model.suggest(words) == (), words
    assert model.suggest("rubish")[0].service_code == "waste_missed"


@pytest.mark.parametrize(
    "words",
    [
        "Hello!", "good morning, thank you", "សួស្តី", "អរគុណច្រើន", "สวัสดีครับ ขอบคุณค่ะ", "ສະບາຍດີ", "မင်္ဂလာပါ",
        "你好，谢谢", "您好请问", "வணக்கம்", "xin chao", "Maayong buntag", "Selamat pagi pak",
    ],
)  # fmt: skip
def test_greetings_get_nothing_in_any_script(known: Configuration, words: str) -> None:
    assert keeping.model_of(known, known.cities["kh-pnh"]).suggest(words) == ()


@pytest.mark.parametrize(
    "words",
    ["你好，路灯不亮", "สวัสดีครับ ไฟถนนดับ", "hi, the street light is dark"],
)
def test_what_comes_after_a_greeting_counts(known: Configuration, words: str) -> None:
    assert keeping.model_of(known, known.cities["kh-pnh"]).suggest(words)[0].service_code == "street_light"


def test_every_service_of_every_city_is_found_by_its_own_names(known: Configuration) -> None:
    missed = []
    for city in known.cities.values():
        model = keeping.model_of(known, city)
        for service in city.services:
            for name in service.names.values():
                if service.code not in {one.service_code for one in model.suggest(name)}:
                    missed.append((city.id, service.code, name))
    assert not missed


def test_history_moves_the_order_without_silencing_the_phrases() -> None:
    phrases = {"light": ["street lamp is dark"], "cable": ["cable hangs low"], "tree": ["tree fell over"]}
    before = Model(phrases).suggest("the wire by the lamp")
    taught = learnt([("cable", f"loose wire number {n} by the lamp") for n in range(50)])
    after = Model(phrases, taught).suggest("the wire by the lamp")
    assert before[0].service_code == "light"
    assert after[0].service_code == "cable"
    assert Model(phrases, taught).suggest("tree fell")[0].service_code == "tree"


def test_what_fewer_than_three_wrote_is_not_kept() -> None:
    reports = [("noise", "loud music at number 17 again")] * 1 + [("noise", "loud music here")] * 3
    kept = learnt([*reports, ("noise", "call me on 0912345678")])
    assert kept.runs["noise"]["=music"] == 4
    assert not any("0912" in run or "17" in run for run in kept.runs["noise"])
    assert unpacked(packed(kept)) == kept


def test_a_service_no_longer_offered_is_forgotten() -> None:
    taught = learnt([("gone", "loud music at night")] * 5)
    assert [one.service_code for one in Model({"noise": ["loud music"]}, taught).suggest("loud music")] == [
        "noise"
    ]


def test_shipped_phrases_cover_every_code_in_every_language(known: Configuration) -> None:
    codes = [code.code for code in known.network.codes]
    folder = known.folder / "phrases"
    assert all(load_phrases(folder, codes).values())
    assert {path.stem for path in folder.glob("*.yaml")} == set(known.messages)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("language: km\nreview: pending\nphrases: {}", "must be the file's name 'en'"),
        ("language: en\nreview: pending\nphrases: {volcano: [lava]}", "'volcano' is not a code"),
        ("language: en\nreview: maybe\nphrases: {}", "review"),
        ("language: en\nphrases: [", "en.yaml"),
    ],
)
def test_a_wrong_file_of_phrases_is_named_with_its_line(tmp_path: Any, content: str, fault: str) -> None:
    (tmp_path / "en.yaml").write_text(content)
    with pytest.raises(ConfigurationError, match=r"en\.yaml") as refused:
        load_phrases(tmp_path, ["noise"])
    assert fault in str(refused.value)
