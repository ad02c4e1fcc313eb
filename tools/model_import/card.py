"""Card of an imported persona: what the file states, and blanks to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.networks.pggan.weight_file import file_sha256


def write_card(path: Path, name: str, source: Path, found: dict[str, Any]) -> None:
    """Write a card with blanks.

    Args:
        source: imported file.
        found: result of `tools.model_import.pggan_conversion.convert`.
    """
    rows = "\n".join(
        f"| {network['name']} | {network['builder']} | {network['resolution']} | {network['latent_size'] or ''} "
        f"| {network['parameters']:,} | {network['lod']:g} |"
        for network in found["networks"]
    )
    text = f"""# {name}

Imported from `{source.name.replace("`", "")}` ({source.stat().st_size:,} bytes,
SHA-256 {file_sha256(source)}). Taken from it: {found["generator"]} as the generator{_beside(found)}.

## What the file says about itself

| network | built by | px | latent | parameters | saved at lod |
|---|---|---|---|---|---|
{rows}

## To fill in

- Who made it, where it comes from, under which licence it may be shown:
- What it was trained on, and whether those people agreed:
- Whom it draws, and whom it does not:
- What was measured, and how:
"""
    path.write_text(text, encoding="utf-8")


def _beside(found: dict[str, Any]) -> str:
    return f", {found['discriminator']} as the discriminator" if found["discriminator"] else ""
