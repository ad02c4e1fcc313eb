"""The type of the measurement with every letter of western languages, as a font in memory: Computer Modern, which comes
with Matplotlib.

Its files have letters and accents apart, as TeX sets them; here they are put together by TeX's rule (Knuth, TeXbook,
chapter 9). Figures are the old-style ones of `cmmi10`. What the face has not is taken from STIX, which lies beside it.
Without Matplotlib there is no such font.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from PIL import ImageFont

Face = Literal["cmti10", "cmr10"]
Typeface = ImageFont.FreeTypeFont | ImageFont.ImageFont

X_HEIGHT, CAP_HEIGHT = 0.430555, 0.683332  # of the type size, in all of these faces
SLANTS: Mapping[Face, float] = {"cmti10": 0.25, "cmr10": 0.0}
SPARE: Mapping[Face, str] = {"cmti10": "STIXGeneralItalic", "cmr10": "STIXGeneral"}
MARKS = {"grave": "àèìòùÀÈÌÒÙ", "acute": "áéíóúýÁÉÍÓÚÝ", "circumflex": "âêîôûÂÊÎÔÛ", "tilde": "ãñõÃÑÕ"}
MARKS |= {"dieresis": "äëïöüÿÄËÏÖÜ", "ring": "åÅ", "caron": "čěřšžČĚŘŠŽ"}
BASES = "aeiouycnsrzAEIOUYCNSRZ"
OWN = {
    "ß": "germandbls", "æ": "ae", "œ": "oe", "ø": "oslash", "Æ": "AE", "Œ": "OE", "Ø": "Oslash",
    "¡": "exclamdown", "¿": "questiondown", "–": "endash", "—": "emdash", "’": "quoteright", "‘": "quoteleft",
    "“": "quotedblleft", "”": "quotedblright", "\xa0": "space",
}  # fmt: skip
BESIDE = '„‚«»‹›€£°×·•…%&+<>|_{}[]~^\\"*#@§†−≤≥'
"""What is taken from STIX, where the letters say something else."""
FIGURES = "0123456789"


def font_folder() -> Path:
    """Where Matplotlib keeps its fonts; it need not be there."""
    found = find_spec("matplotlib")
    return Path((found and found.origin) or "").parent / "mpl-data" / "fonts" / "ttf"


@lru_cache(maxsize=4)
def font_file(face: Face) -> bytes | None:
    """The font as a TrueType file; None where Matplotlib or fontTools, which it brings along, is missing."""
    if not (font_folder() / f"{face}.ttf").is_file() or find_spec("fontTools") is None:
        return None
    return _Foundry(face).cast()


@lru_cache(maxsize=32)
def open_typeface(face: Face, size_px: int) -> Typeface:
    """The font for Pillow, in one size; Pillow's own where there is none."""
    content = font_file(face)
    if content is None:
        return ImageFont.load_default(size_px)
    return ImageFont.truetype(io.BytesIO(content), size_px)


class _Foundry:
    """Puts one font together."""

    def __init__(self, face: Face) -> None:
        from fontTools.ttLib import TTFont

        logging.getLogger("fontTools").setLevel(logging.ERROR)  # the dates in these files are older than the format
        folder, self._slant = font_folder(), SLANTS[face]
        self._font, self._figures, self._spare = (
            TTFont(folder / f"{name}.ttf") for name in (face, "cmmi10", SPARE[face])
        )
        self._em = self._font["head"].unitsPerEm
        self._widths = self._font["hmtx"].metrics
        self._glyphs = self._font.getGlyphSet()
        self._map: dict[int, str] = {
            code: name for code, name in self._font.getBestCmap().items() if 0x20 <= code < 0x7F
        }

    def cast(self) -> bytes:
        """The file."""
        for letter, name in OWN.items():
            self._map[ord(letter)] = name
        for mark, letters in MARKS.items():
            for letter in letters:
                self._accent(letter, mark)
        for letter, base in (("ç", "c"), ("Ç", "C")):
            self._add(letter, [(base, 0.0, 0.0), ("cedilla", self._centred(base, "cedilla"), 0.0)], base)
        for figure in FIGURES:
            self._borrow(figure, self._figures)
        for code in [*map(ord, BESIDE), *range(0xA1, 0x180)]:
            if chr(code) in BESIDE or code not in self._map:
                self._borrow(chr(code), self._spare)
        return self._saved()

    def _accent(self, letter: str, mark: str) -> None:
        import unicodedata

        base = unicodedata.normalize("NFD", letter)[0]
        height = CAP_HEIGHT if base.isupper() else X_HEIGHT
        name = "dotlessi" if base == "i" else base
        up = (height - X_HEIGHT) * self._em
        self._add(letter, [(name, 0.0, 0.0), (mark, self._centred(name, mark) + self._slant * up, up)], name)

    def _centred(self, base: str, mark: str) -> float:
        return float(self._widths[base][0] - self._widths[mark][0]) / 2

    def _add(self, letter: str, parts: list[tuple[str, float, float]], width_of: str) -> None:
        from fontTools.pens.transformPen import TransformPen
        from fontTools.pens.ttGlyphPen import TTGlyphPen

        pen = TTGlyphPen(None)
        for name, x, y in parts:
            self._glyphs[name].draw(TransformPen(pen, (1, 0, 0, 1, round(x), round(y))))
        self._keep(letter, pen.glyph(), self._widths[width_of][0])

    def _borrow(self, letter: str, font: Any) -> None:
        """Take a letter from another font, in the size of this one."""
        from fontTools.pens.transformPen import TransformPen
        from fontTools.pens.ttGlyphPen import TTGlyphPen

        name = font.getBestCmap().get(ord(letter))
        if name is None:
            return
        scale, pen = self._em / font["head"].unitsPerEm, TTGlyphPen(None)
        font.getGlyphSet()[name].draw(TransformPen(pen, (scale, 0, 0, scale, 0, 0)))
        self._keep(letter, pen.glyph(), round(font["hmtx"].metrics[name][0] * scale))

    def _keep(self, letter: str, glyph: Any, width: int) -> None:
        name = f"narcissus{ord(letter):04x}"
        glyph.recalcBounds(None)
        self._font["glyf"][name] = glyph
        self._font.setGlyphOrder(self._font["glyf"].glyphOrder)
        self._widths[name] = (width, getattr(glyph, "xMin", 0))
        self._map[ord(letter)] = name

    def _saved(self) -> bytes:
        from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

        table = CmapSubtable.newSubtable(4)
        table.platformID, table.platEncID, table.language, table.cmap = 3, 1, 0, self._map
        self._font["cmap"].tables = [table]
        for name in ("fpgm", "prep", "cvt ", "hdmx", "VDMX", "LTSH", "kern"):  # hints for the glyphs of before
            if name in self._font:
                del self._font[name]
        for glyph in self._font["glyf"].glyphs.values():
            glyph.expand(self._font["glyf"])
            glyph.removeHinting()
        file = io.BytesIO()
        self._font.save(file)
        return file.getvalue()
