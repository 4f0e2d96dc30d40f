"""A value that may be used but never shown."""

from typing import Generic, NoReturn, TypeVar

T = TypeVar("T", str, bytes)


class Secret(Generic[T]):
    """Wraps a password, PIN tag, token or key.

    `reveal()` is the only way out. Printing, formatting, pickling and JSON give nothing, so a stray log line or a
    traceback with locals cannot leak it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value: T = value

    def reveal(self) -> T:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")

    def __eq__(self, other: object) -> bool:
        raise TypeError("compare revealed secrets in constant time")

    __hash__ = None  # type: ignore[assignment]
