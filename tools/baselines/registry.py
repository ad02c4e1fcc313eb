"""Available baselines, and their names on the command line. Knows no library that fits them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.errors import ModelError
from engine.features.featurizer import LAYOUT, VECTORS

HIDDEN: Mapping[str, tuple[int, ...]] = {
    "mlp-64": (64,),
    "mlp-128x128": (128, 128),
    "mlp-256x256": (256, 256),
    "mlp-512x512": (512, 512),
    "mlp-512x4": (512, 512, 512, 512),
}
"""Multi-layer perceptrons trained by the artwork of 2019: sizes of their hidden layers."""

MEMBERS = ("mlp-128x128", "mlp-256x256", "mlp-512x512")  # of the ensemble
KINDS: Mapping[str, str] = {
    "linear": "least squares",
    "ridge": "ridge regression (Hoerl and Kennard 1970)",
    "completed": "ridge regression, extended to full length by a fixed direction instead of scaling",
    "knn": "mean of the eight nearest drawn faces, weighted by proximity",
    "forest": "random forest (Breiman 2001)",
    **{name: f"perceptron with hidden layers of {units}" for name, units in HIDDEN.items()},
    "ensemble": f"mean on the sphere of {', '.join(MEMBERS)}",
}


@dataclass(frozen=True)
class BaselineName:
    """Kind and feature layout of a baseline.

    Attributes:
        kind: one of `KINDS`.
        layout: one of `VECTORS`.
    """

    kind: str
    layout: str = LAYOUT.name

    @classmethod
    def parse(cls, text: str) -> BaselineName:
        """Parse `ridge` or `mlp-64@original342`.

        Raises:
            ModelError: the kind or layout is unknown.
        """
        kind, _, layout = text.partition("@")
        if kind not in KINDS:
            raise ModelError(f"there is no kind of inverter {kind!r}; there are {', '.join(KINDS)}")
        if (layout or LAYOUT.name) not in VECTORS:
            raise ModelError(f"there is no layout of features {layout!r}; there are {', '.join(VECTORS)}")
        return cls(kind, layout or LAYOUT.name)

    def __str__(self) -> str:
        return self.kind if self.layout == LAYOUT.name else f"{self.kind}@{self.layout}"
