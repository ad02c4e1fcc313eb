"""The wall label as a page: A3, in the type and the inks of the measurement, as a PDF or a picture of it.

The type is set as large as the page allows, within limits; what is too long in the smallest runs over the edge, and the
command says so.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fpdf import FPDF
from fpdf.fonts import TTFFont

from engine.core.errors import DeviceError
from engine.render.overlay.typeface import Face, font_file
from tools.label.sheet import BarGroup, Section, WallLabel

WIDTH_MM, HEIGHT_MM = 297.0, 420.0
PAPER, INK, RED, PALE = (242, 237, 223), (33, 28, 26), (166, 33, 26), (120, 110, 100)  # measurement: paper, ink, red
MARGIN_MM, GUTTER_MM = 24.0, 14.0
TYPE_PT, LARGEST, SMALLEST = 12.0, 1.25, 0.72  # size of the text; how far it grows or shrinks to fill the page
LEADING = 1.36
HAIR_MM, FINE_MM = 0.12, 0.25
PICTURE_DPI = 150
PT_MM = 25.4 / 72


def draw_pdf(label: WallLabel) -> tuple[bytes, bool]:
    """The page, and whether everything on it fits.

    Raises:
        DeviceError: the typeface is missing.
    """
    with _opened(label) as trial:
        smallest, largest = SMALLEST, LARGEST
        fits = _Page(trial, label, smallest).fits
        while fits and largest - smallest > 0.01:
            middle = (smallest + largest) / 2
            smallest, largest = (middle, largest) if _Page(trial, label, middle).fits else (smallest, middle)
    with _opened(label) as pdf:
        _Page(pdf, label, smallest)
        return bytes(pdf.output()), fits


def draw_picture(pdf: bytes) -> bytes:
    """The first page of a PDF as a PNG."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        picture = document[0].render(scale=PICTURE_DPI / 72).to_pil()
    finally:
        document.close()
    file = io.BytesIO()
    picture.save(file, format="PNG", optimize=True, dpi=(PICTURE_DPI, PICTURE_DPI))
    return file.getvalue()


class _Page:
    """One page in one size of type.

    Attributes:
        fits: whether nothing runs over its edge.
    """

    def __init__(self, pdf: FPDF, label: WallLabel, scale: float) -> None:
        self._scale = scale
        self.pdf = pdf
        pdf.add_page()
        pdf.set_fill_color(*PAPER)
        pdf.rect(0, 0, WIDTH_MM, HEIGHT_MM, style="F")
        lowest_mm = 0.0
        top = self._head(label)
        width = (WIDTH_MM - 2 * MARGIN_MM - GUTTER_MM) / 2
        for index, sections in enumerate(label.columns):
            self._x, self._width = MARGIN_MM + index * (width + GUTTER_MM), width
            self._y = top
            for section in sections:
                self._section(section)
            lowest_mm = max(lowest_mm, self._y)
        self.fits = lowest_mm <= HEIGHT_MM - MARGIN_MM
        self._foot(label.footer)

    def _head(self, label: WallLabel) -> float:
        """Title, subtitle and statement, centred; where the columns begin, mm."""
        self._x, self._width, self._y = MARGIN_MM, WIDTH_MM - 2 * MARGIN_MM, MARGIN_MM
        self._line(label.title.upper(), 34.0, "cmr10", spacing=0.34)
        self._y += 2.0
        self._line(label.subtitle, 15.0, "cmti10", spacing=0.06)
        if label.artist:
            self._line(label.artist, 11.0, "cmr10", spacing=0.06, colour=PALE)
        self._y += 5.0
        self._rule(WIDTH_MM / 2 - 16, WIDTH_MM / 2 + 16, RED, FINE_MM)
        self._y += 6.0
        self._x, self._width = MARGIN_MM + 24, WIDTH_MM - 2 * MARGIN_MM - 48
        self._text(label.statement, 1.16, "cmti10", align="C")
        self._y += 8.0 * self._scale
        return self._y

    def _foot(self, text: str) -> None:
        self._x, self._width, self._y = MARGIN_MM, WIDTH_MM - 2 * MARGIN_MM, HEIGHT_MM - 0.62 * MARGIN_MM
        self._line(text, 8.0, "cmti10", spacing=0.04, colour=PALE)

    def _section(self, section: Section) -> None:
        self._rule(self._x, self._x + self._width, INK, HAIR_MM)
        self._y += 2.6 * self._scale
        self._text(section.heading, 1.12, "cmti10", colour=RED, spacing=0.07)
        self._y += 1.2 * self._scale
        for paragraph in section.paragraphs:
            self._text(paragraph)
            self._y += 1.6 * self._scale
        self._rows(section.rows)
        for group in section.bar_groups:
            self._bars(group)
        for note in section.notes:
            self._text(note, 0.82, "cmti10", colour=PALE)
        self._y += 5.0 * self._scale

    def _rows(self, rows: Sequence[tuple[str, ...]]) -> None:
        """A table; its last cell is in italics, and the lines between rows are hair."""
        if not rows:
            return
        shares = (0.58, 0.42) if len(rows[0]) == 2 else (0.34, 0.24, 0.42) if _is_short(rows) else (0.29, 0.39, 0.32)
        for row in rows:
            left, top, lowest = self._x, self._y, self._y
            for index, (cell, share) in enumerate(zip(row, shares, strict=True)):
                at = left + self._width * sum(shares[:index])
                face: Face = "cmr10" if index == 0 else "cmti10"
                lowest = max(lowest, self._cell(cell, at, top, share * self._width - 2.5, face))
            self._x, self._y = left, lowest + 0.7 * self._scale
            self._rule(left, left + self._width, PALE, HAIR_MM / 2)
            self._y += 0.9 * self._scale
        self._y += 0.8 * self._scale

    def _cell(self, text: str, x: float, y: float, width: float, face: Face) -> float:
        left, whole = self._x, self._width
        self._x, self._width, self._y = x, width, y
        self._text(text, 0.92, face)
        self._x, self._width = left, whole
        return self._y

    def _bars(self, group: BarGroup) -> None:
        """A line a group: its name, a bar in ink for the portraits, one in red for what is drawn, with its interval."""
        self._text(group.label, 0.92, "cmti10", colour=PALE, spacing=0.06)
        step = TYPE_PT * 0.92 * self._scale * PT_MM * 1.22
        begin, reach = self._x + 0.30 * self._width, 0.44 * self._width
        for bar in group.bars:
            middle = self._y + 0.52 * step
            self._at(bar.label, self._x, self._y, "cmr10", 0.88)
            self._beam(begin, middle - 0.20 * step, reach * bar.shown / 100, INK, 0.16 * step)
            if bar.drawn is not None:
                self._beam(begin, middle + 0.10 * step, reach * bar.drawn / 100, RED, 0.16 * step)
                y = middle + 0.18 * step
                self._stroke(begin + reach * bar.low / 100, y, begin + reach * bar.high / 100, y, RED, HAIR_MM)
            self._at(bar.told[0], begin + reach + 2.0, self._y, "cmr10", 0.80)
            self._at(bar.told[1], begin + reach + 0.13 * self._width + 2.0, self._y, "cmr10", 0.80, RED)
            self._y += step
        self._y += 1.4 * self._scale

    def _text(
        self,
        text: str,
        size: float = 1.0,
        face: Face = "cmr10",
        *,
        colour: tuple[int, int, int] = INK,
        align: str = "L",
        spacing: float = 0.0,
    ) -> None:
        """Set a text in the column, wrapped; moves down."""
        points = TYPE_PT * size * self._scale
        self._pen(points, face, colour, spacing)
        self.pdf.set_xy(self._x, self._y)
        height = points * PT_MM * LEADING
        self.pdf.multi_cell(self._width, height, text, align=align, padding=0, new_x="LEFT", new_y="NEXT")
        self._y = self.pdf.get_y()

    def _line(
        self, text: str, points: float, face: Face, *, spacing: float, colour: tuple[int, int, int] = INK
    ) -> None:
        """Set one centred line in a size of its own, smaller if it is too long."""
        self._pen(points, face, colour, spacing)
        width = self.pdf.get_string_width(text)
        if width > self._width:
            points *= self._width / width
            self._pen(points, face, colour, spacing)
            width = self.pdf.get_string_width(text)
        self.pdf.set_xy(self._x + (self._width - width) / 2, self._y)
        self.pdf.cell(width + 1, points * PT_MM * 1.2, text, new_x="LEFT", new_y="NEXT")
        self._y = self.pdf.get_y()

    def _at(self, text: str, x: float, y: float, face: Face, size: float, colour: tuple[int, int, int] = INK) -> None:
        self._pen(TYPE_PT * size * self._scale, face, colour, 0.0)
        self.pdf.set_xy(x, y)
        self.pdf.cell(0, TYPE_PT * 0.92 * self._scale * PT_MM * 1.22, text)

    def _pen(self, points: float, face: Face, colour: tuple[int, int, int], spacing: float) -> None:
        self.pdf.set_font(face, size=points)
        self.pdf.set_text_color(*colour)
        self.pdf.set_char_spacing(spacing * points)

    def _rule(self, x_begin: float, x_end: float, colour: tuple[int, int, int], thickness: float) -> None:
        self._stroke(x_begin, self._y, x_end, self._y, colour, thickness)

    def _stroke(
        self, x0: float, y0: float, x1: float, y1: float, colour: tuple[int, int, int], thickness: float
    ) -> None:
        self.pdf.set_draw_color(*colour)
        self.pdf.set_line_width(thickness)
        self.pdf.line(x0, y0, x1, y1)

    def _beam(self, x: float, y: float, length: float, colour: tuple[int, int, int], thickness: float) -> None:
        self.pdf.set_fill_color(*colour)
        self.pdf.rect(x, y, max(length, 0.2), thickness, style="F")


def _is_short(rows: Sequence[tuple[str, ...]]) -> bool:
    """Whether the middle cells are numbers and a word."""
    return max(len(row[1]) for row in rows) < 24


@contextmanager
def _opened(label: WallLabel) -> Iterator[FPDF]:
    """An empty document with the two faces, whose files are there until the end of the block."""
    pdf = FPDF(unit="mm", format=(WIDTH_MM, HEIGHT_MM))
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.c_margin = 0
    pdf.set_title(f"{label.title}: {label.subtitle}")
    pdf.set_lang(label.language)
    pdf.set_creator("Narcissus")
    faces: tuple[Face, ...] = ("cmr10", "cmti10")
    with tempfile.TemporaryDirectory() as folder:
        try:
            for face in faces:
                content = font_file(face)
                if content is None:
                    raise DeviceError("the label's typeface comes with Matplotlib, which is missing: make dev")
                path = Path(folder) / f"{face}.ttf"
                path.write_bytes(content)
                pdf.add_font(face, fname=path)
            yield pdf
        finally:
            for font in pdf.fonts.values():
                if isinstance(font, TTFFont):
                    font.close()
