"""The wall label as a document: sections of sentences, rows and bars, in the order in which they are read. How it looks
is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A group's share of the portraits beside its share of what is drawn, %.

    Attributes:
        label: name of the group.
        shown, drawn: shares; `drawn` None where it cannot be told.
        low, high: 95 % interval of `drawn`.
        told: both as text.
    """

    label: str
    shown: float
    drawn: float | None
    low: float
    high: float
    told: tuple[str, str]


@dataclass(frozen=True)
class BarGroup:
    """Bars under a common name."""

    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Section:
    """A part of the label.

    Attributes:
        heading: its name.
        paragraphs: sentences.
        rows: a table of names and what is said of each, two or three cells a row.
        bar_groups: shares.
        notes: sentences in small type, at its end.
    """

    heading: str
    paragraphs: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    bar_groups: tuple[BarGroup, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class WallLabel:
    """The label.

    Attributes:
        language: of its text.
        title, subtitle, artist, statement: at its head; `artist` may be empty.
        columns: its sections, in two columns.
        footer: at its foot.
    """

    language: str
    title: str
    subtitle: str
    artist: str
    statement: str
    columns: tuple[tuple[Section, ...], tuple[Section, ...]]
    footer: str

    @property
    def sections(self) -> tuple[Section, ...]:
        """All sections in order."""
        return (*self.columns[0], *self.columns[1])
