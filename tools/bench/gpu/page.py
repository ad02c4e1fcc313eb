"""Report page of a graphics card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.bench.gpu.bound import bound_ms

AIMS = {"generator 1024": 3.0, "upload_p95": 0.5, "age": 35.0}  # ms


def page(result: Mapping[str, Any]) -> str:
    """Markdown page of the result of `tools.gpu_report.measure`."""
    card = result["card"]
    packages = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    lines = [
        f"# {card['name']}",
        "",
        f"Driver {card['driver']}, {card['memory']}; Python {result['python']}; {packages}.",
        "",
    ]
    for title, part in (
        ("Tests", _tests(result["tests"])),
        ("The generator", _generators(result["generator"])),
        ("Into the texture", _upload(result["upload"])),
        ("The whole show", _show(result["show"])),
    ):
        lines += [f"## {title}", "", *part, ""]
    return "\n".join(lines)


def _tests(tests: Mapping[str, Any]) -> list[str]:
    return (
        [_skipped(tests)]
        if "skipped" in tests
        else [f"`tests/gpu`: {tests['summary']}", *(f"- {line}" for line in tests["reasons"])]
    )


def _generators(figures: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [
        "From latent to finished picture, one at a time, with random weights, in the official architectures: 8192/512 "
        "feature maps for 1024 px, 4096/256 for 128 px. float32 means what the framework uses for it, possibly TF32. "
        "The bound is the roofline: for each layer the longer of its operations at the peak rate and its bytes at the "
        "peak bandwidth, both as measured here. "
        f"The target at 1024 px: {AIMS['generator 1024']:g} ms, and six times the bound.",
        "",
        "| framework | size | precision | median ms | 95 % ms | first, s | bound ms | times it | stays on the card |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    notes = []
    for figure in figures:
        if "skipped" in figure:
            notes.append(f"- {figure['backend']}: {_skipped(figure)}")
            continue
        for row in figure["rows"]:
            bound = bound_ms(row["size"], row["precision"], figure["peaks"])
            stays = "yes" if row["stayed"] else "no, CuPy did not take it"
            lines.append(
                f"| {figure['backend']} | {row['size']} | {row['precision']} | {row['p50']:.3f} | {row['p95']:.3f} "
                f"| {row['first_s']} | {bound:.3f} | {row['p50'] / bound:.1f} | {stays} |"
            )
        notes.append(f"- {figure['backend']}: {_peaks(figure['peaks'])}")
    return [*lines, "", *notes]


def _peaks(peaks: Mapping[str, Any]) -> str:
    rates = ", ".join(f"{rate / 1e12:.1f} TFLOP/s in {name}" for name, rate in peaks["operations_per_s"].items())
    moved = ", ".join(
        f"{rate / 1e9:.0f} GB/s over {int(size) / 1e6:.0f} MB" for size, rate in peaks["bytes_per_s"].items()
    )
    return f"peaks {rates}; {moved}"


def _upload(upload: Mapping[str, Any]) -> list[str]:
    if "skipped" in upload:
        return [_skipped(upload)]
    return [
        f"{upload['renderer']}; result of the probe: {upload['verdict']}. The target for a call is "
        f"{AIMS['upload_p95']:g} ms at the 95th percentile.",
        "",
        "| size | way | call, median ms | 95 % ms | until the card is done, median ms | 95 % ms |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['size']} | {row['way']} | {row['call_ms']['p50']:.3f} | {row['call_ms']['p95']:.3f} "
            f"| {row['done_ms']['p50']:.3f} | {row['done_ms']['p95']:.3f} |"
            for row in upload["rows"]
        ),
    ]


def _show(show: Mapping[str, Any]) -> list[str]:
    if "skipped" in show:
        return [_skipped(show)]
    age, frames, reflections = show["reflections"]["age_ms"], show["frames"], show["reflections"]
    return [
        "`main.py --headless` with the self-view: from the frame of a measured face to the picture that shows it, "
        f"without a camera. The target is {AIMS['age']:g} ms.",
        "",
        "| | |",
        "|---|---|",
        f"| age, median and 95 % | {age['p50']} and {age['p95']} ms |",
        f"| reflections and drawn frames per second | {reflections['per_s']} and {frames['per_s']} |",
        *(
            f"| {name}, median and 95 % | {ms['p50']} and {ms['p95']} ms |"
            for name, ms in show["stages_ms"].items()
            if ms
        ),
        *(f"| it says | {line} |" for line in show["said"]),
    ]


def _skipped(part: Mapping[str, Any]) -> str:
    return f"Not measured: {part['skipped']}."
