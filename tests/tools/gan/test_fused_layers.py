"""Fused layers beside the plain ones: the same values, the same gradients, also of gradients."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from engine.networks.pggan.model import pixel_norm, upscale
from tools.gan.fused_layers import biased_leaky, biased_leaky_norm, enlarged

RANDOM = np.random.default_rng(5)
X, BIAS = RANDOM.normal(size=(2, 4, 4, 8)).astype(np.float32), RANDOM.normal(size=8).astype(np.float32)
SLOPE = RANDOM.normal(size=(2, 4, 4, 8)).astype(np.float32)


def _plain(x: Any, bias: Any) -> Any:
    return jax.nn.leaky_relu(x + bias, 0.2)


def _same_gradients(fused: Any, plain: Any) -> None:
    """Values and gradients of both functions at X and BIAS."""
    one, back = jax.vjp(fused, X, BIAS)
    other, plain_back = jax.vjp(plain, X, BIAS)
    np.testing.assert_allclose(one, other, atol=1e-5)
    for found, expected in zip(back(jnp.asarray(SLOPE)), plain_back(jnp.asarray(SLOPE)), strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-5)


def test_bias_and_rectifier() -> None:
    _same_gradients(biased_leaky, _plain)


def test_bias_rectifier_and_norm() -> None:
    _same_gradients(lambda x, b: biased_leaky_norm(x, b, 1e-8), lambda x, b: pixel_norm(_plain(x, b), 1e-8))


def test_the_gradient_of_a_gradient() -> None:
    def penalty(function: Any) -> Any:
        def squared_slope(bias: Any) -> Any:
            slope = jax.grad(lambda x: (function(x, bias) ** 3).sum())(jnp.asarray(X))
            return (slope**2).sum()

        return jax.grad(squared_slope)(jnp.asarray(BIAS))

    np.testing.assert_allclose(penalty(biased_leaky), penalty(_plain), rtol=1e-4)


def test_enlarging_is_doubling_and_convolving() -> None:
    kernel = RANDOM.normal(size=(3, 3, 8, 5)).astype(np.float32)
    doubled = jax.lax.conv_general_dilated(
        upscale(X), kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    np.testing.assert_allclose(enlarged(X, kernel), doubled, atol=1e-4)
