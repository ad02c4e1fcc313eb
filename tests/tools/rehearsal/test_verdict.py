"""The verdict, on shows whose figures are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tools.rehearsal.director import Incident, Pause
from tools.rehearsal.moment import Moment
from tools.rehearsal.page import by_kind
from tools.rehearsal.verdict import Check, is_passed, judge, series, slope_per_h

BEGAN_S = 1000.0
FINE = Incident("camera: killed", 20.0, 1.5, True, 0.1, 0.8)


def moments(seconds: float, **changing: Callable[[float], float]) -> list[Moment]:
    """A moment a second of a show that goes on at 30 pictures a second."""
    return [
        Moment(BEGAN_S + t, frames=30 * t, reflections=20 * t, gap_s=0.05, **{n: f(t) for n, f in changing.items()})  # type: ignore[arg-type]
        for t in range(round(seconds))
    ]


def checks(told: list[Moment], incidents: tuple[Incident, ...] = (FINE,), **changed: object) -> dict[str, Check]:
    given = {"began_s": BEGAN_S, "exit_status": 0, "crashes": ""} | changed
    return {check.what: check for check in judge(told, incidents, **given)}  # type: ignore[arg-type]


def test_a_show_that_goes_on_passes() -> None:
    found = checks(moments(2400, memory_mb=lambda t: 600.0))
    assert is_passed(list(found.values()))
    assert found["memory by Theil-Sen, after 20 minutes"].is_met is True
    assert found["pictures a second"].value.startswith("30.0 (median)")


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("exit status of the show", {"exit_status": 1}),
        ("crashes written", {"crashes": "Fatal Python error"}),
        ("recoveries", {"incidents": (FINE, Incident("face raises", 40.0, None, True, 0.1, 9.0))}),
        ("recoveries", {"incidents": ()}),
    ],
)
def test_what_went_wrong_fails(what: str, changed: dict[str, object]) -> None:
    found = checks(moments(60), **changed)  # type: ignore[arg-type]
    assert found[what].is_met is False
    assert [check.what for check in found.values() if check.is_met is False] == [what]


def test_a_long_gap_fails_unless_the_machine_paused() -> None:
    told = moments(60)
    told[30] = Moment(BEGAN_S + 30, frames=900, gap_s=4.0)
    what = "longest time without a new picture"
    assert checks(told)[what].is_met is False
    assert checks(told, pauses=[Pause(BEGAN_S + 26, BEGAN_S + 30)])[what].is_met is True
    assert checks(told, pauses=[Pause(BEGAN_S + 40, BEGAN_S + 44)])[what].is_met is False


def test_memory_is_judged_after_it_has_settled() -> None:
    what = "memory by Theil-Sen, after 20 minutes"
    assert checks(moments(3600, memory_mb=lambda t: min(t, 600) + 4 * t / 3600))[what].is_met is False
    assert checks(moments(3600, memory_mb=lambda t: min(t, 600) + 2 * t / 3600))[what].is_met is True
    assert checks(moments(120, memory_mb=lambda t: t))[what].is_met is None


def test_single_peaks_do_not_move_the_slope() -> None:
    points = series(moments(3600, memory_mb=lambda t: 600 + 5 * t / 3600 + (500 if t % 600 < 30 else 0)), BEGAN_S)
    slope, low, high = slope_per_h(points.time_s, points.values["memory_mb"])
    assert low <= slope <= high and slope == pytest.approx(5.0, abs=0.3)


def test_what_is_held_may_peak_but_not_grow() -> None:
    assert checks(moments(800, threads=lambda t: 30 + 9 * (t % 60 < 20)))["threads"].is_met is True
    assert checks(moments(800, descriptors=lambda t: 20 + t / 80))["descriptors"].is_met is False
    assert checks(moments(400, descriptors=lambda t: 20 + t / 80))["descriptors"].is_met is True, "pools are filled"
    assert checks(moments(400, descriptors=lambda t: 20 + t / 10))["descriptors"].is_met is False


def test_faults_are_told_by_kind() -> None:
    rows = by_kind([FINE, Incident("camera: killed", 60.0, 3.5, True, 0.3, 0.2), Incident("x", 0.0, None, False, 0, 0)])
    assert rows[0] == ("camera: killed", "2", "2", "2.5, 3.5", "0.30", "0.80")
    assert rows[1][:4] == ("x", "1", "0", "never")
