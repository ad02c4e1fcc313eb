"""The program of one tab of a Shadertoy shader; finds out how channels are read that nobody says anything about."""

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
    """The program of one tab, for a `QuadProgram`; finds out how channels are read that nobody says anything about.

    Args:
        library: the shaders.
        texts: Common, if there is one, and the tab.
        channels: what its channels show, as far as somebody says it.
        defines: for the tail.
        guards: whether `pow` takes negative numbers.

    Attributes:
        kinds: how each channel is read (`KINDS`), sure once it is compiled.
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
    def told(self) -> tuple[str, ...]:
        """What is missing, a sentence each."""
        return self._plain.told

    @property
    def takes_powers(self) -> bool:
        """Whether guarding matters."""
        return self._plain.takes_powers

    def program(
        self, ctx: moderngl.Context, name: str, *, defines: Mapping[str, Define] | None = None
    ) -> moderngl.Program:
        """Compile it, reading open channels as whatever lets it compile. The caller owns it.

        Raises:
            ConfigError: the driver refuses it: file, line and what the driver says.
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
        """Other ways to read open channels: one channel after the other, keeping what brought the compiler farther."""
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
    """The line of the artist's file that the driver stumbled over first."""
    found = re.search(r":(\d+): ", str(error))
    return int(found[1]) if found else 0
