"""Every screen, once in a run: WCAG 2.2 AA by axe on a small light and a large dark screen; nothing scrolls sideways,
is covered or cramped at 320 pixels (WCAG 1.4.10), with letters twice as large, and on the side of a small phone. The
first person who sees a screen pays for it; the others only take a picture.

The pages of the portal are examined on a large light and a small dark screen too: tests/portal_pages."""

from typing import Literal

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page, ViewportSize

from tests.every_screen import is_first

LOOKS: tuple[tuple[Literal["light", "dark"], ViewportSize], ...] = (
    ("light", {"width": 390, "height": 844}),
    ("dark", {"width": 1280, "height": 800}),
)
NARROW: ViewportSize = {"width": 320, "height": 640}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """
async (tags) => {
  // Colours on their way from light to dark belong to neither.
  document.getAnimations().filter((each) => each instanceof CSSTransition).forEach((each) => each.finish());
  const found = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  const why = (node) => node.any.concat(node.all).map((check) => check.message)[0] ?? "";
  return found.violations.map((each) =>
    `${each.id}: ${each.help} ${each.nodes.map((node) => `${node.target} ${why(node)}`).join(" | ")}`);
}
"""
# Words twice as large as usual (WCAG 1.4.4), and a small phone on its side (1.3.4).
LARGE: ViewportSize = {"width": 390, "height": 844}
ON_ITS_SIDE: ViewportSize = {"width": 568, "height": 320}
USUAL_FONT, LARGE_FONT = 16, 32
WIDE = """
() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return "";
  const isOut = (each) => each.getBoundingClientRect().right > clientWidth + 1;
  const out = [...document.querySelectorAll("body *")].filter(isOut);
  return `scrolls sideways: ${out.slice(-3).map((each) => each.outerHTML.slice(0, 120)).join(" | ") || scrollWidth}`;
}
"""
# What can be pressed, but lies under something else when it is brought into sight.
COVERED = """
() => {
  const before = scrollY;
  const bad = [...document.querySelectorAll("button, a[href], input, select, summary")].filter((each) => {
    if (!each.checkVisibility() || each.matches(".skip, [type=hidden], [aria-hidden=true] *")) return false;
    each.scrollIntoView({ block: "center", behavior: "instant" });
    const { left, top, width, height } = each.getBoundingClientRect();
    if (width < 2 || height < 2) return false; // for screen readers only
    const found = document.elementFromPoint(left + width / 2, top + height / 2);
    return !found || !(each.contains(found) || found.contains(each) || found.closest("label")?.control === each);
  });
  scrollTo(0, before);
  return bad.length ? `lies under something: ${bad.map((each) => each.outerHTML.slice(0, 120)).join(" | ")}` : "";
}
"""
# Words in a column so narrow that they stand one or two letters a line.
CRAMPED = """
() => {
  const bad = [...document.querySelectorAll("main *")].filter((each) => {
    const own = [...each.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join("").trim();
    if (own.length < 8 || !each.checkVisibility() || each.closest(".sr, .unseen")) return false;
    const { fontSize, display } = getComputedStyle(each);
    const { width, height } = each.getBoundingClientRect();
    return display !== "inline" && width > 2 && width < 3.5 * parseFloat(fontSize) && height > 4 * parseFloat(fontSize);
  });
  return bad.length ? `stands in a narrow column: ${bad.map((each) => each.outerHTML.slice(0, 120)).join(" | ")}` : "";
}
"""


AXE: str = Axe().axe_script


async def faults_of(page: Page) -> list[str]:
    """What axe finds on this page as it is shown now."""
    if not await page.evaluate("'axe' in window"):  # half a megabyte
        await page.evaluate(AXE)
    found: list[str] = await page.evaluate(RUN, TAGS)
    return found


class Examiner:
    """A screen in another language is another screen."""

    async def examine(self, page: Page, name: str) -> None:
        screen, language = await page.evaluate("[document.body.dataset.screen ?? '', document.documentElement.lang]")
        if screen:
            is_first("screens", screen)
        mark = name if language == "en" else f"{name} {language}"
        if not is_first("examined", mark):
            return
        before = page.viewport_size
        assert before
        is_dark: bool = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        faults = await self._faults(page)
        await page.set_viewport_size(before)
        await page.emulate_media(color_scheme="dark" if is_dark else "light")
        assert not faults, f"{mark}:\n" + "\n".join(faults)

    async def _faults(self, page: Page) -> list[str]:
        faults = []
        for scheme, size in LOOKS:
            await page.set_viewport_size(size)
            await page.emulate_media(color_scheme=scheme)
            faults += [f"{scheme}, {size['width']} pixels wide: {fault}" for fault in await faults_of(page)]
        # The wire stays open: closed, it would take a played authenticator with it.
        wire = await page.context.new_cdp_session(page)
        for how, size, font in (
            ("with large letters", LARGE, LARGE_FONT),
            ("at 320 pixels", NARROW, USUAL_FONT),
            ("on its side", ON_ITS_SIDE, USUAL_FONT),
        ):
            await page.set_viewport_size(size)
            await wire.send("Page.setFontSizes", {"fontSizes": {"standard": font, "fixed": font}})
            assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == f"{font}px"
            faults += [f"{how} it {fault}" for look in (WIDE, COVERED, CRAMPED) if (fault := await page.evaluate(look))]
        return faults
