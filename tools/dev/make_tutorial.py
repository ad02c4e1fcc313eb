"""Draw the pictures of the scene tutorial: `python -m tools.dev.make_tutorial`.

The scenes are the `yaml` blocks of docs/scenes.md, in order: the gallery's visitor stands in front of each for twelve
seconds, and the picture becomes `docs/tutorial_N.jpg`. Scenes with `states:` are also drawn without a visitor, as
`docs/tutorial_N_idle.jpg`.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from engine.networks.persona import Persona
from engine.render.passes import registry
from engine.render.window.gl_context import standalone_context
from engine.scene.scene import Scene, load_scene
from engine.types import ByteArray
from tools.command import command, command_parser
from tools.dev.make_gallery import DOCS, ROOT, as_jpeg, draw_scene
from tools.simulation.simulated_visit import Rehearsal

PAGE = DOCS / "scenes.md"
SIZE_WH = (800, 450)
ALONE_S = 0.9
"""Time until the simulated visitor arrives, s."""


def scenes() -> Iterator[tuple[str, Scene]]:
    """Scenes of the tutorial, by step number."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for number, block in enumerate(blocks, start=1):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"step_{number}.yaml"
            path.write_text(block, encoding="utf-8")
            yield str(number), load_scene(path, registry())


def pictures(scene: Scene) -> dict[str, float | None]:
    """Pictures of a scene: suffix of their names, and time within the visit, None for its end."""
    has_states = any("idling" in knob.names for spec in scene.passes for knob in spec.bind.values())
    return {"_idle": ALONE_S, "": None} if has_states else {"": None}


def _small(picture: ByteArray) -> bytes:
    return as_jpeg(np.asarray(Image.fromarray(picture).resize(SIZE_WH, Image.Resampling.LANCZOS)))


@command()
def main() -> int:
    """Draw all pictures of the tutorial."""
    parser = command_parser("dev.make_tutorial", (__doc__ or "").partition("\n")[0], "")
    parser.parse_args()
    persona = Persona.open(ROOT / "models" / "portraits")
    rehearsal, ctx = Rehearsal(persona), standalone_context()
    for number, scene in tqdm(list(scenes()), desc="drawing", unit="scene"):
        for suffix, until_s in pictures(scene).items():
            picture = draw_scene(ctx, scene, rehearsal, persona.alignment, until_s=until_s)
            (DOCS / f"tutorial_{number}{suffix}.jpg").write_bytes(_small(picture))
    return 0


if __name__ == "__main__":
    sys.exit(main())
