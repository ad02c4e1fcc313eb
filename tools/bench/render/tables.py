"""The figures of the stage as tables of a page that a person reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def drawing_tables(drawing: Mapping[str, Any]) -> list[str]:
    """Lines of what `measure_drawing` found."""
    sizes = list(dict.fromkeys(row["size"] for row in drawing["scenes"]))
    stages = dict.fromkeys(row["stage"] for row in drawing["passes"] if "stage" in row)
    return [
        "## Drawing",
        "",
        f"By {drawing['renderer']}; `render_scale: auto` is {drawing['render_scale']:g} here, so stages are "
        f"{' and '.join(stages)}. Drawing alone, as fast as it goes, with a new camera picture and a new face in every "
        "frame and no network beside it; of idle, arrive and dwell the moment that costs most.",
        "",
        "| scene | at |" + "".join(f" {size}, ms (95 %) | frames per second |" for size in sizes),
        "|---" * (2 + 2 * len(sizes)) + "|",
        *(_scene_line(name, rows) for name, rows in _grouped(drawing["scenes"], "scene").items()),
        "",
        "A pass by itself, with everything finished before and after it, in the scene where it costs most:",
        "",
        "| pass | in | at |" + "".join(f" {size}, ms (95 %) |" for size in sizes),
        "|---" * (3 + len(sizes)) + "|",
        *(_pass_line(name, rows) for name, rows in _grouped(drawing["passes"], "pass").items()),
        "",
    ]


def reload_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines of what `measure_reloading` found."""
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
    """Lines of what `measure_recording` found."""
    return [
        "## Recording",
        "",
        f"`{cost['scene']}`, {cost['size']}, drawn as fast as it goes, with a film and without in turn:",
        "",
        "| drawn frames per second | with a film of it | share that is left | frames that the film dropped |",
        "|---|---|---|---|",
        f"| {cost['without_per_s']:.1f} | {cost['with_per_s']:.1f} | {cost['ratio']:.0%} | {cost['drops']} |",
        "",
    ]


def offline_table(films: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines of what `measure_offline` found."""
    return [
        "## Rendering a session again",
        "",
        "By `tools.render`, its start included, in full resolution:",
        "",
        "| film | length, s | took, s | speed against real time |",
        "|---|---|---|---|",
        *(
            f"| {row['size']}, {row['fps']} a second | {row['seconds']} | {row['took_s']} | {row['speed']:.2f} |"
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
