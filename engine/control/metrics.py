"""Metrics: what is counted and measured, as text for Prometheus (exposition format 0.0.4)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "narcissus_"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: without the prefix; ends in its unit, and in `_total` where it is a counter.
        about: what it says, one line.
        kind: of Prometheus.
        values: by labels, each a tuple of names and values; `()` for a metric without any.
    """

    name: str
    about: str
    kind: Literal["gauge", "counter"]
    values: Mapping[tuple[tuple[str, str], ...], float] = field(default_factory=dict)


def gauge(name: str, about: str, value: float | None) -> Metric:
    """A metric that goes up and down; None where it is not known, which leaves it out."""
    return Metric(name, about, "gauge", {} if value is None else {(): float(value)})


def counter(name: str, about: str, value: float) -> Metric:
    """A metric that only grows."""
    return Metric(f"{name}_total", about, "counter", {(): float(value)})


def counters(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    """A counter for each value of a label."""
    return Metric(f"{name}_total", about, "counter", {((label, key),): float(count) for key, count in values.items()})


def as_text(metrics: list[Metric]) -> str:
    """All of them, as Prometheus reads them."""
    lines: list[str] = []
    for metric in metrics:
        values = {labels: value for labels, value in metric.values.items() if math.isfinite(value)}
        if not values:
            continue
        name = PREFIX + metric.name
        lines += [f"# HELP {name} {_escaped(metric.about)}", f"# TYPE {name} {metric.kind}"]
        lines += [f"{name}{_labels(labels)} {value:.10g}" for labels, value in values.items()]
    return "\n".join(lines) + "\n"


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{inner}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
