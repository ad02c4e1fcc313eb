"""Exponential backoff: the wait before a retry doubles whenever the last retry did not last."""

from __future__ import annotations


class ExponentialBackoff:
    """Counts failures and retries.

    Args:
        first_s: initial wait.
        longest_s: maximum wait; the wait doubles whenever a success lasted shorter than the wait before it.
    """

    def __init__(self, first_s: float, longest_s: float) -> None:
        self._first_s, self._longest_s = first_s, longest_s
        self._wait_s = first_s
        self._changed_s = float("-inf")
        self._has_returned = False

    def is_over(self, now_s: float) -> bool:
        """Whether it is time to try again."""
        return now_s - self._changed_s >= self._wait_s

    def note_failure(self, now_s: float) -> None:
        """Note a failure."""
        was_in_vain = self._has_returned and not self.is_over(now_s)
        self._wait_s = min(2 * self._wait_s, self._longest_s) if was_in_vain else self._first_s
        self._changed_s, self._has_returned = now_s, False

    def note_retry(self, now_s: float) -> None:
        """Note a retry."""
        self._changed_s, self._has_returned = now_s, True
