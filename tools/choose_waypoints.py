"""Choose the faces between which the mirror walks while nobody is there: `python -m tools.choose_waypoints`.

It draws some hundred faces, takes those that are usual for the persona and please its critic, finds out how far each
may turn, nod and smile, and writes `models/NAME/waypoints.safetensors`. `--sheet` shows each of them in a row.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from engine.networks.backends.generator_runtime import open_generator
from engine.networks.persona import Persona
from engine.networks.waypoints import GESTURES, WAYPOINTS_FILE, Waypoints, write_waypoints
from engine.types import ByteArray
from tools.bank.held_out import MODELS
from tools.command import command, command_parser
from tools.waypoints.choosing import CANDIDATES, choose_waypoints

COLUMNS = 2  # faces beside each other on the sheet


def sheet_of(persona: Persona, waypoints: Waypoints) -> ByteArray:
    """Every face at rest and at both ends of its gestures, side by side."""
    generator = open_generator(persona)
    rows = []
    for index in range(len(waypoints.faces)):
        moved = [np.zeros(len(GESTURES), np.float32)]
        for gesture in range(len(GESTURES)):
            for side in range(2):
                moved.append(np.zeros(len(GESTURES), np.float32))
                moved[-1][gesture] = waypoints.reach[index, gesture, side]
        pictures = generator.batch(np.stack([waypoints.face(index, each) for each in moved]))[..., :3]
        rows.append(np.hstack(list(pictures)))
    rows += [np.zeros_like(rows[0])] * (-len(rows) % COLUMNS)
    return np.vstack([np.hstack(rows[begin : begin + COLUMNS]) for begin in range(0, len(rows), COLUMNS)])


@command()
def main(arguments: Sequence[str] | None = None, models: Path = MODELS) -> int:
    """Run the command; returns the exit status."""
    parser = command_parser(
        "choose_waypoints", "Choose the faces between which the mirror walks.", "--model portraits --sheet faces.png"
    )
    parser.add_argument("--model", default="portraits", metavar="NAME", help="a persona: a folder of models/")
    parser.add_argument("--critic", type=Path, metavar="FILE", help="discriminator that was trained with the generator")
    parser.add_argument("--count", type=int, default=CANDIDATES, help=f"faces to choose from ({CANDIDATES})")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="a picture of what was chosen")
    options = parser.parse_args(arguments)
    persona = Persona.open(models / options.model)
    waypoints = choose_waypoints(persona, options.critic, options.count)
    path = persona.folder / WAYPOINTS_FILE
    write_waypoints(path, waypoints, persona.generator_sha256)
    if options.sheet is not None:
        Image.fromarray(sheet_of(persona, waypoints)).save(options.sheet)
    print(f"{path}: {len(waypoints.faces)} faces, {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
