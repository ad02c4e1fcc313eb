"""Loss functions and optimiser steps: pure functions in Keras 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops

MOMENT_DECAY = 0.99
EPSILON = 1e-8
PIXELS_PX = 32  # size at which pictures are compared pixel by pixel


def discriminator_loss(real_scores: Any, fake_scores: Any) -> Any:
    """Logistic loss (Goodfellow et al. 2014) of scores (N, 1), a scalar."""
    return ops.mean(ops.softplus(fake_scores)) + ops.mean(ops.softplus(-real_scores))


def generator_loss(fake_scores: Any) -> Any:
    """Non-saturating logistic loss (Goodfellow et al. 2014) of scores (N, 1), a scalar."""
    return ops.mean(ops.softplus(-fake_scores))


def heads_loss(real_scores: Sequence[Any], fake_scores: Sequence[Any]) -> Any:
    """Hinge loss (Lim & Ye 2017, arXiv 1705.02894) of each head's scores (N,), their mean, a scalar."""
    real = sum(ops.mean(ops.relu(1 - scores)) for scores in real_scores)
    fake = sum(ops.mean(ops.relu(1 + scores)) for scores in fake_scores)
    return (real + fake) / len(real_scores)


def gradient_penalty(slopes: Any) -> Any:
    """R1 (Mescheder et al. 2018, arXiv 1801.04406) without its factor gamma / 2: mean squared norm of the scores'
    gradients (N, H, W, C) at real pictures, a scalar."""
    return ops.mean(ops.sum(ops.square(slopes), axis=(1, 2, 3)))


def feature_distance(maps: Sequence[Any], others: Sequence[Any], scales: Sequence[Any]) -> Any:
    """Mean distance between maps (N, H, W, C), each channel relative to its scale (C,), a scalar."""
    pairs = zip(maps, others, scales, strict=True)
    return sum(ops.mean(ops.abs(a - b) / scale) for a, b, scale in pairs) / len(maps)


def pixel_distance(pictures: Any, others: Any) -> Any:
    """Mean distance between pictures (N, S, S, C) at PIXELS_PX or less, a scalar."""
    size = max(1, int(pictures.shape[1]) // PIXELS_PX)
    difference = pictures - others
    if size > 1:
        difference = ops.average_pool(difference, size, strides=size, padding="valid", data_format="channels_last")
    return ops.mean(ops.abs(difference))


def separation(a: Any, b: Any) -> Any:
    """1 - cosine of each pair of vectors (N, L), (N,): 0 for the same direction."""
    return 1 - ops.sum(_unit(a) * _unit(b), axis=1)


def crowding(codes: Any) -> Any:
    """Mean squared cosine between codes (N, L), a scalar: 0 if all are orthogonal."""
    count = int(codes.shape[0])
    near = ops.square(ops.matmul(_unit(codes), ops.transpose(_unit(codes))))
    return (ops.sum(near) - ops.sum(ops.diagonal(near))) / (count * (count - 1))


def _unit(vectors: Any) -> Any:
    return vectors / ops.maximum(ops.sqrt(ops.sum(ops.square(vectors), axis=1, keepdims=True)), EPSILON)


def adam_step(
    weights: list[Any],
    moments: list[Any],
    gradients: list[Any],
    count: Any,
    learning_rates: Sequence[Any],
    first: list[Any] | None = None,
    first_decay: float = 0.0,
) -> tuple[list[Any], list[Any], list[Any]]:
    """Adam step (Kingma & Ba 2015, arXiv 1412.6980).

    Args:
        weights, moments, gradients: equal shapes; moments are the running means of squared gradients.
        count: number of this step since the moments were 0, from 1, a scalar.
        learning_rates: per weight, scalars or broadcastable.
        first, first_decay: running means of the gradients and beta1; if omitted, beta1 is 0, which needs none.

    Returns:
        New weights, new moments and new first moments.
    """
    correction = 1.0 - ops.power(MOMENT_DECAY, count)
    moments = [
        MOMENT_DECAY * moment + (1 - MOMENT_DECAY) * ops.square(gradient)
        for moment, gradient in zip(moments, gradients, strict=True)
    ]
    steps = gradients
    if first is not None:
        first = [first_decay * mean + (1 - first_decay) * g for mean, g in zip(first, gradients, strict=True)]
        steps = [mean / (1.0 - ops.power(first_decay, count)) for mean in first]
    weights = [
        weight - rate * step / (ops.sqrt(moment / correction) + EPSILON)
        for weight, moment, step, rate in zip(weights, moments, steps, learning_rates, strict=True)
    ]
    return weights, moments, first or []


def moving_average(averages: list[Any], weights: list[Any], share: Any) -> list[Any]:
    """Move the averages towards the weights by a share of the difference."""
    return [average + (weight - average) * share for average, weight in zip(averages, weights, strict=True)]
