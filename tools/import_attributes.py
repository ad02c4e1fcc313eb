"""Import the age and gender networks of 2019: the Caffe files of Levi and Hassner (2015).

    python -m tools.import_attributes FOLDER

FOLDER contains deploy_age.prototxt, age_net.caffemodel, deploy_gender.prototxt and gender_net.caffemodel. They are read
in a child process with limited memory and time, and converted to models/attributes.safetensors, completely or not at
all.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from engine.core.errors import DeviceError, ModelError
from engine.networks.attributes.levi_hassner import CLASSES, attribute_shapes
from engine.networks.pggan.weight_file import read_arrays
from tools.command import command, command_parser
from tools.model_import.caffe_conversion import OUTPUT_FILE
from tools.model_import.sandbox import read_confined, refusal

MODELS = Path(__file__).resolve().parents[1] / "models"
SOURCES = {
    "age_text": "deploy_age.prototxt",
    "age_weights": "age_net.caffemodel",
    "gender_text": "deploy_gender.prototxt",
    "gender_weights": "gender_net.caffemodel",
}


@command()
def main(arguments: Sequence[str] | None = None, models: Path = MODELS) -> int:
    """Run the command; returns the exit status."""
    parser = command_parser("import_attributes", (__doc__ or "").split("\n\n")[0], "downloads/")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"folder with {', '.join(SOURCES.values())}")
    options = parser.parse_args(arguments)
    path = import_folder(options.folder, models)
    print(f"{path}: reads age ({CLASSES['age']} groups) and gender")
    return 0


def import_folder(folder: Path, models: Path = MODELS) -> Path:
    """Convert the four files atomically.

    Returns:
        Path of the file written; an existing one is replaced.

    Raises:
        ModelError: a file is refused.
        DeviceError: the file cannot be written.
    """
    sources = {name: folder / file_name for name, file_name in SOURCES.items()}
    for path in sources.values():
        if not path.exists():
            raise refusal(path, f"there is no such file in {folder}")
    try:
        models.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".attributes-", suffix=".partial", dir=models) as staging:
            written = _convert(sources, Path(staging))
            return written.replace(models / OUTPUT_FILE)
    except OSError as error:
        raise DeviceError(f"{models / OUTPUT_FILE} cannot be written: {error.strerror}") from error


def _convert(sources: dict[str, Path], staging: Path) -> Path:
    with tqdm(total=100, unit="%", desc="reading", disable=None) as bar:

        def show(share: float) -> None:
            bar.update(round(100 * share) - bar.n)

        said = read_confined("attributes", sources, staging, progress=show)
    written = staging / OUTPUT_FILE
    try:
        found = {name: array.shape for name, array in read_arrays(written).items()}
    except ModelError as error:
        raise refusal(sources["age_weights"], f"what was made of it is not sound ({error})") from error
    if found != {name: shape for kind in CLASSES for name, shape in attribute_shapes(kind).items()}:
        raise refusal(sources["age_weights"], "what was made of it is not the network of Levi and Hassner")
    for kind in CLASSES:
        print(f"{kind}: {CLASSES[kind]} classes, {int(said['parameters'][kind]):,} parameters")
    return written


if __name__ == "__main__":
    sys.exit(main())
