"""Kinds of input files to fuzz: valid samples, mutation, and reader of each.

A reader gets the path of a file in a folder of its own and reads it like the show or a tool. It returns if the file is
usable, and raises NarcissusError if not. Anything else is a bug.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.config.config import load_config
from engine.images.image_file import ImageError, animation_frames, is_animation
from engine.images.jpeg_stream import is_jpeg_stream
from engine.networks.pggan.architecture import GeneratorSettings, variable_shapes
from engine.networks.pggan.latent_sphere import seed_latents
from engine.networks.pggan.weight_file import read_network, write_network
from engine.pipeline.sources.images import load_image
from engine.render.passes import registry
from engine.render.passes.cube_lut import read_cube
from engine.render.projection.settings_file import load_venue, read_mask
from engine.scene.library import SceneLibrary
from engine.scene.values import read_picture
from engine.session.format import (
    MAGIC,
    OVER,
    Answer,
    Cue,
    SessionHead,
    answers_chunk,
    cue_chunk,
    framed,
    head_chunk,
)
from engine.session.playback import Playback
from engine.session.reader import Session
from engine.types import Features, Latent, Placement
from tools.dataset.portrait_set import LABELS_FILE, Label, read_labels, read_portraits, write_portraits
from tools.fuzz import mutations
from tools.fuzz.mutations import Mutator, Random

ROOT = Path(__file__).resolve().parent.parent.parent
SIDE_PX = 24


@dataclass(frozen=True)
class Kind:
    """Kind of input file.

    Attributes:
        name: name of the kind.
        file: file name.
        samples: creates valid files, in a folder with everything they refer to.
        mutate: valid file -> mutated file.
        open_reader: creates the reader for that folder.
    """

    name: str
    file: str
    samples: Callable[[Path], list[bytes]]
    mutate: Mutator
    open_reader: Callable[[Path], Callable[[Path], object]]

    def mutant(self, samples: list[bytes], random: Random) -> bytes:
        """Next mutated file."""
        return self.mutate(samples[int(random.integers(len(samples)))], random)


def _plain(read: Callable[[Path], object]) -> Callable[[Path], Callable[[Path], object]]:
    return lambda folder: read


# ------------------------------------------------------------------ files that people write


def _scenes(folder: Path) -> list[bytes]:
    shutil.copytree(ROOT / "scenes", folder, dirs_exist_ok=True)
    return [path.read_bytes() for path in sorted((ROOT / "scenes").glob("*.yaml"))]


def _scene_reader(folder: Path) -> Callable[[Path], object]:
    library = SceneLibrary(folder, (), registry())
    return lambda path: library.load(path.stem)


def _config(folder: Path) -> list[bytes]:
    return [(ROOT / "config.yaml").read_bytes()]


VENUE = b"""format: 1
rotation: 90
flip: horizontal
projectors:
  - area: [0, 0, 0.5, 1]
    picture: [0, 0, 0.55, 1]
    corners: {top_left: [0, 0.1], top_right: [1, 0], bottom_right: [1, 1], bottom_left: [0, 1]}
    grid: {columns: 2, rows: 2, offsets: [[0, 0], [0.1, 0], [0, 0], [0, 0.1]]}
    mask: mask.png
    blend: {left: 0, right: 0.1, top: 0, bottom: 0, gamma: 2.2, black: 0.01}
    colour: {gain: [1, 0.9, 1], gamma: 1.1, black: 0.01}
  - area: [0.5, 0, 1, 1]
    picture: [0.45, 0, 1, 1]
    blend: {left: 0.1}
"""


def _venue(folder: Path) -> list[bytes]:
    (folder / "mask.png").write_bytes(_picture("PNG", "L"))
    return [VENUE]


LUT = b"""TITLE "warm"
# by hand
LUT_3D_SIZE 2
DOMAIN_MIN 0 0 0
DOMAIN_MAX 1 1 1
0 0 0
1 0 0
0 1 0
1 1 0
0 0 0.9
1 0 0.9
0 1 0.9
1e0 1 .9
"""

ISF = b"""/*{
    "ISFVSN": "2",
    "DESCRIPTION": "rings",
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "level", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.5},
        {"NAME": "tint", "TYPE": "color", "DEFAULT": [1.0, 0.5, 0.2, 1.0]},
        {"NAME": "mode", "TYPE": "long", "VALUES": [0, 1], "LABELS": ["a", "b"], "DEFAULT": 1},
        {"NAME": "centre", "TYPE": "point2D", "DEFAULT": [0.5, 0.5]}
    ],
    "PASSES": [{"TARGET": "trail", "PERSISTENT": true, "WIDTH": "$WIDTH/2", "FLOAT": true}, {}]
}*/
float ring(vec2 at) { return 0.5 + 0.5 * sin(40.0 * length(at - centre) - TIME); }
void main() {
    vec4 before = IMG_NORM_PIXEL(trail, isf_FragNormCoord);
    if (PASSINDEX == 0) {
        gl_FragColor = mix(before, tint * ring(isf_FragNormCoord), level);
    } else {
        gl_FragColor = mode == 1 ? before : IMG_THIS_PIXEL(inputImage);
    }
}
"""


def _shader_reader(folder: Path) -> Callable[[Path], object]:
    from tools.fuzz.shader_reader import ShaderReader  # it opens a context, which other kinds do not need

    return ShaderReader(folder)


# ------------------------------------------------------------------ pictures


def _picture(kind: str, mode: str = "RGB", count: int = 1, **how: object) -> bytes:
    random = np.random.default_rng(count)
    pixels = random.integers(0, 256, (count, SIDE_PX, SIDE_PX, 3), np.uint8)
    first, *rest = (Image.fromarray(picture).convert(mode) for picture in pixels)
    content = io.BytesIO()
    several: dict[str, Any] = {"save_all": True, "append_images": rest, "duration": 80} if rest else {}
    first.save(content, kind, **several, **how)
    return content.getvalue()


def _pngs(folder: Path) -> list[bytes]:
    return [_picture("PNG", mode) for mode in ("RGB", "RGBA", "P", "LA", "I;16", "1")] + [_picture("PNG", count=3)]


def _jpegs(folder: Path) -> list[bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned, inks = _picture("JPEG", exif=exif.tobytes()), _picture("JPEG", "CMYK")
    return [_picture("JPEG"), _picture("JPEG", "L", progressive=True), inks, turned, turned + turned]


def _masks(folder: Path) -> list[bytes]:
    return [_picture("PNG", mode) for mode in ("L", "LA", "RGBA", "I;16", "P")]


def _read_as_source(path: Path) -> object:
    """Read like a source, a scene's picture and a mask."""
    is_jpeg_stream(path)
    if is_animation(path):
        try:
            for _ in animation_frames(path):
                pass
        except ImageError:
            pass  # reported, and restarted
    read_picture(path)
    return load_image(path)


# ------------------------------------------------------------------ files that programs write


def _label(index: int) -> Label:
    kind = ("modern", "colour", "mono")[index % 3]
    return Label(f"p{index}.jpg", f"id{index}", "drawn", "val" if index % 3 else "train", kind, 200, 0.1, 1990, "F", 40)


def _portraits(folder: Path) -> list[bytes]:
    path = folder / "good.zip"
    write_portraits(path, ((_label(index), _picture("JPEG", count=1)) for index in range(6)))
    return [path.read_bytes()]


def _read_labels(path: Path) -> object:
    return read_labels(path), read_portraits(path)


def _answers() -> list[Answer]:
    found = []
    for index, z in enumerate(seed_latents(list(range(8)), 16)):
        random = np.random.default_rng(index)
        place = Placement(0.5, 0.4, 0.1, 0.0, 4 / 3)
        points = random.uniform(0, 400, (478, 3)).astype(np.float32)
        vector = random.standard_normal(5).astype(np.float32)
        features = Features(vector, place, points, 3.0, -2.0, float(index), index) if index > 2 else None
        found.append(Answer(0.1 * index, Latent(z, float(index > 2), features, 0.1 * index, 0.5, 0.25, 0.125), 0.3))
    return found


def _sessions(folder: Path) -> list[bytes]:
    head = SessionHead("tiny", "0" * 64, 16, "1 abc", 5, 478, 128, 72, "2026-03-01_19-30-05")
    chunks = [
        head_chunk(head),
        cue_chunk(Cue(0.0, "pool")),
        answers_chunk(_answers()),
        cue_chunk(Cue(0.5, "ink", True)),
    ]
    return [MAGIC + b"".join(chunks) + framed(OVER, b"")]


def _read_session(path: Path) -> object:
    session = Session(path)
    playback = Playback(session)
    return [playback.at(0.05 * step) for step in range(20)]


def _weights(folder: Path) -> list[bytes]:
    settings = GeneratorSettings(16, fmap_base=64, fmap_max=4, latent_size=8, fused_scale=False)
    random = np.random.default_rng(0)
    shapes = variable_shapes(settings).items()
    write_network(
        folder / "good.safetensors",
        settings,
        {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes},
    )
    return [(folder / "good.safetensors").read_bytes()]


def _all() -> list[Kind]:
    labels = partial(mutations.mutate_zip, member=mutations.mutate_text, only=LABELS_FILE)
    text, png, raw = mutations.mutate_text, mutations.mutate_png, mutations.mutate_bytes
    return [
        Kind("scene", "mutant.yaml", _scenes, text, _scene_reader),
        Kind("config", "config.yaml", _config, text, _plain(load_config)),
        Kind("venue", "venue.yaml", _venue, text, _plain(load_venue)),
        Kind("png", "picture.png", _pngs, png, _plain(_read_as_source)),
        Kind("jpeg", "picture.jpg", _jpegs, raw, _plain(_read_as_source)),
        Kind("mask", "mask.png", _masks, png, _plain(read_mask)),
        Kind("lut", "grade.cube", lambda folder: [LUT], text, _plain(lambda path: read_cube(path, path.name))),
        Kind("isf", "mutant.fs", lambda folder: [ISF], text, _shader_reader),
        Kind("portraits", "set.zip", _portraits, mutations.mutate_zip, _plain(read_portraits)),
        Kind("labels", "set.zip", _portraits, labels, _plain(_read_labels)),
        Kind("session", "show.narc", _sessions, mutations.mutate_chunks, _plain(_read_session)),
        Kind("safetensors", "generator.safetensors", _weights, mutations.mutate_safetensors, _plain(_read_weights)),
    ]


def _read_weights(path: Path) -> object:
    return read_network(path, GeneratorSettings)


KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _all()}
