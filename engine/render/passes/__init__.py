"""The passes that scenes are made of. Importing this package fills the registry; it makes no OpenGL object."""

from __future__ import annotations

from engine.render.passes import (
    air,
    archive,
    brushwork,
    colour,
    echo,
    frame,
    glass,
    isf,
    measurement,
    mosaic,
    paper,
    picture,
    pool,
    shadertoy,
    silver,
)
from engine.render.passes.base import Pass, pass_class, register, registry

__all__ = [
    "Pass",
    "air",
    "archive",
    "brushwork",
    "colour",
    "echo",
    "frame",
    "glass",
    "isf",
    "measurement",
    "mosaic",
    "paper",
    "pass_class",
    "picture",
    "pool",
    "register",
    "registry",
    "shadertoy",
    "silver",
]
