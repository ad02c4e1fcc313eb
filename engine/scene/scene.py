"""Scenes: scenes/*.yaml -> `Scene`, the passes of a look in order, with their settings and bindings.

A scene file states only what differs from the defaults, or from the scene that it extends. A registry lists the passes;
this module knows no OpenGL, and no pass by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from engine.config.reflection import ReflectionSettings
from engine.core.errors import gathered_problems
from engine.scene.pass_reader import read_pass
from engine.scene.pass_spec import PassSettings, PassSpec
from engine.scene.scene_file import read_scene_text
from engine.scene.transition import TransitionSettings
from engine.visitor.signals import SIGNALS

__all__ = ["SIGNALS", "PassSettings", "PassSpec", "Scene", "load_scene"]


@dataclass(frozen=True)
class Scene:
    """One look.

    Attributes:
        title: for people.
        size_wh: width and height of the stage, px.
        passes: in drawing order, each with a name that no other has.
        path: its file; None if it was built in memory.
        files: all files that it consists of: its own, those it extends, and pictures.
        reflection: how the mirror answers while it is shown.
        transition: how it comes in.
    """

    title: str
    size_wh: tuple[int, int]
    passes: tuple[PassSpec, ...]
    path: Path | None = None
    files: frozenset[Path] = frozenset()
    reflection: ReflectionSettings = field(default_factory=ReflectionSettings)
    transition: TransitionSettings = field(default_factory=TransitionSettings)


def load_scene(
    path: Path, registry: Mapping[str, type[PassSettings]], reflection: ReflectionSettings | None = None
) -> Scene:
    """Read a scene.

    Args:
        path: a scene file.
        registry: the settings class of each pass.
        reflection: defaults for what the scene does not set.

    Raises:
        ConfigError: one sentence per problem, one per line.
    """
    text = read_scene_text(path)
    passes: list[PassSpec] = []
    with gathered_problems() as problem:
        for entry in text.passes:
            with problem():
                passes.append(read_pass(entry, registry, path.parent))
    outer = text.outer
    pictures = (value for spec in passes for _, value in spec.settings if isinstance(value, Path))
    return Scene(
        title=outer.title,
        size_wh=outer.size,
        passes=_told_apart(passes),
        path=path,
        files=frozenset(file.resolve() for file in (*text.paths, *pictures)),
        reflection=(reflection or ReflectionSettings()).with_changes(outer.visit, outer.reflection),
        transition=outer.transition,
    )


def _told_apart(passes: Sequence[PassSpec]) -> tuple[PassSpec, ...]:
    """The passes, each with a name of its own: the second of a kind is `kind_2`, and so on."""
    given = Counter(spec.name for spec in passes)
    taken, named = set(given), []
    for spec in passes:
        if given[spec.name] > 0:  # the first of its name keeps it
            given[spec.name] = 0
            named.append(spec)
            continue
        number = next(n for n in count(2) if f"{spec.name}_{n}" not in taken)
        taken.add(f"{spec.name}_{number}")
        named.append(replace(spec, name=f"{spec.name}_{number}"))
    return tuple(named)
