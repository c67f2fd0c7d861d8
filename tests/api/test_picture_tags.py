"""What a browser keeps of a picture is right as long as the picture is the same, and no longer."""

from __future__ import annotations

from io import BytesIO

import psycopg
import pytest
from PIL import Image
from starlette.testclient import TestClient

from city_config import City
from nagara.database import clock_connection
from nagara.photos.hiding import hide_what_cities_want
from nagara.photos.storage import media_store
from nagara.settings import settings
from tests.api.test_media import filed, publish, sent

ADDRESSES = ("", "/thumbnail")


def test_a_picture_in_which_something_was_hidden_has_another_tag(
    client: TestClient,
    owner: psycopg.Connection[object],
    phnom_penh: City,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(monkeypatch, photos="all")
    shaded = BytesIO()
    Image.radial_gradient("L").resize((640, 480)).convert("RGB").save(shaded, "JPEG")
    photo = sent(client, shaded.getvalue())
    filed(client, media=[photo])
    addresses = [f"/media/kh-pnh/{photo}{end}" for end in ADDRESSES]
    before = {address: client.get(address) for address in addresses}
    tags = {address: answer.headers["etag"] for address, answer in before.items()}
    assert len(set(tags.values())) == len(addresses), "two pictures"
    for address, tag in tags.items():
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304

    publish(monkeypatch, hide=("plates",))
    owner.execute("update photo set boxes = '[[0.2, 0.2, 0.4, 0.4]]'")
    with clock_connection() as connection:
        assert hide_what_cities_want(connection, media_store(settings()), {"kh-pnh": phnom_penh}, 10).redacted

    for address, tag in tags.items():
        answer = client.get(address, headers={"If-None-Match": tag})
        assert answer.status_code == 200, "what is kept is not it any more"
        assert answer.content != before[address].content
        assert answer.headers["etag"] not in tags.values()
        again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
