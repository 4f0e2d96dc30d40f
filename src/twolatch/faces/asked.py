"""A request as handlers get it: a framework's own, whose words are found by one look and not by one through all."""

from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request

_NO_QUERY = QueryParams()


class Said(Headers):
    """What the head of a request says, by name. Of what is said twice the first counts."""

    def __init__(self, lines: list[tuple[bytes, bytes]]) -> None:
        self._list = lines
        self._first = dict(reversed(lines))

    def get(self, key: str, default: Any = None) -> Any:
        found = self._first.get(key.lower().encode("latin-1"))
        return default if found is None else found.decode("latin-1")

    def first(self, name: bytes) -> bytes | None:
        return self._first.get(name)

    def only(self, name: bytes) -> bytes | None:
        """For what must not be said twice: two are none."""
        found = self._first.get(name)
        if found is None or len(self._first) == len(self._list):
            return found
        return found if [each for each, _ in self._list].count(name) == 1 else None


class Asked(Request):
    @property
    def headers(self) -> Headers:
        said: Said = self.scope["said"]
        return said

    @property
    def query_params(self) -> QueryParams:
        return super().query_params if self.scope["query_string"] else _NO_QUERY
