"""Film inverters side by side: `python -m tools.compare --model NAME --inverters A,B --source VIDEO --output FILE.mp4`.

The viewer of a video is on the left, the reflections of all inverters beside them, with error and speed below; a table
for the whole film is printed at the end. `shipped` is the persona's own inverter; the others have been fitted by
`tools.train_inverter --kind`: `mlp-64` or, with the features of 2019, `mlp-64@original342`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from engine.config.recorder import RecorderSettings
from engine.core.errors import ConfigError, DeviceError
from engine.networks.persona import Persona
from engine.render.output.video_writer import VideoFile
from tools.bank.builder import FaceDrawer
from tools.bank.held_out import MODELS
from tools.baselines.ablation import scale_of
from tools.baselines.comparison_film import SideBySide
from tools.baselines.methods import SHIPPED, open_methods
from tools.baselines.registry import KINDS
from tools.command import command, command_parser
from tools.reporting.json_file import write_json

MOST_INVERTERS = 6


@command(interrupted="interrupted; the film up to here plays")
def main(arguments: Sequence[str] | None = None, models: Path = MODELS) -> int:
    """Run the command; returns the exit status."""
    options = _parse(arguments)
    compare(Persona.open(models / options.model), options)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser(
        "compare",
        "Compare inverters side by side in a film.",
        "--model portraits --inverters shipped,mlp-512x512 --video clip.mp4 --output compare.mp4",
    )
    parser.add_argument("--model", required=True, metavar="NAME", help="persona: a folder of models/")
    parser.add_argument(
        "--inverters",
        default=SHIPPED,
        metavar="A,B,...",
        help=f"{SHIPPED}, or any of {', '.join(KINDS)}; with @original342 for the features of 2019",
    )
    parser.add_argument("--source", type=Path, required=True, metavar="VIDEO", help="a film of a viewer")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="film to write, .mp4 or .mkv")
    parser.add_argument("--as-filmed", action="store_true", help="do not mirror the video")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    return parser.parse_args(arguments)


def compare(persona: Persona, options: argparse.Namespace) -> None:
    """Make the film and print the table.

    Raises:
        NarcissusError: an inverter, the video or the output cannot be used, or no face is found in the whole video.
    """
    names = [name.strip() for name in options.inverters.split(",") if name.strip()]
    if not 1 <= len(names) <= MOST_INVERTERS or len(set(names)) < len(names):
        raise ConfigError(f"--inverters takes 1 to {MOST_INVERTERS} different names, not {options.inverters!r}")
    methods = open_methods(persona, names)
    with FaceDrawer(persona, threads=1) as drawer:
        scale = scale_of(persona, drawer)
    with SideBySide(persona, methods, scale, not options.as_filmed) as side_by_side:
        film = VideoFile(options.output, side_by_side.size_wh, RecorderSettings(quality=16, preset="veryfast"))
        try:
            for picture, time_s in tqdm(side_by_side.pictures(options.source), unit=" pictures", desc="compare"):
                film.append(picture, time_s)
        finally:
            film.close()
        if not side_by_side.faces_seen:
            raise DeviceError(f"in {options.source} no face was found: {options.output} shows a viewer and no answer")
        summary = side_by_side.summary()
    print("| inverter | shape RMSE | colour RMSE | moves, °/s |\n|---|---|---|---|")
    for title, values in summary.items():
        cells = ("-" if value is None else f"{value:.2f}" for value in values.values())
        print(f"| {title} | {' | '.join(cells)} |")
    if options.json is not None:
        write_json(options.json, summary)


if __name__ == "__main__":
    sys.exit(main())
