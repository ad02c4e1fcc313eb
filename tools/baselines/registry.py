"""Which contenders there are, and how they are named on a command line. It knows no library that fits them."""

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
"""The multi-layer perceptrons that the artwork of 2019 trained: units of their hidden layers."""

MEMBERS = ("mlp-128x128", "mlp-256x256", "mlp-512x512")  # of the ensemble
KINDS: Mapping[str, str] = {
    "linear": "least squares",
    "ridge": "least squares with a penalty on large slopes (Hoerl and Kennard 1970)",
    "completed": "ridge, its short answer brought to full length by a fixed direction and not by stretching it",
    "knn": "mean of the eight nearest drawn faces, weighted by nearness",
    "forest": "random forest (Breiman 2001)",
    **{name: f"perceptron with hidden layers of {units}" for name, units in HIDDEN.items()},
    "ensemble": f"mean on the sphere of {', '.join(MEMBERS)}",
}


@dataclass(frozen=True)
class ContenderName:
    """A kind, and the layout of the features that it hears.

    Attributes:
        kind: one of `KINDS`.
        layout: one of `VECTORS`.
    """

    kind: str
    layout: str = LAYOUT.name

    @classmethod
    def parse(cls, text: str) -> ContenderName:
        """From `ridge`, or `mlp-64@original342`.

        Raises:
            ModelError: there is no such kind or layout.
        """
        kind, _, layout = text.partition("@")
        if kind not in KINDS:
            raise ModelError(f"there is no kind of inverter {kind!r}; there are {', '.join(KINDS)}")
        if (layout or LAYOUT.name) not in VECTORS:
            raise ModelError(f"there is no layout of features {layout!r}; there are {', '.join(VECTORS)}")
        return cls(kind, layout or LAYOUT.name)

    def __str__(self) -> str:
        return self.kind if self.layout == LAYOUT.name else f"{self.kind}@{self.layout}"
