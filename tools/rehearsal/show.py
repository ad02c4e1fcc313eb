"""The show that is rehearsed, in a process of its own: `python -m tools.rehearsal.show`, started by `tools.rehearse`.

It is `engine.app.App` as `main.py` runs it, in the folder of a stage, with a staged camera and a receiver that is not
there. Orders come as lines on its standard input, and it is over when that ends; how it is goes to standard output.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from engine.system.cpu_priority import limit_pools, share_processor

STATUS_FILE = "status.json"
DEVICE = Path("stage") / "camera"


def main() -> int:
    """Run the show; returns its exit status."""
    limit_pools()
    from engine.config.options import Options
    from engine.core.errors import NarcissusError
    from engine.system.crash_log import catch_crashes
    from engine.system.logging_setup import FOLDER, set_up_logging
    from tools.rehearsal.rehearsed_app import RehearsedApp

    settings: dict[str, Any] = json.loads(sys.argv[1])
    told = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what anything prints is no moment of the show
    set_up_logging()
    catch_crashes(FOLDER)
    share_processor()
    options = Options(
        model=settings["model"],
        source=f"camera:{DEVICE.resolve()}",
        size_wh=tuple(settings["size_wh"]),
        headless=True,
        live=True,
        seed=settings["seed"],
        status=Path(STATUS_FILE),
    )
    app = RehearsedApp(options, Path(settings["models"]), lambda moment: print(moment.as_line(), file=told), sys.stdin)
    try:
        app.run()
    except NarcissusError as error:
        print(f"the rehearsed show: {error}", file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    from engine.system.shutdown import leave

    leave(main())
