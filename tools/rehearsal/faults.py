"""The faults of a rehearsal: how each begins and ends, and by what one sees that the show noticed it and recovered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tools.rehearsal.moment import Moment
from tools.rehearsal.theatre import CAN_FILL_DISK, Theatre

Compare = Callable[[Moment, Moment], bool]
"""Whether something has happened, from the moment before the fault and the present one."""


def _at_once(_before: Moment, _now: Moment) -> bool:
    return True


def _goes_on(before: Moment, now: Moment) -> bool:
    return now.frames > before.frames and now.reflections > before.reflections


def _runs_again(before: Moment, now: Moment) -> bool:
    return now.camera == "running" and now.camera_restarts > before.camera_restarts and _goes_on(before, now)


READ = "is read"  # what is said of a venue that was saved, if it could be used
Step = tuple[float, Callable[[Theatre], None]]
"""Something that is done so many seconds after a fault began."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        name: of its kind.
        steps: what is done, in order; after the last one all is well again.
        is_noticed: whether the show has noticed it; if it never does, the fault was not one.
        has_recovered: whether all is as before, asked once it was noticed and mended.
    """

    name: str
    steps: Sequence[Step]
    is_noticed: Compare = _at_once
    has_recovered: Compare = _goes_on


def deck(random: np.random.Generator) -> list[Fault]:
    """One fault of every kind, in any order; `random` also decides what each is like."""
    faults = [*_camera_faults(), *_stage_faults(), *_saves(random), *_others(random)]
    return [faults[index] for index in random.permutation(len(faults))]


def _camera_faults() -> list[Fault]:
    def act(name: str) -> list[Step]:
        return [(0.0, lambda theatre: theatre.tell_camera(name))]

    def lost(_before: Moment, now: Moment) -> bool:
        return now.camera.startswith("lost")

    def restarted(before: Moment, now: Moment) -> bool:
        return lost(before, now) or now.camera_restarts > before.camera_restarts

    unplugged: list[Step] = [
        (0.0, lambda theatre: theatre.device.unlink()),
        (4.0, lambda theatre: theatre.device.touch()),
    ]
    return [
        Fault("camera: killed", [(0.0, Theatre.kill_camera)], restarted, _runs_again),
        Fault("camera: hangs", act("hang"), restarted, _runs_again),
        Fault("camera: frozen", act("freeze"), restarted, _runs_again),
        Fault("camera: no pictures", act("odd"), has_recovered=lambda b, n: n.camera == "running" and _goes_on(b, n)),
        Fault("camera: unplugged", unplugged, lost, _runs_again),
    ]


def _stage_faults() -> list[Fault]:
    def raising(stage: str) -> Fault:
        def failed(before: Moment, now: Moment) -> bool:
            return now.errors.get(stage, 0) > before.errors.get(stage, 0)

        def recovered(before: Moment, now: Moment) -> bool:
            return now.error is None and _goes_on(before, now)

        return Fault(f"{stage} raises", [(0.0, lambda theatre: theatre.order(f"raise {stage}"))], failed, recovered)

    # not age and gender: whether they are asked for depends on who is in sight
    return [raising(stage) for stage in ("features", "latent", "face", "turn")]


def _saves(random: np.random.Generator) -> list[Fault]:
    cut = float(random.uniform(0.2, 0.9))
    return [
        _saved("scene", lambda text: text.replace(b"format: 1", b"format: one", 1) + b"\n\xff\x00"),
        _saved("shaders/film.frag", lambda text: text[: int(cut * len(text))] + b"\n@;"),
        _saved("venue.yaml", lambda text: text + b"projectors: [{warp: 7}, "),
        _saved("config.yaml", lambda text: text[: int(cut * len(text))] + b": [", is_read=False),
    ]


def _saved(name: str, spoilt: Callable[[bytes], bytes], *, is_read: bool = True) -> Fault:
    """A file, or that of the scene on the wall, is saved broken, and four seconds later as it was.

    Args:
        name: of the file, or `scene`.
        spoilt: makes it broken.
        is_read: whether the show reads it while it runs, and tells the operator its name.
    """
    kept: list[tuple[str, bytes]] = []

    def begin(theatre: Theatre) -> None:
        newest = theatre.newest
        path = name if name != "scene" or newest is None else f"scenes/{newest.scene}.yaml"
        kept.append((path, theatre.read(path)))
        theatre.save(path, spoilt(kept[0][1]))

    def is_told(_before: Moment, now: Moment) -> bool:
        return not is_read or (kept[0][0].rpartition("/")[2] in now.notice and not now.notice.endswith(READ))

    def has_recovered(before: Moment, now: Moment) -> bool:
        return (not is_read or not is_told(before, now)) and _goes_on(before, now)

    steps: list[Step] = [(0.0, begin), (4.0, lambda theatre: theatre.save(*kept[0]))]
    return Fault(f"saved broken: {name.rpartition('/')[2]}", steps, is_told, has_recovered)


def _others(random: np.random.Generator) -> list[Fault]:
    step_s = float(random.choice([-3600.0, 3600.0, -30.0, 86_400.0, -86_400.0]))
    key = int(random.integers(1, 5))
    film: list[Step] = [
        (0.0, lambda theatre: theatre.order("film")),
        (3.0, lambda theatre: theatre.fill_disk(is_full=True)),
        (7.0, lambda theatre: theatre.fill_disk(is_full=False)),
    ]

    def film_ended(before: Moment, now: Moment) -> bool:
        return not now.is_filming and now.notice != before.notice and "recordings" in now.notice

    return [
        *([Fault("disk full while filming", film, film_ended)] if CAN_FILL_DISK else []),
        *(_receiver(mood) for mood in ("slow", "hang", "broken")),
        Fault("clock set", [(0.0, lambda theatre: theatre.order(f"clock {step_s}"))]),
        Fault("scene by key", [(0.0, lambda theatre: theatre.order(f"key {key}"))]),
    ]


def _receiver(mood: str) -> Fault:
    def is_told(_before: Moment, now: Moment) -> bool:
        return bool(now.sender_error)

    def receives(before: Moment, now: Moment) -> bool:
        return now.sent > before.sent + 10 and not now.sender_error and _goes_on(before, now)

    steps: list[Step] = [
        (0.0, lambda theatre: theatre.order(f"receiver {mood}")),
        (5.0, lambda theatre: theatre.order("receiver well")),
    ]
    return Fault(f"receiver: {mood}", steps, is_told if mood == "broken" else _at_once, receives)
