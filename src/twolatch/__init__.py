"""Twolatch: the password is the first latch, the phone the client holds is the second."""

import sys

__version__ = "0.1.0"


def _log_plainly() -> None:
    """structlog takes rich for its tracebacks where it finds it. We never show those (they print the values of
    variables, passwords among them), and they cost the start 80 ms and 2.5 MiB. Typer's help still has it.
    """
    if "structlog" not in sys.modules and "rich" not in sys.modules:
        sys.modules["rich"] = None  # type: ignore[assignment]
        try:
            import structlog  # noqa: F401
        finally:
            del sys.modules["rich"]


_log_plainly()
