"""What tests of ISF files share: the text of one, and where to look."""

from __future__ import annotations

import numpy as np

from tests.render.external import SIZE_WH

W, H = SIZE_WH

IMAGE = '{"NAME": "inputImage", "TYPE": "image"}'


def isf(main: str, inputs: str = "", passes: str = "", more: str = "", before: str = "") -> str:
    """The text of an ISF file."""
    passes = f', "PASSES": [{passes}]' if passes else ""
    return f'/*{{"ISFVSN": "2", "INPUTS": [{inputs}]{passes}{more}}}*/\n{before}\nvoid main() {{ {main} }}\n'


def middle(picture: np.ndarray) -> np.ndarray:
    return picture[H // 2, W // 2]
