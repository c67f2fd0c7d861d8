"""Accessibility in a real browser: axe-core over what is on the screen, in every look, at every size of text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page

REPOSITORY = Path(__file__).resolve().parent.parent.parent
AXE = REPOSITORY / "web" / "node_modules" / "axe-core" / "axe.min.js"

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""WCAG 2.2 at level AA, and what axe calls good practice: one main landmark, headings in order."""

Look = Literal["light", "dark", "contrast"]
LOOKS: tuple[Look, ...] = ("light", "dark", "contrast")


@cache
def _axe() -> str:
    return AXE.read_text()


def faults(page: Page, without: tuple[str, ...] = ()) -> list[str]:
    """What axe finds wrong with the screen as it is now, each as one line; ``without`` are CSS selectors left out.

    The script goes in by the debugger, so the page's own content policy stays as it is.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_axe())
    # Buttons that stay at the lower edge lie over nothing once the page's end is reached.
    page.evaluate("scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })")
    found: list[dict[str, Any]] = page.evaluate(
        """async ([rules, without]) => {
            const answer = await axe.run(
                { include: [['html']], exclude: without.map((one) => [one]) },
                { runOnly: rules, resultTypes: ['violations'] });
            return answer.violations.flatMap((rule) => rule.nodes.map((node) => ({
                id: rule.id, help: rule.help, at: node.target.join(' '), html: node.html.slice(0, 160),
                why: node.any.concat(node.all, node.none).map((one) => one.message).join('; ') })));
        }""",
        [list(RULES), list(without)],
    )
    return [f"{one['id']}: {one['help']} - {one['at']} - {one['why']} - {one['html']}" for one in found]


def looks(page: Page, wanted: tuple[Look, ...] = LOOKS) -> Iterator[Look]:
    """Put the page into each look in turn - as its system asks for it - and end in the first of them."""
    for look in wanted:
        _put_into(page, look)
        yield look
    _put_into(page, wanted[0])


def _put_into(page: Page, look: Look) -> None:
    page.emulate_media(
        color_scheme="dark" if look == "dark" else "light",
        contrast="more" if look == "contrast" else "no-preference",
        reduced_motion="reduce",
    )
    # The page hears of it with the next frame, and is drawn anew with the one after.
    page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")


def expect_accessible(
    page: Page, screen: str, *, wanted: tuple[Look, ...] = LOOKS, without: tuple[str, ...] = ()
) -> None:
    """Fail with everything axe finds on the screen in any look, or if it sticks out of the window at any size.

    ``screen`` names it in the failure.
    """
    wrong = []
    for look in looks(page, wanted):
        wrong += [f"{screen}, {look}: {fault}" for fault in faults(page, without)]
        if not fits(page):
            wrong.append(f"{screen}, {look}: something sticks out of the window")
    assert wrong == [], "\n".join(dict.fromkeys(wrong))


def fits(page: Page) -> bool:
    """Nothing makes the page scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def fits_at_twice_the_text(page: Page) -> bool:
    """Whether nothing sticks out where a person has set their browser's text to 200 %."""
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    fitting = fits(page)
    page.evaluate("document.documentElement.style.removeProperty('font-size')")
    return fitting


def focus_is_visible(page: Page) -> bool:
    """Whether the focused element, or the label that stands for it, is drawn with an outline."""
    return bool(
        page.evaluate(
            """() => {
                const at = document.activeElement;
                if (!at || at === document.body) return false;
                const drawn = (one) => one && getComputedStyle(one).outlineStyle !== 'none'
                    && parseFloat(getComputedStyle(one).outlineWidth) >= 2;
                return [at, ...(at.labels ?? []), at.nextElementSibling, at.closest('label')].some(drawn);
            }"""
        )
    )


def walk_to(page: Page, name: str) -> None:
    """Press Tab until what bears the name has the focus, which must be seen on every stop."""
    for _ in range(90):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue
        assert focus_is_visible(page), page.evaluate("document.activeElement.outerHTML")
        called = page.evaluate(
            """() => {
                const at = document.activeElement;
                return [at.getAttribute('aria-label'), ...[...(at.labels ?? [])].map((one) => one.textContent),
                        at.textContent].join(' ');
            }"""
        )
        if name in " ".join(str(called).split()):
            return
    raise AssertionError(f"no way to {name!r} by the keyboard")
