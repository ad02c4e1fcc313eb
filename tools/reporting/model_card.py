"""Generated sections of a persona's card, each between two markers, so that it can be regenerated.

The text between the markers belongs to the tool, the rest of the card to people. Does not know the contents of the
sections.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from engine.core.errors import DeviceError
from engine.networks.persona import Persona
from tools.reporting.image_files import write

CARD_FILE = "card.md"


@dataclass(frozen=True)
class Section:
    """Section of the card.

    Attributes:
        name: name in the markers.
        tool: module that writes it.
        heading: heading, if the card does not have the section yet.
        options: options of the tool to regenerate it.
    """

    name: str
    tool: str
    heading: str
    options: str = ""

    @property
    def begin(self) -> str:
        """Marker before it."""
        return f"<!-- {self.name}: written by {self.tool} -->"

    @property
    def end(self) -> str:
        """Marker after it."""
        return f"<!-- end of {self.name} -->"

    def within(self, card: str) -> str | None:
        """Text of the section in a card; None if it does not exist."""
        found = self._pattern.search(card)
        return found[1].strip("\n") if found else None

    def put(self, card: str, text: str) -> str:
        """Replace the section in a card, or append it."""
        block = f"{self.begin}\n{text}\n{self.end}"
        if self._pattern.search(card):
            return self._pattern.sub(lambda _: block, card, count=1)
        return f"{card.rstrip()}\n\n## {self.heading}\n\n{block}\n"

    @property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.begin) + "(.*?)" + re.escape(self.end), re.DOTALL)


MEASURED = Section("measured", "tools.adopt_generator", "Measured")
EVALUATION = Section("evaluation", "tools.evaluate_gan", "Evaluation", "--data FILE.zip --card")
AUDIT = Section("audit", "tools.audit", "Whom it was shown and whom it draws", "--data FILE.zip --card")


def without_old_numbers(card: str, generator_sha256: str, name: str) -> str:
    """Remove measurements of another generator from a card, with a note on how to repeat them.

    Args:
        generator_sha256: hash of the persona's current generator; sections that contain its first 12 digits stay.
        name: name of the persona.
    """
    for section in (EVALUATION, AUDIT):
        text = section.within(card)
        if text is not None and generator_sha256[:12] not in text:
            command = f"python -m {section.tool} --model {name} {section.options}"
            card = section.put(card, f"Not measured yet on this generator: `{command}`")
    return card


def write_section(persona: Persona, section: Section, text: str) -> Path:
    """Replace a section of a persona's card atomically; returns the card's path.

    Raises:
        DeviceError: the card cannot be read or written.
    """
    path = persona.folder / CARD_FILE
    try:
        card = path.read_text(encoding="utf-8") if path.exists() else f"# {persona.title}\n"
    except (OSError, UnicodeDecodeError) as error:
        raise DeviceError(f"{path} cannot be read: {error}") from error
    write(path, section.put(card, text))
    return path
