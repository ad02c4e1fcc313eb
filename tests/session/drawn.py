"""Sessions for tests: a visitor who comes, moves and goes, made from a seed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from engine.networks.pggan.latent_sphere import seed_latents, slerp
from engine.session.format import Answer, Cue, SessionHead
from engine.session.recorder import SessionRecorder
from engine.types import Features, Latent, Placement

HEAD = SessionHead("tiny", "0" * 64, 16, "1 abc", 5, 478, 128, 72, "2026-03-01_19-30-05")
RATE_HZ = 20.0


def features_at(time_s: float, count: int = 5) -> Features:
    """A face that goes from left to right and opens its mouth."""
    random = np.random.default_rng(1)
    x = 0.5 + 0.2 * math.sin(time_s)
    points = random.uniform(0, 400, (478, 3)).astype(np.float32)
    points[:, 0] += 100 * x
    vector = random.standard_normal(count).astype(np.float32) + np.float32(0.1 * time_s)
    place = Placement(x, 0.42, 0.11, 0.1 * math.sin(time_s), 4 / 3)
    return Features(vector, place, points, 20 * math.sin(time_s), -3.0, time_s, 0)


def answers(seconds: float = 3.0, latent_size: int = 16, *, arrives_s: float = 1.0) -> list[Answer]:
    """Answers of a mirror that wanders until `arrives_s`, and then has a visitor."""
    ends = seed_latents([1, 2], latent_size)
    found = []
    for index in range(round(seconds * RATE_HZ)):
        time_s = index / RATE_HZ
        is_there = time_s >= arrives_s
        presence = min(1.0, max(0.0, time_s - arrives_s))
        z = slerp(*ends, time_s / seconds)
        features = features_at(time_s) if is_there else None
        latent = Latent(z, presence, features, time_s, 0.5 * presence, 0.25 * presence, 0.125 * presence)
        found.append(Answer(time_s, latent, 0.5 - 0.5 * math.cos(time_s)))
    return found


def write_session(path: Path, records: list[Answer | Cue], head: SessionHead = HEAD) -> Path:
    """A whole session file."""
    recorder = SessionRecorder(path, head)
    for record in records:
        if isinstance(record, Cue):
            recorder.cue(record)
        else:
            recorder.answer(record.time_s, record.latent, record.audio)
    recorder.close()
    assert recorder.error is None
    return path
