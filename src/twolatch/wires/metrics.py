"""Figures for the one who watches: what was decided, what was answered, how quickly. Prometheus, on a port of its own.

Labels come from closed sets (our faces, statuses, the audit log's names), never from a request: a stranger cannot make
this grow, and no figure names a client.
"""

from pathlib import Path
from typing import Protocol

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where the library's processes leave their figures for the one that tells them


class Metrics(Protocol):
    def answered(self, face: str, status: int, seconds: float) -> None:
        """A request's answer began; of an event stream that is its opening."""
        ...

    def decided(self, event: str) -> None:
        """A line of the audit log got its place, on this process; over all processes each counts once."""
        ...

    def refused_busy(self, reason: str) -> None:
        """This process had no room for a request."""
        ...

    def sink(self, name: str, reached: int, is_failing: bool) -> None:
        """How far a place for checkpoints is."""
        ...


class Prometheus:
    """Raises ValueError when made twice in a process."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        self._answers = Histogram(
            "twolatch_answer_seconds", "Seconds until an answer began.", ["face", "status"], buckets=BUCKETS
        )
        self._events = Counter("twolatch_events", "Decisions, by their name in the audit log.", ["event"])
        self._busy = Counter("twolatch_busy", "Requests told to come back, by what was full.", ["reason"])
        self._reached = Gauge(
            "twolatch_audit_sink_reached", "The last checkpoint a sink took.", ["sink"], multiprocess_mode="max"
        )
        self._failing = Gauge(
            "twolatch_audit_sink_failing", "1 while a sink takes none.", ["sink"], multiprocess_mode="mostrecent"
        )

    def answered(self, face: str, status: int, seconds: float) -> None:
        self._answers.labels(face, status).observe(seconds)

    def decided(self, event: str) -> None:
        self._events.labels(event).inc()

    def refused_busy(self, reason: str) -> None:
        self._busy.labels(reason).inc()

    def sink(self, name: str, reached: int, is_failing: bool) -> None:
        self._reached.labels(name).set(reached)
        self._failing.labels(name).set(is_failing)


def tell(address: str, shared: Path | None) -> None:
    """Answers `GET /metrics` on HOST:PORT from a thread of its own, until this process ends. `shared` is the folder of
    several processes. Raises OSError when the port is taken."""
    from prometheus_client import REGISTRY, CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    host, _, port = address.rpartition(":")
    registry = REGISTRY
    if shared:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(shared))  # type: ignore[no-untyped-call]
    start_http_server(int(port), host.strip("[]"), registry)
