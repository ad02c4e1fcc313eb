import pytest

from engine.core.clock import Clock, ManualClock, calendar_date, file_stamp


def test_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(10.0)
    assert clock.now_s() == clock.now_s() == 10.0
    clock.advance(0.5)
    clock.sleep_s(0.25)
    clock.sleep_s(-1)
    assert clock.now_s() == 10.75


def test_manual_clock_refuses_to_go_back() -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        ManualClock().advance(-1)


def test_clock_does_not_go_back() -> None:
    clock = Clock()
    before = clock.now_s()
    clock.sleep_s(0.001)
    assert clock.now_s() > before


def test_file_stamp_sorts_and_fits_a_file_name() -> None:
    stamp = file_stamp()
    assert len(stamp) == 19 and not set(stamp) & set("/:\\ ")


def test_the_date_on_the_wall_is_that_of_file_names() -> None:
    before = file_stamp()
    year, month, day, second = calendar_date(Clock().local_s())
    minute, hour = int(second // 60 % 60), int(second // 3600)
    shown = f"{year:04}-{month:02}-{day:02}_{hour:02}-{minute:02}-{int(second % 60):02}"
    assert before <= shown <= file_stamp()


def test_the_date_of_a_manual_clock_moves_with_it_from_1970_on() -> None:
    clock = ManualClock(10.0)
    clock.advance(86_400.0 * 31)
    assert calendar_date(clock.local_s()) == (1970, 2, 1, 10.0)
