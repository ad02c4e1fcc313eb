"""Plots of an evaluation, as SVG text; drawn and real pictures have the same colours everywhere."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from engine.features.featurizer import LAYOUT
from engine.types import FloatArray
from tools.gan_eval.evaluation import Evaluation
from tools.gan_eval.feature_sets import FEWEST_FACES, found
from tools.metrics.plausibility import ShapeScale

DRAWN, REAL, INK = "#9c4a2f", "#5f6f74", "#3a3632"
STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": "#b9b2a6",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "svg.hashsalt": "narcissus",  # reproducible files
}
DISTRIBUTIONS = {
    "pose.yaw": "yaw, degrees",
    "pose.pitch": "pitch, degrees",
    "expression.smile": "smile",
    "expression.mouth_open": "open mouth",
    "colour.cheek_left_L": "lightness of the cheek",
    "colour.cheek_left_b": "blue to yellow of the cheek",
}


def plots(evaluation: Evaluation) -> dict[str, str]:
    """All plots for which there are figures: title and SVG."""
    drawings: dict[str, Callable[[Evaluation], Figure | None]] = {
        "Sliced Wasserstein distance by level": _swd,
        "Distance from portraits to the nearest drawn picture": _reached,
        "Shapes of faces, from the mean real one": _shapes,
        "Change of the face along latent paths": _path,
        "Features, drawn and real": _distributions,
    }
    found_plots: dict[str, str] = {}
    with rc_context(STYLE):
        for title, drawing in drawings.items():
            figure = drawing(evaluation)
            if figure is not None:
                found_plots[title] = _svg(figure)
    return found_plots


def _swd(evaluation: Evaluation) -> Figure | None:
    swd = evaluation.figures["swd"]
    if not swd["levels"]:
        return None
    figure, axes = _one()
    places = np.arange(len(swd["levels"]))
    axes.bar(places - 0.2, list(swd["levels"].values()), 0.36, color=DRAWN, label="drawn against real")
    axes.bar(places + 0.2, list(swd["floor_levels"].values()), 0.36, color=REAL, label="real against real")
    axes.set_xticks(places, [f"{size} px" for size in swd["levels"]])
    axes.set_ylabel("distance, times 1000")
    axes.set_ylim(top=1.25 * max(*swd["levels"].values(), *swd["floor_levels"].values()))  # room for the legend
    axes.legend(loc="upper left", ncols=2)
    return figure


def _reached(evaluation: Evaluation) -> Figure | None:
    memory = evaluation.memorisation
    if memory is None:
        return None
    figure, axes = _one()
    both = np.concatenate([memory.from_training, memory.from_held_out])
    edges = np.linspace(both.min(), np.percentile(both, 99.5), 41)
    _outline(axes, memory.from_held_out, REAL, f"{len(memory.from_held_out)} held out", edges)
    _outline(axes, memory.from_training, DRAWN, f"{len(memory.from_training)} of the training", edges)
    axes.set_xlabel("distance, levels of 255")
    axes.set_yticks([])
    axes.legend()
    return figure


def _shapes(evaluation: Evaluation) -> Figure | None:
    real, drawn = found(evaluation.real.features), found(evaluation.features)
    if min(len(real), len(drawn)) < FEWEST_FACES:
        return None
    figure, axes = _one()
    scale = ShapeScale(real[:, LAYOUT["shape"]])
    of_real, of_drawn = (scale.distances(faces[:, LAYOUT["shape"]]) for faces in (real, drawn))
    edges = np.linspace(0, np.percentile(np.concatenate([of_real, of_drawn]), 99.8), 41)
    _outline(axes, of_real, REAL, "real", edges)
    _outline(axes, of_drawn, DRAWN, "drawn", edges)
    axes.axvline(float(np.percentile(of_real, 99)), color=INK, linewidth=0.8, linestyle=":")
    axes.set_xlabel("Mahalanobis distance; dotted: 99 of 100 real faces are to the left")
    axes.set_yticks([])
    axes.legend()
    return figure


def _path(evaluation: Evaluation) -> Figure | None:
    if evaluation.path is None:
        return None
    figure, axes = _one()
    axes.plot(evaluation.path.degrees, evaluation.path.change, color=DRAWN)
    axes.set_xlabel("degrees of latent")
    axes.set_ylabel("standard deviations")
    axes.set_xticks(range(0, 91, 15))
    axes.set_ylim(bottom=0)
    return figure


def _distributions(evaluation: Evaluation) -> Figure | None:
    real, drawn = found(evaluation.real.features), found(evaluation.features)
    if min(len(real), len(drawn)) < FEWEST_FACES:
        return None
    figure = Figure(figsize=(10.4, 4.2), layout="constrained")
    for index, (name, title) in enumerate(DISTRIBUTIONS.items()):
        axes = figure.add_subplot(2, 3, index + 1)
        column = LAYOUT.index(name)
        both = np.concatenate([real[:, column], drawn[:, column]])
        low, high = np.percentile(both, [0.5, 99.5])
        edges = np.linspace(low, high, 31)
        _outline(axes, real[:, column], REAL, "real", edges)
        _outline(axes, drawn[:, column], DRAWN, "drawn", edges)
        axes.set_title(title)
        axes.set_yticks([])
        if index == 0:
            axes.legend()
    return figure


def _one() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.1, 3.0), layout="constrained")
    return figure, figure.add_subplot()


def _outline(axes: Axes, values: FloatArray, colour: str, label: str, edges: FloatArray) -> None:
    weights = np.full(len(values), 1 / len(values))
    axes.hist(
        values,
        edges.tolist(),
        weights=weights,
        histtype="stepfilled",
        facecolor=f"{colour}22",
        edgecolor=colour,
        label=label,
    )


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None})
    return text.getvalue()
