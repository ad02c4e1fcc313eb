"""Train the small age and gender network: `python -m tools.train_attributes --data FILE.zip`.

FILE.zip is a portrait set (`tools.dataset.portrait_set`) with genders and ages in its labels. The network is trained on
`train`, calibrated on a part of it with other people, and evaluated on `val`. At the end, weights.safetensors, card.md
and report.json are written to the folder; the show loads the weights from models/attributes. Takes a few minutes on a
processor.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.core.errors import DeviceError
from engine.networks.attributes.small_cnn import ANSWERS
from engine.networks.pggan.weight_file import file_sha256, write_arrays
from engine.types import FloatArray
from tools.attributes.calibration import fit_temperature, negative_log_likelihood, score, softmax
from tools.attributes.faces import LabelledFaces, find_faces, held_out
from tools.attributes.network import build_network, folded_weights, read_logits, train_network
from tools.attributes.report import Question, Training, to_json, to_markdown
from tools.command import command, command_parser
from tools.dataset.portrait_set import read_portraits
from tools.reporting.image_files import prepare_folder, write

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "models" / "attributes"
WEIGHTS, CARD, REPORT = "weights.safetensors", "card.md", "report.json"
EPOCHS, CALIBRATION_SHARE = 36, 0.15
FEWEST = 10  # faces of each class required for training


def train_attributes(data: Path, folder: Path, epochs: int = EPOCHS, seed: int = 0) -> Training:
    """Train, calibrate, evaluate and write.

    Raises:
        DeviceError: the portrait set cannot be read, has too few faces of a class, or the folder is not writable.
    """
    prepare_folder(folder)  # reports problems now and not after training
    faces = find_faces(read_portraits(data))
    is_train = np.array([label.split == "train" for label in faces.labels], np.bool_)
    shown, val = faces.of(is_train), faces.of(~is_train)
    is_held_out = held_out(shown.labels, CALIBRATION_SHARE, seed)
    fit, calibration = shown.of(~is_held_out), shown.of(is_held_out)
    _check(data, fit, val)
    network = build_network(seed)
    train_network(network, fit, epochs, seed)
    before, found = read_logits(network, calibration.squares), read_logits(network, val.squares)
    questions = tuple(_question(name, fit, calibration, before[name], val, found[name]) for name in ANSWERS)
    weights = folded_weights(network, {question.name: question.temperature for question in questions})
    path = folder / WEIGHTS
    try:
        halves = {name: array.astype(np.float16) for name, array in weights.items()}
        write_arrays(path, halves, {"format": "narcissus-attributes"})
    except OSError as error:
        raise DeviceError(f"{path} cannot be written: {error.strerror or error}") from error
    counts = {"fit": len(fit), "calibration": len(calibration), "val": len(val)}
    parameters = sum(array.size for array in weights.values())
    training = Training(data.name, file_sha256(data), file_sha256(path), parameters, epochs, seed, counts, questions)
    write(folder / CARD, to_markdown(training))
    write(folder / REPORT, to_json(training))
    return training


def _check(data: Path, fit: LabelledFaces, val: LabelledFaces) -> None:
    for name, classes in ANSWERS.items():
        counts = np.bincount(fit.classes(name)[fit.weights(name) > 0], minlength=len(classes))
        if counts.min() < FEWEST:
            few = classes[int(counts.argmin())]
            raise DeviceError(
                f"{data} cannot be used: of {name} '{few}' it has {counts.min()} faces to train on, beside enough "
                f"others of the same kind of picture; {FEWEST} are the least"
            )
        if not (val.classes(name) >= 0).any():
            raise DeviceError(f"{data} cannot be used: no face in its split 'val' has a {name} on record")


def _question(
    name: str,
    fit: LabelledFaces,
    calibration: LabelledFaces,
    held_out_logits: FloatArray,
    val: LabelledFaces,
    logits: FloatArray,
) -> Question:
    """Calibrate a question, and evaluate it."""
    temperature, nll = _calibrate(calibration, name, held_out_logits)
    probabilities, truth = softmax(logits / temperature), val.classes(name)
    crowds = {"all": truth >= 0, "modern": (truth >= 0) & (np.array(val.kinds) == "modern")}
    scores = {what: score(probabilities[chosen], truth[chosen]) for what, chosen in crowds.items() if chosen.any()}
    shown = fit.classes(name)[fit.weights(name) > 0]
    trained_on = tuple(np.bincount(shown, minlength=len(ANSWERS[name])).tolist())
    return Question(name, ANSWERS[name], trained_on, temperature, nll, scores)


def _calibrate(faces: LabelledFaces, name: str, logits: FloatArray) -> tuple[float, tuple[float, float]]:
    """Temperature, and negative log-likelihood before and after."""
    classes, weights = faces.classes(name), faces.weights(name)
    if not weights.any():
        return 1.0, (math.nan, math.nan)
    temperature = fit_temperature(logits, classes, weights)
    before, after = (negative_log_likelihood(softmax(logits / each), classes, weights) for each in (1.0, temperature))
    return temperature, (before, after)


@command(interrupted="nothing was written")
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = command_parser("train_attributes", (__doc__ or "").split("\n\n")[0], "--data portraits.zip")
    parser.add_argument("--data", type=Path, required=True, metavar="FILE.zip", help="portraits with labels")
    parser.add_argument(
        "--output", type=Path, default=OUTPUT, metavar="FOLDER", help="output folder; models/attributes if absent"
    )
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"number of epochs (default {EPOCHS})")
    parser.add_argument("--seed", type=int, default=0, help="random seed (default 0)")
    options = parser.parse_args(arguments)
    if not 1 <= options.epochs <= 10_000 or options.seed < 0:
        parser.error("--epochs must be 1 to 10000, and --seed 0 or more")
    training = train_attributes(options.data, options.output, options.epochs, options.seed)
    print(to_markdown(training))
    return 0


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.exit(main())
