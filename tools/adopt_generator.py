"""Give a persona a new generator: `python -m tools.adopt_generator FILE --name NAME [--count N] [--title TITLE]`.

The only way to change a persona's generator, because everything beside it depends on it: the preview layers, the bank,
the inverter, its likeness, the alignment of the faces, and the measured part of the card. All of that is prepared in
models/NAME.adopting; the old persona stays untouched until the last step replaces it. It may be interrupted at any
time: the same command resumes with the interrupted stage.

FILE may be a folder written by training: its `average.safetensors` is adopted, together with the `encoder.safetensors`
trained alongside. With an encoder, the bank only judges and refines, and needs 2000 faces instead of 60 000.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from engine.core.errors import ModelError
from engine.networks.generator.preview_rgb import FILE_NAME as PREVIEW_FILE
from engine.networks.generator.preview_rgb import fit_preview_rgb, read_preview_rgb, write_preview_rgb
from engine.networks.inversion.encoder import open_encoder
from engine.networks.inversion.encoder_file import EncoderContents, read_looks, read_trained_encoder, write_encoder
from engine.networks.inversion.inverter_file import read_inverter
from engine.networks.inversion.latent_bank import DrawnFaces
from engine.networks.inversion.retrieval_inverter import Inverter
from engine.networks.persona import (
    DESCRIPTION_FILE,
    DISCRIMINATOR_FILE,
    ENCODER_FILE,
    GENERATOR_FILE,
    Persona,
    load_generator,
    write_description,
)
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings
from engine.networks.pggan.latent_sphere import seed_latents
from engine.networks.pggan.weight_file import file_sha256, read_network
from engine.networks.waypoints import WAYPOINTS_FILE
from engine.system.atomic_write import atomic_write
from engine.types import Alignment, ByteArray
from tools.bank.builder import FaceDrawer
from tools.bank.held_out import MODELS
from tools.command import command, command_parser
from tools.gan_eval.evaluation import kimg
from tools.inverter_training.judging_bank import COUNT as JUDGING_COUNT
from tools.inverter_training.judging_bank import judging_faces, write_judging_bank
from tools.likeness.baseline import measure_baseline, write_baseline
from tools.reporting.contact_sheet import contact_sheet
from tools.reporting.model_card import CARD_FILE, MEASURED, without_old_numbers
from tools.train_inverter import DEFAULT_COUNT, complete_banks, train

AVERAGE_FILE = "average.safetensors"  # in a folder written by training: the moving average, which is shown
PREVIEW_PICTURES = 256
SAMPLES, SAMPLES_FILE = 64, "samples.jpg"  # faces of the first seeds, unselected
STAGES = ("checking", "preview layers", "bank", "inverter", "baseline", "card", "exchange")


class Adoption:
    """Adoption of a generator by one persona.

    Args:
        source: generator file.
        target: persona folder, which may not exist yet.
        title: title of the persona; None keeps the old one, or uses the folder's name.
        discriminator: file trained together with the generator, if any.
        encoder: file trained together with the generator, if any.
        count: number of faces in the bank; None uses the default.
        workers: number of drawing processes.
    """

    def __init__(
        self,
        source: Path,
        target: Path,
        title: str | None,
        discriminator: Path | None,
        encoder: Path | None,
        count: int | None,
        workers: int,
    ) -> None:
        self.source = source
        self.target = target
        self.staging = target.with_name(f"{target.name}.adopting")
        self.retired = target.with_name(f"{target.name}.retired")
        self.stage = STAGES[0]
        self._title = title
        self._discriminator = discriminator
        self._encoder = encoder
        self._count = count or (DEFAULT_COUNT if encoder is None else JUDGING_COUNT)
        self._workers = workers

    def run(self) -> Persona:
        """Run all stages in order; completed ones take no time.

        Raises:
            ModelError: the file is not a generator, or draws no faces.
        """
        self._enter("checking")
        _finish_exchange(self.target, self.retired)
        self._stage_files()
        persona = Persona.open(self.staging)
        self._enter("preview layers")
        self._fit_previews(persona)
        self._enter("bank")
        faces = self._draw_bank(persona)
        self._enter("inverter")
        inverter = self._train(persona, faces)
        self._enter("baseline")
        with FaceDrawer(persona) as drawer:
            write_baseline(persona, measure_baseline(persona, drawer))
            latents = seed_latents(range(SAMPLES), persona.settings.latent_size)
            write_samples(self.staging / SAMPLES_FILE, drawer.draw(latents))
        self._enter("card")
        write_description(self.staging, persona.title, alignment_of(faces))
        self._write_card(faces, inverter)
        self._enter("exchange")
        self._exchange()
        return Persona.open(self.target)

    def _enter(self, stage: str) -> None:
        self.stage = stage
        print(f"{STAGES.index(stage) + 1}/{len(STAGES)} {stage}", flush=True)

    def _stage_files(self) -> None:
        """Check the file and copy it; discard anything prepared for another one."""
        read_network(self.source, GeneratorSettings)
        staged = self.staging / GENERATOR_FILE
        if staged.exists() and file_sha256(staged) != file_sha256(self.source):
            shutil.rmtree(self.staging)
        if not staged.exists():
            self.staging.mkdir(parents=True, exist_ok=True)
            _copy(self.source, staged)
        if self._discriminator is not None:
            read_network(self._discriminator, DiscriminatorSettings)
            _copy(self._discriminator, self.staging / DISCRIMINATOR_FILE)
        write_description(self.staging, self._title or self._old_title(), Alignment())
        self._stage_encoder()
        old_bank, bank = self.target / "bank", self.staging / "bank"
        key = file_sha256(staged)[:12]
        for folder in old_bank.glob(f"{key}-*"):
            if not (bank / folder.name).exists():
                shutil.copytree(folder, bank / folder.name)

    def _stage_encoder(self) -> None:
        """Write the encoder trained with the generator, with metadata that says so."""
        (self.staging / ENCODER_FILE).unlink(missing_ok=True)
        if self._encoder is None:
            return
        persona = Persona.open(self.staging)
        latent_size = persona.settings.latent_size
        arrays = read_trained_encoder(self._encoder, latent_size)
        contents = EncoderContents(arrays, latent_size, *read_looks(self.target.parent, arrays))
        write_encoder(persona.encoder_path, contents, persona.generator_sha256)
        open_encoder(persona)

    def _draw_bank(self, persona: Persona) -> DrawnFaces:
        if self._encoder is not None:
            return judging_faces(persona, self._count, self._workers)
        return complete_banks(persona, self._count, self._workers)[0]

    def _old_title(self) -> str:
        if (self.target / DESCRIPTION_FILE).exists():
            return Persona.open(self.target).title
        return self.target.name.capitalize()

    def _fit_previews(self, persona: Persona) -> None:
        path = self.staging / PREVIEW_FILE
        if path.exists():
            read_preview_rgb(persona)
            return
        model = load_generator(persona.generator_path)
        with tqdm(total=PREVIEW_PICTURES * 3 // 2, unit=" pictures", desc="preview layers") as progress:
            arrays, errors = fit_preview_rgb(model, PREVIEW_PICTURES, progress.update)
        write_preview_rgb(path, arrays, persona.generator_sha256, errors)

    def _train(self, persona: Persona, faces: DrawnFaces) -> Inverter:
        if persona.inverter_path.exists():
            inverter = read_inverter(persona.inverter_path, persona)
            if inverter.metadata.get("faces") == str(len(faces)):
                return inverter
        if self._encoder is None:
            return train(persona, self._count, self._workers)
        write_judging_bank(persona, faces)
        return read_inverter(persona.inverter_path, persona)

    def _write_card(self, faces: DrawnFaces, inverter: Inverter) -> None:
        old = self.target / CARD_FILE
        card = old.read_text(encoding="utf-8") if old.exists() else f"# {self._title or self._old_title()}\n"
        errors = read_preview_errors(self.staging / PREVIEW_FILE)
        persona = Persona.open(self.staging)
        card = without_old_numbers(card, persona.generator_sha256, self.target.name)
        text = MEASURED.put(card, measured_section(persona, faces, inverter, errors))
        (self.staging / CARD_FILE).write_text(text, encoding="utf-8")

    def _exchange(self) -> None:
        """Replace the old persona with the new one: two renames; files that are not regenerated are moved over."""
        if self.target.exists():
            self.target.rename(self.retired)
        self.staging.rename(self.target)
        _finish_exchange(self.target, self.retired)


def _finish_exchange(target: Path, retired: Path) -> None:
    """Complete or undo an interrupted replacement."""
    if not retired.exists():
        return
    if not target.exists():
        retired.rename(target)
        return
    for entry in retired.iterdir():
        if not (target / entry.name).exists() and entry.name not in (
            DISCRIMINATOR_FILE,
            ENCODER_FILE,
            WAYPOINTS_FILE,
            "bank",
        ):
            shutil.move(entry, target / entry.name)
    shutil.rmtree(retired)


def _copy(source: Path, destination: Path) -> None:
    with atomic_write(destination) as partial:
        shutil.copyfile(source, partial)


def write_samples(path: Path, pictures: ByteArray) -> None:
    """Save drawn faces (N, S, S, 3) as a contact sheet for the card."""
    content = io.BytesIO()
    Image.fromarray(contact_sheet(pictures, columns=8)).save(content, "JPEG", quality=88, optimize=True)
    path.write_bytes(content.getvalue())


def alignment_of(faces: DrawnFaces) -> Alignment:
    """Mean position of the faces in a persona's pictures."""
    x, y, eye_distance, _ = (float(value) for value in faces.placements.mean(axis=0))
    return Alignment(x, y, eye_distance)


def read_preview_errors(path: Path) -> dict[int, float]:
    """RMS error of each preview layer in levels of 255, from its file."""
    from engine.networks.pggan.weight_file import read_header

    content = json.loads(read_header(path).metadata.get("rms_levels", "{}"))
    return {int(lod): float(error) for lod, error in content.items()}


def measured_section(persona: Persona, faces: DrawnFaces, inverter: Inverter, preview_errors: dict[int, float]) -> str:
    """Section of the card about a generator and its inverter, in Markdown."""
    (x, y, distance, roll), spread = faces.placements.mean(axis=0), faces.placements.std(axis=0)
    rows = [
        "| what | value |",
        "|---|---|",
        f"| generator | `{persona.generator_sha256[:12]}`: {_network(persona)} |",
        f"| faces that FaceMesh finds in drawn pictures | {len(faces)} of {faces.drawn} |",
        f"| midpoint between the eyes, fraction of the picture (mean ± deviation) | x {x:.4f} ± {spread[0]:.4f}, "
        f"y {y:.4f} ± {spread[1]:.4f} |",
        f"| distance between the eyes, as from the front, fraction of the height | {distance:.4f} ± {spread[2]:.4f} |",
        f"| tilt of the line through the eyes | {np.degrees(roll):.1f}° ± {np.degrees(spread[3]):.1f}° |",
    ]
    for lod, error in sorted(preview_errors.items()):
        rows.append(f"| `preview_rgb_lod{lod}` against the averaged picture, RMS | {error:.1f} of 255 |")
    if persona.encoder_path.exists():
        rows += ["", f"Its encoder answers; {inverter.metadata['faces']} drawn faces judge and refine its answers."]
        return "\n".join(rows)
    rows += [
        "",
        f"The inverter answers with the nearest of {inverter.metadata['faces']} drawn faces. For faces outside",
    ]
    rows += ["its bank, in standard deviations over it (what was drawn is measured again):", ""]
    rows += ["| | faces found | shape RMSE | colour RMSE | gain shape / colour | R@1 |", "|---|---|---|---|---|---|"]
    for name, value in inverter.likeness.items():
        rows.append(
            f"| {name} | {value['found']:.1%} | {value['shape_rmse']:.2f} | {value['colour_rmse']:.2f} | "
            f"{value['shape_gain']:.2f} / {value['colour_gain']:.2f} | {value['recall_at_1']:.0%} of {value['count']} |"
        )
    return "\n".join(rows)


def _network(persona: Persona) -> str:
    """Description of the generator in one line."""
    settings, thousands = persona.settings, kimg(persona.generator_path)
    shown = "" if thousands is None else f"; {thousands:.0f} thousand pictures shown in training, as its file says"
    resampling = "fused with the convolution" if settings.fused_scale else "not fused"
    return (
        f"{settings.resolution} px, latent {settings.latent_size}, fmap_base "
        f"{settings.fmap_base}, fmap_max {settings.fmap_max}, upsampling {resampling}{shown}"
    )


@command()
def main(arguments: Sequence[str] | None = None, models: Path = MODELS) -> int:
    """Adopt the generator named on the command line into a folder of `models`."""
    parser = command_parser("adopt_generator", "Change a generator.", 'run/ --name portraits --title "Portraits"')
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="generator under its official names, or a folder written by training"
    )
    parser.add_argument("--name", required=True, type=_name, help="persona: a folder under models/, new or existing")
    parser.add_argument("--title", help="display name of the persona; unchanged if absent")
    parser.add_argument("--discriminator", type=Path, metavar="FILE", help="trained together with the generator")
    parser.add_argument("--encoder", type=Path, metavar="FILE", help="trained together with the generator")
    parser.add_argument(
        "--count",
        type=int,
        help=f"number of faces to draw; if absent {DEFAULT_COUNT}, or {JUDGING_COUNT} with an encoder",
    )
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1), help="processes that draw")
    options = parser.parse_args(arguments)
    if options.count is not None and options.count < 1:
        parser.error("--count must be 1 or more")
    generator, encoder = _trained_files(options.file, options.encoder)
    target = models / options.name
    adoption = Adoption(
        generator, target, options.title, options.discriminator, encoder, options.count, options.workers
    )
    try:
        persona = adoption.run()
    except OSError as error:
        print(f"narcissus: while {adoption.stage}: {error}", file=sys.stderr)
        return ModelError.exit_status
    except KeyboardInterrupt:
        print(f"interrupted while {adoption.stage}; the same command resumes there", file=sys.stderr)
        return 130
    print(f"{persona.name} now draws with {persona.generator_sha256[:12]}; see {persona.folder / CARD_FILE}")
    print(f"where it walks while nobody is there: python -m tools.choose_waypoints --model {persona.name}")
    return 0


def _trained_files(file: Path, encoder: Path | None) -> tuple[Path, Path | None]:
    """Generator and encoder in a file, or in a folder written by training."""
    if not file.is_dir():
        return file, encoder
    beside = file / ENCODER_FILE
    return file / AVERAGE_FILE, encoder or (beside if beside.exists() else None)


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", text):
        raise argparse.ArgumentTypeError(f"must be lower-case letters, digits, - and _, not {text[:64]!r}")
    return text


if __name__ == "__main__":
    sys.exit(main())
