"""Age and gender of 2019: OpenVINO agrees with OpenCV's forward pass of the same Caffe files; bad ones are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.networks.attributes.classifier import AttributeReader, network_input
from engine.networks.attributes.levi_hassner import CLASSES
from engine.networks.pggan.weight_file import write_arrays
from tests.tools.model_import.caffe_files import blob, caffemodel, field, random_blobs, varint, write_caffe_files
from tools.import_attributes import main
from tools.model_import.caffe_model import read_caffemodel
from tools.model_import.caffe_prototxt import MAX_BYTES, read_prototxt


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_caffe_files(tmp_path_factory.mktemp("caffe"), is_old=True)


def faces(count: int) -> np.ndarray:
    """Smooth coloured pictures."""
    coarse = np.random.default_rng(3).integers(0, 256, (count, 8, 8, 3), np.uint8)
    return np.stack([cv2.resize(one, (227, 227), interpolation=cv2.INTER_CUBIC) for one in coarse])


@pytest.mark.parametrize("is_old", [True, False])
def test_the_networks_agree_with_opencv(is_old: bool, folder: Path, tmp_path: Path) -> None:
    if not is_old:
        folder = write_caffe_files(tmp_path / "new", is_old=False)
    assert main([str(folder)], tmp_path / "models") == 0
    reader = AttributeReader(tmp_path / "models" / "attributes.safetensors")
    answers = [reader(face) for face in faces(2)]
    x = network_input(faces(2))
    for kind, classes in CLASSES.items():
        files = (str(folder / f"deploy_{kind}.prototxt"), str(folder / f"{kind}_net.caffemodel"))
        theirs = cv2.dnn.readNetFromCaffe(*files)
        theirs.setInput(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
        expected = theirs.forward()
        found = np.stack([answer[kind] for answer in answers])
        assert found.shape == (2, classes) and len(reader.answers[kind]) == classes
        assert np.abs(found - expected).max() < 1e-4
        assert np.abs(found[0] - found[1]).max() > 1e-3  # it looks at the picture
        assert np.allclose(found.sum(1), 1, atol=1e-5)
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["attributes.safetensors"]


def test_faces_are_seen_as_in_training() -> None:
    picture = np.zeros((1, 227, 227, 3), np.uint8)
    picture[..., 0] = 200  # red
    x = network_input(picture)
    assert np.allclose(x[0, 0, 0], [-78.4263, -87.7689, 200 - 114.8958], atol=1e-3)
    with pytest.raises(ValueError, match=r"faces must have the shape \(N, 227, 227, 3\), not \(227, 227, 3\)"):
        network_input(picture[0])


TEXTS: dict[str, tuple[Callable[[str], str], str]] = {
    "empty": (lambda text: "", "it is empty"),
    "a web page": (lambda text: "<!DOCTYPE html>", "line 1: '!' cannot stand in a description"),
    "bytes": (lambda text: "\udcff\udcfe", "it is not a text"),
    "cut short": (lambda text: text[: len(text) // 2], "line "),
    "no key": (lambda text: "{ }", "line 1: a key should be here, not '{'"),
    "no value": (lambda text: "name: }", "line 1: a value should be here, not '}'"),
    "depth": (lambda text: "a { " * 40, "it is nested more than 16 deep"),
    "words": (lambda text: "a: 1 " * 9000, "it has more than 20000 words"),
    "length": (lambda text: "#" * (MAX_BYTES + 1), "it is longer than 256 KB"),
    "another kernel": (
        lambda text: text.replace("kernel_size: 7", "kernel_size: 11"),
        "kernel_size of its layer conv1 is 11.0, which the network of Levi and Hassner does not have",
    ),
    "groups": (lambda text: text.replace("pad: 2", "pad: 2 group: 2"), "group of its layer conv2 is 2.0"),
    "another pooling": (lambda text: text.replace("pool: MAX", "pool: AVE"), "pool of its layer pool0 is AVE"),
    "another setting": (
        lambda text: text.replace("beta: 0.75", "beta: 0.75 norm_region: WITHIN_CHANNEL"),
        "norm_region of its layer norm0 is WITHIN_CHANNEL",
    ),
    "another input": (lambda text: text.replace("227", "224"), "its input is not one of pictures of 3 channels"),
    "another layer": (lambda text: text.replace("LRN", "SIGMOID"), "its layer norm0 is a SIGMOID where"),
    "another order": (
        lambda text: text.replace('bottom: "pool0"', 'bottom: "conv1"'),
        "its layer norm0 does not follow the one before it",
    ),
    "fewer layers": (
        lambda text: "\n".join(line for line in text.splitlines() if "norm1" not in line),
        "it has 15 layers that compute; the network of Levi and Hassner has 17",
    ),
    "another number of classes": (
        lambda text: text.replace("num_output: 8", "num_output: 9"),
        "num_output of its layer fc8",
    ),
    "a layer without a name": (lambda text: text.replace('name: "fc6"', ""), "a layer in it has not one name"),
}


@pytest.mark.parametrize("fault", TEXTS)
def test_a_description_of_another_network_is_refused(
    fault: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, sentence = TEXTS[fault]
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    text = tmp_path / "deploy_age.prototxt"
    content = change(text.read_text()).encode("utf-8", "surrogateescape")
    text.unlink()
    text.write_bytes(content)
    said = refusal(tmp_path, capsys)
    assert said.startswith("import_attributes: nothing was imported from deploy_age.prototxt: ")
    assert sentence in said


def refusal(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The last line with which a folder is refused; nothing may stay behind."""
    assert main([str(folder)], folder / "models") == 5
    assert not (folder / "models").exists() or list((folder / "models").iterdir()) == []
    return capsys.readouterr().err.splitlines()[-1]


def test_weights_that_do_not_fit_are_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    weights = tmp_path / "gender_net.caffemodel"
    blobs = random_blobs("gender", 1)
    spoiled = blobs["fc7"][0].copy()
    spoiled[3, 3] = np.nan
    content = caffemodel(blobs, is_old=True)
    faults: dict[bytes, str] = {
        caffemodel(
            {**blobs, "fc7": (spoiled, blobs["fc7"][1])}, is_old=True
        ): "its layer fc7 holds a number that is not",
        caffemodel({**blobs, "fc8": blobs["fc7"]}, is_old=False): "a blob of its layer fc8 has the shape (512, 512)",
        caffemodel({**blobs, "fc9": blobs["fc8"]}, is_old=True): "it holds weights of a layer fc9",
        caffemodel({**blobs, "fc8": blobs["fc8"][:1]}, is_old=True): "it lacks the weight or the bias of its layer fc8",
        content[: len(content) // 2]: "it is cut short, or no Caffe model",
        b"<html>": "no Caffe model",
    }
    for changed, sentence in faults.items():
        weights.unlink()
        weights.write_bytes(changed)
        said = refusal(tmp_path, capsys)
        assert said.startswith("import_attributes: nothing was imported from gender_net.caffemodel: ")
        assert sentence in said
    weights.unlink()
    assert "gender_net.caffemodel: there is no such file in" in refusal(tmp_path, capsys)


ONE = np.ones((2, 2), np.float32)
HOSTILE_MODELS: dict[str, bytes] = {
    "nothing": b"",
    "zeros": b"\0" * 100,
    "a number without end": b"\xff" * 50,
    "a length of an exabyte": varint(100 << 3 | 2) + varint(1 << 60),
    "a group": varint(1 << 3 | 3),
    "a layer that is a number": varint(100 << 3) + varint(7),
    "a name that is a number": field(100, varint(1 << 3) + varint(7)),
    "a shape of a terabyte": field(100, field(7, field(7, field(1, varint(1 << 20) * 2)) + field(5, b"\0" * 16))),
    "a shape that overflows": field(
        100, field(7, field(7, field(1, varint((1 << 63) + 1) * 3)) + field(5, b"\0" * 16))
    ),
    "many dimensions": field(100, field(7, field(7, field(1, b"\1" * 50)) + field(5, b"\0" * 4))),
    "half a number": field(100, field(7, field(5, b"\0" * 3))),
    "two pieces": field(100, field(7, field(5, b"\0" * 4) * 2)),
    "double precision": field(100, field(7, field(8, b"\0" * 8))),
    "single numbers": field(100, field(7, varint(5 << 3 | 5) + b"\0" * 4 + varint(5 << 3 | 5) + b"\0" * 4)),
    "many blobs": field(100, field(7, blob(ONE, is_old=False)) * 40),
    "many layers": field(100, b"") * 1500,
    "many fields": varint(5 << 3) * 1 + (varint(5 << 3) + b"\0") * 150_000,
    "the same layer twice": field(100, field(1, b"a") + field(7, blob(ONE, is_old=False))) * 2,
    "infinity": field(100, field(7, blob(ONE * np.float32(np.inf), is_old=True))),
}


@pytest.mark.parametrize("name", HOSTILE_MODELS)
def test_hostile_weights_are_refused(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_caffemodel(memoryview(HOSTILE_MODELS[name]))
    assert 10 < len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


def test_weights_cut_anywhere_or_changed_never_raise_another_error() -> None:
    small = {"conv1": (ONE, ONE[0]), "fc8": (ONE, ONE[1])}
    for is_old in (True, False):
        content = caffemodel(small, is_old=is_old)
        assert read_caffemodel(memoryview(content)).keys() == small.keys()
        changed = [content[:cut] for cut in range(len(content))]
        for place in range(len(content)):
            flipped = bytearray(content)
            flipped[place] ^= 0x5A
            changed.append(bytes(flipped))
        outcomes = {is_refused(one) for one in changed}
        assert outcomes == {True, False}


def is_refused(content: bytes) -> bool:
    try:
        read_caffemodel(memoryview(content))
    except ModelError:
        return True
    return False


def test_a_description_is_read_as_written() -> None:
    text = b"""name: 'a b'  # comment
        layer { type: MAX n: 1.5e2 }, layer < x: -3; ok: true >  # another form of brackets
        layer { }"""
    assert read_prototxt(memoryview(text)) == {
        "name": ["a b"],
        "layer": [{"type": ["MAX"], "n": [150.0]}, {"x": [-3.0], "ok": [True]}, {}],
    }


def test_a_file_that_is_not_of_this_network_is_refused(tmp_path: Path) -> None:
    write_arrays(tmp_path / "attributes.safetensors", {"age/conv1/bias": ONE}, {})
    with pytest.raises(ModelError, match="is missing, has another shape or does not belong there"):
        AttributeReader(tmp_path / "attributes.safetensors")
