"""The form that was found fastest, kept in the user's cache: for one generator, processor, OpenVINO and way of running.

It only saves a measurement: what is damaged or cannot be written is measured again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engine.networks.backends.cpu_features import processor_name
from engine.networks.backends.graph_variants import GraphVariant
from engine.networks.backends.openvino_graph import VERSION
from engine.networks.persona import Persona
from engine.system.atomic_write import atomic_write

_MOST_BYTES = 64 * 1024

_log = logging.getLogger(__name__)


def user_cache_folder() -> Path:
    """Where this user's caches belong: NARCISSUS_CACHE if set, else the system's place for them."""
    chosen = os.environ.get("NARCISSUS_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "narcissus"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "narcissus"


class AutotuneCache:
    """What is remembered for one way of running one generator.

    Args:
        persona: whose generator.
        precision: what was asked for, `auto` included.
        threads: what was asked for; None leaves it to OpenVINO.
        forms: what there is to choose from; anything else in the file counts as damage.
        cache_folder: in place of `user_cache_folder`.

    Attributes:
        path: of the file, named by all that the speed of a form depends on.
    """

    def __init__(
        self,
        persona: Persona,
        precision: str,
        threads: int | None,
        forms: Sequence[GraphVariant],
        cache_folder: Path | None = None,
    ) -> None:
        self._forms = tuple(forms)
        self._made_with = {
            "generator": persona.generator_sha256,
            "graphs": VERSION,
            "openvino": _openvino_version(),
            "processor": processor_name(),
            "processors": os.cpu_count() or 1,
            "precision": precision,
            "threads": threads,
        }
        key = hashlib.sha256(json.dumps(self._made_with, sort_keys=True).encode()).hexdigest()[:32]
        self.path = (cache_folder or user_cache_folder()) / "forms" / f"{key}.json"

    def read(self) -> GraphVariant | None:
        """The form that was chosen, or None where none was, or not by this file's rules."""
        found = self._read()
        return found[0] if found is not None else None

    def ratios(self) -> dict[str, float]:
        """What the choice rests on: of each form that lost or won a duel, its duration as a multiple of the other's."""
        found = self._read()
        return found[1] if found is not None else {}

    def _read(self) -> tuple[GraphVariant, dict[str, float]] | None:
        if not self.path.exists():
            return None
        try:
            if self.path.stat().st_size > _MOST_BYTES:
                raise ValueError("it is too long")
            content = json.loads(self.path.read_text(encoding="utf-8"))
            form = GraphVariant(**content["form"])
            if form not in self._forms:
                raise ValueError(f"there is no form {str(form)[:80]!r}")
            return form, {str(name): float(ratio) for name, ratio in content["duration_ratios"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            _log.warning("the choice in %s is damaged and is made anew: %s", self.path, error)
            return None

    def write(self, form: GraphVariant, ratios: Mapping[GraphVariant, float]) -> None:
        """Keep a choice and what it rests on, all or nothing; that it cannot be kept is told and ends nothing."""
        content: dict[str, Any] = {"form": asdict(form), "made_with": self._made_with}
        content["duration_ratios"] = {str(challenger): round(ratio, 3) for challenger, ratio in ratios.items()}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(self.path) as partial:
                partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            _log.warning("the fastest form cannot be kept in %s (%s): the next start measures again", self.path, error)

    def forget(self) -> None:
        """Remove what is remembered, if anything is."""
        self.path.unlink(missing_ok=True)


def _openvino_version() -> str:
    try:
        return version("openvino")
    except PackageNotFoundError:
        return "none"
