"""Grading by `.cube` files: colours come out as the table has them; what is wrong with one is told with its line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import product
from pathlib import Path

import moderngl
import numpy as np
import pytest
from PIL import Image

from engine.core.clock import Tick
from engine.core.errors import ConfigError
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.pass_context import PassContext
from engine.render.passes import pass_class, registry
from engine.render.passes.cube_lut import read_cube
from engine.render.passes.grade import read_lut
from engine.scene.scene import load_scene
from tests.conftest import ROOT
from tests.render.pictures import read_texture

SIZE_WH = (48, 32)


def cube(size: int, change: Callable[[np.ndarray], np.ndarray], head: str = "") -> str:
    steps = np.linspace(0.0, 1.0, size)
    rows = [change(np.array([r, g, b])) for b, g, r in product(steps, steps, steps)]
    colours = "\n".join(" ".join(f"{value:.6f}" for value in row) for row in rows)
    return f'# made by a test\nTITLE "A test"\nLUT_3D_SIZE {size}\n{head}{colours}\n'


@pytest.fixture
def shaders(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "shaders", tmp_path / "shaders"))


def graded(gl: moderngl.Context, shaders: Path, codes: np.ndarray, **knobs: object) -> np.ndarray:
    """What `grade` makes of sRGB codes (H, W, 3): codes."""
    settings = registry()["grade"](**knobs)
    light = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    stage = PassContext(gl, ShaderLibrary(shaders), SIZE_WH)
    try:
        grade = pass_class("grade")(stage, settings)
        source, target = stage.render_target(SIZE_WH), stage.render_target(SIZE_WH)
        source.texture.write(np.dstack([light, np.ones(codes.shape[:2])]).astype(np.float16).tobytes())
        grade.render(source.texture, target.framebuffer, FrameInputs(), Tick(0, 0.0, 0.0), settings.model_dump())
        out = read_texture(target.texture)[..., :3]
    finally:
        stage.close()
    return np.asarray(np.where(out <= 0.0031308, out * 12.92, 1.055 * out ** (1 / 2.4) - 0.055))


def codes() -> np.ndarray:
    return np.random.default_rng(1).uniform(0.0, 1.0, (SIZE_WH[1], SIZE_WH[0], 3))


@pytest.mark.parametrize("size", [2, 9])
def test_a_table_that_changes_nothing_changes_nothing(gl: moderngl.Context, shaders: Path, size: int) -> None:
    (shaders / "luts" / "mine.cube").write_text(cube(size, lambda c: c))
    assert np.abs(graded(gl, shaders, codes(), lut="mine") - codes()).max() < 0.004


def test_colours_are_those_of_the_table(gl: moderngl.Context, shaders: Path) -> None:
    """A matrix is linear within each tetrahedron, so the grade must be it everywhere; red, green and blue in order."""
    matrix = np.array([[0.2, 0.7, 0.1], [0.1, 0.3, 0.5], [0.6, 0.0, 0.3]])
    (shaders / "luts" / "mine.cube").write_text(cube(5, lambda c: matrix @ c))
    assert np.abs(graded(gl, shaders, codes(), lut="mine") - codes() @ matrix.T).max() < 0.004


def test_greys_stay_grey_between_the_entries(gl: moderngl.Context, shaders: Path) -> None:
    """What trilinear lookup does not promise: along the diagonal only its two ends count."""
    (shaders / "luts" / "mine.cube").write_text(
        cube(3, lambda c: np.full(3, c[0]) if np.ptp(c) == 0 else np.array([1.0, 0.0, 0.5]))
    )
    grey = np.repeat(np.linspace(0.0, 1.0, SIZE_WH[0])[None, :, None], SIZE_WH[1], axis=0).repeat(3, axis=2)
    found = graded(gl, shaders, grey, lut="mine")
    assert np.abs(found - grey).max() < 0.02


def test_strength_and_opacity_go_back_to_the_picture(gl: moderngl.Context, shaders: Path) -> None:
    (shaders / "luts" / "mine.cube").write_text(cube(2, lambda c: 1.0 - c))
    half = graded(gl, shaders, codes(), lut="mine", strength=0.5)
    assert np.abs(half - 0.5).max() < 0.004
    assert np.abs(graded(gl, shaders, codes(), lut="mine", strength=0.0) - codes()).max() < 0.004


def test_the_domain_is_honoured(tmp_path: Path) -> None:
    path = tmp_path / "wide.cube"
    path.write_text(cube(2, lambda c: c, "DOMAIN_MIN -1 0 0\nDOMAIN_MAX 3 2 1\n"))
    lut = read_cube(path, "wide.cube")
    assert (lut.low, lut.high) == ((-1.0, 0.0, 0.0), (3.0, 2.0, 1.0))
    path.write_text(cube(2, lambda c: c, "LUT_3D_INPUT_RANGE 0 4\n"))
    assert read_cube(path, "wide.cube").high == (4.0, 4.0, 4.0)
    assert read_cube(path, "wide.cube").table[0, 0, 1].tolist() == [1.0, 0.0, 0.0]  # red runs fastest


@pytest.mark.parametrize("path", sorted((ROOT / "shaders" / "luts").glob("*.cube")), ids=lambda path: path.stem)
def test_tables_that_ship_are_whole_and_gentle(path: Path) -> None:
    table = read_cube(path, path.name).table
    assert 0.0 <= table.min() <= table.max() <= 1.0
    diagonal = np.array([table[i, i, i] for i in range(len(table))])
    assert (np.diff(diagonal.sum(axis=1)) > 0).all()


ONES = "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n"
WRITTEN: dict[str, tuple[bytes, float, str]] = {
    "plain": (b'TITLE "warm"\nLUT_3D_SIZE 2\n' + ONES.encode(), 1.0, ""),
    "byte-order mark": (b"\xef\xbb\xbfLUT_3D_SIZE 2\n" + ONES.encode(), 1.0, ""),
    "utf-16": (("LUT_3D_SIZE 2\n" + ONES).encode("utf-16"), 1.0, ""),
    "carriage returns": (("LUT_3D_SIZE 2\n" + ONES).replace("\n", "\r\n").encode(), 1.0, ""),
    "lower case": (b'title "warm"\nlut_3d_size 2\n' + ONES.encode(), 1.0, ""),
    "tabs": (("LUT_3D_SIZE 2\n" + ONES).replace(" ", "\t").encode(), 1.0, ""),
    "title without quotes": (b"TITLE warm evening\nLUT_3D_SIZE 2\n" + ONES.encode(), 1.0, ""),
    "comments behind": (b"LUT_3D_SIZE 2 # small\n" + ONES.replace("0 0 0\n", "0 0 0 # black\n", 1).encode(), 1.0, ""),
    "exponents": (b"LUT_3D_SIZE 2\n" + ONES.replace("1", "1e+00").encode(), 1.0, ""),
    "decimal commas": (b"LUT_3D_SIZE 2\n" + ONES.replace("1", "1,0").encode(), 1.0, ":3: has decimal commas"),
    "latin 1": ('TITLE "caf\u00e9"\nLUT_3D_SIZE 2\n'.encode("latin-1") + ONES.encode(), 1.0, " is not UTF-8 text"),
    "vendor": (b"LUT_3D_SIZE 2\nLUT_IN_VIDEO_RANGE\n" + ONES.encode(), 1.0, ":2: LUT_IN_VIDEO_RANGE is unknown and"),
    "range of 1D": (b"LUT_3D_SIZE 2\nLUT_1D_INPUT_RANGE 0 2\n" + ONES.encode(), 0.5, ""),
    "range of 3D": (b"LUT_3D_SIZE 2\nLUT_3D_INPUT_RANGE 0 2\n" + ONES.encode(), 0.5, ""),
    "beyond": (b"LUT_3D_SIZE 2\n" + ONES.replace("1", "1.25").encode(), 1.25, ""),
    "curves": (b"LUT_1D_SIZE 2\nLUT_3D_SIZE 2\n0 0 0\n.5 .5 .5\n" + ONES.encode(), 0.5, ""),
    "curves alone": (b"LUT_1D_SIZE 3\n0 0 0\n.25 .25 .25\n.5 .5 .5\n", 0.5, ""),
    "curves over a range": (b"LUT_1D_SIZE 2\nLUT_1D_INPUT_RANGE 0 2\n0 0 0\n1 1 1\n", 0.5, ""),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_tables_are_read_as_programs_write_them(gl: moderngl.Context, shaders: Path, written: str) -> None:
    """Each multiplies every colour by one number."""
    content, factor, notes = WRITTEN[written]
    path = shaders / "luts" / "my table (v1.2) \u00e4.cube"
    path.write_bytes(content)
    found = graded(gl, shaders, codes(), lut=path.stem)
    assert np.abs(found - np.minimum(codes() * factor, 1.0)).max() < 0.004
    lut = read_cube(path, path.name)
    assert [sentence.startswith(f"{path.name}{notes}") for sentence in lut.notes] == [True] * bool(notes)


PROBLEMS = {
    "no size": ("0 0 0\n", r"mine\.cube:1: LUT_3D_SIZE must come before the colours"),
    "no content": ("# nothing\n", r"mine\.cube has no LUT_3D_SIZE"),
    "too few": ("LUT_3D_SIZE 2\n0 0 0\n", r"mine\.cube has 1 colours and needs 8, 2 x 2 x 2"),
    "too many": ("LUT_3D_SIZE 2\n" + "0 0 0\n" * 9, r"mine\.cube:10: there are more colours than LUT_3D_SIZE 2"),
    "huge": ("LUT_3D_SIZE 100000\n", r"mine\.cube:1: LUT_3D_SIZE must be a whole number from 2 to 65"),
    "half": ("LUT_3D_SIZE 2.5\n", r"mine\.cube:1: LUT_3D_SIZE must be a whole number"),
    "words": ("LUT_3D_SIZE 2\n0 0 x\n", r"mine\.cube:2: must have 3 numbers, not '0 0 x'"),
    "two": ("LUT_3D_SIZE 2\n0 0\n", r"mine\.cube:2: must have 3 numbers, not '0 0'"),
    "nan": ("LUT_3D_SIZE 2\n0 nan 0\n", r"mine\.cube:2: must have 3 numbers"),
    "nan first": ("LUT_3D_SIZE 2\nnan 0 0\n", r"mine\.cube:2: must have 3 numbers, not 'nan 0 0'"),
    "curves": ("LUT_1D_SIZE 2\nLUT_3D_SIZE 2\n0 0 0\n", r"has 1 colours and needs 10, 2 x 2 x 2 after 2 of its curves"),
    "curve": ("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n1 1 1\n", r"mine\.cube:4: there are more colours than LUT_1D_SIZE 2 has"),
    "unknown": ("LUT_3D_SIZE 2\nSHAPER 3\n", r"mine\.cube:2: SHAPER is not known"),
    "domain": ("LUT_3D_SIZE 2\nDOMAIN_MAX 0 0 0\n" + "0 0 0\n" * 8, r"DOMAIN_MIN must be less than DOMAIN_MAX"),
    "long": ("#" * 300 + "\n", r"mine\.cube:1: a line has at most 250 letters, and this one 300"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_what_is_wrong_is_told_with_its_line(gl: moderngl.Context, shaders: Path, problem: str) -> None:
    content, message = PROBLEMS[problem]
    (shaders / "luts" / "mine.cube").write_text(content)
    with pytest.raises(ConfigError, match=message):
        graded(gl, shaders, codes(), lut="mine")


def test_files_that_are_not_there_or_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^there is no colour table shaders/luts/none\.cube$"):
        read_cube(tmp_path / "none.cube", "shaders/luts/none.cube")
    (tmp_path / "bytes.cube").write_bytes(b"\x00\x01\xff")
    with pytest.raises(ConfigError, match=r"^bytes\.cube is no text$"):
        read_cube(tmp_path / "bytes.cube", "bytes.cube")
    (tmp_path / "large.cube").write_bytes(b"#" * (17 * 1024 * 1024))
    with pytest.raises(ConfigError, match="is larger than 16 MiB"):
        read_cube(tmp_path / "large.cube", "large.cube")


@pytest.mark.parametrize("name", ["../secret", "a/b", "", ".hidden"])
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="lut"):
        registry()["grade"](lut=name)


def test_what_is_no_name_of_a_table_is_told_in_words(tmp_path: Path) -> None:
    scene = tmp_path / "scene.yaml"
    scene.write_text("format: 1\ntitle: T\nsize: [640, 360]\npasses:\n  - grade: {lut: mine.cube}\n")
    with pytest.raises(
        ConfigError, match=r"grade\.lut: must be the name of a file in shaders/luts/, without \.cube, not"
    ):
        load_scene(scene, registry())


def test_a_missing_table_is_told_without_opengl(shaders: Path) -> None:
    with pytest.raises(ConfigError, match=r"^there is no colour table shaders/luts/none\.cube$"):
        pass_class("grade").check(registry()["grade"](lut="none"), ShaderLibrary(shaders))


def strip(size: int, change: Callable[[np.ndarray], np.ndarray], *, in_a_row: bool) -> np.ndarray:
    """Squares of red to the right and green downwards, one for each blue, (H, W, 3) uint8."""
    steps = np.linspace(0.0, 1.0, size)
    colours = [[[change(np.array([r, g, b])) for r in steps] for g in steps] for b in steps]
    squares = [np.round(255 * np.array(square)).astype(np.uint8) for square in colours]
    return np.hstack(squares) if in_a_row else np.vstack(squares)


@pytest.mark.parametrize("in_a_row", [True, False])
def test_a_strip_of_squares_is_a_table(gl: moderngl.Context, shaders: Path, in_a_row: bool) -> None:
    turned = strip(16, lambda colour: colour[[1, 2, 0]] * 0.8, in_a_row=in_a_row)
    Image.fromarray(turned).save(shaders / "luts" / "turned.png")
    given = codes()
    expected = given[..., [1, 2, 0]] * 0.8
    assert np.abs(graded(gl, shaders, given, lut="turned") - expected).max() < 0.01


@pytest.mark.parametrize(
    ("size_wh", "sentence"),
    [
        ((256, 15), "odd.png is 256x15 px: a lookup table consists of N squares of N x N px in a row"),
        ((1, 1), "is 1x1 px: a lookup table"),
    ],
)
def test_a_picture_that_is_no_strip_is_told(shaders: Path, size_wh: tuple[int, int], sentence: str) -> None:
    Image.new("RGB", size_wh).save(shaders / "luts" / "odd.png")
    with pytest.raises(ConfigError, match=sentence):
        read_lut(ShaderLibrary(shaders), "odd")
    (shaders / "luts" / "odd.png").write_bytes(b"no picture")
    with pytest.raises(ConfigError, match=r"luts/odd\.png is not a supported image"):
        read_lut(ShaderLibrary(shaders), "odd")
