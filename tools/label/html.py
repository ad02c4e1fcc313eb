"""The wall label as one HTML file, with its type inside: the same sections for screens and screen readers."""

from __future__ import annotations

import base64
from html import escape

from engine.render.overlay.typeface import Face, font_file
from tools.label.page import INK, PALE, PAPER, RED
from tools.label.sheet import BarGroup, Section, WallLabel

STYLE = """
:root {{ color-scheme: light; }}
body {{ margin: 0; background: {paper}; color: {ink}; font: 17px/1.42 cmr10, "Latin Modern Roman", Georgia, serif; }}
main {{ max-width: 70rem; margin: 0 auto; padding: 4rem 2rem 3rem; }}
header {{ text-align: center; max-width: 46rem; margin: 0 auto 2.5rem; }}
h1 {{ font-weight: normal; font-size: 2.6rem; letter-spacing: .34em; margin: 0 -.34em 0 0; text-transform: uppercase; }}
h2 {{ font: italic 1.2em cmti10, "Latin Modern Roman", Georgia, serif; letter-spacing: .07em; color: {red};
  margin: 0 0 .4em; }}
.subtitle, .statement, td + td, caption, .note {{ font: italic 1em/1.42 cmti10, Georgia, serif; }}
.subtitle {{ font-size: 1.2rem; letter-spacing: .06em; margin: .3rem 0; }}
.statement {{ font-size: 1.15rem; border-top: 1px solid {red}; padding-top: 1.2rem; margin-top: 1.2rem; }}
.columns {{ columns: 26rem 2; column-gap: 3rem; }}
section {{ break-inside: avoid; border-top: 1px solid {ink}; padding: .6rem 0 1rem; }}
p {{ margin: 0 0 .6em; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ text-align: left; vertical-align: top; font-weight: normal; padding: .2em .8em .2em 0;
  border-bottom: 1px solid {pale}55; }}
.bars td, .bars th {{ border: 0; padding: .1em .6em .1em 0; font-style: normal; }}
.bars caption {{ text-align: left; color: {pale}; letter-spacing: .06em; }}
.bar {{ width: 45%; }}
.bar i {{ display: block; height: .22em; min-width: 1px; background: {ink}; margin: .16em 0; }}
.bar i + i, .drawn {{ background: {red}; }}
.drawn {{ background: none; color: {red}; }}
.note, footer, .artist {{ color: {pale}; font-size: .85em; }}
footer {{ text-align: center; margin-top: 2rem; }}
@page {{ size: A3; margin: 12mm; }}
"""


def draw_html(label: WallLabel) -> str:
    """The page."""
    colours = {name: "#{:02x}{:02x}{:02x}".format(*value) for name, value in _colours().items()}
    artist = f'<p class="artist">{escape(label.artist)}</p>' if label.artist else ""
    body = "".join(_section(section) for section in label.sections)
    return (
        f'<!doctype html>\n<html lang="{label.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(label.title)}</title>\n'
        f"<style>{_fonts()}{STYLE.format(**colours)}</style>\n</head>\n<body>\n<main>\n<header>"
        f'<h1>{escape(label.title)}</h1><p class="subtitle">{escape(label.subtitle)}</p>{artist}'
        f'<p class="statement">{escape(label.statement)}</p></header>\n<div class="columns">\n{body}</div>\n'
        f"<footer>{escape(label.footer)}</footer>\n</main>\n</body>\n</html>\n"
    )


def _colours() -> dict[str, tuple[int, int, int]]:
    return {"paper": PAPER, "ink": INK, "red": RED, "pale": PALE}


def _fonts() -> str:
    faces: tuple[Face, ...] = ("cmr10", "cmti10")
    rules = []
    for face in faces:
        content = font_file(face)
        if content is not None:
            data = base64.b64encode(content).decode()
            rules.append(f'@font-face {{ font-family: {face}; src: url("data:font/ttf;base64,{data}"); }}\n')
    return "".join(rules)


def _section(section: Section) -> str:
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in section.paragraphs)
    notes = "".join(f'<p class="note">{escape(text)}</p>' for text in section.notes)
    bars = "".join(_bars(group) for group in section.bar_groups)
    return f"<section><h2>{escape(section.heading)}</h2>{paragraphs}{_table(section)}{bars}{notes}</section>\n"


def _table(section: Section) -> str:
    rows = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in section.rows]
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>" if rows else ""


def _bars(group: BarGroup) -> str:
    rows = []
    for bar in group.bars:
        drawn = "" if bar.drawn is None else f'<i style="width:{bar.drawn:g}%"></i>'
        rows.append(
            f'<tr><th>{escape(bar.label)}</th><td class="bar"><i style="width:{bar.shown:g}%"></i>{drawn}</td>'
            f'<td>{escape(bar.told[0])}</td><td class="drawn">{escape(bar.told[1])}</td></tr>'
        )
    return f'<table class="bars"><caption>{escape(group.label)}</caption>{"".join(rows)}</table>'
