"""What becomes of a mutant. Imports nothing, so that a process can tell it before all else is there."""

from __future__ import annotations

from dataclasses import dataclass

READ, REFUSED, FAILED = "read", "refused", "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutant.

    Attributes:
        index: its number.
        verdict: `READ`, `REFUSED` with a sentence, or `FAILED`.
        told: the sentence, or what was raised and where.
        peak_bytes: the most memory that the process ever had.
    """

    index: int
    verdict: str
    told: str = ""
    peak_bytes: int = 0
