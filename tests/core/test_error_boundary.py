"""What goes wrong in one part is told, logged once, and ends there."""

from __future__ import annotations

import logging

import pytest

from engine.core.error_boundary import ErrorBoundary
from engine.core.errors import ConfigError, DeviceError


def test_what_was_foreseen_is_told_as_it_says() -> None:
    told: list[str] = []
    with ErrorBoundary(told.append).around("the scene pool"):
        raise ConfigError("pool.yaml:3: is wrong")
    assert told == ["pool.yaml:3: is wrong"]


def test_what_was_not_is_told_each_time_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    boundary = ErrorBoundary(told.append)
    for _ in range(3):
        with boundary.around("the key S"):
            raise KeyError("two\nlines")
    assert len(told) == 3
    assert told[0].startswith("the key S failed and is left as it was (KeyError: ")
    assert "\n" not in told[0]
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.message for record in logged] == ["the key S failed"]
    assert logged[0].exc_info is not None


def test_another_place_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    boundary = ErrorBoundary(lambda text: None)
    for what in ("drawing", "sending"):
        with boundary.around(what):
            _ = {}["a"] if what == "drawing" else [][0]
    assert [record.message for record in caplog.records] == ["drawing failed", "sending failed"]


def test_a_request_to_end_goes_through() -> None:
    with pytest.raises(KeyboardInterrupt), ErrorBoundary(lambda text: None).around("drawing"):
        raise KeyboardInterrupt


def test_messages_harm_no_terminal() -> None:
    assert str(DeviceError("a\x1b[2J.png: no\nsecond problem")) == "a\\x1b[2J.png: no\nsecond problem"
    assert str(DeviceError("\udcff.png: no")) == "\\udcff.png: no"
