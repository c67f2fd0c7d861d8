"""What was erased after a backup was made is erased again in what is brought back from it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from nagara.cli.main import app
from nagara.database import clock_connection
from nagara.errors import InvalidInput
from nagara.photos.storage import media_store
from nagara.residents.erased_again import Erased, Repeated, read_erased, read_list, repeat, write_list
from nagara.residents.erasing import What
from nagara.settings import settings
from tests.api.residents.holding import WORDS, Connection, Holder, events_hold
from tests.api.test_media import count


def listed(erased: Sequence[Erased]) -> str:
    file = io.StringIO()
    assert write_list(file, erased) == len(erased)
    return file.getvalue()


def test_a_list_erases_in_a_database_that_does_not_know_of_it(
    client: TestClient, owner: Connection, db: Connection, tmp_path: Path
) -> None:
    """As a database is that was brought back from before: all of it is there."""
    whole, reachable, kept = Holder(client), Holder(client), Holder(client)
    later = f"{kept.reference[:-8]}2345678-9"  # filed after the backup
    wishes = [
        Erased("kh-pnh", whole.reference, What.EVERYTHING),
        Erased("kh-pnh", reachable.reference, What.CONTACT),
        Erased("kh-pnh", later, What.EVERYTHING),
    ]
    store, told = media_store(settings()), list[Repeated]()
    assert repeat(read_list(io.StringIO(listed(wishes))), store, told.append) == Repeated(2, 0, 1)
    assert told[-1] == Repeated(2, 0, 1)
    assert [one.status()["description"] for one in (whole, reachable, kept)] == ["", WORDS, WORDS]
    assert count(owner, "contact") == 1
    assert repeat(wishes, store) == Repeated(0, 2, 1), "nothing is left to be done"
    events_hold(db)
    with clock_connection() as connection:
        assert sorted(read_erased(connection), key=lambda one: one.what) == sorted(
            wishes[:2], key=lambda one: one.what
        )

    path = tmp_path / "erasures.csv"
    written = CliRunner().invoke(app, ["erasures", "write", "--out", str(path)])
    assert written.exit_code == 0, written.output
    assert len(path.read_text().splitlines()) == 3
    assert list(tmp_path.iterdir()) == [path]
    again = CliRunner().invoke(app, ["erasures", "repeat", str(path)])
    assert again.exit_code == 0, again.output
    assert "erased already: 2" in again.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must begin with the columns city,reference,what"),
        ("city,reference\n", "must begin with the columns"),
        ("city,reference,what\nkh-pnh,PNH-2345678-9\n", "Line 2: 2 columns instead of 3"),
        ("city,reference,what\nxx-no,PNH-2345678-9,contact\n", "Line 2: there is no city 'xx-no'"),
        (
            "city,reference,what\nkh-pnh,PNH-2345678-9,all\n",
            "Line 2: 'all' is neither contact nor everything",
        ),
    ],
)
def test_a_list_that_is_none_is_refused_before_anything_is_done(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_list(io.StringIO(text))
