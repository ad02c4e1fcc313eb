"""What a mark of origin says: drawn by a trained network, by which model, for which scenes. Data only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""Term of the IPTC: made by an algorithm from sampled content that it was trained on."""
ASSERTION = "io.github.narcissus-mirror.origin"
"""Label of what this program says beyond C2PA's own assertions."""
AGENT = {"name": "Narcissus", "version": "0.1.0"}


@dataclass(frozen=True)
class Origin:
    """Where a picture or film comes from.

    Attributes:
        persona: name of the persona that was shown.
        generator_sha256: of its generator's file.
        scenes: SHA-256 of the file of each scene that was shown, by name.
    """

    persona: str
    generator_sha256: str
    scenes: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The statement as a table."""
        return {
            "persona": self.persona,
            "generator_sha256": self.generator_sha256,
            "scenes": [{"name": name, "sha256": digest} for name, digest in sorted(self.scenes.items())],
        }

    def manifest(self, title: str) -> dict[str, Any]:
        """A C2PA manifest for a file of that name."""
        created = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE, "softwareAgent": AGENT}
        return {
            "claim_generator_info": [AGENT],
            "title": title,
            "assertions": [
                {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
                {"label": ASSERTION, "data": self.as_json()},
            ],
        }


def scene_hashes(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of the file of each scene, by name; a scene whose file is gone is left out."""
    hashes = {}
    for name in names:
        path = folder / f"{name}.yaml"
        if path.is_file():
            hashes[name] = file_digest(path)
    return hashes


def file_digest(path: Path) -> str:
    """SHA-256 of a file, read piece by piece.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
