"""The passes that scenes are made of. Importing this package fills the registry; it makes no OpenGL object."""

from __future__ import annotations

from engine.render.passes import (
    archive,
    between,
    daguerreotype,
    dust,
    echo,
    frame,
    glass,
    grade,
    isf,
    measurement,
    mosaic,
    painterly,
    picture,
    shadertoy,
    water,
)
from engine.render.passes.base import Pass, pass_class, register, registry

__all__ = [
    "Pass",
    "dust",
    "archive",
    "painterly",
    "grade",
    "echo",
    "frame",
    "glass",
    "isf",
    "measurement",
    "mosaic",
    "between",
    "pass_class",
    "picture",
    "water",
    "register",
    "registry",
    "shadertoy",
    "daguerreotype",
]
