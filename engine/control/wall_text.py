"""Wall text: what visitors must be able to read, from the notice in docs/privacy.md, for the panel."""

from __future__ import annotations

from pathlib import Path

HEADING = "## The notice"
MISSING = "docs/privacy.md, which has the notice for visitors, is not here."
SOUND = "audio:"


def wall_text(page: Path, *, hears: bool) -> str:
    """The notice, as paragraphs.

    Args:
        page: docs/privacy.md.
        hears: whether the show listens to the room, which is a paragraph of its own.
    """
    try:
        lines = page.read_text(encoding="utf-8").partition(HEADING)[2].partition("\n## ")[0].splitlines()
    except OSError:
        return MISSING
    quotes: list[list[str]] = [[]]
    introduced = [""]
    for line in lines:
        if line.startswith(">"):
            quotes[-1].append(line.lstrip("> ").rstrip())
        elif quotes[-1]:
            quotes.append([])
            introduced.append(line)
        else:
            introduced[-1] += line
    told = zip(quotes, introduced, strict=True)
    first, *others = [(" ".join(quote), about) for quote, about in told if quote] or [(MISSING, "")]
    return "\n\n".join([first[0], *(text for text, about in others if hears and SOUND in about)])
