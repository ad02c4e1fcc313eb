"""Six shaders of our own in other programs' dialects, each as a pass: `python -m tools.dev.external_works` draws
them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from engine.networks.persona import Persona
from engine.render.passes import registry
from engine.render.window.gl_context import standalone_context
from engine.scene.scene import PassSpec, Scene
from tools.command import command, command_parser
from tools.dev.make_gallery import DOCS, ROOT, as_jpeg, draw_scene
from tools.reporting.contact_sheet import contact_sheet
from tools.simulation.simulated_visit import Rehearsal

PICTURE = {"source": "picture", "filter": "mipmap"}
WORKS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "breath": ("isf", {"file": "breath.fs", "inputs": {"warmth": 2.0}}),
    "prism": ("isf", {"file": "prism.fs"}),
    "lenticular": ("isf", {"file": "lenticular.fs", "inputs": {"endImage": "reflection", "threads": 24}}),
    "moth": (
        "shadertoy",
        {
            "file": "moth.glsl",
            "channels": {"iChannel0": "A", "iChannel1": "picture"},
            "buffers": {"A": {"file": "moth_paths.glsl"}},
        },
    ),
    "candle": ("shadertoy", {"file": "candle.glsl", "channels": {"iChannel0": PICTURE}}),
    "ink": (
        "shadertoy",
        {
            "file": "ink.glsl",
            "channels": {"iChannel0": "A", "iChannel1": "picture"},
            "buffers": {"A": {"file": "ink_flow.glsl", "channels": {"iChannel0": "A", "iChannel1": "picture"}}},
        },
    ),
}
"""Kind and settings of each pass."""
SIZE_WH = (480, 270)


def work_scene(name: str, size_wh: tuple[int, int]) -> Scene:
    """Scene with one of `WORKS` over the reflection."""
    kind, settings = WORKS[name]
    below = [PassSpec(other, registry()[other]()) for other in ("room", "reflection")]
    return Scene(name, size_wh, (*below, PassSpec(kind, registry()[kind].model_validate(settings))))


@command()
def main() -> int:
    """Draw all of them on one sheet, docs/external-shaders.jpg, three in a row."""
    parser = command_parser("dev.external_works", (__doc__ or "").partition(":")[0], "--output sheet.jpg")
    parser.add_argument("--model", default="portraits")
    parser.add_argument("--output", type=Path, default=DOCS / "external-shaders.jpg")
    arguments = parser.parse_args()
    persona = Persona.open(ROOT / "models" / arguments.model)
    rehearsal, ctx = Rehearsal(persona), standalone_context()
    drawn = [
        draw_scene(ctx, work_scene(name, SIZE_WH), rehearsal, persona.alignment, SIZE_WH)
        for name in tqdm(WORKS, desc="drawing", unit="work")
    ]
    arguments.output.write_bytes(as_jpeg(np.asarray(Image.fromarray(contact_sheet(np.stack(drawn), columns=3)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
