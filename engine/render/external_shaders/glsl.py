"""GLSL as other programs take it -> GLSL 3.30: old names, line continuations, and what Narcissus does not offer.

Works on words, outside of comments, and keeps every line where it was, so that an error of the driver is found in the
artist's file. Knows no file and no OpenGL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

OLD_NAMES: Mapping[str, str] = {
    "texture2D": "texture",
    "texture2DRect": "texture",
    "texture2DLod": "textureLod",
    "texture2DLodEXT": "textureLod",
    "texture2DProj": "textureProj",
    "texture2DGradEXT": "textureGrad",
}
"""Functions of GLSL 1.x and what they are called since 1.30."""

UNSUPPORTED: Mapping[str, str] = {
    "samplerCube": "cubemaps",
    "textureCube": "cubemaps",
    "mainCubemap": "cubemap passes",
    "sampler3D": "volume textures",
    "mainSound": "sound passes",
    "mainVR": "stereo (mainVR)",
    "gl_FragData": "several outputs (gl_FragData)",
    "gl_FragDepth": "depth (gl_FragDepth)",
    "sampler2DRect": "rectangle textures",
}
"""Words of a shader by which a feature is known that Narcissus does not offer."""

_WORD = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|(?<![\w.])[A-Za-z_]\w*", re.DOTALL)
_DROPPED = re.compile(r"^[ \t]*#[ \t]*(?:version|extension|line)\b[^\n]*", re.MULTILINE)
_CONTINUED = re.compile(r"(?:[^\n]*\\\n)+[^\n]*")


def words(text: str) -> Iterator[tuple[str, int]]:
    """Every identifier outside of comments, apart from members (`.xyz`), and its line, from 1."""
    line, seen = 1, 0
    for match in _WORD.finditer(text):
        if not match[0].startswith("/"):
            line += text.count("\n", seen, match.start())
            seen = match.start()
            yield match[0], line


def unsupported(text: str) -> tuple[str, int] | None:
    """The first feature that Narcissus does not offer, in words, and the line that asks for it; None without one."""
    return next(
        ((f"{UNSUPPORTED[word]} are not supported", line) for word, line in words(text) if word in UNSUPPORTED), None
    )


def translate(text: str, names: Mapping[str, str]) -> list[str]:
    """The lines of a shader in GLSL 3.30, as many as there were.

    Args:
        text: as the artist wrote it, GLSL 1.10 to 3.30 or GLSL ES 1.00 to 3.00.
        names: further identifiers to replace.
    """
    replaced = {**OLD_NAMES, **names}
    plain = "".join(letter if letter.isascii() else "?" for letter in text)  # it can only stand in comments
    plain = _DROPPED.sub("", plain.replace("\r\n", "\n").replace("\r", "\n"))
    plain = _CONTINUED.sub(_joined, plain)
    return _WORD.sub(lambda match: replaced.get(match[0], match[0]), plain).split("\n")


def _joined(match: re.Match[str]) -> str:
    """One line of several that end with a backslash (GLSL 3.30 knows none); empty ones in place of the others."""
    return match[0].replace("\\\n", " ") + "\n" * match[0].count("\\\n")
