"""`python -m tools.reflect`: what it writes, how the two faces stand, and what it says to bad input."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut
from skimage.transform import SimilarityTransform, warp

from engine.features.featurizer import LAYOUT, Featurizer
from engine.networks.inversion.inverter_file import write_inverter
from engine.networks.inversion.retrieval_inverter import InverterWeights
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latent
from engine.types import Alignment, ByteArray, Features, FloatArray, Frame, Placement
from tests.tiny_persona import write_tiny_persona
from tools.bank.builder import FaceDrawer
from tools.reflect import ENDINGS, distances, main
from tools.reporting import image_files
from tools.reporting.face_pair import GAP_PX, align, enlarge
from tools.reporting.image_files import list_pictures, output_names

ALIGNMENT = Alignment(0.5, 0.48, 0.25)  # of the tiny persona


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a persona and its inverter."""
    folder = tmp_path_factory.mktemp("models")
    persona = Persona.open(write_tiny_persona(folder / "tiny", seed=3))
    write_inverter(persona.inverter_path, some_weights(), persona, {})
    return folder


def some_weights() -> InverterWeights:
    """A bank of random faces with the seeds from 1000 on, told apart by their pose."""
    random = np.random.default_rng(3)
    projection = np.zeros((LAYOUT.size, 2), np.float32)
    projection[LAYOUT["pose"]] = np.eye(2)
    return InverterWeights(
        mean=np.zeros(LAYOUT.size, np.float32),
        sd=np.full(LAYOUT.size, 2.0, np.float32),
        projection=projection,
        codes=random.standard_normal((50, 2)).astype(np.float32),
        seeds=np.arange(1000, 1050, dtype=np.float32),
        following=np.zeros((2, 16), np.float32),
    )


@pytest.fixture(scope="module")
def portrait() -> ByteArray:
    """A real face, tilted by 20 degrees and off the middle."""
    turn = cv2.getRotationMatrix2D((225, 110), -20, 1.0)
    return np.ascontiguousarray(cv2.warpAffine(astronaut(), turn, (400, 300), borderMode=cv2.BORDER_REPLICATE))


@pytest.fixture(scope="module")
def look() -> Iterator[Callable[[ByteArray], Features]]:
    with Featurizer("static") as featurizer:

        def measure(picture: ByteArray) -> Features:
            found = featurizer(Frame(np.ascontiguousarray(picture), 0.0, 0))
            assert found is not None
            return found

        yield measure


@pytest.fixture
def place(tmp_path: Path, portrait: ByteArray, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with pictures of a face, of none, and what is no picture."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    for name in ("2.png", "10.png", "10.jpg"):
        Image.fromarray(portrait).save(f"in/{name}")
    Path("in/text.jpg").write_text("no picture")
    Image.new("RGB", (64, 48), (90, 120, 40)).save("in/wall.png")
    return tmp_path


def read(folder: str = "out") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(folder, "reflect.json").read_text("utf-8"))
    return content


def vector_of(features: dict[str, dict[str, float]]) -> FloatArray:
    return np.array([number for group in features.values() for number in group.values()], np.float32)


def test_a_folder_is_reflected_and_what_is_no_face_is_told(
    models: Path, place: Path, portrait: ByteArray, look: Callable[[ByteArray], Features], capsys: Any
) -> None:
    assert main(["in", "--output", "out", "--model", "tiny"], models) == 0
    said = capsys.readouterr()
    assert said.out == "3 of 5 reflected: out\n"
    no_picture, no_face = said.err.splitlines()
    assert "in/text.jpg is not a supported image" in no_picture
    assert no_face == "in/wall.png shows no detectable face"

    document = read()
    pictures = document["pictures"]
    assert [picture["file"] for picture in pictures] == [
        f"in/{name}" for name in ("2.png", "10.jpg", "10.png", "text.jpg", "wall.png")
    ]
    assert [picture["error"] for picture in pictures[3:]] == [no_picture, no_face]
    files = {picture[kind] for picture in pictures[:3] for kind in ("reflection", "pair")}
    assert files == {f"{name}_{kind}.png" for name in ("2", "10", "10_png") for kind in ("reflection", "pair")}
    assert {path.name for path in Path("out").iterdir()} == files | {"reflect.json"}

    first = pictures[0]
    assert {name: list(group) for name, group in first["features"].items()} == {
        group.name: list(group.names) for group in LAYOUT.groups
    }
    mirrored = look(portrait[:, ::-1])
    np.testing.assert_array_equal(vector_of(first["features"]), mirrored.vector)
    assert first["neighbour_seed"] >= 1000
    np.testing.assert_allclose(first["latent"], seed_latent(first["neighbour_seed"], 16), atol=1e-3)
    assert first["reflection_features"] is None and first["distances"] is None  # the tiny persona draws clouds
    assert document["layout"]["version"] == LAYOUT.version and document["model"] == "tiny"

    reflection = np.asarray(Image.open("out/2_reflection.png"))
    pair = np.asarray(Image.open("out/2_pair.png"))
    assert reflection.shape == (512, 512, 3) and reflection.std() > 5
    assert pair.shape == (512, 1024 + GAP_PX, 3)
    np.testing.assert_array_equal(pair[:, -512:], reflection)
    beside = look(pair[:, :512])
    assert beside.placement.roll_rad == pytest.approx(0, abs=0.05) and abs(mirrored.placement.roll_rad) > 0.3
    assert np.abs(beside.vector - mirrored.vector)[LAYOUT["pose"]].max() < 4


def test_the_drawn_face_is_measured_like_the_viewer(
    models: Path, place: Path, look: Callable[[ByteArray], Features], monkeypatch: pytest.MonkeyPatch
) -> None:
    face = np.ascontiguousarray(astronaut()[30:230, 120:320])
    monkeypatch.setattr(FaceDrawer, "draw", lambda self, z: np.stack([face] * len(z)))
    assert main(["in/2.png", "--output", "out/deep", "--model", "tiny"], models) == 0
    entry = read("out/deep")["pictures"][0]
    came, asked = vector_of(entry["reflection_features"]), vector_of(entry["features"])
    np.testing.assert_array_equal(came, look(face).vector)
    for group in LAYOUT.groups:
        part = LAYOUT[group.name]
        expected = float(np.sqrt(np.mean(((came - asked)[part] / 2) ** 2)))
        assert entry["distances"][group.name] == pytest.approx(expected, abs=1e-3)
    assert set(entry["distances"]) == set(entry["features"])


def test_an_answer_does_not_depend_on_who_came_before(models: Path, place: Path, portrait: ByteArray) -> None:
    Image.fromarray(np.ascontiguousarray(portrait[:, ::-1])).save("in/other.png")
    latents = []
    for number, images in enumerate((["in/2.png", "in/other.png"], ["in/other.png"])):
        assert main([*images, "--output", f"out{number}", "--model", "tiny"], models) == 0
        latents += [picture["latent"] for picture in read(f"out{number}")["pictures"]]
    assert latents[0] != latents[1] == latents[2]


def test_the_viewer_stands_where_the_persona_draws_its_faces(
    portrait: ByteArray, look: Callable[[ByteArray], Features]
) -> None:
    mirrored = np.ascontiguousarray(portrait[:, ::-1])
    seen = look(mirrored).placement
    aligned = align(mirrored, seen, ALIGNMENT, 512)
    found = look(aligned).placement
    assert (found.x, found.y) == pytest.approx((0.5, 0.48), abs=0.012)
    assert found.eye_distance == pytest.approx(0.25, rel=0.05)
    assert found.roll_rad == pytest.approx(0, abs=0.03)
    scale = 0.25 * 512 / (seen.eye_distance * 300)
    there = SimilarityTransform(scale=scale, rotation=-seen.roll_rad)
    there.params[:2, 2] = np.array([256, 245.76]) - there.params[:2, :2] @ (seen.x * 400, seen.y * 300)
    expected = warp(mirrored, there.inverse, output_shape=(512, 512), order=3, mode="symmetric") * 255
    assert np.abs(aligned - expected).mean() < 4
    assert np.abs(aligned[:, ::-1] - expected).mean() > 20


@pytest.mark.parametrize("eye_distance", [0.02, 0.25, 3.0])
def test_large_and_small_faces_are_cut_without_holes(eye_distance: float) -> None:
    """A fine chequer is grey when it is made much smaller, and has no black border in any size."""
    chequer = np.tile(np.array([[0, 255], [255, 0]], np.uint8), (60, 80))[..., None].repeat(3, -1)
    aligned = align(chequer, Placement(0.9, 0.1, eye_distance, 0.3, 160 / 120), ALIGNMENT, 64)
    assert aligned.shape == (64, 64, 3)
    if eye_distance == 3.0:
        assert np.abs(aligned.astype(int) - 127).max() < 8
    for corner in (aligned[:20, :20], aligned[:20, -20:], aligned[-20:, :20], aligned[-20:, -20:]):
        assert 90 < corner.mean() < 165


def test_pixels_are_where_they_belong_to_a_fraction() -> None:
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))[..., None].repeat(3, -1)
    aligned = align(ramp, Placement(0.5, 0.48, 0.25, 0.0, 1.0), ALIGNMENT, 512)
    expected = 4 * ((np.arange(512) + 0.5) / 8 - 0.5)
    assert np.abs(aligned - expected[None, :, None])[:, 20:-20].max() < 1.2


def test_small_pictures_are_enlarged_and_large_ones_kept() -> None:
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (64, 64, 3), np.uint8)
    large = enlarge(picture)
    assert large.shape == (512, 512, 3)
    assert np.abs(large[4::8, 4::8].astype(int) - picture).mean() < 20
    large = random.integers(0, 256, (1024, 1024, 3), np.uint8)
    np.testing.assert_array_equal(enlarge(large), large)


def test_the_distance_between_equal_faces_is_nothing() -> None:
    vector = np.arange(LAYOUT.size, dtype=np.float32)
    sd = np.full(LAYOUT.size, 0.5, np.float32)
    assert set(distances(vector, vector, sd).values()) == {0.0}
    assert distances(vector, vector + 1, sd) == pytest.approx(dict.fromkeys((group.name for group in LAYOUT.groups), 2))


def test_names_never_collide_and_never_hit_a_picture(tmp_path: Path) -> None:
    given = [
        *(tmp_path / name for name in ("a.jpg", "A.png", "a_png.gif", "b/a.jpg", "c/a.jpg", "a.tar.gz", "none")),
        tmp_path / "d_pair.png",
        tmp_path / "d.png",
        tmp_path / ("long" * 40 + ".png"),
        tmp_path / ("long" * 40 + ".jpg"),
    ]
    names = output_names(given, tmp_path, ENDINGS)
    assert names[:7] == ["a", "A_png", "a_png_gif", "a_jpg", "a_2", "a.tar", "none"]
    assert names[7:9] == ["d_pair", "d_png"]
    files = [(name + ending).casefold() for name in names for ending in ENDINGS]
    assert len(set(files)) == len(files) == 2 * len(given)
    assert "d_pair.png" not in files and max(map(len, files)) < 80


def test_each_picture_is_taken_once_in_natural_order(place: Path) -> None:
    Path("in/.hidden.png").write_bytes(Path("in/2.png").read_bytes())
    Path("in/deeper").mkdir()
    Path("empty").mkdir()
    found = list_pictures([Path("in/wall.png"), Path("in"), Path("in/../in/2.png"), Path("empty"), Path("gone.png")])
    assert [path.name for path in found] == ["wall.png", "2.png", "10.jpg", "10.png", "text.jpg", "empty", "gone.png"]


def test_nothing_reflected_is_a_failure_that_says_why(models: Path, place: Path, capsys: Any) -> None:
    Path("empty").mkdir()
    arguments = ["in/wall.png", "gone.png", "empty", "--output", "out", "--model", "tiny"]
    assert main(arguments, models) == 4
    said = capsys.readouterr()
    assert said.out == "0 of 3 reflected: out\n"
    assert said.err.splitlines()[1:] == ["there is no file gone.png", "the folder empty is empty or cannot be listed"]
    assert [set(picture) for picture in read()["pictures"]] == [{"file", "error"}] * 3
    assert [path.name for path in Path("out").iterdir()] == ["reflect.json"]


def test_what_was_there_is_replaced_and_a_failed_write_leaves_it(
    models: Path, place: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("out").mkdir()
    Path("out/2_pair.png").write_text("old")
    arguments = ["in/2.png", "--output", "out", "--model", "tiny"]
    assert main(arguments, models) == 0
    pair = Path("out/2_pair.png").read_bytes()
    assert pair.startswith(b"\x89PNG")

    def full(self: Image.Image, path: Path, *_: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(image_files.Image.Image, "save", full)
    assert main(arguments, models) == 4
    assert capsys.readouterr().err == "reflect: out/2_reflection.png cannot be written: No space left on device\n"
    assert Path("out/2_pair.png").read_bytes() == pair
    assert not list(Path("out").glob("*.partial"))


def test_an_interrupted_run_lists_what_it_did(
    models: Path, place: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, drawn = FaceDrawer.draw, []

    def interrupted(self: FaceDrawer, z: FloatArray) -> ByteArray:
        drawn.append(z)
        if len(drawn) == 2:
            raise KeyboardInterrupt
        return draw(self, z)

    monkeypatch.setattr(FaceDrawer, "draw", interrupted)
    assert main(["in", "--output", "out", "--model", "tiny", "--looks", "0"], models) == 130
    assert capsys.readouterr().err == "reflect: interrupted\n"
    assert [picture["file"] for picture in read()["pictures"]] == ["in/2.png"]


def test_a_name_that_is_no_text_can_be_listed(models: Path, place: Path) -> None:
    name = "in/\udcff.png"
    try:
        shutil.copy("in/2.png", name)
    except OSError:
        pytest.skip("this disk takes no such names")
    assert main([name, "--output", "out", "--model", "tiny"], models) == 0
    assert read()["pictures"][0]["file"] == name


BAD = {
    "persona": (["in/2.png", "--output", "out", "--model", "nobody"], 5, "there is no persona 'nobody'"),
    "inverter": (["in/2.png", "--output", "out", "--model", "bare"], 5, "run `python -m tools.train_inverter"),
    "folder": (
        ["in/2.png", "--output", "in/2.png/out", "--model", "tiny"],
        4,
        "nothing can be written to the folder in/2.png/out: Not a directory",
    ),
    "a file as folder": (["in/2.png", "--output", "in/2.png", "--model", "tiny"], 2, "must be another folder"),
    "the same folder": (["in", "--output", "in/../in", "--model", "tiny"], 2, "must be another folder"),
    "nothing": (["--output", "out"], 2, "IMAGE"),
}


@pytest.mark.parametrize("fault", BAD)
def test_bad_requests_are_told(fault: str, models: Path, place: Path, capsys: Any) -> None:
    if not (models / "bare").exists():
        write_tiny_persona(models / "bare")
    arguments, status, sentence = BAD[fault]
    before = Path("in/2.png").read_bytes()
    if status == 2:
        with pytest.raises(SystemExit) as left:
            main(arguments, models)
        assert left.value.code == 2
    else:
        assert main(arguments, models) == status
    assert sentence in capsys.readouterr().err
    assert not list(Path().rglob("*_pair.png")) and Path("in/2.png").read_bytes() == before


def test_tensorflow_stays_out_of_this_process(models: Path, place: Path) -> None:
    assert main(["in/2.png", "--output", "out", "--model", "tiny"], models) == 0
    assert "tensorflow" not in sys.modules
