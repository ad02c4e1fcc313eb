"""Report of an evaluation: a self-contained HTML page. Measures nothing."""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path
from string import Template

import numpy as np
from PIL import Image

from engine.core.errors import DeviceError
from engine.system.atomic_write import atomic_write
from engine.types import ByteArray
from tools.gan_eval.evaluation import Evaluation
from tools.gan_eval.table import ROWS, Row, remark
from tools.metrics.memorization import Nearest
from tools.reporting.contact_sheet import contact_sheet

TEMPLATE = Path(__file__).with_name("html_report.html")
SHEET_PICTURES, SHEET_COLUMNS = 64, 8
PAIRS = 20
AIMS = ("faces found", "SWD over its floor", "coverage", "nearest, training / held out")


def write_report(evaluation: Evaluation, path: Path) -> Path:
    """Write the page atomically; returns `path`.

    Raises:
        DeviceError: it cannot be written.
    """
    page = report(evaluation)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as partial:
            partial.write_text(page, encoding="utf-8")
    except OSError as error:
        raise DeviceError(f"{path} cannot be written: {error.strerror or error}") from error
    return path


def report(evaluation: Evaluation) -> str:
    """Text of the page."""
    from tools.gan_eval.plots import plots  # matplotlib takes a second to load

    figures = evaluation.figures
    by_title = {row.title: row for row in ROWS}
    drawings = [
        f"<figure{' class=wide' if title.startswith('Features') else ''}>{svg[svg.index('<svg') :]}"
        f"<figcaption>{escape(title)}</figcaption></figure>"
        for title, svg in plots(evaluation).items()
    ]
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        name=escape(evaluation.name),
        summary=escape(_summary(evaluation)),
        aims="".join(_tile(by_title[title], evaluation) for title in AIMS),
        drawn_sheet=_sheet(evaluation.pictures[:SHEET_PICTURES], SHEET_COLUMNS),
        real_sheet=_sheet(evaluation.real.references.chosen.pictures[:SHEET_PICTURES], SHEET_COLUMNS),
        rows="".join(_row(row, evaluation) for row in ROWS) + _levels(figures["swd"]),
        plots="".join(drawings),
        nearest=_nearest(evaluation),
    )


def _summary(evaluation: Evaluation) -> str:
    figures = evaluation.figures
    trained = "" if figures["kimg"] is None else f", trained on {figures['kimg']:.0f} thousand pictures"
    return (
        f"A generator of {figures['resolution']} px{trained}. {figures['count']} pictures, with seeds from "
        f"{figures['seed']}, compared with {figures['references']} portraits from {figures.get('data', 'a set')}. "
        f"Generator {figures['sha256'][:12]}. {remark(figures)}"
    )


def _verdict(row: Row, evaluation: Evaluation) -> str:
    is_reached = row.is_reached(evaluation.figures)
    return "" if is_reached is None else "reached" if is_reached else "missed"


def _tile(row: Row, evaluation: Evaluation) -> str:
    verdict = _verdict(row, evaluation)
    note = f"{row.title}<br>target {row.aim_text}{', ' if verdict else ''}{verdict}"
    return f'<div class="aim {verdict}"><b>{row.written(row.value(evaluation.figures))}</b><span>{note}</span></div>'


def _row(row: Row, evaluation: Evaluation) -> str:
    figures, verdict = evaluation.figures, _verdict(row, evaluation)
    real = "" if row.real_keys is None else row.written(row.real(figures))
    value = f"{row.written(row.value(figures))} <small>{row.spread(figures)}</small>"
    aim = f"{row.aim_text} {verdict if verdict == 'missed' else ''}"
    cells = (escape(row.title), f'<span class="{verdict}">{value}</span>', real, aim, escape(row.meaning))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _levels(swd: dict[str, dict[str, float] | None]) -> str:
    levels, floor = swd["levels"] or {}, swd["floor_levels"] or {}
    return "".join(
        f"<tr><td>SWD at {size} px</td><td>{levels[size]:.2f}</td><td>{floor[size]:.2f}</td><td></td><td></td></tr>"
        for size in levels
    )


def _nearest(evaluation: Evaluation) -> str:
    if evaluation.memorisation is None:
        return "<p>No kind of portrait is both in training and held out: memorisation was not measured.</p>"
    nearest = evaluation.memorisation.training
    order = np.argsort([item.distance for item in nearest], kind="stable")[:PAIRS]
    pairs = "".join(_pair(evaluation, int(index), nearest[index]) for index in order)
    return (
        "<h2>Nearest pairs</h2><p>The drawn pictures closest to a training portrait, with that portrait, or its mirror "
        "image if that is closer, and their distance in levels of 255: are these copies?</p>"
        f'<div class="pairs">{pairs}</div>'
    )


def _pair(evaluation: Evaluation, index: int, nearest: Nearest) -> str:
    training = evaluation.real.references.training
    portrait = training.pictures[nearest.index]
    both = np.stack([evaluation.pictures[index], portrait[:, ::-1] if nearest.is_mirrored else portrait])
    label = training.labels[nearest.index]
    caption = f"{nearest.distance:.1f} · seed {evaluation.figures['seed'] + index} · {label.file}"
    return f'<figure><img src="{_sheet(both, 2)}" alt="pair"><figcaption>{escape(caption)}</figcaption></figure>'


def _sheet(pictures: ByteArray, columns: int) -> str:
    """Contact sheet of pictures as a data URI."""
    content = io.BytesIO()
    Image.fromarray(contact_sheet(pictures, columns=columns)).save(content, "JPEG", quality=92, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode()}"
