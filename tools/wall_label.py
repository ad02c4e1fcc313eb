"""Write the wall label, on what is measured and kept: `python -m tools.wall_label --language de --output label.pdf`.

From the configuration, the persona and the cards of its models: what is measured of visitors, what is kept and sent and
for how long, by which models and on which data, with their terms and the audit's figures, whom to ask, and the artist's
statement. A3, as a PDF, a picture or a page for a browser.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.app import MODELS
from engine.config.config import load_config
from engine.config.consent import LANGUAGES
from engine.config.validation import is_name
from engine.core.clock import file_stamp
from engine.core.errors import ConfigError, DeviceError, ModelError
from engine.networks.inversion.inverter_file import open_inverter
from engine.networks.persona import Persona
from engine.system.atomic_write import atomic_write
from tools.command import command, command_parser
from tools.label.sheet import WallLabel
from tools.label.writing import Installation, write_label

NAME = "wall_label"
ENDINGS = (".pdf", ".html", ".png")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command_parser(NAME, "Write the label that stands beside the mirror.", "--language de --output label.pdf")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the label")
    parser.add_argument(
        "--output", type=Path, default=Path("label.pdf"), metavar="FILE", help="a .pdf, .html or .png file"
    )
    parser.add_argument(
        "--config", type=Path, default=Path("config.yaml"), metavar="FILE", help="the installation's file"
    )
    parser.add_argument("--model", metavar="NAME", help="a persona in place of the configuration's")
    return parser.parse_args(arguments)


def installation_of(config_path: Path, model: str | None, models: Path = MODELS) -> Installation:
    """What a label is written from.

    Raises:
        NarcissusError: the configuration or the persona is missing or wrong.
    """
    config = load_config(config_path)
    name = model or config.persona.model
    if not is_name(name):
        raise ModelError(f"--model {name[:100]}: a persona's name is that of a folder in {models}")
    persona = Persona.open(models / name)
    digest = hashlib.sha256(config_path.read_bytes()).hexdigest()[:8]
    return Installation(config, digest, persona, open_inverter(persona), models, file_stamp().partition("_")[0])


def save(label: WallLabel, path: Path) -> str:
    """Write a label in the form that the name asks for; a sentence about it if something is amiss.

    Raises:
        ConfigError: there is no such form.
        DeviceError: the file cannot be written, or the typeface is missing.
    """
    ending, note = path.suffix.lower(), ""
    if ending not in ENDINGS:
        raise ConfigError(f"--output {path}: a label is a .pdf, .html or .png file")
    if ending == ".html":
        from tools.label.html import draw_html

        content = draw_html(label).encode()
    else:
        from tools.label.page import draw_pdf, draw_picture

        content, fits = draw_pdf(label)
        note = "" if fits else "the text is too long for its page: shorten label.statement in config.yaml"
        content = content if ending == ".pdf" else draw_picture(content)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as partial:
            partial.write_bytes(content)
    except OSError as error:
        raise DeviceError(f"{path} cannot be written: {error.strerror}") from error
    return note


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Write the label."""
    options = parse(arguments)
    installation = installation_of(options.config, options.model)
    note = save(write_label(installation, options.language), options.output)
    for sentence in filter(None, (note, "" if installation.config.label.contact else NO_CONTACT)):
        print(f"{NAME}: {sentence}", file=sys.stderr)
    print(options.output)
    return 0


NO_CONTACT = "label.contact in config.yaml is empty: visitors are told nobody to ask"

if __name__ == "__main__":
    sys.exit(main())
