"""A Vault for tests: Transit as its public page describes it, and as strict. What it closed only its own key opens, and
only with the same associated data and the right token."""

import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "s.rehearsal"


class Vault(ThreadingHTTPServer):
    """`asked`: the wishes, in order. `key_name`: the one key it has."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Transit)
        self.key, self.key_name, self.asked = AESGCM(bytes(range(32))), "twolatch", list[str]()

    @property
    def address(self) -> str:
        return f"vault:http://127.0.0.1:{self.server_address[1]}/v1/transit/keys/{self.key_name}"


class Transit(BaseHTTPRequestHandler):
    server: Vault

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        wish = self.path.removeprefix("/v1/transit/").partition("/")[0]
        self.server.asked.append(wish)
        if self.headers.get("x-vault-token") != TOKEN:
            return self._say(403, {"errors": ["permission denied"]})
        if not self.path.endswith(f"/{self.server.key_name}"):
            return self._say(404, {"errors": ["no such key"]})
        about = b64decode(body["associated_data"], validate=True)
        if wish == "encrypt":
            sealed = self.server.key.encrypt(bytes(12), b64decode(body["plaintext"], validate=True), about)
            return self._say(200, {"data": {"ciphertext": f"vault:v1:{b64encode(sealed).decode()}"}})
        try:
            sealed = b64decode(body["ciphertext"].removeprefix("vault:v1:"), validate=True)
            opened = self.server.key.decrypt(bytes(12), sealed, about)
        except InvalidTag:
            return self._say(400, {"errors": ["cipher: message authentication failed"]})
        return self._say(200, {"data": {"plaintext": b64encode(opened).decode()}})

    def _say(self, status: int, what: object) -> None:
        raw = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running(folder: Path, port: int = 0) -> Iterator[tuple[Vault, Path]]:
    """A Vault and the file of its token."""
    vault, token = Vault(port), folder / "vault-token"
    token.write_text(f"{TOKEN}\n")
    thread = threading.Thread(target=vault.serve_forever, daemon=True)
    thread.start()
    try:
        yield vault, token
    finally:
        vault.shutdown()
        vault.server_close()
