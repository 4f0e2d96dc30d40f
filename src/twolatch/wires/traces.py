"""Traces for the one who watches: where the time of a request went. OpenTelemetry over OTLP/HTTP, an extra that is only
loaded where TWOLATCH_OTLP names a collector.

What leaves is written here and nowhere else: the pattern of an address and never the address, statuses, names of our
own functions. The library would add the text of an exception, and texts may hold what a person typed: it is told not
to. A collector that is away costs nothing but its spans.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import structlog

from twolatch import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
PATIENCE = 5.0  # seconds for one delivery
GOODBYE = 2.0  # seconds at the end for what was not delivered yet
SAY_AGAIN = 60.0  # seconds

log = structlog.get_logger("traces")


class NoTraces(ValueError):
    """The extra is not installed."""


def is_installed() -> bool:
    """Whether the extra is there."""
    try:
        return all(map(find_spec, ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")))
    except ModuleNotFoundError:
        return False


class RequestSpan:
    """One request, until its answer begins: a stream that stays open for minutes is no slowness."""

    def __init__(self, span: "Span", method: str) -> None:
        self._span, self._method, self._is_over = span, method, False

    def answered(self, route: str, status: int) -> None:
        """`route` as our list of addresses has it, `/returns/{id}`; empty where none fits."""
        from opentelemetry.trace import StatusCode

        if route:
            self._span.update_name(f"{self._method} {route}")
            self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", status)
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)
        self.end()

    def end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._span.end()


class Traces:
    """`address`: of the collector, as http://HOST:4318. Raises NoTraces."""

    def __init__(self, address: str) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
        except ImportError:
            raise NoTraces("TWOLATCH_OTLP needs an extra: pip install 'twolatch[otel]'") from None
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # it says each failed delivery, with traceback
        exporter = OTLPSpanExporter(f"{address.rstrip('/')}/v1/traces", timeout=PATIENCE)
        resource = Resource.create({"service.name": "twolatch", "service.version": __version__})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(said_once(exporter, address)))
        self._tracer = self._provider.get_tracer("twolatch", __version__)
        self._parents = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, face: str, method: str, name: str, parent: str) -> Iterator[RequestSpan]:
        """`name` as in the log; `parent` is a `traceparent` of a proxy of ours, or empty."""
        from opentelemetry.trace import SpanKind, use_span

        known = method if method in METHODS else "_OTHER"
        context = self._parents.extract({"traceparent": parent}) if parent else None
        given = {"http.request.method": known, "twolatch.face": face, "twolatch.request": name}
        span = self._tracer.start_span(known, context, SpanKind.SERVER, given)
        told = RequestSpan(span, known)
        try:
            with use_span(span, end_on_exit=False, record_exception=False, set_status_on_exception=False):
                yield told
        finally:
            told.end()

    @contextmanager
    def span(self, name: str, **facts: str | int) -> Iterator[None]:
        """A piece of work inside; of a fault its kind, and not its words."""
        from opentelemetry.trace import StatusCode

        given: dict[str, Any] = {key.replace("__", "."): value for key, value in facts.items()}
        with self._tracer.start_as_current_span(
            name, attributes=given, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as fault:
                span.set_attribute("error.type", type(fault).__name__)
                span.set_status(StatusCode.ERROR)
                raise

    async def close(self) -> None:
        """What was not delivered gets a moment; a collector that is away holds up nobody's end."""
        parting = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        parting.start()
        await asyncio.to_thread(parting.join, GOODBYE)


def said_once(exporter: "SpanExporter", address: str) -> "SpanExporter":
    """The same way out; that it is closed is said once a minute."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Said(SpanExporter):
        again_at = 0.0

        def export(self, spans: "Sequence[ReadableSpan]") -> SpanExportResult:
            result = exporter.export(spans)
            if result is not SpanExportResult.SUCCESS and time.monotonic() >= self.again_at:
                self.again_at = time.monotonic() + SAY_AGAIN
                log.warning("traces_not_delivered", collector=address, lost=len(spans))
            return result

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return Said()
