"""The newest sentence for the operator: parts of the show say it, the overlay shows it."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


class Notice:
    """What there is to tell the operator.

    Attributes:
        text: the newest sentence; empty when there is nothing to say.
    """

    def __init__(self) -> None:
        self.text = ""

    def notify(self, text: str) -> None:
        """Tell the operator, on the overlay and, unless it is the same again, in the log; nothing takes it back."""
        if text and text != self.text:
            log.info("%s", text)
        self.text = text
