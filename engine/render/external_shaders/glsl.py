"""Translation of other programs' GLSL for desktop drivers: old names, names that have become keywords, and uniforms
that Narcissus declares itself.

Works on tokens and keeps all line numbers, so that driver errors refer to the artist's file. Knows no files and no
OpenGL.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.render.external_shaders.glsl_tokens import (
    Token,
    active,
    blanked,
    code,
    declared,
    plain,
    renamed,
    text_of,
    tokenise,
    without_directives,
)

OLD_NAMES: Mapping[str, str] = {
    "texture2D": "texture",
    "texture2DLod": "textureLod",
    "texture2DLodEXT": "textureLod",
    "texture2DProj": "textureProj",
    "texture2DProjLod": "textureProjLod",
    "texture2DProjLodEXT": "textureProjLod",
    "texture2DGrad": "textureGrad",
    "texture2DGradEXT": "textureGrad",
    "textureCube": "texture",
    "textureCubeLod": "textureLod",
    "textureCubeLodEXT": "textureLod",
    "textureCubeGradEXT": "textureGrad",
    "texture3D": "texture",
    "texture3DLod": "textureLod",
    "texture2DRect": "n_texture2DRect",
    "sampler2DRect": "sampler2D",
}
"""Functions of GLSL 1.x and their names since 1.30; those for rectangle textures are ours."""

KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """active asm atomic_uint attribute buffer case cast centroid class coherent common default double enum extern
        external filter fixed flat fvec2 fvec3 fvec4 goto half hvec2 hvec3 hvec4 image1D image2D image3D imageBuffer
        imageCube inline input interface invariant isampler1D isampler2D layout long namespace noinline noperspective
        output partition patch precise public readonly resource restrict row_major sample sampler1D sampler2DMS
        samplerBuffer shared short sizeof smooth static subroutine superp switch template this typedef uimage2D union
        unsigned using varying volatile writeonly""",
    )
)
"""Words that were once names, or still are with some drivers, and are now keywords or reserved (GLSL 4.60, 3.6)."""

OURS = frozenset(
    {"n_keep", "n_limit", "n_pow", "n_texture2D", "n_texture2DRect"}
    | {"isf_main", "isf_FragColor", "isf_FragData", "isf_pixel", "isf_size"}
)
"""Names used by the mirror's part of the program."""

LONGEST = 400  # maximum number of tokens examined in a declaration

MARK = "ext_"
"""Prefix of renamed names."""


def own_name(name: str) -> str:
    """Replacement for a name that cannot be kept."""
    return MARK + name


def is_kept_back(name: str) -> bool:
    """Whether a name must be replaced: a keyword, a function of the driver, or one of the mirror's names."""
    return name in KEYWORDS or name in OURS or name in _FUNCTIONS or name.startswith(("n_", "u_", "isf_"))


_FUNCTIONS = frozenset(
    {"texture", "textureLod", "textureSize", "texelFetch", "pow", "max", "min", "abs", "equal", "any"}
)
"""Functions called by the mirror's part of the program."""


@dataclass(frozen=True)
class ParsedGlsl:
    """Tokenised shader text.

    Attributes:
        tokens: all tokens, normalised, without directives that we supply ourselves.
        seen: the same without parts that `#if` definitely excludes.
        declared: declared names and the lines of their first declaration.
        words: every word visible to a compiler, and its line.
    """

    tokens: Sequence[Token]
    seen: Sequence[Token]
    declared: Mapping[str, int]
    words: Mapping[str, int]


def parse_glsl(text: str) -> ParsedGlsl:
    """Tokenise a text.

    Args:
        text: as written by the artist, GLSL 1.10 to 4.20 or GLSL ES 1.00 to 3.00.
    """
    tokens = without_directives(tokenise(plain(text)), ("version", "extension", "line"))
    seen = active(tokens, {"__VERSION__": "420"})
    words: dict[str, int] = {}
    before = ""
    for token in code(seen):
        if token.kind == "word" and before != ".":
            words.setdefault(token.text, token.line)
        before = token.text
    return ParsedGlsl(tokens, seen, declared(seen), words)


def kept_back(names: Iterable[str]) -> dict[str, str]:
    """Declared names that must be replaced: keywords, and names of the mirror's part."""
    return {name: own_name(name) for name in names if name in KEYWORDS or name in OURS}


def translate(parsed: ParsedGlsl, names: Mapping[str, str], ours: Collection[str] = ()) -> list[str]:
    """Lines of a shader, translated for a desktop driver; their number is unchanged.

    Args:
        parsed: the artist's text.
        names: further replacements, applied before `OLD_NAMES`.
        ours: uniforms and varyings declared by Narcissus; repeated declarations are blanked.
    """
    tokens = list(parsed.tokens)
    for start, end, _ in _interfaces(tokens, ours):
        tokens[start:end] = [blanked(token) for token in tokens[start:end]]
    replaced = {**OLD_NAMES, **names}
    members = {name for name, new in names.items() if new.startswith(MARK)}
    return text_of(renamed(tokens, replaced, members)).split("\n")


def foreign_uniforms(parsed: ParsedGlsl, known: Collection[str]) -> dict[str, tuple[int, bool]]:
    """Uniforms that a text declares and nothing sets: line of each, and whether it is a picture."""
    row = list(parsed.seen)
    found = {}
    for start, end, names in _interfaces(row, None, ("uniform",)):
        is_picture = any("sampler" in token.text for token in row[start:end] if token.kind == "word")
        found.update({name: (line, is_picture) for name, line in names.items() if name not in known})
    used = Counter(token.text for token in code(row))
    return {name: about for name, about in found.items() if used[name] > 1}


def interfaces(parsed: ParsedGlsl) -> set[str]:
    """All names that a text declares as uniforms, inputs or outputs."""
    return {name for _, _, names in _interfaces(list(parsed.seen), None) for name in names}


def outputs(parsed: ParsedGlsl) -> list[str]:
    """Outputs declared by a fragment shader itself (`out vec4 colour;`)."""
    return [name for _, _, names in _interfaces(list(parsed.seen), None, ("out",)) for name in names]


def _interfaces(
    tokens: Sequence[Token], only: Collection[str] | None, words: Collection[str] = ("uniform", "in", "varying", "out")
) -> list[tuple[int, int, dict[str, int]]]:
    """Interface declarations, from the first token to after the `;`, and the names in each.

    Args:
        tokens: tokens of a text.
        only: restrict to declarations of these names; None means all.
        words: keywords they start with.
    """
    found = []
    depth = 0
    for start, token in enumerate(tokens):
        depth += (token.text in "({") - (token.text in ")}") if token.kind == "sign" else 0
        if depth or token.kind != "word" or token.text not in words:
            continue
        last = min(start + LONGEST, len(tokens))
        end = next((at for at in range(start, last) if tokens[at].text in (";", "{", "(")), 0)
        if not end or tokens[end].text != ";":
            continue
        names = dict(_names(tokens[start : end + 1]))
        if names and (only is None or names.keys() <= set(only)):
            found.append((start, end + 1, names))
    return found


def _names(declaration: Sequence[Token]) -> Iterable[tuple[str, int]]:
    """Names in `uniform highp vec3 a, b[4];`: words before a comma, a bracket or the end."""
    row = list(code(declaration))
    for token, after in pairwise(row):
        if token.kind == "word" and after.text in (",", ";", "[", "="):
            yield token.text, token.line
