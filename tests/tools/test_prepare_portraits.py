"""`python -m tools.prepare_portraits`: faces stand where they should, what cannot be used is told, all or nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from engine.features.aligned_crop import LEFT_EYE, RIGHT_EYE, square_of
from engine.types import ByteArray
from tools import prepare_portraits
from tools.dataset.face_detection import FaceSearch
from tools.dataset.labels import Register, falls_below, read_rows, with_somebody_held_out
from tools.dataset.portrait_set import PortraitWriter, read_portraits
from tools.dataset.screening import Duplicates, Limits, Portrait, Screening, fingerprint, is_coloured, sharpness
from tools.prepare_portraits import main

SIZE = 64
FACE_PX = (225, 110)  # of the astronaut


def photograph(size_wh: tuple[int, int], at: tuple[float, float], angle_deg: float, scale: float) -> ByteArray:
    """The astronaut with her face at a place, given as fractions; beyond her picture the border goes on."""
    turn = cv2.getRotationMatrix2D(FACE_PX, angle_deg, scale)
    turn[:, 2] += np.array(at) * size_wh - FACE_PX
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.warpAffine(astronaut(), turn, size_wh, flags=interpolation, borderMode=cv2.BORDER_REPLICATE))


def close_up(scale: float = 1.0) -> ByteArray:
    return photograph((round(300 * scale), round(300 * scale)), (0.5, 0.5), 0, scale)


GOOD = {
    "as it is": lambda: astronaut(),
    "turned": lambda: photograph((500, 420), (0.5, 0.5), 30, 1.1),
    "turned back": lambda: photograph((600, 500), (0.3, 0.6), -25, 1.5),
    "far away": lambda: photograph((1400, 1000), (0.6, 0.4), 5, 0.8),
    "large": lambda: photograph((1600, 1500), (0.5, 0.5), 0, 5.0),
    "at the border": lambda: photograph((400, 300), (0.5, 0.26), 10, 1.2),
    "with a bystander": lambda: bystander(),
}


def bystander() -> ByteArray:
    picture = photograph((700, 400), (0.3, 0.5), 0, 1.3)
    picture[100:250, 500:650] = cv2.resize(close_up(), (150, 150), interpolation=cv2.INTER_AREA)
    return picture


def half_hidden() -> ByteArray:
    return np.ascontiguousarray(close_up()[:, 150:])


def with_the_nose_aside() -> ByteArray:
    """The middle of the face is moved to the right, as if she looked there."""
    across = np.linspace(-1, 1, 300, dtype=np.float32)
    x, y = np.meshgrid(np.arange(300, dtype=np.float32), np.arange(300, dtype=np.float32))
    return np.asarray(cv2.remap(close_up(), x - 30 * np.exp(-((across / 0.18) ** 2)), y, cv2.INTER_LINEAR))


BAD = {
    "no face": lambda: np.full((200, 200, 3), 120, np.uint8),
    "several faces": lambda: np.concatenate([close_up(), close_up()], axis=1),
    "too small": lambda: photograph((300, 200), (0.5, 0.5), 0, 0.3),
    "blurred": lambda: cv2.GaussianBlur(close_up(), (0, 0), 5),
    "cut off": half_hidden,
}


@pytest.fixture(scope="module")
def search() -> Iterator[FaceSearch]:
    with FaceSearch() as search:
        yield search


@pytest.fixture(scope="module")
def screening() -> Iterator[Screening]:
    with Screening(Limits(size_px=256, min_face_px=20, max_yaw=0.45, min_sharpness=0)) as screening:
        yield screening


def save(picture: ByteArray, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    return path


def prepare(source: Path, output: Path, *more: str) -> int:
    return main([str(source), "--output", str(output), "--size", str(SIZE), "--workers", "1", *more])


def rejected(output: Path) -> dict[str, tuple[str, str]]:
    with output.with_name(f"{output.stem}.rejected.csv").open(encoding="utf-8") as table:
        return {row["file"]: (row["reason"], row["detail"]) for row in csv.DictReader(table)}


@pytest.mark.parametrize("name", GOOD)
def test_eyes_are_level_and_stand_where_ffhq_has_them(name: str, screening: Screening, search: FaceSearch) -> None:
    found = screening.look_at(GOOD[name]())
    assert isinstance(found, Portrait)
    aligned = np.asarray(Image.open(io.BytesIO(found.jpeg)))
    (face,) = search(aligned)
    left, right = (face[list(eye), :2].mean(axis=0) / 256 for eye in (LEFT_EYE, RIGHT_EYE))
    assert (left + right) / 2 == pytest.approx([0.5, 0.478], abs=0.012)
    assert right[0] - left[0] == pytest.approx(0.25, abs=0.015)
    assert abs(np.degrees(np.arctan2(right[1] - left[1], right[0] - left[0]))) < 1.5
    again = square_of(face)  # an aligned portrait is cut where it is
    assert again.side_px == pytest.approx(256, rel=0.05)
    assert again.centre_px == pytest.approx([128, 128], abs=4)


def test_what_cannot_be_used_is_listed_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, output = tmp_path / "in", tmp_path / "out.zip"
    for reason, picture in BAD.items():
        save(picture(), source / f"{reason}.png")
    save(close_up(), source / "one.png")
    save(close_up(1.4), source / "two.jpg")
    (source / "broken.jpg").write_bytes((source / "two.jpg").read_bytes()[:900])
    (source / "notes.txt").write_text("no picture")
    assert prepare(source, output, "--size", "128") == 0
    found = rejected(output)
    assert {file: reason for file, (reason, _) in found.items()} == {f"{reason}.png": reason for reason in BAD} | {
        "two.jpg": "duplicate",
        "broken.jpg": "unreadable",
        "notes.txt": "unreadable",
    }
    assert found["two.jpg"][1] == "of one.png"
    assert "70 is the minimum" in found["too small.png"][1]
    said = capsys.readouterr().out
    assert "1 portraits (1 modern) of 1 people; 0 are held out" in said
    assert "8 left out: 2 unreadable, 1 " in said and "out.rejected.csv" in said
    assert [label.file for label in read_portraits(output).labels] == ["one.jpg"]


def test_a_face_that_looks_away_is_refused(tmp_path: Path) -> None:
    save(with_the_nose_aside(), tmp_path / "in" / "away.png")
    save(close_up(), tmp_path / "in" / "here.png")
    assert prepare(tmp_path / "in", tmp_path / "a.zip", "--max-yaw", "0.3") == 0
    reason, detail = rejected(tmp_path / "a.zip")["away.png"]
    assert reason == "turned away" and detail.startswith("yaw +0.4") and detail.endswith("; 0.3 is the maximum")
    assert [label.file for label in read_portraits(tmp_path / "a.zip").labels] == ["here.jpg"]


def test_a_picture_that_lies_on_its_side_is_put_upright(tmp_path: Path) -> None:
    lying = Image.fromarray(np.ascontiguousarray(np.rot90(close_up())))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    (tmp_path / "in").mkdir()
    lying.save(tmp_path / "in" / "a.jpg", exif=exif, quality=95)
    assert prepare(tmp_path / "in", tmp_path / "a.zip") == 0


def test_labels_come_from_the_table_and_from_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Duplicates, "earlier", lambda *_: None)  # all of them show the same face
    source, table = tmp_path / "archive", tmp_path / "labels.csv"
    save(close_up(), source / "anna" / "1.png")
    save(np.ascontiguousarray(close_up()[:, ::-1]), source / "anna" / "2.png")
    save(cv2.cvtColor(close_up(), cv2.COLOR_RGB2GRAY), source / "berta" / "1.png")
    table.write_text(
        "file,gender,year,age,id,split,kind,source\n"
        "anna/1.png,F,1975,41,,,colour,album\n"
        "berta/1.png,,1920.0,,B,val,,\n"
        "nobody.png,,,,,,,\n",
        encoding="utf-8",
    )
    assert prepare(source, tmp_path / "a.zip", "--labels", str(table), "--id-from", "folder") == 0
    portraits = read_portraits(tmp_path / "a.zip")
    one, two, three = portraits.labels
    assert (one.file, one.id, one.kind, one.source, one.year, one.gender, one.age) == (
        "anna-1.jpg", "anna", "colour", "album", 1975, "F", 41,
    )  # fmt: skip
    assert (two.file, two.id, two.kind, two.source, two.year, two.gender) == (
        "anna-2.jpg", "anna", "modern", "archive", None, "",
    )  # fmt: skip
    assert one.split == two.split
    assert (three.id, three.split, three.kind, three.year) == ("B", "val", "mono", 1920)
    assert one.face_px > SIZE and abs(one.yaw + two.yaw) < 0.1


def test_the_same_photographs_give_the_same_set_with_any_number_of_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index, scale in enumerate((1.0, 1.3)):
        save(photograph((320, 300), (0.5, 0.5), 0, scale), tmp_path / "in" / f"{index}.png")
    save(np.ascontiguousarray(close_up()[:, ::-1]), tmp_path / "in" / "10.png")
    assert prepare(tmp_path / "in", tmp_path / "one.zip") == 0
    monkeypatch.setattr(prepare_portraits, "FEW", 2)
    assert prepare(tmp_path / "in", tmp_path / "two.zip", "--workers", "2") == 0
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert [label.file for label in read_portraits(tmp_path / "one.zip").labels] == ["0.jpg", "10.jpg"]


def test_an_interruption_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save(close_up(), tmp_path / "in" / "a.png")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for step in (PortraitWriter, "close"), (Duplicates, "earlier"):
        with monkeypatch.context() as patch:
            patch.setattr(*step, interrupt)
            assert prepare(tmp_path / "in", tmp_path / "out" / "a.zip") == 130
        assert capsys.readouterr().err.endswith("interrupted; nothing was written\n")
        assert not list((tmp_path / "out").iterdir())


def test_bad_requests_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, output = tmp_path / "in", tmp_path / "a.zip"
    source.mkdir()
    table = tmp_path / "labels.csv"

    def said(*arguments: Any) -> str:
        assert prepare(*arguments) == 4
        return capsys.readouterr().err

    assert "in has no file in it" in said(source, output)
    assert "nowhere is no folder" in said(tmp_path / "nowhere", output)
    save(np.zeros((40, 40, 3), np.uint8), source / "black.png")
    assert "none of 1 files can be used: 1 left out: 1 no face; see" in said(source, output)
    assert not output.exists()
    assert "black.png" in said(source, source / "black.png" / "a.zip")
    output.write_bytes(b"kept")
    assert "a.zip already exists: choose another name, or use --force" in said(source, output)
    assert output.read_bytes() == b"kept"
    assert "labels.csv cannot be read: No such file" in said(source, tmp_path / "b.zip", "--labels", str(table))
    for text, message in {
        "name,year\n": "its first line must name the columns: file, and any of id, source",
        "file,year\na.png,soon\n": "line 2: year must be a number from 1000 to 3000 or empty, not 'soon'",
        "file,gender\na.png,M\nb.png,male\n": "line 3: gender must be one of M, F or empty, not 'male'",
        "file,id,split\na.png,1,val\nb.png,1,train\n": "line 3: '1' is in both splits",
    }.items():
        table.write_text(text)
        assert message in said(source, tmp_path / "b.zip", "--labels", str(table))
    for arguments in (["--size", "100"], ["--val-share", "2"], ["--min-face", "nan"]):
        with pytest.raises(SystemExit):
            prepare(source, tmp_path / "b.zip", *arguments)
        assert arguments[0] in capsys.readouterr().err


def test_people_are_held_out_by_their_hash_and_never_nobody() -> None:
    register = Register({}, "here", "modern", is_by_folder=True, val_share=0.05)
    portrait = Portrait(b"", 90, 0.0, True, np.zeros(256, np.bool_))
    labels = [register.label(PurePath(f"{person}/{photo}.png"), portrait) for person in range(2000) for photo in "ab"]
    held_out = {label.id for label in labels if label.split == "val"}
    assert 70 < len(held_out) < 130
    assert not held_out & {label.id for label in labels if label.split == "train"}
    assert held_out == {str(person) for person in range(2000) if falls_below(str(person), 0.05)}
    few = [label for label in labels if label.id not in held_out][:6]
    assert len({label.id for label in with_somebody_held_out(few) if label.split == "val"}) == 1
    assert with_somebody_held_out(few[:2]) == few[:2]  # one person: nobody would be left


def test_names_that_would_be_alike_are_told_apart() -> None:
    register = Register({}, "here", "modern", is_by_folder=False, val_share=0)
    portrait = Portrait(b"", 90, 0.0, False, np.zeros(256, np.bool_))
    files = [register.label(PurePath(path), portrait).file for path in ("a/b.png", "a-b.jpg", "A/B.tif", "\udcff.png")]
    assert files == ["a-b.jpg", "a-b-2.jpg", "A-B-3.jpg", "?.jpg"]


def test_rows_may_be_written_by_a_spreadsheet(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("\ufefffile,year\r\nanna\\1.png,1975.0\r\n".encode())
    row = read_rows(tmp_path / "a.csv")["anna/1.png"]
    assert row["year"] == "1975" and row["id"] == ""


def test_sharpness_falls_with_blur_and_not_with_contrast() -> None:
    picture = cv2.resize(close_up(), (128, 128), interpolation=cv2.INTER_AREA)
    sharp = sharpness(picture)
    assert sharpness((picture // 2 + 60).astype(np.uint8)) == pytest.approx(sharp, rel=0.1)
    soft = [sharpness(np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma))) for sigma in (1.0, 2.0, 4.0)]
    assert sharp > 0.2 > 0.1 > soft[0] > 2 * soft[1] > 4 * soft[2]


def test_a_toned_print_has_no_colours() -> None:
    grey = cv2.cvtColor(close_up(), cv2.COLOR_RGB2GRAY)[..., None] / 255
    sepia = (grey ** np.array([0.7, 1.0, 1.5]) * 255).astype(np.uint8)
    assert is_coloured(close_up()) and not is_coloured(sepia)


def test_copies_have_nearly_the_same_fingerprint() -> None:
    picture = cv2.resize(close_up(), (128, 128), interpolation=cv2.INTER_AREA)
    copy = cv2.resize(cv2.convertScaleAbs(picture, alpha=1.1, beta=-9), (64, 64), interpolation=cv2.INTER_AREA)
    assert (fingerprint(picture) != fingerprint(np.asarray(copy))).sum() < 12
    assert (fingerprint(picture) != fingerprint(np.ascontiguousarray(picture[:, ::-1]))).sum() > 60
