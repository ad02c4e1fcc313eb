import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import DeviceError
from engine.core.latency_stamps import LatencyStamps
from engine.core.slot import Slot
from engine.networks.backends.backend import QualityLevel
from engine.pipeline.quality_controller import QualityStatus
from engine.pipeline.reflection_thread import Health
from engine.telemetry.report import Report
from engine.types import Latent, Reflection

HEALTH = Health({"features": {"p50": 9.0, "p95": 12.0}, "face": {}}, {"features": 1, "face": 0}, None, 4, 5, True)


def reflection(camera_s: float) -> Reflection:
    """Of a picture that was read 5 ms later, and then took 10 ms, 1 ms and 4 ms."""
    stamps = LatencyStamps(camera_s, camera_s + 0.005, camera_s + 0.015, camera_s + 0.016, camera_s + 0.02)
    latent = Latent(np.ones(4, np.float32), 1, None, camera_s)
    return Reflection(np.zeros((2, 2, 4), np.uint8), latent, stamps.generated_s, 1, stamps=stamps)


def drawn_for_a_second() -> Report:
    slot: Slot[int] = Slot("frames")
    slot.put(1)
    slot.put(2)
    report = Report(started_s=100.0, slots=(slot,), pace="as fast as it goes")
    for i in range(51):
        now_s = 102 + i / 50
        new = reflection(now_s - 0.04) if i % 2 else None
        report.presented(now_s, draw_s=0.01, reflection=new, uploaded_s=now_s - 0.012)
    return report


def test_summary_has_the_keys_that_other_programs_read() -> None:
    summary = drawn_for_a_second().summary(HEALTH)
    assert summary["clock"] == "live"
    assert summary["frames"]["drawn"] == 51
    assert summary["frames"]["per_s"] == pytest.approx(50)
    assert summary["frames"]["draw_ms"] == {"p50": 10.0, "p95": 10.0}
    assert summary["frames"]["interval_ms"] == {"p50": 20.0, "p95": 20.0, "p99": 20.0}
    assert summary["frames"]["pace"] == "as fast as it goes"
    assert summary["reflections"]["count"] == 25
    assert summary["reflections"]["per_s"] == pytest.approx(25)
    assert summary["reflections"]["age_ms"] == {"p50": 40.0, "p95": 40.0}
    legs = {"read": 5, "features": 10, "latent": 1, "generated": 4, "uploaded": 8, "presented": 12}
    assert summary["latency_ms"] == {name: {"p50": ms, "p95": ms} for name, ms in legs.items()}
    assert summary["stages_ms"]["features"] == {"p50": 9.0, "p95": 12.0}
    assert summary["drops"] == {"frames": 1}
    assert summary["faces"]["frames_seen"] == 4
    assert summary["errors"] == {"features": 1, "face": 0}
    assert summary["seconds"] == pytest.approx(1.0)
    assert summary["start_s"] == {"first_frame": 2.0, "first_reflection": 2.02}


def test_the_loop_is_told_only_where_it_was_measured() -> None:
    report = drawn_for_a_second()
    assert "loop" not in report.summary(HEALTH)
    report.loop = {"mirror_ms": 40.0}
    assert report.summary(HEALTH)["loop"] == {"mirror_ms": 40.0}


def test_what_the_face_is_drawn_with_is_told() -> None:
    assert drawn_for_a_second().summary(HEALTH)["drawing"] is None
    standing = QualityStatus(QualityLevel("openvino", 64), QualityLevel("openvino", 128), 1, 0, False)
    report, health = drawn_for_a_second(), replace(HEALTH, drawing=standing)
    assert report.summary(health)["drawing"] == {
        "size_px": 64,
        "whole_px": 128,
        "runtime": "openvino",
        "lowered": 1,
        "memory_faults": 0,
    }
    assert "face\t64 px on openvino in place of 128 px on openvino, to hold the rate" in report.lines(health, [])


def test_nothing_drawn_is_a_valid_report() -> None:
    summary = Report(0.0, ()).summary(HEALTH)
    assert summary["frames"] == {"drawn": 0, "per_s": 0.0, "draw_ms": {}, "interval_ms": {}, "pace": ""}
    assert summary["start_s"] == {"first_frame": None, "first_reflection": None}
    assert summary["latency_ms"] == {} and "latency\t-" in Report(0.0, ()).lines(HEALTH, ())
    json.dumps(summary)


def test_overlay_lines_tell_rates_ages_and_drops() -> None:
    lines = drawn_for_a_second().lines(HEALTH, ["camera:0: running"])
    assert lines[0] == "drawn\t50.0/s, in 10 / 10 ms"
    assert lines[1] == "reflections\t25.0/s, age 40 / 40 ms"
    assert lines[2] == "pace\tas fast as it goes"
    assert lines[3].startswith("latency\tread 5 / 5 ms, features 10 / 10 ms,")
    assert "features 9 / 12 ms" in lines[4] and "frames 1" in lines[5]
    assert lines[-1] == "camera:0: running"


def test_an_unwritable_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"^the statistics .* could not be written: it is a folder; choose another"):
        drawn_for_a_second().write(tmp_path, HEALTH)
