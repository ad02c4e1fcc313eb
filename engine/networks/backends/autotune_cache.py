"""Cache of the fastest graph variant, per generator, processor, OpenVINO version and runtime options.

It only saves a measurement: if it is damaged or cannot be written, the measurement is repeated.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
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
from engine.system.user_folders import user_cache_folder

_MOST_BYTES = 64 * 1024

_log = logging.getLogger(__name__)


class AutotuneCache:
    """Cached autotuning result for one generator and one set of options.

    Args:
        persona: persona with the generator.
        precision: requested precision, including `auto`.
        threads: requested number of threads; None leaves it to OpenVINO.
        forms: available variants; anything else in the file counts as damage.
        cache_folder: replaces `cache_folder`.

    Attributes:
        path: of the file; its name contains everything that affects the speed of a variant.
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
        """Return the cached variant, or None if there is none or it is invalid."""
        found = self._read()
        return found[0] if found is not None else None

    def ratios(self) -> dict[str, float]:
        """Evidence for the choice: duration of each compared variant as a multiple of its opponent's."""
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
            _log.warning("the cached choice in %s is damaged and will be measured again: %s", self.path, error)
            return None

    def write(self, form: GraphVariant, ratios: Mapping[GraphVariant, float]) -> None:
        """Save a choice and its evidence atomically; failure to do so is logged and has no other effect."""
        content: dict[str, Any] = {"form": asdict(form), "made_with": self._made_with}
        content["duration_ratios"] = {str(challenger): round(ratio, 3) for challenger, ratio in ratios.items()}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(self.path) as partial:
                partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            _log.warning("the fastest form cannot be saved in %s (%s): the next start measures again", self.path, error)

    def forget(self) -> None:
        """Delete the cached result, if any."""
        self.path.unlink(missing_ok=True)


def _openvino_version() -> str:
    try:
        return version("openvino")
    except PackageNotFoundError:
        return "none"
