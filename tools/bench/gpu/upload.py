"""Upload time of a drawn face to its texture, with CUDA and with pixel buffers.

python -m tools.bench.gpu.upload --output figures.json [--runs 300]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import moderngl
import numpy as np

from engine.core.clock import Clock
from engine.core.errors import CudaError
from engine.render.gl.cuda_interop import DeviceCopies, SharedTexture
from engine.render.gl.gl_functions import GlCalls
from engine.render.gl.texture import PixelTexture
from engine.render.gl.texture_upload import probe, start_cuda

SIZES = (128, 1024)
WARM_UP_RUNS = 30


def measure_uploads(
    ctx: moderngl.Context, gl: GlCalls, copies: DeviceCopies | None, runs: int, sizes: Sequence[int] = SIZES
) -> list[dict[str, Any]]:
    """Time spent by the OpenGL thread per picture, and until the card has finished, ms, for each method."""
    rows = []
    for size in sizes:
        pixels = np.random.default_rng(0).integers(0, 256, (size, size, 4)).astype(np.uint8)
        if copies is not None:
            image, shared = copies.upload(pixels), SharedTexture(PixelTexture(ctx, gl), copies)
            rows.append({"size": size, "way": "cuda"} | _timed(lambda t=shared, i=image: t.write(i), gl, runs))  # type: ignore[misc]
            shared.close()
        plain = PixelTexture(ctx, gl)
        rows.append({"size": size, "way": "pixel_buffer"} | _timed(lambda t=plain, p=pixels: t.write(p), gl, runs))  # type: ignore[misc]
        plain.close()
    return rows


def _timed(write: Callable[[], None], gl: GlCalls, runs: int) -> dict[str, Any]:
    clock, call_ms, done_ms = Clock(), [], []
    for _ in range(WARM_UP_RUNS + runs):
        gl.finish()
        began_s = clock.now_s()
        write()
        call_ms.append((clock.now_s() - began_s) * 1000)
        gl.finish()
        done_ms.append((clock.now_s() - began_s) * 1000)
    return {
        name: {
            "p50": round(float(np.percentile(values[WARM_UP_RUNS:], 50)), 4),
            "p95": round(float(np.percentile(values[WARM_UP_RUNS:], 95)), 4),
        }
        for name, values in (("call_ms", call_ms), ("done_ms", done_ms))
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; if CUDA cannot share, only pixel buffers are measured and the reason is recorded."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench.gpu.upload", description="Time pictures into textures."
    )
    parser.add_argument("--output", type=Path, required=True, help="JSON")
    parser.add_argument("--runs", type=int, default=300)
    options = parser.parse_args(arguments)
    try:
        egl: dict[str, Any] = {"backend": "egl", "libgl": "libGL.so.1", "libegl": "libEGL.so.1"}
        ctx = moderngl.create_context(standalone=True, require=330, **egl)
    except Exception as error:  # ModernGL raises bare exceptions
        print(f"upload: there is no OpenGL 3.3 through EGL: {error}", file=sys.stderr)
        return CudaError.exit_status
    gl, copies, verdict = GlCalls(), None, "shared by CUDA: a trial picture arrived unchanged"
    try:
        copies = start_cuda(ctx)
        probe(ctx, gl, copies)
    except CudaError as error:
        copies, verdict = None, f"pixel buffers: {error}"
    figures = {
        "renderer": ctx.info["GL_RENDERER"],
        "verdict": verdict,
        "rows": measure_uploads(ctx, gl, copies, options.runs),
    }
    options.output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    ctx.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
