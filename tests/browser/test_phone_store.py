"""What a phone keeps is on its disk before anybody hears so, also after the browser let go of the store."""

from __future__ import annotations

import uuid

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_offline import CITY, stored, write_report

WATCHED = """
    const opened = [], written = [];
    const open = indexedDB.open.bind(indexedDB);
    indexedDB.open = (...named) => {
        const asked = open(...named);
        asked.addEventListener('success', () => opened.push(asked.result));
        return asked;
    };
    const begin = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (...named) {
        const begun = begin.apply(this, named);
        if (begun.mode === 'readwrite') written.push(begun.durability);
        return begun;
    };
    window.storeOfPhone = { opened, written };
"""
"""Notes what the page opens and how it writes."""


def test_a_report_is_kept_on_the_disk_also_after_the_store_was_closed(open_page: OpenPage) -> None:
    page = open_page(f"/?city={CITY}&lang=en", worker=False)
    page.context.add_init_script(WATCHED)
    page.reload()
    page.get_by_role("button", name="Street light not working").wait_for()
    page.context.set_offline(True)
    words = f"kept{uuid.uuid4().hex}"
    write_report(page, words, [])
    # As browsers do to a page that slept for long; often without telling it.
    assert page.evaluate(
        "() => { storeOfPhone.opened.forEach((one) => one.close()); return storeOfPhone.opened.length; }"
    )
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator("[data-state=waiting]")).to_contain_text(words)
    assert set(page.evaluate("() => storeOfPhone.written")) == {"strict"}
    assert [one["state"] for one in stored(page, "reports")] == ["waiting"]
