"""Result of reading a mutant. Imports nothing, so that it can be reported before anything else is loaded."""

from __future__ import annotations

from dataclasses import dataclass

READ, REFUSED, FAILED = "read", "refused", "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of reading one mutant.

    Attributes:
        index: number of the mutant.
        verdict: `READ`, `REFUSED` with a sentence, or `FAILED`.
        message: the sentence, or the exception and its location.
        peak_bytes: peak memory of the process.
    """

    index: int
    verdict: str
    message: str = ""
    peak_bytes: int = 0
