from __future__ import annotations

import threading

from ..contract import PluginMetrics
from ..wire import plugin_pb2 as pb


class HostMetrics(PluginMetrics):
    """What a plugin counts and measures of itself, kept until the gateway asks for it."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, int], float] = {}
        self._lock = threading.Lock()

    def add(self, name: str, by: float = 1) -> None:
        key = (name, pb.METRIC_KIND_COUNTER)
        with self._lock:
            self._values[key] = self._values.get(key, 0) + by

    def set(self, name: str, value: float) -> None:
        with self._lock:
            self._values[name, pb.METRIC_KIND_GAUGE] = value

    def to_wire(self) -> list[pb.Metric]:
        with self._lock:
            return [pb.Metric(name=name, kind=kind, value=value) for (name, kind), value in self._values.items()]


def resident_bytes() -> int:
    """Resident memory of this process; its peak where the system does not tell the present."""
    try:
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[1])
        import os

        return pages * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource
        import sys

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
