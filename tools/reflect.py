"""Reflect still pictures: `python -m tools.reflect IMAGE... --output DIR [--model NAME]`.

For each picture of a face, as the mirror would reflect a visitor who stays, after `--looks` refinement candidates:

* `NAME_reflection.png`: the drawn face, enlarged to at least 512 px.
* `NAME_pair.png`: the viewer on the left, mirrored and aligned like the persona's faces; the reflection on the right.
* `reflect.json`, one for all: latents, the bank face each started from if there is no encoder, the features of both
  faces, and their differences.

IMAGE may be a folder. Files that show no face, or are not images, are reported and listed, and the others are
processed.

These files are derived from viewers: their faces, and numbers that describe them. The mirror itself never writes such
data; this tool does, because the operator explicitly requests it. Treat the files like the original pictures.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.config.config import load_config
from engine.core.closing import Closing
from engine.core.errors import DeviceError, NarcissusError
from engine.features.featurizer import LAYOUT
from engine.networks.inversion.feature_clamp import KnowsItsBank, clamp_for
from engine.networks.inversion.inverter_file import need_inverter
from engine.networks.inversion.retrieval_inverter import Inverter
from engine.networks.persona import Persona
from engine.pipeline.latent_refinement import refinement_for
from engine.types import ByteArray, Features, FloatArray
from tools.bank.builder import FaceDrawer
from tools.command import command, command_parser
from tools.likeness.answers import answer_afresh
from tools.reporting.face_pair import enlarge, pair
from tools.reporting.image_files import list_pictures, output_names, prepare_folder, read_picture, write

ROOT = Path(__file__).resolve().parents[1]
ENDINGS = ("_reflection.png", "_pair.png")
JSON_FILE = "reflect.json"
LOOKS, MOST_LOOKS = 50, 1000


class Reflector(Closing):
    """Persona that reflects single pictures, each without history.

    Args:
        persona: must have an inverter.
        looks: number of refinement candidates per picture.

    Raises:
        ModelError: its generator or its inverter cannot be used.
    """

    def __init__(self, persona: Persona, looks: int = LOOKS) -> None:
        self._looks = looks
        self._alignment = persona.alignment
        self._inverter = need_inverter(persona)
        self._reach = clamp_for(self._inverter)
        self._bank_sd = self._inverter.weights.sd if isinstance(self._inverter, KnowsItsBank) else None  # (F,)
        self._drawer = FaceDrawer(persona)

    def __call__(self, path: Path) -> tuple[dict[str, Any], dict[str, ByteArray]]:
        """Reflect one picture.

        Returns:
            Its entry in reflect.json, and its pictures (H, W, 3) by file name suffix.

        Raises:
            DeviceError: it cannot be read, or shows no face that can be reflected.
        """
        viewer = np.ascontiguousarray(read_picture(path)[:, ::-1])  # mirrored once, before any measurement
        seen = self._drawer.measure(viewer)
        if seen is None:
            raise DeviceError(f"{path} shows no detectable face")
        try:
            latent = self._answer(seen)
        except DeviceError as error:
            raise DeviceError(f"{path}: {error}") from error
        drawn = self._drawer.draw(latent[None])[0]
        again = self._drawer.measure(drawn)
        reflection = enlarge(drawn)
        entry = {
            "neighbour_seed": self._inverter.neighbour_seed if isinstance(self._inverter, Inverter) else None,
            "distances": None
            if again is None or self._bank_sd is None
            else distances(seen.vector, again.vector, self._bank_sd),
            "latent": _exact(latent),
            "features": by_group(seen.vector),
            "reflection_features": None if again is None else by_group(again.vector),
        }
        return entry, {"reflection": reflection, "pair": pair(viewer, seen.placement, reflection, self._alignment)}

    def _answer(self, face: Features) -> FloatArray:
        """Latent (n,) for a face."""
        wanted = face.vector if self._reach is None else self._reach(face.vector)
        answer = answer_afresh(self._inverter, face, wanted)
        deepening = refinement_for(self._inverter)
        if deepening is None:
            return answer
        for look in range(self._looks):
            attempt = deepening.propose(wanted, answer, float(look))
            if attempt is not None:
                drawn = self._drawer.draw_and_measure(attempt.z[None])[0]
                deepening.learn(attempt, None if drawn is None else drawn.vector)
        return deepening.apply(answer, math.inf)

    def close(self) -> None:
        """Release the face mesh."""
        self._drawer.close()


def distances(asked: FloatArray, came: FloatArray, bank_sd: FloatArray) -> dict[str, float]:
    """Root mean square difference of each group of features, in standard deviations over the bank.

    About 1.4 between two faces of the bank. Includes all numbers of a group, unlike `tools.likeness.scale`.
    """
    apart = (came - asked) / bank_sd
    return {group.name: round(float(np.sqrt(np.mean(apart[LAYOUT[group.name]] ** 2))), 4) for group in LAYOUT.groups}


def by_group(vector: FloatArray) -> dict[str, dict[str, float]]:
    """Convert a feature vector (F,) to group -> name -> number."""
    return {
        group.name: dict(zip(group.names, _exact(vector[LAYOUT[group.name]]), strict=True)) for group in LAYOUT.groups
    }


def _exact(values: FloatArray) -> list[float]:
    """Number with enough digits to restore the same float32."""
    return [float(str(value)) for value in values]


def reflect_all(persona: Persona, pictures: Sequence[Path], folder: Path, looks: int = LOOKS) -> list[NarcissusError]:
    """Reflect pictures into a folder; after an interruption, reflect.json contains the results so far.

    Returns:
        Errors of individual pictures.

    Raises:
        ModelError: the persona cannot be used.
        DeviceError: the folder is not writable.
    """
    errors: list[NarcissusError] = []
    listed: list[dict[str, Any]] = []
    with (
        Reflector(persona, looks) as reflector,
        tqdm(pictures, unit="picture", disable=_bar_is_off(pictures)) as progress,
    ):
        try:
            for path, name in zip(progress, output_names(pictures, folder, ENDINGS), strict=True):
                try:
                    entry, written = reflector(path)
                except DeviceError as error:
                    errors.append(error)
                    listed.append({"file": str(path), "error": str(error)})
                    tqdm.write(str(error), file=sys.stderr)
                    continue
                files = {kind: f"{name}_{kind}.png" for kind in written}
                for kind, picture in written.items():
                    write(folder / files[kind], picture)
                listed.append({"file": str(path)} | files | entry)
        finally:
            write(folder / JSON_FILE, _document(persona, looks, listed))
    return errors


def _bar_is_off(pictures: Sequence[Path]) -> bool | None:
    return None if len(pictures) > 1 else True  # None: on in a terminal


def _document(persona: Persona, looks: int, listed: list[dict[str, Any]]) -> str:
    groups = {group.name: {"unit": group.unit, "what": group.what} for group in LAYOUT.groups}
    head = {
        "format": 1,
        "model": persona.name,
        "generator_sha256": persona.generator_sha256,
        "looks": looks,
        "layout": {"version": LAYOUT.version, "groups": groups},
    }
    return json.dumps(head | {"pictures": listed}, indent=1, ensure_ascii=False) + "\n"


@command()
def main(arguments: Sequence[str] | None = None, models: Path = ROOT / "models") -> int:
    """Run the command; returns the exit status."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    options = _parse(arguments)
    persona = Persona.open(models / (options.model or load_config(ROOT / "config.yaml").persona.model))
    prepare_folder(options.output)
    pictures = list_pictures(options.images)
    errors = reflect_all(persona, pictures, options.output, options.looks)
    print(f"{len(pictures) - len(errors)} of {len(pictures)} reflected: {options.output}")
    return errors[0].exit_status if len(errors) == len(pictures) else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser("reflect", "Reflect still pictures.", "portrait.jpg --output reflections/")
    parser.add_argument(
        "images", nargs="+", type=Path, metavar="IMAGE", help="picture of a face, or a folder of pictures"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="output folder; created if missing")
    parser.add_argument(
        "--model", metavar="NAME", help="persona: a folder under models/; the one in config.yaml if absent"
    )
    parser.add_argument(
        "--looks",
        type=_looks,
        default=LOOKS,
        help=f"refinement candidates per picture, {LOOKS} if absent; 0 disables refinement",
    )
    options = parser.parse_args(arguments)
    if options.output.resolve() in [path.resolve() for path in options.images]:
        parser.error("--output must be another folder than the pictures': its files would be taken for viewers")
    return options


def _looks(text: str) -> int:
    value = int(text)
    if not 0 <= value <= MOST_LOOKS:
        raise argparse.ArgumentTypeError(f"must be between 0 and {MOST_LOOKS}, not {value}")
    return value


if __name__ == "__main__":
    sys.exit(main())
