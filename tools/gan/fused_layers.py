"""Fused layers for training: the functions of the published networks, in fewer passes over memory.

On a processor, a layer's bias, rectifier and normalisation take longer than its convolution: each reads and writes all
maps, and the gradient of TensorFlow's rectifier is not vectorised. Here they are one function compiled by XLA, with a
custom gradient that needs only the layer's output, which the next convolution keeps anyway. Upsampling followed by a
convolution becomes one transposed convolution.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from keras import ops

from engine.networks.pggan.model import Discriminator, Generator
from tools.gan.backend import training_backend

LEAK = 0.2


class FusedGenerator(Generator):
    """`Generator`, faster to train. Requires leaky rectifiers, pixel norms and no fused scaling."""

    def _block(self, x: Any, level: int) -> Any:
        name = f"{2**level}x{2**level}"
        first = self.by_name[f"{name}/Conv0"]
        x = biased_leaky_norm(enlarged(x, first.scaled(x.dtype)), first.bias, self.settings.pixelnorm_epsilon)
        return self._convolve(x, f"{name}/Conv1")

    def _convolve(self, x: Any, name: str) -> Any:
        layer = self.by_name[name]
        return biased_leaky_norm(layer(x), layer.bias, self.settings.pixelnorm_epsilon)


class FusedDiscriminator(Discriminator):
    """`Discriminator`, faster to train."""

    def _convolve(self, x: Any, name: str) -> Any:
        layer = self.by_name[name]
        return biased_leaky(layer(x), layer.bias)


def enlarged(x: Any, kernel: Any) -> Any:
    """Double maps (N, H, W, C) by repeating pixels, then convolve with a kernel (3, 3, C, D): (N, 2H, 2W, D).

    The kernel of the transposed convolution sums the weights that meet the same pixel, as in the authors' fused
    scaling: 4/9 of the products, and no doubled maps in memory.
    """
    turned = ops.transpose(ops.flip(kernel, axis=(0, 1)), (0, 1, 3, 2))  # 3, 3, D, C
    wide = ops.pad(turned, ((1, 1), (1, 1), (0, 0), (0, 0)))
    rows = wide[1:] + wide[:-1]  # 4 of them
    return ops.conv_transpose(x, rows[:, 1:] + rows[:, :-1], strides=2, padding="same", data_format="channels_last")


def biased_leaky_norm(x: Any, bias: Any, epsilon: float) -> Any:
    """Add bias, leaky rectifier and pixel norm to maps (N, H, W, C), in their type; statistics in float32."""
    forward, backward = (training_backend().fused(function) for function in _leaky_norm(epsilon))

    @ops.custom_gradient
    def function(x: Any, bias: Any) -> Any:
        y, scale = forward(x, bias)

        def gradient(*upstream: Any, **named: Any) -> tuple[Any, Any]:
            slope = backward(y, scale, _upstream(upstream, named))
            return slope, _over_pixels(slope)

        return y, gradient

    return function(x, bias)


@cache
def _leaky_norm(epsilon: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Bias, rectifier and norm, with a gradient computed from their output."""

    def forward(x: Any, bias: Any) -> tuple[Any, Any]:
        leaky = _leaky(ops.cast(x, "float32") + bias)
        scale = ops.rsqrt(ops.mean(leaky * leaky, axis=-1, keepdims=True) + epsilon)
        return ops.cast(leaky * scale, x.dtype), scale

    def backward(y: Any, scale: Any, slope: Any) -> Any:
        exact, d = ops.cast(y, "float32"), ops.cast(slope, "float32")
        d = scale * (d - exact * ops.mean(exact * d, axis=-1, keepdims=True))
        return ops.cast(ops.where(exact > 0, d, d * LEAK), slope.dtype)

    return forward, backward


def biased_leaky(x: Any, bias: Any) -> Any:
    """Add bias and leaky rectifier to maps (N, H, W, C), in their type. Twice differentiable."""

    @ops.custom_gradient
    def function(x: Any, bias: Any) -> Any:
        y = training_backend().fused(_biased)(x, bias)

        def gradient(*upstream: Any, **named: Any) -> tuple[Any, Any]:
            slope = _leaned(y, _upstream(upstream, named))
            return slope, _over_pixels(slope)

        return y, gradient

    return function(x, bias)


def _leaned(y: Any, slope: Any) -> Any:
    """Gradient of a leaky rectifier from its output; it is its own second derivative rule."""

    @ops.custom_gradient
    def function(y: Any, slope: Any) -> Any:
        fused = training_backend().fused(_lean)

        def gradient(*upstream: Any, **named: Any) -> tuple[Any, Any]:
            return ops.zeros_like(y), fused(y, _upstream(upstream, named))

        return fused(y, slope), gradient

    return function(y, slope)


def _biased(x: Any, bias: Any) -> Any:
    return ops.cast(_leaky(ops.cast(x, "float32") + bias), x.dtype)


def _lean(y: Any, slope: Any) -> Any:
    exact = ops.cast(slope, "float32")
    return ops.cast(ops.where(y > 0, exact, exact * LEAK), slope.dtype)


def _leaky(x: Any) -> Any:
    return ops.maximum(x, x * LEAK)


def _upstream(arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Upstream gradient, passed by Keras by position or by name."""
    return arguments[0] if arguments else named["upstream"]


def _over_pixels(slope: Any) -> Any:
    """Gradient of a bias, float32: the sum over all pixels, as a matrix product, which accumulates in float32."""
    flat = ops.reshape(slope, (-1, int(slope.shape[-1])))
    return ops.cast(ops.matmul(ops.ones((1, int(flat.shape[0])), flat.dtype), flat)[0], "float32")
