"""Losses against closed forms, the penalty against a numeric derivative, Adam against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from engine.networks.pggan.architecture import DiscriminatorSettings
from engine.networks.pggan.model import Discriminator
from tools.gan.backend_jax import pull_back
from tools.gan.losses import (
    adam_step,
    crowding,
    discriminator_loss,
    feature_distance,
    generator_loss,
    gradient_penalty,
    heads_loss,
    moving_average,
    pixel_distance,
    separation,
)


def test_losses_are_cross_entropies() -> None:
    real, fake = np.array([[2.0], [-1.0]]), np.array([[0.5], [-3.0]])
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    expected = -np.log(sigmoid(real)).mean() - np.log(1 - sigmoid(fake)).mean()
    assert float(discriminator_loss(real, fake)) == pytest.approx(expected, rel=1e-5)
    assert float(generator_loss(fake)) == pytest.approx(-np.log(sigmoid(fake)).mean(), rel=1e-5)
    assert float(discriminator_loss(0 * real, 0 * fake)) == pytest.approx(2 * np.log(2), rel=1e-5)


def test_the_penalty_is_the_squared_slope_of_the_scores() -> None:
    judge = Discriminator(DiscriminatorSettings(8, fmap_base=64, fmap_max=8, mbstd_group_size=1, fused_scale=False))
    random = np.random.default_rng(3)
    for layer in judge.by_name.values():  # with weights by chance, a difference may step over the bend of a rectifier
        layer.weight.assign(random.standard_normal(layer.weight.shape))
    pictures = random.uniform(-1, 1, (2, 8, 8, 3)).astype(np.float32)
    total, _, back = pull_back(lambda x: (judge.judge(x, 3).sum(), None), pictures)
    slopes = np.asarray(back(np.ones_like(total)))
    numeric = np.zeros_like(slopes)
    for index in np.ndindex(pictures.shape):
        if sum(index) % 17:
            numeric[index] = slopes[index]  # every place would take long; some, all over the pictures, tell as much
            continue
        step = np.zeros_like(pictures)
        step[index] = 1e-2
        numeric[index] = float((judge.judge(pictures + step, 3) - judge.judge(pictures - step, 3)).sum()) / 2e-2
    np.testing.assert_allclose(slopes, numeric, rtol=0.05, atol=2e-3)
    assert float(gradient_penalty(slopes)) == pytest.approx(float((slopes**2).sum(axis=(1, 2, 3)).mean()), rel=1e-5)


def test_adam_follows_its_definition() -> None:
    random = np.random.default_rng(4)
    weight, moment = random.normal(size=(3, 2)), np.zeros((3, 2))
    expected, second = weight.copy(), np.zeros((3, 2))
    for count in range(1, 6):
        gradient = random.normal(size=(3, 2))
        second = 0.99 * second + 0.01 * gradient**2
        expected = expected - 0.1 * gradient / (np.sqrt(second / (1 - 0.99**count)) + 1e-8)
        (weight,), (moment,), _ = adam_step([weight], [moment], [gradient], count, [0.1])
    np.testing.assert_allclose(weight, expected, rtol=1e-4)


def test_adam_with_first_moments_and_a_rate_for_each_row() -> None:
    weight, zeros, gradient = np.ones((2, 1)), np.zeros((2, 1)), np.array([[2.0], [-3.0]])
    rates = np.array([[0.1], [0.01]])
    (weight,), moments, first = adam_step([weight], [zeros], [gradient], 1, [rates], [zeros], 0.5)
    np.testing.assert_allclose(weight, [[0.9], [1.01]], rtol=1e-5)  # the first step is of the rate's length
    np.testing.assert_allclose(first[0], gradient / 2)
    (weight,), _, _ = adam_step([weight], moments, [-gradient], 2, [rates], first, 0.5)
    mean = (gradient / 4 - gradient / 2) / 0.75
    step = mean / np.sqrt(gradient**2 * (0.99 * 0.01 + 0.01) / (1 - 0.99**2))
    np.testing.assert_allclose(weight, np.array([[0.9], [1.01]]) - rates * step, rtol=1e-4)


def test_hinges_of_heads() -> None:
    real, fake = [np.array([2.0, 0.5]), np.array([-1.0])], [np.array([-3.0, 0.0]), np.array([1.0])]
    assert float(heads_loss(real, fake)) == pytest.approx(((0 + 0.5) / 2 + 2 + (0 + 1) / 2 + 2) / 2)


def test_distances_are_in_units_of_each_channel() -> None:
    a, b = np.zeros((1, 2, 2, 2)), np.ones((1, 2, 2, 2)) * np.array([2.0, 6.0])
    assert float(feature_distance([a], [b], [np.array([1.0, 3.0])])) == pytest.approx(2)
    checks = np.indices((64, 64)).sum(0)[None, ..., None] % 2 * 1.0
    assert float(pixel_distance(checks, 0 * checks)) == pytest.approx(0.5)  # at 32 px it is grey
    assert float(pixel_distance(checks[:, :16, :16], 0 * checks[:, :16, :16])) == pytest.approx(0.5)
    assert float(pixel_distance(checks, 0 * checks + 0.5)) == pytest.approx(0)


def test_codes_are_apart_or_crowded() -> None:
    axes, same = np.eye(3), np.ones((3, 4))
    assert float(crowding(axes)) == pytest.approx(0) and float(crowding(same)) == pytest.approx(1)
    np.testing.assert_allclose(separation(axes[:2], np.array([[5.0, 0, 0], [0, -1, 0]])), [0, 2], atol=1e-6)


def test_the_average_moves_by_its_share() -> None:
    (average,) = moving_average([np.array([0.0, 4.0])], [np.array([8.0, 4.0])], 0.25)
    assert np.asarray(average).tolist() == [2.0, 4.0]
