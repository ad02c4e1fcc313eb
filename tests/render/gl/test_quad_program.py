"""A brush: who waits for what it draws, and that what is drawn once replaces what was there."""

from __future__ import annotations

from types import SimpleNamespace

import moderngl
import numpy as np
import pytest

from engine.render.gl import gl_functions
from engine.render.gl.gl_functions import unlocked_wait
from engine.render.gl.render_target import RenderTarget
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.pass_context import PassContext


def test_where_the_processor_draws_each_rectangle_is_waited_for_without_the_lock(
    gl: moderngl.Context, library: ShaderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[str] = []
    stage, target = PassContext(gl, library, (64, 32)), RenderTarget(gl, (64, 32), "f1")
    monkeypatch.setattr(gl, "extra", lambda: waits.append("waited"))
    quad_program = stage.quad_program("picture")
    for count in (1, 2, 3):
        quad_program.draw(target.framebuffer, {"u_opacity": 0.5})
        assert len(waits) == count
    stage.close()
    target.close()


class Card:
    """A context of a graphics card, as far as it is asked for."""

    def __init__(self) -> None:
        self.info, self.extra = {"GL_RENDERER": "NVIDIA GeForce RTX 4070/PCIe/SSE2"}, None


def test_a_card_draws_on_its_own(gl: moderngl.Context) -> None:
    card = Card()
    assert unlocked_wait(card) is unlocked_wait(card) is gl_functions._go_on  # type: ignore[arg-type]
    unlocked_wait(card)()  # type: ignore[arg-type]
    assert unlocked_wait(gl) is not gl_functions._go_on
    assert gl_functions.is_software(SimpleNamespace(info={"GL_RENDERER": "llvmpipe (LLVM 15.0.6)"}))  # type: ignore[arg-type]


@pytest.mark.parametrize("size_wh", [(64, 64), (40, 200), (1300, 130)])
def test_what_is_drawn_once_covers_its_canvas_whatever_was_there(
    gl: moderngl.Context, library: ShaderLibrary, size_wh: tuple[int, int]
) -> None:
    stage = PassContext(gl, library, (64, 32))
    render_target = stage.render_target(size_wh, "f1")
    render_target.framebuffer.clear(1.0, 1.0, 1.0, 1.0)
    stage.bake(render_target, "noise", None, {})
    while stage.do_step():
        pass
    strips = np.frombuffer(render_target.texture.read(), np.uint8).reshape(size_wh[1], size_wh[0], 4)
    gl.finish()
    quad_program = stage.quad_program("noise")
    quad_program.draw(render_target.framebuffer, {})
    at_once = np.frombuffer(render_target.texture.read(), np.uint8).reshape(strips.shape)
    np.testing.assert_array_equal(strips, at_once)
    assert strips.std() > 1
    stage.close()
