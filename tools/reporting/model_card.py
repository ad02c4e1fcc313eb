"""The parts of a persona's card that tools write: each between two marks, so that it can be made anew.

What stands between the marks belongs to the tool; everything else in the card belongs to people. It knows nothing of
what the parts say.
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
    """A part of the card.

    Attributes:
        name: in the marks.
        tool: the module that writes it.
        heading: above it, where a card has none of it yet.
        options: of the tool, with which it is made anew.
    """

    name: str
    tool: str
    heading: str
    options: str = ""

    @property
    def begin(self) -> str:
        """The mark before it."""
        return f"<!-- {self.name}: written by {self.tool} -->"

    @property
    def end(self) -> str:
        """The mark after it."""
        return f"<!-- end of {self.name} -->"

    def within(self, card: str) -> str | None:
        """What a card says there; None if it has no such part."""
        found = self._pattern.search(card)
        return found[1].strip("\n") if found else None

    def put(self, card: str, text: str) -> str:
        """The card with this part replaced, or appended where it has none."""
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
    """The card without what was measured on another generator: such a part says how it is made anew.

    Args:
        generator_sha256: of the generator that the persona has now; a part that names its first 12 digits stays.
        name: of the persona.
    """
    for section in (EVALUATION, AUDIT):
        text = section.within(card)
        if text is not None and generator_sha256[:12] not in text:
            command = f"python -m {section.tool} --model {name} {section.options}"
            card = section.put(card, f"Not measured yet on this generator: `{command}`")
    return card


def write_section(persona: Persona, section: Section, text: str) -> Path:
    """Replace a part of a persona's card, all or nothing; returns the card's path.

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
