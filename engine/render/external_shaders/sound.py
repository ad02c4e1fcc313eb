"""Sound textures for ISF and Shadertoy: a spectrum and a waveform, kept no longer than until the next block.

The spectrum is that of the Web Audio API's AnalyserNode, as in Shadertoy (window, smoothing and decibels are the API's
defaults). Knows no microphone.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import moderngl
import numpy as np

from engine.render.external_shaders.isf_input import MAX_SAMPLES

if TYPE_CHECKING:
    from engine.types import FloatArray

SAMPLES = 2048
"""Number of newest samples analysed."""
BINS = SAMPLES // 2
QUIET_DB, LOUD_DB = -100.0, -30.0
SMOOTHING, SMOOTHING_HZ = 0.8, 60.0
SHADERTOY_WIDTH = 512

_WINDOW = np.blackman(SAMPLES + 1)[:-1].astype(np.float32)


class Spectrum:
    """Spectrum of the sound, from frame to frame."""

    def __init__(self) -> None:
        self._smooth = np.zeros(BINS, np.float32)
        self.wave: FloatArray = np.full(SAMPLES, 0.5, np.float32)
        self.bins: FloatArray = np.zeros(BINS, np.float32)

    def hear(self, samples: FloatArray | None, dt_s: float) -> None:
        """Analyse the newest samples, (N,) float32 from -1 to 1; silence if there are none.

        Sets `wave` to `SAMPLES` values around 0.5, newest last, and `bins` to the loudness at `BINS` frequencies from 0
        Hz to half the sampling rate, 0 to 1.
        """
        heard = np.zeros(SAMPLES, np.float32)
        if samples is not None and len(samples):
            newest = np.nan_to_num(samples[-SAMPLES:], nan=0.0, posinf=0.0, neginf=0.0)
            heard[-len(newest) :] = np.clip(newest, -1.0, 1.0)
        magnitude = np.abs(np.fft.rfft(heard * _WINDOW))[:BINS].astype(np.float32) / SAMPLES
        keep = SMOOTHING ** (max(dt_s, 0.0) * SMOOTHING_HZ)
        self._smooth = keep * self._smooth + (1.0 - keep) * magnitude
        decibels = 20.0 * np.log10(np.maximum(self._smooth, 1e-9))
        self.bins = np.clip((decibels - QUIET_DB) / (LOUD_DB - QUIET_DB), 0.0, 1.0).astype(np.float32)
        self.wave = 0.5 + 0.5 * heard

    def forget(self) -> None:
        """Forget all sound."""
        self._smooth[:] = 0.0


class SoundTextures:
    """Sound textures of one pass.

    Args:
        ctx: OpenGL context.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._spectrum = Spectrum()
        self._made: dict[tuple[str, int], moderngl.Texture] = {}

    def hear(self, samples: FloatArray | None, dt_s: float) -> None:
        """Analyse the newest samples; existing textures are updated."""
        if self._made:
            self._spectrum.hear(samples, dt_s)
            for (kind, width), texture in self._made.items():
                texture.write(self._pixels(kind, width).tobytes())

    def texture(self, kind: str, width: int = 0) -> moderngl.Texture:
        """Get a texture of the sound.

        Args:
            kind: `audio`, the newest samples around 0.5; `audioFFT`, the loudness of frequencies; both one row high.
                        `shadertoy`: 512 px wide, spectrum below, waveform above.
            width: width in px of the first two; 0 means all values.
        """
        key = kind, min(width or (SAMPLES if kind == "audio" else BINS), MAX_SAMPLES)
        if key not in self._made:
            pixels = self._pixels(*key)
            texture = self._ctx.texture((pixels.shape[1], pixels.shape[0]), 4, pixels.tobytes(), dtype="f4")
            texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
            texture.repeat_x = texture.repeat_y = False
            self._made[key] = texture
        return self._made[key]

    def forget(self) -> None:
        """Forget all sound."""
        self._spectrum.forget()

    def close(self) -> None:
        """Release the textures; may be called again."""
        for texture in self._made.values():
            texture.release()
        self._made.clear()

    def _pixels(self, kind: str, width: int) -> FloatArray:
        """Pixels (H, W, 4) float32, row 0 at the bottom: equal values in red, green and blue."""
        wave, bins = self._spectrum.wave, self._spectrum.bins
        if kind == "shadertoy":
            rows = np.stack([bins[:SHADERTOY_WIDTH], wave[-SHADERTOY_WIDTH:]])
        elif kind == "audio":
            rows = _newest(wave, width)[None]
        else:
            rows = _merged(bins, width)[None]
        alpha = np.ones_like(rows)
        return np.ascontiguousarray(np.stack([rows, rows, rows, alpha], axis=-1), np.float32)


def _newest(wave: FloatArray, width: int) -> FloatArray:
    """Last samples, padded with silence at the front."""
    return np.concatenate([np.full(max(0, width - len(wave)), 0.5, np.float32), wave[-width:]])


def _merged(bins: FloatArray, width: int) -> FloatArray:
    """Reduce the bins to the requested number, over all frequencies: the maximum of those that are merged."""
    edges = [math.floor(index * len(bins) / width) for index in range(width + 1)]
    return np.array([bins[low : max(high, low + 1)].max() for low, high in pairwise(edges)], np.float32)
