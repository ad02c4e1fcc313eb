"""A network layer by layer: what each costs, its bound, what was measured, and what would bring it nearer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.bench.roofline import Bound, LayerCost, Peaks, bound_of

PRODUCTS = ("FullyConnected", "MatMul", "Convolution", "Deconvolution")
NEAR = 1.3  # times the bound: nothing that is wrong with the layer itself
FEW_MAPS, FEW_PIXELS = 64, 64


@dataclass
class Segment:
    """A product of matrices and all operations until the next one.

    Attributes:
        kernel: that the product runs as.
        maps, side_px: of what it makes.
        product_ms: the product alone.
        rest_ms: each of the others.
    """

    kernel: str
    maps: int
    side_px: int
    product_ms: float
    rest_ms: list[float] = field(default_factory=list)

    @property
    def ms(self) -> float:
        return self.product_ms + sum(self.rest_ms)


def segments(nodes: Sequence[Mapping[str, Any]]) -> list[Segment]:
    """Operations, in the order in which they run, by products; the first one has what comes before it as well."""
    found: list[Segment] = []
    before: list[float] = []
    for node in nodes:
        if node["type"] in PRODUCTS:
            maps, side = (node["shape"][1], node["shape"][-1]) if len(node["shape"]) == 4 else (node["shape"][-1], 1)
            found.append(Segment(node["kernel"], maps, side, node["ms"], before))
            before = []
        elif found:
            found[-1].rest_ms.append(node["ms"])
        else:
            before.append(node["ms"])
    return found


def layer_rows(
    costs: Sequence[LayerCost], nodes: Sequence[Mapping[str, Any]], peaks: Peaks, precision: str
) -> list[dict[str, Any]]:
    """A row for each layer, and one for the pictures of lower resolutions if the persona draws them.

    Args:
        costs: of the layers, in the order in which they run.
        nodes: of `profile`.
        peaks: of the device.
        precision: in which it ran.

    Raises:
        ValueError: the operations are not those of these layers.
    """
    found = segments(nodes)
    trunk = [part for part in found if part.maps != 4]
    pictures = [part for part in found if part.maps == 4]
    finished = [part for part in pictures if part.side_px == costs[-1].side_px]
    if len(trunk) != len(costs) - 1 or len(finished) != 1:
        raise ValueError(f"{len(trunk)} products were profiled where the network has {len(costs) - 1} layers")
    in_all = sum(part.ms for part in found)
    rows = [
        _row(cost, part, bound_of(cost.operations, cost.bytes, peaks, precision), in_all)
        for cost, part in zip(costs, [*trunk, *finished], strict=True)
    ]
    previews_ms = sum(part.ms for part in pictures if part not in finished)
    if previews_ms:
        rows.append({"layer": "previews", "ms": round(previews_ms, 4), "share": round(previews_ms / in_all, 4)})
    return rows


def _row(cost: LayerCost, part: Segment, bound: Bound, in_all_ms: float) -> dict[str, Any]:
    return {
        "layer": cost.name,
        "makes": f"{cost.side_px}²x{cost.maps_out}",
        "operations": cost.operations,
        "bytes": cost.bytes,
        "bound_ms": round(bound.ms, 4),
        "bound_by": bound.by,
        "ms": round(part.ms, 4),
        "product_ms": round(part.product_ms, 4),
        "share": round(part.ms / in_all_ms, 4),
        "kernel": part.kernel,
        "nearer": nearer(cost, part, bound),
    }


def nearer(cost: LayerCost, part: Segment, bound: Bound) -> str:
    """One sentence on what would bring a layer nearer to its bound: whatever the largest part of its loss is."""
    loss_ms, after_ms = part.ms - bound.ms, sum(part.rest_ms)
    if part.ms <= NEAR * bound.ms:
        return "Nothing but fewer operations or a faster machine: it is near its bound."
    if after_ms > loss_ms / 2:
        return (
            f"Joining bias, rectifier and pixel norm to the product: {len(part.rest_ms)} passes over the feature maps "
            f"take {after_ms:.2f} ms."
        )
    if cost.side_px**2 <= FEW_PIXELS:
        return f"Several pictures at once: all weights are read for {cost.side_px**2} pixels."
    if bound.by == "bytes":
        return "Staying in the cache: the layer before and this one in strips, so that what is between never leaves it."
    reached = bound.operations_ms / part.product_ms
    if min(cost.maps_in, cost.maps_out) < FEW_MAPS:
        maps = min(cost.maps_in, cost.maps_out)
        return f"A kernel for as few as {maps} feature maps: the product reaches {reached:.0%} of the peak."
    if cost.kind == "up":
        return f"A better transposed convolution: this one reaches {reached:.0%} of the peak."
    return f"A better kernel for this shape: it reaches {reached:.0%} of the peak."
