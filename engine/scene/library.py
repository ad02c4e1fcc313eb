"""Scene library: scenes by name and by key, read from their folder on each request.

Knows neither OpenGL nor which scene is on the wall.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.config.reflection import ReflectionSettings
from engine.core.errors import ConfigError
from engine.scene.scene import PassSettings, Scene, load_scene


class SceneLibrary:
    """The scenes of a folder.

    Args:
        folder: the folder.
        on_keys: scenes on the keys from 1 on; empty takes all of the folder in alphabetical order.
        registry: the settings class of each pass.
        reflection: defaults for scenes that do not set how the mirror answers.

    Raises:
        ConfigError: a key has a scene that does not exist.
    """

    def __init__(
        self,
        folder: Path,
        on_keys: Sequence[str],
        registry: Mapping[str, type[PassSettings]],
        reflection: ReflectionSettings | None = None,
    ) -> None:
        self._folder = folder
        self._on_keys = tuple(on_keys) or self._names()
        self._registry = registry
        self._reflection = reflection
        for name in on_keys:
            self._check(name, "scene.scenes: ")

    def names(self) -> tuple[str, ...]:
        """The names of all scenes, as their folder has them now."""
        return self._names()

    def path(self, name: str) -> Path:
        """The file of a scene, whether it exists or not."""
        return self._folder.resolve() / f"{name}.yaml"

    def on_key(self, number: int) -> str | None:
        """The scene of a key, from 1; None if it has none."""
        return self._on_keys[number - 1] if number <= len(self._on_keys) else None

    def load(self, name: str) -> Scene:
        """Read a scene from its file.

        Raises:
            ConfigError: there is no such scene, or it is wrong; one sentence per problem.
        """
        self._check(name)
        return load_scene(self.path(name), self._registry, self._reflection)

    def check(self, path: Path) -> Scene:
        """Read a scene from a file that is not one of the library, as it would be read from there.

        Raises:
            ConfigError: it is wrong; one sentence per problem.
        """
        return load_scene(path, self._registry, self._reflection)

    def _check(self, name: str, where: str = "") -> None:
        leads_away = Path(name).name != name or "\\" in name
        if leads_away or not os.path.isfile(self.path(name)):  # other than Path's, it does not raise for long names
            there = ", ".join(self._names()) or "none"
            raise ConfigError(f"{where}there is no scene '{name}': {self._folder} has {there}")

    def _names(self) -> tuple[str, ...]:
        return tuple(sorted(path.stem for path in self._folder.glob("*.yaml") if not path.stem.endswith(".partial")))
