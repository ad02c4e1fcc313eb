"""Draw the pictures of the scene tutorial: `python -m tools.dev.make_tutorial`.

The scenes are the `yaml` blocks of docs/scenes.md, in order: the visitor of the gallery stands before each for twelve
seconds, and the picture becomes `docs/tutorial_N.jpg`. Of a scene with `states:` the glass without anybody is drawn as
well, `docs/tutorial_N_idle.jpg`.
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
"""Until this time nobody is before the mirror of a rehearsal, s."""


def scenes() -> Iterator[tuple[str, Scene]]:
    """The scenes of the tutorial, by the numbers of their steps."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for number, block in enumerate(blocks, start=1):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"step_{number}.yaml"
            path.write_text(block, encoding="utf-8")
            yield str(number), load_scene(path, registry())


def pictures(scene: Scene) -> dict[str, float | None]:
    """The pictures of a scene: what follows the number in their names, and the moment of the visit, None its end."""
    has_states = any("idling" in knob.names for spec in scene.passes for knob in spec.bind.values())
    return {"_idle": ALONE_S, "": None} if has_states else {"": None}


def _small(picture: ByteArray) -> bytes:
    return as_jpeg(np.asarray(Image.fromarray(picture).resize(SIZE_WH, Image.Resampling.LANCZOS)))


@command()
def main() -> int:
    """Draw every picture of the tutorial."""
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
