"""Report tables of the rendering benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def drawing_tables(drawing: Mapping[str, Any]) -> list[str]:
    """Lines about the result of `measure_drawing`."""
    sizes = list(dict.fromkeys(row["size"] for row in drawing["scenes"]))
    stages = dict.fromkeys(row["stage"] for row in drawing["passes"] if "stage" in row)
    return [
        "## Drawing",
        "",
        f"By {drawing['renderer']}; `render_scale: auto` is {drawing['render_scale']:g} here, so stages are "
        f"{' and '.join(stages)}. Drawing only, as fast as possible, with a new camera picture and a new face in every "
        "frame and no network running; for the most expensive moment among idle, arrive and dwell.",
        "",
        "| scene | at |" + "".join(f" {size}, ms (95 %) | frames per second |" for size in sizes),
        "|---" * (2 + 2 * len(sizes)) + "|",
        *(_scene_line(name, rows) for name, rows in _grouped(drawing["scenes"], "scene").items()),
        "",
        "Single passes, finishing all drawing before and after, in the most expensive scene:",
        "",
        "| pass | in | at |" + "".join(f" {size}, ms (95 %) |" for size in sizes),
        "|---" * (3 + len(sizes)) + "|",
        *(_pass_line(name, rows) for name, rows in _grouped(drawing["passes"], "pass").items()),
        "",
    ]


def reload_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines about the result of `measure_reloading`."""
    return [
        "## From saving to the wall",
        "",
        "While `saved.yaml` is shown, which extends `gilded_mirror`, at the pace of a show:",
        "",
        "| saved | file | median ms | longest ms | longest gap between frames, ms | usual gap, ms |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['what']} | `{row['file']}` | {row['ms']['p50']:.0f} | {row['ms']['max']:.0f} "
            f"| {row['longest_gap_ms']:.0f} | {row['usual_gap_ms']:.0f} |"
            for row in rows
        ),
        "",
    ]


def recording_table(cost: Mapping[str, Any]) -> list[str]:
    """Lines about the result of `measure_recording`."""
    return [
        "## Recording",
        "",
        f"`{cost['scene']}`, {cost['size']}, drawn as fast as possible, alternately with and without recording:",
        "",
        "| drawn frames per second | while recording | remaining share | frames dropped by the film |",
        "|---|---|---|---|",
        f"| {cost['without_per_s']:.1f} | {cost['with_per_s']:.1f} | {cost['ratio']:.0%} | {cost['drops']} |",
        "",
    ]


def offline_table(films: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines about the result of `measure_offline`."""
    return [
        "## Rendering a session",
        "",
        "With `tools.render`, including its start, at full resolution:",
        "",
        "| film | length, s | took, s | speed against real time |",
        "|---|---|---|---|",
        *(
            f"| {row['size']}, {row['fps']} per second | {row['seconds']} | {row['took_s']} | {row['speed']:.2f} |"
            for row in films
        ),
        "",
    ]


def _grouped(rows: Sequence[Mapping[str, Any]], key: str) -> dict[str, list[Mapping[str, Any]]]:
    names = dict.fromkeys(row[key] for row in rows)
    return {name: [row for row in rows if row[key] == name] for name in names}


def _scene_line(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    return f"| {name} | {rows[-1]['moment']} |" + "".join(f" {_ms(row)} | {row['per_s']:.1f} |" for row in rows)


def _pass_line(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    last = rows[-1]
    if "skipped" in last:
        return f"| {name} | not measured: {last['skipped']} | |" + " |" * len(rows)
    return f"| {name} | {last['scene']} | {last['moment']} |" + "".join(f" {_ms(row)} |" for row in rows)


def _ms(row: Mapping[str, Any]) -> str:
    return f"{row['ms']['p50']:.2f} ({row['ms']['p95']:.2f})"
