"""Personas: the one that ships opens; everything that can be wrong with a folder is told in one sentence."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from engine.core.errors import ModelError
from engine.networks.persona import Persona, load_discriminator, write_description
from engine.networks.pggan.architecture import GeneratorSettings, settings_from_text, settings_to_text
from engine.networks.pggan.weight_file import MAX_HEADER_BYTES, read_network, write_network
from engine.types import Alignment
from tests.networks.variations import DISCRIMINATORS, GENERATORS
from tests.tiny_persona import random_arrays, write_tiny_persona

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_persona(tmp_path / "models" / "tiny")


def refusal(folder: Path) -> str:
    """The sentence with which a folder is refused."""
    with pytest.raises(ModelError) as caught:
        Persona.open(folder)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert caught.value.exit_status == 5
    return sentence


def test_the_persona_that_ships_opens() -> None:
    persona = Persona.open(ROOT / "models" / "portraits")
    assert (persona.name, persona.title) == ("portraits", "Portraits")
    assert (persona.settings.resolution, persona.settings.latent_size) == (128, 512)
    assert persona.alignment.x == pytest.approx(0.5, abs=0.02)
    assert persona.generator_sha256 == hashlib.sha256(persona.generator_path.read_bytes()).hexdigest()
    assert (persona.folder / "card.md").stat().st_size > 500


def test_opening_needs_neither_tensorflow_nor_keras(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from engine.networks.persona import Persona\n"
        f"Persona.open(Path({str(folder)!r}))\n"
        "print(sorted({'tensorflow', 'keras', 'openvino', 'jax'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_missing_folder_is_told_with_those_that_are_there(folder: Path) -> None:
    found = refusal(folder.parent / "somebody")
    assert found == f"there is no persona 'somebody' in {folder.parent}: there are tiny"


@pytest.mark.parametrize("name", ["persona.json", "generator.safetensors"])
def test_a_missing_file_is_named(name: str, folder: Path) -> None:
    (folder / name).unlink()
    assert refusal(folder).startswith(f"{folder / name} is missing")


DESCRIPTION_FAULTS: dict[str, tuple[str, str]] = {
    "no JSON": ("{", "is not JSON"),
    "a list": ("[1]", 'must be a table with "format": 1'),
    "another format": ('{"format": 2, "title": "x", "alignment": {}}', 'must be a table with "format": 1'),
    "an unknown key": ('{"format": 1, "titel": "x"}', "'titel' is not known; there are format, title and alignment"),
    "no title": ('{"format": 1, "alignment": {}}', "title must be a text of 1 to 200 letters"),
    "no alignment": ('{"format": 1, "title": "x"}', "alignment must be a table of x, y and eye_distance"),
    "eyes outside": (
        '{"format": 1, "title": "x", "alignment": {"x": 0.5, "y": 7, "eye_distance": 0.2}}',
        "alignment.y must be a number from 0.0 to 1.0, not 7",
    ),
    "not a number": (
        '{"format": 1, "title": "x", "alignment": {"x": 0.5, "y": 0.5, "eye_distance": NaN}}',
        "alignment.eye_distance must be a number from 0.02 to 1.0, not nan",
    ),
    "too deep": ("[" * 60_000, "is not JSON"),
    "too long": (" " * 70_000, "is longer than 64 KB"),
}


@pytest.mark.parametrize("fault", DESCRIPTION_FAULTS)
def test_a_wrong_description_is_told(fault: str, folder: Path) -> None:
    text, sentence = DESCRIPTION_FAULTS[fault]
    (folder / "persona.json").write_text(text)
    found = refusal(folder)
    assert found.startswith(str(folder / "persona.json"))
    assert sentence in found


def test_a_description_that_is_written_is_read(folder: Path) -> None:
    write_description(folder, "Ähnliche", Alignment(0.51, 0.47, 0.26))
    persona = Persona.open(folder)
    assert persona.title == "Ähnliche"
    assert persona.alignment == Alignment(0.51, 0.47, 0.26)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0" * 8)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def web_page(path: Path) -> None:
    path.write_text("<!DOCTYPE html><html><body>Sign in to download</body></html>")


def huge_header(path: Path) -> None:
    path.write_bytes((MAX_HEADER_BYTES + 1).to_bytes(8, "little") + b" " * (MAX_HEADER_BYTES + 10))


def wild_header(path: Path) -> None:
    path.write_bytes((60_000).to_bytes(8, "little") + b"[" * 60_000)


def many_tensors(path: Path) -> None:
    save_file({f"t{i}": np.zeros(0, np.float32) for i in range(2001)}, path, {"resolution": "16", "latent_size": "16"})


def rewrite(change: Callable[[dict[str, np.ndarray], dict[str, str]], object]) -> Callable[[Path], None]:
    """A fault that changes the weights or the settings of an otherwise sound file."""

    def harm(path: Path) -> None:
        settings, _ = read_network(path, GeneratorSettings)
        arrays, metadata = load_file(path), settings_to_text(settings)
        change(arrays, metadata)
        save_file(arrays, path, metadata)

    return harm


def overlap(path: Path) -> None:
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    first, second = [name for name in header if name != "__metadata__"][:2]
    header[second] = header[first]
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])


def vast_shape(path: Path) -> None:
    entry = {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}
    text = json.dumps({"4x4/Conv/weight": entry, "__metadata__": {"resolution": "16"}}).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"\0" * 64)


FILE_FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "cut short": (cut, "it is cut short"),
    "too long": (lengthen, "it is too long"),
    "empty": (empty, "the size of its header cannot be right"),
    "a web page": (web_page, "the size of its header cannot be right"),
    "a huge header": (huge_header, "the size of its header cannot be right"),
    "a wild header": (wild_header, "its header is not JSON"),
    "many tensors": (many_tensors, "it holds 2001 tensors; the limit is 2000"),
    "overlapping": (overlap, "there is a gap or an overlap before"),
    "a vast shape": (vast_shape, "it is cut short"),
    "not a number": (
        rewrite(lambda arrays, _: arrays["8x8/Conv0/bias"].__setitem__(2, np.nan)),
        "8x8/Conv0/bias holds a number that is not finite",
    ),
    "infinite": (
        rewrite(lambda arrays, _: arrays["4x4/Dense/weight"].__setitem__((0, 0), np.inf)),
        "4x4/Dense/weight holds a number that is not finite",
    ),
    "a missing layer": (rewrite(lambda arrays, _: arrays.pop("8x8/Conv1/bias")), "8x8/Conv1/bias is missing"),
    "an unknown layer": (
        rewrite(lambda arrays, _: arrays.update({"8x8/Conv2/bias": np.zeros(1, np.float32)})),
        "it holds '8x8/Conv2/bias', which its settings do not ask for",
    ),
    "a wrong shape": (
        rewrite(lambda arrays, _: arrays.update({"ToRGB_lod0/bias": np.zeros(4, np.float32)})),
        "ToRGB_lod0/bias has the shape (4,) where its settings ask for (3,)",
    ),
    "another type": (
        rewrite(lambda arrays, _: arrays.update({"ToRGB_lod0/bias": np.zeros(3, np.float64)})),
        "the entry of 'ToRGB_lod0/bias' is not that of a float32 or float16 tensor",
    ),
    "labels": (rewrite(lambda _, text: text.update(label_size="10")), "label_size is 10: networks with labels"),
    "no latent size": (rewrite(lambda _, text: text.pop("latent_size")), "the setting latent_size is missing"),
    "an odd resolution": (
        rewrite(lambda _, text: text.update(resolution="48")),
        "resolution must be a power of two from 4 to 1024, not 48",
    ),
    "a wild number": (rewrite(lambda _, text: text.update(fmap_max="1e400")), "fmap_max must be a whole number"),
    "a wild word": (
        rewrite(lambda _, text: text.update(fused_scale="si")),
        "fused_scale must be true or false, not 'si'",
    ),
    "no maps left": (rewrite(lambda _, text: text.update(fmap_base="2")), "fmap_base 2 leaves no feature map at 16 px"),
    "too many maps": (rewrite(lambda _, text: text.update(fmap_max="99999")), "fmap_max must be between 1 and 8192"),
}


@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_a_damaged_generator_is_told(fault: str, folder: Path) -> None:
    harm, sentence = FILE_FAULTS[fault]
    path = folder / "generator.safetensors"
    harm(path)
    found = refusal(folder)
    assert found.startswith(f"{path} cannot be used: ")
    assert sentence in found


def test_a_generator_cut_anywhere_is_refused(folder: Path) -> None:
    path = folder / "generator.safetensors"
    content = path.read_bytes()
    for percent in range(0, 100, 4):
        path.write_bytes(content[: len(content) * percent // 100])
        assert refusal(folder).startswith(f"{path} cannot be used: ")


def test_a_folder_in_place_of_a_file_is_told(folder: Path) -> None:
    path = folder / "generator.safetensors"
    path.unlink()
    path.mkdir()
    assert refusal(folder).startswith(f"{path} cannot be read")


def test_a_generator_is_no_discriminator(folder: Path) -> None:
    with pytest.raises(ModelError, match="FromRGB_lod0/weight is missing"):
        load_discriminator(folder / "generator.safetensors")


def test_a_file_says_all_its_settings(tmp_path: Path) -> None:
    for settings in [*GENERATORS.values(), *DISCRIMINATORS.values()]:
        assert settings_from_text(type(settings), settings_to_text(settings)) == settings
        write_network(tmp_path / "file", settings, random_arrays(settings), notes={"kimg": "7", "resolution": "9"})
        found, arrays = read_network(tmp_path / "file", type(settings))
        assert found == settings
        assert arrays.keys() == random_arrays(settings).keys()


def test_float16_and_layers_for_previews_are_read(tmp_path: Path) -> None:
    settings = GENERATORS["official"]
    arrays = {name: value.astype(np.float16) for name, value in random_arrays(settings).items()}
    for part in ("weight", "bias"):
        arrays[f"preview_rgb_lod1/{part}"] = arrays[f"ToRGB_lod1/{part}"]
    write_network(tmp_path / "generator.safetensors", settings, arrays)
    _, found = read_network(tmp_path / "generator.safetensors", GeneratorSettings)
    assert found.keys() == arrays.keys()
    assert all(array.dtype == np.float32 for array in found.values())


def test_personas_of_two_seeds_differ_and_of_one_do_not(tmp_path: Path) -> None:
    folders = [write_tiny_persona(tmp_path / str(index), seed=seed) for index, seed in enumerate((1, 1, 2))]
    hashes = [Persona.open(path).generator_sha256 for path in folders]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_copied_persona_is_the_same_generator(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    assert Persona.open(tmp_path / "copy").generator_sha256 == Persona.open(folder).generator_sha256
