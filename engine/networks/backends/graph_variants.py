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
    """One way to compute a generator.

    Attributes:
        upsampling: `transposed` is one 4x4 convolution, transposed, of stride 2; `phase` a 2x2 convolution that makes
            the four pixels of each doubled one as channels, which are then laid side by side; `nearest` repeats pixels
            and convolves with 3x3, as published: 9 taps for the others' 4.
        pixel_norm: `rms` as a norm over the last axis; `l2` as a norm over channels, whose constant factor is part of
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
    """The variants that compete, beginning with the one a show starts with.

    Args:
        precision: one of `PRECISIONS`; `auto` leaves it to the measurement.
        has_bfloat16: whether the processor computes in it; otherwise `auto` never picks it.
    """
    computed = ("bfloat16", "float32") if has_bfloat16 else ("float32",)
    return tuple(
        GraphVariant(*way, each) for each in (computed if precision == "auto" else (precision,)) for way in _WAYS
    )
