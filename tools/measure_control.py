"""Measure what the control room costs the show on this machine: `python -m tools.measure_control`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.cli import picture_size
from engine.system.atomic_write import atomic_write
from tools.bench.control.trial import measure_control
from tools.command import command, command_parser


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what was found as JSON."""
    parser = command_parser(
        "measure_control",
        "Measure what a flood of 20 000 OSC packets and an open panel cost the show, and how long a packet takes to "
        "the drawn frame; about a minute.",
        "--size 1280x720",
    )
    parser.add_argument("--size", type=picture_size, default=(1280, 720), metavar="WxH", help="of the picture in px")
    parser.add_argument("--quick", action="store_true", help="one round of each")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the result there too")
    options = parser.parse_args(arguments)
    text = json.dumps(measure_control(options.size, quick=options.quick), indent=2) + "\n"
    if options.output is not None:
        with atomic_write(options.output) as partial:
            partial.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
