"""What the two networks are trained for, and how a gradient becomes a step: pure functions in Keras 3."""

from __future__ import annotations

from typing import Any

from keras import ops

MOMENT_DECAY = 0.99
EPSILON = 1e-8


def discriminator_loss(real_scores: Any, fake_scores: Any) -> Any:
    """Logistic loss (Goodfellow et al. 2014) of scores (N, 1), a scalar."""
    return ops.mean(ops.softplus(fake_scores)) + ops.mean(ops.softplus(-real_scores))


def generator_loss(fake_scores: Any) -> Any:
    """Non-saturating logistic loss (Goodfellow et al. 2014) of scores (N, 1), a scalar."""
    return ops.mean(ops.softplus(-fake_scores))


def gradient_penalty(slopes: Any) -> Any:
    """R1 (Mescheder et al. 2018, arXiv 1801.04406) without its factor gamma / 2: mean squared length of the scores'
    gradients (N, H, W, C) at real pictures, a scalar."""
    return ops.mean(ops.sum(ops.square(slopes), axis=(1, 2, 3)))


def adam_step(
    weights: list[Any], moments: list[Any], gradients: list[Any], count: Any, learning_rate: Any
) -> tuple[list[Any], list[Any]]:
    """A step of Adam (Kingma & Ba 2015, arXiv 1412.6980) with beta1 = 0, which has no first moments.

    Args:
        weights, moments, gradients: of the same shapes; moments are the running means of squared gradients.
        count: this step's number since the moments were 0, from 1, a scalar.
        learning_rate: a scalar.

    Returns:
        New weights and new moments.
    """
    correction = 1.0 - ops.power(MOMENT_DECAY, count)
    moments = [
        MOMENT_DECAY * moment + (1 - MOMENT_DECAY) * ops.square(gradient)
        for moment, gradient in zip(moments, gradients, strict=True)
    ]
    weights = [
        weight - learning_rate * gradient / (ops.sqrt(moment / correction) + EPSILON)
        for weight, moment, gradient in zip(weights, moments, gradients, strict=True)
    ]
    return weights, moments


def moving_average(averages: list[Any], weights: list[Any], share: Any) -> list[Any]:
    """The averages, moved towards the weights by a share of the difference."""
    return [average + (weight - average) * share for average, weight in zip(averages, weights, strict=True)]
