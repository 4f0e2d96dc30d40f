"""A portal without a server, for a real browser: sample pages, the real assets, and answers that a test decides."""

from dataclasses import dataclass, field

from playwright.async_api import Page, Request, Route

from twolatch.faces.portal.assets import Assets
from twolatch.faces.portal.policy import POLICY

HOST = "https://portal.example.com"
ENDLESS = "retry: 100000\n\n"  # a stream that says nothing and is not tried again during a test


@dataclass
class FakePortal:
    """`html` is what is shown, `then` what a second look finds. `stream` None: it is refused. `sent`: the forms."""

    assets: Assets
    html: str = ""
    then: str = ""
    stream: str | None = ENDLESS
    state: str = '{"state": "", "act": "wait"}'
    asked: int = 0
    sent: list[tuple[str, str]] = field(default_factory=list)
    visited: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _page: Page | None = None

    async def open(self, page: Page, html: str) -> None:
        self.html = html
        if page is not self._page:  # the same page again keeps its ears
            self._page = page
            page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
            await page.route("**/*", self._answer)
        await page.goto(f"{HOST}/page")

    async def _answer(self, route: Route) -> None:
        request = route.request
        path = request.url.removeprefix(HOST)
        if file := self.assets.file(path.removeprefix("/assets/")):
            await route.fulfill(body=file.content, content_type=file.kind)
        elif "/wait" in path:
            await self._wait(route, path)
        elif request.method == "POST":
            await self._take(route, request, path)
        else:
            if self.visited and self.then:
                self.html = self.then
            self.visited.append(path)
            await route.fulfill(
                body=self.html, headers={"content-type": "text/html; charset=utf-8", "content-security-policy": POLICY}
            )

    async def _wait(self, route: Route, path: str) -> None:
        if path.endswith("state"):
            self.asked += 1
            await route.fulfill(body=self.state, content_type="application/json")
        elif self.stream is None:
            await route.fulfill(status=503, body="")
        else:
            await route.fulfill(body=self.stream, content_type="text/event-stream")

    async def _take(self, route: Route, request: Request, path: str) -> None:
        self.sent.append((path, request.post_data or ""))
        await route.fulfill(body="<!doctype html><title>taken</title>", content_type="text/html")
