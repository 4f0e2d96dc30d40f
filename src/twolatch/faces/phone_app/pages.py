"""The phone app's files. The app itself is in `phone/`; here it is only handed out."""

import json
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from twolatch.faces.phone_app.shop_files import ANDROID, APPLE, shop_files
from twolatch.faces.web import Endpoint, house_of, stop
from twolatch.words.refusals import Code

BUILT = Path(__file__).parent / "built"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; font-src 'self'; media-src 'self' blob:; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
    "trusted-types lit-html twolatch"
)
# The scanner runs WebAssembly; only its own worker may, no page.
SCANNER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
_SCANNER = "/assets/scanner-worker-"
_MANIFEST = "/manifest.webmanifest"
FOREVER, ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"


class AppNotBuilt(Exception):
    """The phone app's files are missing: `make app` builds them."""


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    kind: str
    is_forever: bool


class PhoneApp:
    """Knows every file by its address; what is not on the list does not exist."""

    def __init__(self, built: Path = BUILT) -> None:
        try:
            listed = json.loads((built / "files.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise AppNotBuilt(f"{built} is empty: run `make app`") from None
        self._files = {
            "/" + path.lstrip("/"): _File(built / path.lstrip("/"), facts["type"], bool(facts["immutable"]))
            for path, facts in listed.items()
        }
        self._kept: dict[str, bytes] = {}

    async def get(self, request: Request) -> Response:
        path = request.url.path
        name = "/index.html" if path in {"/", "/a", "/l"} else path
        file = self._files.get(name)
        if file is None:  # a person who mistyped the address comes to the app; a program is told
            return go_home() if "text/html" in request.headers.get("accept", "") else stop(Code.NOT_FOUND)
        if name not in self._kept:  # a few hundred KB in all, read once
            raw = file.path.read_bytes()
            self._kept[name] = _branded(raw, house_of(request).settings.site_name) if name == _MANIFEST else raw
        headers = {"cache-control": FOREVER if file.is_forever else ASK_AGAIN}
        if name.startswith(_SCANNER):
            headers["content-security-policy"] = SCANNER_POLICY
        return Response(self._kept[name], headers=headers, media_type=file.kind)

    async def get_logo(self, request: Request) -> Response:
        logo = house_of(request).settings.brand_logo or stop(Code.NOT_FOUND)
        kind = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}.get(logo.suffix, "image/jpeg")
        return Response(logo.read_bytes(), media_type=kind, headers={"cache-control": "public, max-age=3600"})

    async def get_shop_file(self, request: Request) -> Response:
        raw = shop_files(house_of(request).settings).get(request.url.path) or stop(Code.NOT_FOUND)
        return Response(raw, media_type="application/json", headers={"cache-control": "public, max-age=3600"})

    def routes(self) -> list[Route]:
        return [
            *(Route(address, Endpoint(self.get_shop_file), methods=["GET"]) for address in (ANDROID, APPLE)),
            Route("/brand/logo", self.get_logo, methods=["GET"]),
            Route("/{path:path}", Endpoint(self.get), methods=["GET"]),
        ]


def go_home() -> Response:
    return Response(status_code=303, headers={"location": "/", "cache-control": "no-store"})


def _branded(manifest: bytes, site: str) -> bytes:
    """The name under the icon on the phone's home screen is the operator's."""
    return json.dumps({**json.loads(manifest), "name": site, "short_name": site}, ensure_ascii=False).encode()
