"""Write docs/features.md, every number of the feature vectors: `python -m tools.dev.describe_features`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from engine.features.featurizer import VECTORS
from engine.features.layout import FeatureGroup, FeatureLayout

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "features.md"
FIRST_WORDS = """# The numbers of a face

Made by `python -m tools.dev.describe_features` from the layouts in `engine/features`; do not edit it. The first layout
is what the mirror measures of viewers, drawn faces and portraits alike; a persona's inverter names the layout that it
was trained on. Position, scale and roll are in none of the first's numbers: they are in `types.Placement`. "Left" and
"right" are the sides of the picture. An *eye distance* is the distance between the middles of the eyes, as if seen from
the front.
"""
AXES = {"x": "x, y", "L": "L, a, b", "R": "R, G, B"}  # what the names of a place's numbers end in


def describe() -> str:
    """The whole document."""
    lines = (line for kind in VECTORS.values() for line in _layout(kind.layout))
    return "\n".join([FIRST_WORDS.rstrip(), *lines, ""])


def _layout(layout: FeatureLayout) -> Iterator[str]:
    yield f"\n## {layout.name}, version {layout.version}: {layout.size} numbers\n"
    yield "| group | slice | numbers | unit | what | where nothing is known |"
    yield "|---|---|---|---|---|---|"
    for group in layout.groups:
        place = layout[group.name]
        neutral = ", ".join(f"{number:.3g}" for number in group.neutral) or "always measured"
        row = (
            f"{group.name} | {place.start}:{place.stop} | {len(group.names)} | {group.unit} | {group.what} | {neutral}"
        )
        yield f"| {row} |"
    for predecessor in layout.predecessors:
        renamed = dict.fromkeys(f"`{_place(old)}` is `{_place(new)}`" for old, new in predecessor.renamed.items())
        earlier = predecessor.layout
        yield f"\nIt has all {earlier.size} numbers of version {earlier.version}, of which {', '.join(renamed)} now."
    for group in layout.groups:
        yield from _numbers(layout, group)


def _numbers(layout: FeatureLayout, group: FeatureGroup) -> Iterator[str]:
    yield f"\n### {layout.name}: {group.name}\n"
    start = layout[group.name].start
    places = [name if name in group.meanings else _place(name) for name in group.names]
    if not group.meanings and len(set(places)) < len(group.names):
        listed = ", ".join(dict.fromkeys(places))
        axes = AXES[group.names[0].rpartition("_")[2]]
        yield f"From {start} on, {axes} of each of these in turn: {listed}."
        return
    yield "| at | name | meaning |"
    yield "|---|---|---|"
    for place, members in groupby(enumerate(group.names), key=lambda item: places[item[0]]):
        numbers = list(members)
        first = start + numbers[0][0]
        at = f"{first}" if len(numbers) == 1 else f"{first}:{first + len(numbers)}"
        axes = "" if len(numbers) == 1 else f" {AXES[numbers[0][1].rpartition('_')[2]]}"
        yield f"| {at} | {place}{axes} | {group.meanings.get(place, '')} |"


def _place(name: str) -> str:
    """The name of what has several numbers, without which of them this is."""
    place, _, axis = name.rpartition("_")
    return place if axis in "xyLabRGB" else name


def main() -> int:
    """Write the document."""
    DOCUMENT.write_text(describe(), encoding="utf-8")
    print(DOCUMENT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
