"""Report tables of the generator benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.bench.generator.verdicts import verdicts
from tools.bench.generator.worker_pool import OURS

NAMES = {OURS: "**Narcissus**", "openvino": "OpenVINO alone", "onnxruntime": "ONNX Runtime", "pytorch": "PyTorch"}


def generator_tables(result: Mapping[str, Any]) -> list[str]:
    """Lines about the results of `measure_generators`."""
    rows, found = result["generator"], result["bounds"]
    judged = list(dict.fromkeys(row["network"] for row in rows))
    return [
        "## The generator",
        "",
        *_contender_lines(result["contenders"]),
        "",
        *_peak_lines(found["peaks"]),
        "",
        *_verdict_lines(rows, judged),
        *(line for name in dict.fromkeys(row["network"] for row in rows) for line in _network_lines(name, rows)),
    ]


def _contender_lines(contenders: Mapping[str, Mapping[str, str]]) -> list[str]:
    there = [f"{each['version']} ({NAMES.get(name, name)})" for name, each in contenders.items() if "version" in each]
    missing = [f"- {NAMES.get(name, name)}: {each['absent']}." for name, each in contenders.items() if "absent" in each]
    lines = [
        f"By {', '.join(there)}. Same weights, one picture at a time, finished RGBA pixels. All runtimes are timed "
        "alternately in short turns, so that other load on the machine affects all equally: compare the ratios. Every "
        "runtime's pictures were first compared with the plain Keras network (column `apart`, in levels of 255).",
    ]
    return lines + (["", "Not measured:", "", *missing] if missing else [])


def _peak_lines(peaks: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [
        "The bound of a network is the sum over its layers of the longer of two times: its operations at the measured "
        "peak rate, and its bytes, each moved once, at the measured bandwidth of a working set of that size.",
        "",
        "| device | operations per second | bytes per second, by working set |",
        "|---|---|---|",
    ]
    for each in peaks:
        rates = ", ".join(f"{rate / 1e9:.0f} G in {name}" for name, rate in each["operations_per_s"].items())
        moved = ", ".join(f"{rate / 1e9:.0f} G in {int(size) >> 20} MB" for size, rate in each["bytes_per_s"].items())
        lines.append(f"| {each['device']} | {rates} | {moved} |")
    return lines


def _verdict_lines(rows: Sequence[Mapping[str, Any]], judged: Sequence[str]) -> list[str]:
    lines = [
        "Ratio of the others' times to ours, each in its best form, in the same run:",
        "",
        "| network | precision | other | its best form | its ms | our ms | ratio | aim | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for each in verdicts(rows, judged):
        ours, theirs = each["ours"], each["theirs"]
        in_other = f", {theirs['precision']}" if theirs["precision"] != each["precision"] else ""
        lines.append(
            f"| {each['network']} | {each['precision']} | {NAMES[each['runtime']]} "
            f"| {theirs['form']}, {theirs['how']}{in_other} | {theirs['ms']:.2f} | {ours['ms']:.2f} "
            f"| **{each['ratio']:.2f}** | {each['aim']} | {'met' if each['holds'] else 'not met'} |"
        )
    return [*lines, ""]


def _network_lines(name: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    of_network = [row for row in rows if row["network"] == name]
    own = [row for row in of_network if row["runtime"] == OURS and "ms" in row]
    ours = {row["precision"]: min(each["ms"] for each in own if each["precision"] == row["precision"]) for row in own}
    reasons = {row["absent"]: row for row in of_network if "absent" in row}
    return [
        f"### {name}",
        "",
        "| runtime | form | precision | how | median ms | 95 % | by ours | bound, ms | times the bound | apart |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(_row_line(row, ours.get(row["precision"])) for row in of_network if "ms" in row),
        "",
        *(f"- {NAMES[row['runtime']]}, {row['precision']}: not measured, {reason}." for reason, row in reasons.items()),
        *([""] if reasons else []),
    ]


def _row_line(row: Mapping[str, Any], ours_ms: float | None) -> str:
    by_ours = f"{row['ms'] / ours_ms:.2f}" if ours_ms else ""
    bound = f"{row['bound_ms']:.2f} | {row['ms'] / row['bound_ms']:.1f}" if "bound_ms" in row else " | "
    apart = f"{row['difference']['mean']:.2f}, {row['difference']['max']} at most" if "difference" in row else ""
    where = "" if row["device"] == "processor" else f", {row['device']}"
    return (
        f"| {NAMES[row['runtime']]} | {row['form']} | {row['precision']} | {row['how']}{where} | {row['ms']:.2f} "
        f"| {row['p95_ms']:.2f} | {by_ours} | {bound} | {apart} |"
    )
