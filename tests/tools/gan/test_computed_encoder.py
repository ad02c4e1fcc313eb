"""The computed encoder: other cuts of one portrait stay near each other, people are spread over the sphere."""

from __future__ import annotations

import numpy as np

from tools.gan.computed_encoder import discriminants

PEOPLE, FEATURES, SIZE = 400, (48, 16), 12


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = (codes / np.linalg.norm(codes, axis=1, keepdims=True) for codes in (a, b))
    return np.asarray(a @ b.T)


def test_codes_follow_people_and_not_cuts() -> None:
    random = np.random.default_rng(0)
    count = sum(FEATURES)
    identity, cut = random.normal(size=(20, count)), 3 * random.normal(size=(20, count))  # cuts change more than people
    people = random.normal(size=(PEOPLE, 20)) @ identity + 5
    first, second, third = (people + random.normal(size=(PEOPLE, 20)) @ cut for _ in range(3))
    linear, bias = discriminants(first[:300], second[:300], np.ones(300), FEATURES, SIZE)
    assert linear.shape == (count, SIZE) and bias.shape == (SIZE,)
    unseen, again = first[300:] @ linear + bias, third[300:] @ linear + bias
    cosines = _cosines(unseen, again)
    strangers = cosines[~np.eye(len(cosines), dtype=bool)]
    raw = _cosines(first[300:] - 5, third[300:] - 5)
    assert np.diag(cosines).mean() > 0.8 > 0.3 > np.diag(raw).mean()
    assert abs(strangers.mean()) < 0.05 and (cosines.argmax(1) == np.arange(len(cosines))).mean() > 0.9
    codes = first[:300] @ linear + bias
    assert abs(codes.mean(0)).max() < 0.5 and 0.9 < (codes**2).mean() < 1.1  # as random latents are


def test_the_first_direction_shows_most() -> None:
    random = np.random.default_rng(1)
    people = random.normal(size=(300, 8)) @ (random.normal(size=(8, 64)) * np.linspace(4, 0.2, 8)[:, None])
    first, second = (people + 0.1 * random.normal(size=people.shape) for _ in range(2))
    linear, bias = discriminants(first, second, np.ones(300), FEATURES, 8)
    codes = first @ linear + bias
    shown = [np.square((first - first.mean(0)).T @ codes[:, i] / 300).sum() for i in range(8)]
    assert shown[0] > 3 * shown[-1]


def test_few_portraits_make_no_nonsense() -> None:
    random = np.random.default_rng(2)
    first, second = random.normal(size=(2, 5, 64))
    linear, bias = discriminants(first, second, np.ones(5), FEATURES, SIZE)
    assert np.isfinite(linear).all() and np.isfinite(first @ linear + bias).all()
