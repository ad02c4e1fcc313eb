"""There is one reader of picture files: nobody else opens one."""

from __future__ import annotations

import re

from tests.conftest import ROOT

OWN_BYTES = {  # read back what they have just encoded
    "tools/likeness/camera_noise.py",
    "tools/likeness/viewer_film.py",
    "tools/upscaling/degradation.py",
}


def test_no_picture_file_is_opened_elsewhere() -> None:
    opens = re.compile(r"Image\.open\(|\bimread\(|\bimdecode\(")
    files = [path for room in ("engine", "tools", "examples") for path in (ROOT / room).rglob("*.py")]
    found = {path.relative_to(ROOT).as_posix() for path in files if opens.search(path.read_text(encoding="utf-8"))}
    assert {name for name in found if not name.startswith("engine/images/")} == OWN_BYTES
