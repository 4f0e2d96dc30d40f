"""Logs as JSON lines on standard error, or in colour for a person at a terminal. Nothing of a request but its path and
its name, which every line carries that is written while it is served.

Libraries speak through the same form: a traceback of the web server is one line with a request's name as well.
"""

import logging
import sys

import structlog
from structlog.typing import Processor

from twolatch.faces import request_ids


def plain_logs(level: int = logging.INFO) -> None:
    person = sys.stderr.isatty()
    last: Processor = structlog.dev.ConsoleRenderer() if person else structlog.processors.JSONRenderer()
    shared: list[Processor] = [
        request_ids.told,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not person:
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _libraries_too(shared, last)


def _libraries_too(shared: list[Processor], last: Processor) -> None:
    told = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )
    voice = logging.StreamHandler(sys.stderr)
    voice.setFormatter(told)
    logging.basicConfig(handlers=[voice], level=logging.WARNING)
