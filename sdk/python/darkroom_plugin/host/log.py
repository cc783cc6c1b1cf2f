"""A plugin's log: one JSON line on standard output for each message, which the gateway takes over with level and fields."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from typing import Any

from ..contract import PluginLog

_lock = threading.Lock()


class LineLog(PluginLog):
    def debug(self, message: str, **fields: Any) -> None:
        _write("debug", message, fields)

    def info(self, message: str, **fields: Any) -> None:
        _write("info", message, fields)

    def warn(self, message: str, **fields: Any) -> None:
        _write("warn", message, fields)

    def error(self, message: str, **fields: Any) -> None:
        _write("error", message, fields)


class LoggingHandler(logging.Handler):
    """What libraries tell through Python's `logging`."""

    def emit(self, record: logging.LogRecord) -> None:
        level = "debug" if record.levelno < logging.INFO else "info" if record.levelno < logging.WARNING else "warn"
        if record.levelno >= logging.ERROR:
            level = "error"
        fields: dict[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[1]:
            fields["error"] = describe(record.exc_info[1])
        _write(level, record.getMessage(), fields)


def describe(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).rstrip()


def _write(level: str, message: str, fields: dict[str, Any]) -> None:
    line = json.dumps({"level": level, "message": message, **fields}, default=str, separators=(",", ":"))
    with _lock:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
