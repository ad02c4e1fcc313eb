"""The newest message to the operator: parts of the show set it, the overlay shows it."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


class Notice:
    """The message to the operator.

    Attributes:
        text: the newest sentence; empty without one.
        error: the newest that says what is wrong.
    """

    def __init__(self) -> None:
        self.text = ""
        self.error = ""

    def complain(self, text: str) -> None:
        """Set an error message; an empty text clears it."""
        self.error = text
        self.notify(text)

    def notify(self, text: str) -> None:
        """Set the message on the overlay and, unless it is repeated, log it; an empty text clears it."""
        if text and text != self.text:
            log.info("%s", text)
        self.text = text
