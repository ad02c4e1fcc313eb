"""Table of an evaluation: figures, order, targets and explanations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.gan_eval.feature_sets import FEWEST_FACES, Figures

UNKNOWN = "-"


@dataclass(frozen=True)
class Row:
    """Figure in the table.

    Attributes:
        title: its title.
        keys: its location in the figures.
        form: format of its numbers.
        aim: smallest and largest acceptable value; None without a target.
        meaning: explanation in one sentence.
        real_keys: location of the value for real portraits; under `real` if empty; None if undefined.
        spread_keys: location of its interval or spread.
    """

    title: str
    keys: tuple[str, ...]
    form: str
    aim: tuple[float | None, float | None] | None
    meaning: str
    real_keys: tuple[str, ...] | None = ()
    spread_keys: tuple[str, ...] = ()

    def value(self, figures: Figures) -> float | None:
        """Value for the generator."""
        return _at(figures, self.keys)

    def real(self, figures: Figures) -> float | None:
        """Value for real portraits."""
        if self.real_keys is None:
            return None
        return _at(figures, self.real_keys or ("real", *self.keys))

    def written(self, value: float | None) -> str:
        """Format a value."""
        return UNKNOWN if value is None else format(value, self.form)

    def spread(self, figures: Figures) -> str:
        """Format the interval or spread, empty if there is none."""
        found = _at(figures, self.spread_keys) if self.spread_keys else None
        if found is None:
            return ""
        return (
            f"{found[0]:{self.form}} to {found[1]:{self.form}}" if isinstance(found, list) else f"± {found:{self.form}}"
        )

    @property
    def aim_text(self) -> str:
        """Format the target."""
        if self.aim is None:
            return ""
        low, high = self.aim
        if low is not None and high is not None:
            return f"{low:{self.form}} to {high:{self.form}}"
        return f"≥ {low:{self.form}}" if low is not None else f"≤ {high:{self.form}}"

    def is_reached(self, figures: Figures) -> bool | None:
        """Whether the target is met; None without a target or value."""
        value = self.value(figures)
        if self.aim is None or value is None:
            return None
        low, high = self.aim
        return (low is None or value >= low) and (high is None or value <= high)


ROWS = (
    Row("faces found", ("detection",), ".1%", (0.98, None), "Share of drawn pictures in which FaceMesh finds a face."),
    Row(
        "SWD over its floor",
        ("swd", "ratio"),
        ".2f",
        (None, 2.5),
        "Sliced Wasserstein distance relative to that between two halves of the real portraits.",
        None,
    ),
    Row(
        "SWD",
        ("swd", "average"),
        ".2f",
        None,
        "Mean over the levels, times 1000; fine levels reflect grain and edges, coarse ones light and pose.",
        ("swd", "floor"),
    ),
    Row(
        "KID, features of the mirror",
        ("kid",),
        ".4f",
        None,
        "Difference between the distributions of faces, in all that the mirror measures; 0 is no difference.",
        spread_keys=("kid_interval",),
    ),
    Row(
        "KID, random network",
        ("random_network", "kid"),
        ".4f",
        None,
        "The same for texture and colour, by a network with random weights.",
        spread_keys=("random_network", "kid_interval"),
    ),
    Row("precision", ("precision",), ".3f", None, "Share of drawn faces within the real distribution, by features."),
    Row("recall", ("recall",), ".3f", (0.4, None), "Share of real faces within the drawn distribution."),
    Row("density", ("density",), ".3f", None, "Density of real faces around a drawn one; 1 as among themselves."),
    Row("coverage", ("coverage",), ".3f", (0.6, None), "Share of real faces with a drawn one nearby."),
    Row(
        "precision, pixels", ("pixels", "precision"), ".3f", None, "The same four on 64 principal components of pixels."
    ),
    Row("recall, pixels", ("pixels", "recall"), ".3f", None, ""),
    Row("density, pixels", ("pixels", "density"), ".3f", None, ""),
    Row("coverage, pixels", ("pixels", "coverage"), ".3f", None, ""),
    Row(
        "nearest, training / held out",
        ("nn_ratio",),
        ".3f",
        (0.95, 1.05),
        "Distance of drawn pictures from training portraits, over that from held-out ones; below 1 they repeat them.",
        None,
        ("nn_spread",),
    ),
    Row(
        "reached, training / held out",
        ("copy_ratio",),
        ".3f",
        (0.95, None),
        "Distance of training portraits from the nearest drawn picture, over that of held-out ones; low means copies.",
        None,
        ("copy_spread",),
    ),
    Row(
        "implausible shapes",
        ("mahalanobis", "implausible"),
        ".1%",
        None,
        "Share of drawn faces with landmarks farther from the mean than 99 % of the real ones.",
    ),
    Row("yaw, left against right", ("yaw_asymmetry_deg",), ".2f", None, "Degrees between yaws and mirrored yaws."),
    Row(
        "change per degree",
        ("path_per_degree",),
        ".4f",
        None,
        "Change of the features per degree of latent rotation, in standard deviations.",
        None,
    ),
)

# column title -> row, for the comparison of several generators
COLUMNS = {
    "faces": "faces found",
    "SWD": "SWD",
    "/ floor": "SWD over its floor",
    "KID": "KID, features of the mirror",
    "recall": "recall",
    "coverage": "coverage",
    "nearest": "nearest, training / held out",
    "reached": "reached, training / held out",
}


def table(figures: Figures) -> str:
    """All figures of a generator as a table for the terminal."""
    return f"{_aligned([('', 'drawn', 'real', 'aim', ''), *_cells(figures)])}\n{remark(figures)}".rstrip()


def markdown(figures: Figures) -> str:
    """All figures of a generator for a persona's card."""
    kimg = "" if figures["kimg"] is None else f", {figures['kimg']:.0f} thousand pictures shown"
    head = (
        f"Generator `{figures['sha256'][:12]}`{kimg}: {figures['count']} pictures, seeds from {figures['seed']}, "
        f"against `{figures['data']}`."
    )
    rows = [("", "drawn", "real", "aim", ""), ("---",) * 5, *_cells(figures)]
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([head, "", *lines, "", remark(figures)]).rstrip()


def _cells(figures: Figures) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for row in ROWS:
        is_reached = row.is_reached(figures)
        verdict = "" if is_reached is None else "reached" if is_reached else "missed"
        value = f"{row.written(row.value(figures))} {row.spread(figures)}".strip()
        real = "" if row.real_keys is None else row.written(row.real(figures))
        rows.append((row.title, value, real, row.aim_text, verdict))
    levels = figures["swd"]["levels"] or {}
    for size, distance in levels.items():
        rows.append((f"SWD at {size} px", f"{distance:.2f}", f"{figures['swd']['floor_levels'][size]:.2f}", "", ""))
    return rows


def comparison(several: Sequence[Figures]) -> str:
    """Main figures of several generators, one row each."""
    by_title = {row.title: row for row in ROWS}
    rows = [("generator", "kimg", *COLUMNS)]
    for figures in several:
        kimg = figures["kimg"]
        shown = (by_title[title] for title in COLUMNS.values())
        name = figures["generator"], UNKNOWN if kimg is None else f"{kimg:.0f}"
        rows.append((*name, *(row.written(row.value(figures)) for row in shown)))
    return _aligned(rows)


def remark(figures: Figures) -> str:
    """Caveat to the figures; empty if there is none."""
    faces = round(figures["detection"] * figures["count"])
    if figures["kid"] is not None:
        return ""
    if figures["real"]["detection"] * figures["references"] < FEWEST_FACES:
        return "FaceMesh finds too few faces in the portraits: features were not compared."
    return f"Faces were found in {faces} of {figures['count']} drawn pictures: too few to compare their features."


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _at(figures: Figures, keys: Sequence[str]) -> Any:
    value: Any = figures
    for key in keys:
        value = None if value is None else value[key]
    return value
