"""Report of an audit: tables in Markdown, to read and for the card."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.dataset.portrait_set import KIND_WEIGHTS, Label
from tools.demographics.faces import Crowd
from tools.demographics.groups import Check, Known, Row
from tools.demographics.prevalence import Estimate

GROUPS_FILE, SKIN_TONE_FILE = "audit_groups.svg", "audit_skin_tone.svg"
BOOTSTRAP_ROUNDS = 1000

READING = """\
*share* counts portraits; *seen* weights each by its sampling probability in training ({weights}); *drawn* is the share
among drawn faces, with 95 % intervals; the difference is drawn minus seen, in points. Colour and skin tone are measured
in the same way on portraits and drawn faces. Gender, age and period of drawn faces have no labels: a small linear
classifier, trained on the portraits, counts them, and the count is corrected by its error rates (Forman 2008; Hopkins
and King 2010). These are estimates about groups and never about a face, and they assume that the classifier errs on
drawn faces as on portraits; the intervals do not include this uncertainty. Where its hit and false alarm rates are less
than half apart, the correction would more than double it: then no share is given, and only the uncorrected counts of
both groups are in the last table. Gender is taken from the record, in two words; age and year are those of the record,
so the picture may be earlier."""

SKIN_TONE = """\
Skin tone is the individual typology angle, atan((L* - 50) / b*), at forehead and cheeks of coloured pictures, in the
bands of Chardon et al. (1991) and Del Bino and Bernerd (2013). They measured skin with an instrument; here it also
depends on light, white balance, print, retouching and make-up. So a band describes how light faces are shown, not what
skin a person has, and says nothing about descent. Portraits and drawn faces are affected alike: the difference means
more than the level."""


@dataclass(frozen=True)
class Audit:
    """Results of an audit.

    Attributes:
        data_name, data_sha256: portrait set.
        generator_sha256: hash of the generator.
        size_px: size at which faces were measured.
        labels: labels of the whole portrait set.
        known, drawn: the two groups of faces.
        rows, checks: see `tools.demographics.groups`.
    """

    data_name: str
    data_sha256: str
    generator_sha256: str
    size_px: int
    labels: Sequence[Label]
    known: Known
    drawn: Crowd
    rows: list[Row]
    checks: list[Check]


def to_markdown(audit: Audit, plots: str = "") -> str:
    """Report of an audit.

    Args:
        plots: prefix of the links to the plots' files.
    """
    weights = ", ".join(f"{kind} {weight:g}" for kind, weight in KIND_WEIGHTS.items())
    parts = [
        _provenance(audit),
        _kinds(audit.labels),
        _groups(audit.rows),
        READING.format(weights=weights),
        f"![Shares of groups]({plots}{GROUPS_FILE})",
        SKIN_TONE,
        _angles(audit.known, audit.drawn),
        f"![Typology angle of the skin]({plots}{SKIN_TONE_FILE})",
    ]
    if audit.checks:
        parts += ["Performance of the classifiers, and the resulting corrections:", _checks(audit.checks)]
    return "\n\n".join(parts)


def _provenance(audit: Audit) -> str:
    found, total = len(audit.drawn), len(audit.drawn.found)
    return (
        f"Generator `{audit.generator_sha256[:12]}`: {total} faces drawn, {found} of them found.\n"
        f"Data: `{audit.data_name}` (SHA-256 `{audit.data_sha256[:12]}`), {len(audit.labels)} portraits, "
        f"{len(audit.known.labels)} of them found.\n"
        f"All are measured at {audit.size_px} px. The groups below are of the split `train`, which the network saw."
    )


def _kinds(labels: Sequence[Label]) -> str:
    counts = Counter((label.kind, label.split) for label in labels)
    train = [label for label in labels if label.split == "train"]
    total = sum(KIND_WEIGHTS[label.kind] for label in train) or math.nan
    rows = ["| kind | train | val | seen |", "|---|---|---|---|"]
    for kind, weight in KIND_WEIGHTS.items():
        count = counts[kind, "train"]
        rows.append(f"| {kind} | {count} | {counts[kind, 'val']} | {_percent(count * weight / total)} |")
    people = len({label.id for label in train})
    unknown = {
        "gender": sum(not label.gender for label in train),
        "age": sum(label.age is None for label in train),
        "year": sum(label.year is None for label in train),
    }
    gaps = ", ".join(f"{name} of {count}" for name, count in unknown.items() if count)
    return (
        "\n".join(rows)
        + f"\n\n{len(train)} portraits of {people} people"
        + (f"; not on record: {gaps}." if gaps else ".")
    )


def _groups(rows: Sequence[Row]) -> str:
    lines = ["| | group | portraits | share | seen | drawn | difference |", "|---|---|---|---|---|---|---|"]
    last = ""
    for row in rows:
        name = row.question if row.question != last else ""
        last = row.question
        lines.append(
            f"| {name} | {row.band} | {row.portraits} | {_percent(row.share)} | {_percent(row.seen)} "
            f"| {_interval(row.drawn)} | {_points(row.difference)} |"
        )
    return "\n".join(lines)


def _checks(checks: Sequence[Check]) -> str:
    lines = [
        "| group | in `val`: hits, misses, false alarms, others | accuracy | balanced | rates used: hits, false alarms "
        "| share in `val`: true, counted, corrected | counted: seen, drawn |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {check.question}: {check.group} | {check.hits}, {check.misses}, {check.false_alarms}, {check.others} "
        f"| {_percent(check.accuracy)} | {_percent(check.balanced_accuracy)} "
        f"| {_percent(check.true_rate)}, {_percent(check.false_rate)} "
        f"| {_percent(check.truth)}, {_percent(check.counted)}, {_percent(check.corrected)} "
        f"| {_percent(check.seen_counted)}, {_percent(check.drawn_counted)} |"
        for check in checks
    ]
    return "\n".join(lines)


def _angles(known: Known, drawn: Crowd) -> str:
    """Medians of the typology angle, and numbers of faces without one."""
    shown = known.crowd.ita_deg
    kept = known.is_train & np.isfinite(shown)
    drawn_ita = drawn.ita_deg[np.isfinite(drawn.ita_deg)]
    if not kept.any() or not len(drawn_ita):
        return "It could not be measured for portraits or drawn faces."
    seen, came = weighted_median(shown[kept], known.weights[kept]), float(np.median(drawn_ita))
    random = np.random.default_rng(0)
    medians = np.median(random.choice(drawn_ita, (BOOTSTRAP_ROUNDS, len(drawn_ita))), axis=1)
    low, high = np.percentile(medians - seen, (2.5, 97.5))
    without = int((known.is_train & known.crowd.coloured).sum() - kept.sum())
    drawn_without = int(drawn.coloured.sum() - len(drawn_ita))
    difference = f"{came - seen:+.1f}° ({low:+.1f} to {high:+.1f})"
    return (
        f"Its median is {seen:.1f}° as seen and {came:.1f}° as drawn: {difference}. Without an angle,\n"
        f"because the light on the skin is grey or blue: {without} coloured portraits and {drawn_without} drawn faces."
    )


def weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Weighted median of values (N,)."""
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, below[-1] / 2)])


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.1f} %"


def _interval(estimate: Estimate | None) -> str:
    if estimate is None:
        return "cannot be told"
    return f"{100 * estimate.value:.1f} % ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def _points(estimate: Estimate | None) -> str:
    if estimate is None:
        return "cannot be told"
    return f"{100 * estimate.value:+.1f} ({100 * estimate.low:+.1f} to {100 * estimate.high:+.1f})"
