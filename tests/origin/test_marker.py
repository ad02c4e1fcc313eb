"""Marks of origin: verified by the library that others verify with, for every form of film and picture."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from engine.config.provenance import ProvenanceSettings
from engine.config.recorder import RecorderSettings
from engine.core.errors import ConfigError, DeviceError
from engine.origin.keys import CERTIFICATES_FILE, KEY_FILE, make_key, open_key
from engine.origin.marker import BESIDE, OriginMarker, read_mark
from engine.origin.statement import ASSERTION, SOURCE_TYPE, Origin, scene_hashes
from engine.render.output.video_writer import VideoFile

pytest.importorskip("c2pa", reason="c2pa-python, the extra `provenance`, is not installed")
ORIGIN = Origin("tiny", "ab" * 32, {"plain": "cd" * 32})


@pytest.fixture
def marker(tmp_path: Path) -> OriginMarker:
    return OriginMarker(ProvenanceSettings(), tmp_path / "settings")


def made(path: Path) -> Path:
    """A film or picture in the form that its name asks for."""
    if path.suffix in {".png", ".jpg"}:
        Image.fromarray(np.full((48, 64, 3), 120, np.uint8)).save(path)
        return path
    codec = {".mkv": "ffv1", ".mov": "prores"}.get(path.suffix, "h264")
    film = VideoFile(path, (64, 48), RecorderSettings.model_validate({"codec": codec}))
    for number in range(45):
        film.append(np.full((48, 64, 3), 5 * number, np.uint8), number / 30)
    film.close()
    return path


def damaged(path: Path) -> None:
    """Change one bit of what is seen; a manifest may be larger than such a film."""
    content = bytearray(path.read_bytes())
    places = [content.rfind(mark) for mark in (b"mdat", b"IDAT", b"\xff\xda")]
    content[max(places) + 24 if path.suffix != ".mkv" else len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("ending", [".mp4", ".m4v", ".mov", ".png", ".jpg"])
def test_a_manifest_is_inside_and_says_what_drew_it(tmp_path: Path, marker: OriginMarker, ending: str) -> None:
    path = made(tmp_path / f"a{ending}")
    assert marker.mark(path, ORIGIN) == path
    is_whole, manifest = read_mark(path)
    told = {assertion["label"]: assertion["data"] for assertion in manifest["assertions"]}
    assert is_whole and manifest["title"] == path.name
    assert told["c2pa.actions.v2"]["actions"][0]["digitalSourceType"] == SOURCE_TYPE
    assert SOURCE_TYPE.endswith("/trainedAlgorithmicMedia") and told[ASSERTION] == ORIGIN.as_json()
    if ending in {".mp4", ".m4v", ".mov"}:
        with av.open(str(path)) as film:
            assert sum(1 for _ in film.decode(video=0)) == 45
    damaged(path)
    assert not read_mark(path)[0]


def test_what_can_hold_no_manifest_has_a_signed_statement_beside_it(tmp_path: Path, marker: OriginMarker) -> None:
    path = made(tmp_path / "a.mkv")
    before = path.read_bytes()
    beside = marker.mark(path, ORIGIN)
    assert beside == tmp_path / f"a.mkv{BESIDE}" and path.read_bytes() == before
    is_whole, told = read_mark(path)
    assert is_whole and told["digitalSourceType"] == SOURCE_TYPE and told["generator_sha256"] == "ab" * 32
    table = json.loads(beside.read_text())
    beside.write_text(json.dumps({**table, "persona": "another"}))
    assert not read_mark(path)[0], "what was signed has changed"
    beside.write_text(json.dumps(table))
    damaged(path)
    assert not read_mark(path)[0], "what it is about has changed"


def test_a_folder_of_pictures_has_one_statement(tmp_path: Path, marker: OriginMarker) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(3):
        made(folder / f"frame_{number}.png")
    marker.mark(folder, ORIGIN)
    is_whole, told = read_mark(folder)
    assert is_whole and list(told["files"]) == [f"frame_{number}.png" for number in range(3)]
    (folder / "frame_1.png").unlink()
    assert not read_mark(folder)[0]


def test_a_file_that_cannot_be_marked_stays_as_it_was(tmp_path: Path, marker: OriginMarker) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"this is no film")
    with pytest.raises(DeviceError, match=r"a\.mp4 carries no mark of its origin"):
        marker.mark(path, ORIGIN)
    assert path.read_bytes() == b"this is no film" and [each.name for each in tmp_path.glob("a*")] == ["a.mp4"]
    assert "carries no mark" in marker.try_mark(path, lambda: ORIGIN)
    with pytest.raises(ConfigError, match="carries no mark of its origin"):
        read_mark(made(tmp_path / "unmarked.png"))


def test_marks_can_be_switched_off(tmp_path: Path) -> None:
    path = made(tmp_path / "a.png")
    before = path.read_bytes()
    marker = OriginMarker(ProvenanceSettings(mark="off"), tmp_path / "settings")
    assert marker.try_mark(path, lambda: ORIGIN) == "" and path.read_bytes() == before
    assert not (tmp_path / "settings").exists(), "no key is made that nobody needs"


def test_half_a_copy_is_removed_when_marking_is_given_up(tmp_path: Path, marker: OriginMarker) -> None:
    path, partial = tmp_path / "[a].mp4", tmp_path / f"[a].{os.getpid()}.partial.mp4"
    path.write_bytes(b"whole")
    partial.write_bytes(b"half")
    marker.abandon(path)
    assert path.exists() and not partial.exists()


def test_a_key_is_made_once_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    first, again = (open_key(ProvenanceSettings(), tmp_path / "settings") for _ in range(2))
    assert first == again and first.certificates.count(b"BEGIN CERTIFICATE") == 2
    if os.name == "posix":
        modes = [
            stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "settings", tmp_path / "settings" / KEY_FILE)
        ]
        assert modes == [0o700, 0o600]
        (tmp_path / "settings" / KEY_FILE).chmod(0o644)
        with pytest.raises(ConfigError, match="others can read this private key: chmod 600"):
            open_key(ProvenanceSettings(), tmp_path / "settings")


def test_an_operator_s_own_key_signs(tmp_path: Path) -> None:
    own = make_key()
    for name, content in ((KEY_FILE, own.private_key), (CERTIFICATES_FILE, own.certificates)):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    key, certificates = str(tmp_path / KEY_FILE), str(tmp_path / CERTIFICATES_FILE)
    settings = ProvenanceSettings(key=key, certificates=certificates)
    assert open_key(settings, tmp_path / "none") == own
    path = made(tmp_path / "a.png")
    OriginMarker(settings).mark(path, ORIGIN)
    assert read_mark(path)[0]
    with pytest.raises(ConfigError, match="key and certificates belong together"):
        open_key(ProvenanceSettings(key=key))
    with pytest.raises(ConfigError, match="cannot be read"):
        open_key(ProvenanceSettings(key=str(tmp_path / "no.pem"), certificates=certificates))


def test_scenes_are_told_by_the_hash_of_their_file(tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text("format: 1\n")
    hashes = scene_hashes(tmp_path, ["plain", "gone"])
    assert list(hashes) == ["plain"] and len(hashes["plain"]) == 64
