from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from city_config.schema import City
from nagara.per_city import PerCity
from tests.nagara.small_cities import small_city


def test_one_value_per_fingerprint_whatever_the_object() -> None:
    built: list[City] = []

    def build(city: City) -> object:
        built.append(city)
        return object()

    kept = PerCity(build)
    first, same, other = (small_city(fingerprint=f) for f in ("a", "a", "b"))
    assert kept.of(first) is kept.of(same) is not kept.of(other)
    assert built == [first, other]


def test_the_oldest_make_room() -> None:
    kept = PerCity(lambda city: object(), keep=2)
    cities = [small_city(fingerprint=f) for f in ("a", "b", "c")]
    first, _, last = (kept.of(city) for city in cities)
    assert kept.of(cities[2]) is last
    assert kept.of(cities[0]) is not first


def test_threads_that_meet_share_one_value() -> None:
    kept = PerCity(lambda city: object())
    city = small_city(fingerprint="a")
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: kept.of(city), range(200)))) == 1
