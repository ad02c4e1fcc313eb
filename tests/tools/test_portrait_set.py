"""Portrait sets: what is written is read again; what is damaged or hostile is refused in one sentence."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import DeviceError
from tests.tools.portraits import cloud, encode, label, write_clouds
from tools.dataset.portrait_set import (
    LABELS_FILE,
    PortraitWriter,
    read_labels,
    read_portraits,
    to_nominal,
    write_portraits,
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = write_clouds(tmp_path / "clouds.zip", 10)
    everything = read_portraits(path)
    assert everything.labels == read_labels(path) == tuple(label(index) for index in range(10))
    assert all(np.array_equal(everything.pictures[index], cloud(index, 16)) for index in range(10))
    assert [entry.id for entry in read_portraits(path, "val").labels] == ["0004", "0009"]
    assert not list(tmp_path.glob("*.partial"))


def test_unknown_labels_stay_unknown(tmp_path: Path) -> None:
    unknown = label(0, year=None, age=None, gender="")
    write_portraits(tmp_path / "a.zip", [(unknown, encode(cloud(0, 8)))])
    assert read_labels(tmp_path / "a.zip") == (unknown,)


def test_recent_colour_counts_more_than_paintings_and_black_and_white(tmp_path: Path) -> None:
    portraits = read_portraits(write_clouds(tmp_path / "clouds.zip", 3))
    assert portraits.probabilities == pytest.approx(np.array([1.0, 0.3, 0.1]) / 1.4)


def test_halving_averages_boxes(tmp_path: Path) -> None:
    portraits = read_portraits(write_clouds(tmp_path / "clouds.zip", 2, size_px=16)).at_size(8)
    box = cloud(1, 16)[2:4, 6:8].astype(float).mean(axis=(0, 1))
    assert portraits.size_px == 8
    assert np.abs(portraits.pictures[1, 1, 3] - box).max() <= 0.5
    with pytest.raises(ValueError, match="cannot be halved to 6 px"):
        portraits.at_size(6)


def test_nominal_range_is_minus_one_to_one() -> None:
    assert to_nominal(np.array([0, 255], np.uint8)).tolist() == [-1.0, 1.0]


def _zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def _labelled(path: Path, row: str, picture: bytes = encode(cloud(0, 8))) -> Path:
    header = "file,id,source,split,kind,face_px,yaw,year,gender,age\n"
    return _zip(path, {LABELS_FILE: (header + row).encode(), "a.png": picture})


GOOD = "a.png,1,x,train,mono,100,0.1,1900,M,50\n"


@pytest.mark.parametrize(
    ("row", "picture", "message"),
    [
        (GOOD.replace("train", "test"), b"", "labels.csv, line 2: split must be one of train, val, not 'test'"),
        (GOOD.replace("mono", "grey"), b"", "line 2: kind must be one of modern, colour, mono, not 'grey'"),
        (GOOD.replace("1900", "soon"), b"", "line 2: year must be a number or empty, not 'soon'"),
        (GOOD.replace("a.png", "b.png"), b"", "b.png is missing from it"),
        (GOOD, b"no picture", "a.png is not a supported image"),
        (GOOD, encode(np.zeros((8, 12, 3), np.uint8)), "a.png is 12x8 px: pictures must be square, 4 to 1024 px"),
        ("", b"", "it has no portrait"),
        (GOOD + GOOD, encode(cloud(0, 8)), "line 3: a.png already has a row"),
        (GOOD.replace("0.1", "nan"), b"", "line 2: yaw must be a number or empty, not 'nan'"),
        (GOOD.replace("100", "1e300"), b"", "line 2: face_px must be a number or empty, not '1e300'"),
        (GOOD.replace("a.png", "a\x07.png"), b"", "line 2: file must be a name of 1 to 255 letters"),
        (GOOD.replace("50", "5" * 140_000), b"", "line 1: field larger than field limit"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, row: str, picture: bytes, message: str) -> None:
    path = _labelled(tmp_path / "bad.zip", row, picture)
    with pytest.raises(DeviceError, match=message) as refused:
        read_portraits(path)
    assert str(path) in str(refused.value)


def test_pictures_of_two_sizes_are_refused(tmp_path: Path) -> None:
    entries = [(label(0), encode(cloud(0, 8))), (label(1), encode(cloud(1, 16)))]
    write_portraits(tmp_path / "two.zip", entries)
    with pytest.raises(DeviceError, match=r"cloud-0001.png is 16 px wide where cloud-0000.png is 8"):
        read_portraits(tmp_path / "two.zip")


def test_missing_damaged_and_foreign_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="there is no portrait set"):
        read_portraits(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(DeviceError, match="damaged or no zip file"):
        read_portraits(tmp_path / "text.zip")
    with pytest.raises(DeviceError, match=r"labels\.csv is missing"):
        read_portraits(_zip(tmp_path / "other.zip", {"readme.txt": b"hello"}))
    with pytest.raises(DeviceError, match="no column 'id'"):
        read_portraits(_zip(tmp_path / "columns.zip", {LABELS_FILE: b"file\na.png\n"}))
    whole = write_clouds(tmp_path / "clouds.zip").read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DeviceError, match="damaged or no zip file"):
        read_portraits(tmp_path / "half.zip")


def test_a_file_that_unfolds_is_not_unfolded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LABELS_FILE, "file,id,source,split,kind,face_px,yaw,year,gender,age\n" + GOOD)
        archive.writestr("a.png", bytes(17 << 20))
    with pytest.raises(DeviceError, match=r"a\.png is larger than 16 MB"):
        read_portraits(path)


def test_portraits_take_no_more_memory_than_their_bytes_are_pictures_for(tmp_path: Path) -> None:
    """A thousand names for a picture of one colour, of 3 MB each when it is unpacked."""
    path = tmp_path / "same.zip"
    plain = encode(np.full((1024, 1024, 3), 90, np.uint8), "JPEG")
    rows = "".join(GOOD.replace("a.png", f"{index}.jpg") for index in range(1000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LABELS_FILE, "file,id,source,split,kind,face_px,yaw,year,gender,age\n" + rows)
        for index in range(1000):
            archive.writestr(f"{index}.jpg", plain)
    with pytest.raises(DeviceError, match=r"its 1000 portraits would take 3000 MB, of \d+ KB of pictures"):
        read_portraits(path)


def test_labels_that_unfold_are_not_unfolded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LABELS_FILE, bytes(8 << 20))
    with pytest.raises(DeviceError, match=r"labels\.csv is packed more than 200 times, as no portrait set is"):
        read_portraits(path)


@pytest.mark.parametrize("place", ["middle of a picture", "directory"])
def test_a_damaged_archive_is_told_in_one_sentence(tmp_path: Path, place: str) -> None:
    path = tmp_path / "cut.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", encode(cloud(0, 64)))
        archive.writestr(LABELS_FILE, "file,id,source,split,kind,face_px,yaw,year,gender,age\n" + GOOD)
    data = bytearray(path.read_bytes())
    start = 200 if place == "middle of a picture" else data.index(b"PK\x01\x02") + 4
    data[start : start + 20] = bytes(range(100, 120))
    path.write_bytes(data)
    with pytest.raises(DeviceError, match=r"cut\.zip cannot be used: ") as refused:
        read_portraits(path)
    assert "\n" not in str(refused.value)


def test_an_interrupted_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_clouds(tmp_path / "clouds.zip", 5)
    writer = PortraitWriter(path)
    writer.add(label(0), encode(cloud(0, 8)))
    writer.discard()
    assert len(read_labels(path)) == 5
    assert not list(tmp_path.glob("*.partial"))
