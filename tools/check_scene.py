"""Check scenes without opening the mirror: `python -m tools.check_scene [FILES]`.

Every file gets `ok` or the sentences that say what is wrong. The exit status is 3 if any of them is wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.errors import ConfigError
from engine.render.passes import registry
from engine.scene import load_scene
from engine.yaml_file import shown_path

SCENES = Path(__file__).resolve().parent.parent / "scenes"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the files that the command line names, or all of scenes/."""
    parser = argparse.ArgumentParser(prog="python -m tools.check_scene", description="Say what is wrong with scenes.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILES", help="scenes; all of scenes/ if none is named")
    paths: list[Path] = parser.parse_args(arguments).files or sorted(SCENES.glob("*.yaml"))
    if not paths:
        print(f"there are no scenes in {shown_path(SCENES)}", file=sys.stderr)
        return ConfigError.exit_status
    problems = 0
    for path in paths:
        try:
            scene = load_scene(path, registry())
        except ConfigError as error:
            problems += 1
            print(error, file=sys.stderr)
        else:
            count = len(scene.passes)
            print(f"{shown_path(path)}: ok ({scene.title}, {count} pass{'es' if count != 1 else ''})")
    return ConfigError.exit_status if problems else 0


if __name__ == "__main__":
    sys.exit(main())
