"""Program of one tab of a Shadertoy shader; determines the sampler types of unspecified channels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import moderngl

from engine.core.errors import ConfigError
from engine.render.external_shaders.program import Dialect, ForeignProgram, ForeignText
from engine.render.external_shaders.shadertoy_channels import CHANNELS, KINDS, Channel
from engine.render.gl.shader_library import Define, ShaderLibrary

SHADERTOY = Dialect(
    head="lib/shadertoy.glsl",
    tail="lib/shadertoy_main.glsl",
    provided=frozenset(
        {
            *("iResolution", "iTime", "iTimeDelta", "iFrameRate", "iFrame", "iMouse", "iDate", "iSampleRate"),
            *("iChannelTime", "iChannelResolution", "iGlobalTime", *CHANNELS),
        }
    ),
    fragment_names={"main": "ext_main", "gl_FragColor": "isf_FragColor"},
)


class ShadertoyProgram:
    """Program of one tab, for a `QuadProgram`; determines the sampler types of unspecified channels.

    Args:
        library: shader library.
        texts: Common, if there is one, and the tab.
        channels: specified channels.
        defines: macros for the tail.
        guards: whether `pow` accepts negative numbers.

    Attributes:
        kinds: sampler kind of each channel (`KINDS`), final once compiled.
    """

    def __init__(
        self,
        library: ShaderLibrary,
        texts: list[ForeignText],
        channels: Mapping[str, Channel],
        defines: list[str],
        *,
        guards: bool,
    ) -> None:
        self._library, self._texts, self._defines, self._guards = library, texts, defines, guards
        words = {word for text in texts for word in text.parsed.words}
        self._open = [name for name in CHANNELS if name in words and (name not in channels or not channels[name].kind)]
        self.kinds = {name: channels[name].kind or "plain" if name in channels else "plain" for name in CHANNELS}
        self._plain = self._made(self.kinds)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes about missing parts, one sentence each."""
        return self._plain.notes

    @property
    def takes_powers(self) -> bool:
        """Whether `guards` has an effect."""
        return self._plain.takes_powers

    def program(
        self, ctx: moderngl.Context, name: str, *, defines: Mapping[str, Define] | None = None
    ) -> moderngl.Program:
        """Compile, trying sampler kinds for unspecified channels until it succeeds. The caller owns the result.

        Raises:
            ConfigError: the driver rejects it: file, line and the driver's message.
        """
        try:
            return self._plain.program(ctx, name)
        except ConfigError as error:
            first, best = error, _first_line(error)
        for kinds in self._others():
            try:
                program = self._made(kinds).program(ctx, name)
            except ConfigError as error:
                if _first_line(error) > best:
                    best, self.kinds = _first_line(error), kinds
                continue
            self.kinds = kinds
            return program
        raise first

    def text(self, name: str, defines: Mapping[str, Define] | None = None) -> str:
        """See `ForeignProgram.text`."""
        return self._plain.text(name)

    def declaration(self, name: str, uniform: str) -> str:
        """See `ForeignProgram.declaration`."""
        return self._plain.declaration(name, uniform)

    def _others(self) -> Iterator[dict[str, str]]:
        """Other sampler kinds for unspecified channels: one channel at a time, keeping what got the compiler
        further."""
        for channel in self._open:
            for kind in ("cube", "volume"):
                yield {**self.kinds, channel: kind}

    def _made(self, kinds: Mapping[str, str]) -> ForeignProgram:
        place = self._library.shown(SHADERTOY.head)
        declared = [(f"uniform {KINDS[kind]} {name};", place, 1) for name, kind in kinds.items()]
        files = [text.file for text in self._texts]
        return ForeignProgram(
            self._library, SHADERTOY, declared, {}, self._texts, None, self._defines, files, guards=self._guards
        )


def _first_line(error: ConfigError) -> int:
    """First line of the artist's file with a driver error."""
    found = re.search(r":(\d+): ", str(error))
    return int(found[1]) if found else 0
