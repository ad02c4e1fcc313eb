"""Graph variants: equivalent ways to compute a generator, with the same picture and machine-dependent speed.

`autotuner.py` measures which is fastest, `autotune_cache.py` remembers it, `openvino_graph.py` builds each.
"""

from __future__ import annotations

from dataclasses import dataclass

PRECISIONS = ("auto", "float32", "bfloat16")
UPSAMPLINGS = ("transposed", "phase", "nearest")
PIXEL_NORMS = ("rms", "l2")


@dataclass(frozen=True)
class GraphVariant:
    """Variant of the generator's graph.

    Attributes:
        upsampling: `transposed` is a transposed 4x4 convolution with stride 2; `phase` a 2x2 convolution that computes
                the four pixels of each doubled one as channels, which are then interleaved; `nearest` repeats pixels
                and applies the 3x3 convolution, as published: 9 taps instead of 4.
        pixel_norm: `rms` is a norm over the last axis; `l2` a norm over channels whose constant factor is folded into
                the next weights.
        precision: `float32` or `bfloat16`.
    """

    upsampling: str = "transposed"
    pixel_norm: str = "rms"
    precision: str = "float32"

    def __str__(self) -> str:
        return f"{self.upsampling}, {self.pixel_norm}, {self.precision}"


_WAYS = (("transposed", "rms"), ("transposed", "l2"), ("phase", "rms"), ("nearest", "rms"))


def candidates(precision: str, *, has_bfloat16: bool) -> tuple[GraphVariant, ...]:
    """Variants to compare, starting with the one that a show starts with.

    Args:
        precision: one of `PRECISIONS`; `auto` leaves it to the measurement.
        has_bfloat16: whether the processor supports it; otherwise `auto` never selects it.
    """
    computed = ("bfloat16", "float32") if has_bfloat16 else ("float32",)
    return tuple(
        GraphVariant(*way, each) for each in (computed if precision == "auto" else (precision,)) for way in _WAYS
    )
