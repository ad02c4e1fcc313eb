"""Numbers for Prometheus, the evening's plots, and the tail of the log."""

from __future__ import annotations

import logging

from engine.control.evening import Evening
from engine.control.log_tail import MOST_LINES, LogTail
from engine.control.metrics import as_text, counter, counters, gauge


def test_metrics_are_written_as_prometheus_reads_them() -> None:
    text = as_text(
        [
            gauge("frames_per_second", "Drawn pictures.", 29.97),
            gauge("age_seconds", "Not known.", None),
            gauge("odd", "Not a number.", float("nan")),
            counter("frames", "Pictures drawn.", 123456),
            counters("refused", 'What is "refused".', "reason", {"host": 2, 'a"b\n': 1}),
        ]
    )

    assert text == (
        "# HELP narcissus_frames_per_second Drawn pictures.\n"
        "# TYPE narcissus_frames_per_second gauge\n"
        "narcissus_frames_per_second 29.97\n"
        "# HELP narcissus_frames_total Pictures drawn.\n"
        "# TYPE narcissus_frames_total counter\n"
        "narcissus_frames_total 123456\n"
        '# HELP narcissus_refused_total What is \\"refused\\".\n'
        "# TYPE narcissus_refused_total counter\n"
        'narcissus_refused_total{reason="host"} 2\n'
        'narcissus_refused_total{reason="a\\"b\\n"} 1\n'
    )


def test_a_long_evening_keeps_few_rows_and_all_of_its_length() -> None:
    evening = Evening(most_rows=10, period_s=5.0)

    for second in range(0, 1000):
        evening.note(float(second), {"frames_per_s": 30.0, "age_ms": {"p50": 80.0, "p95": 120.0}}, second // 100)

    table = evening.as_json()
    times = [row[0] for row in table["rows"]]
    assert len(times) <= 10 and times[0] == 0.0 and times[-1] > 800.0
    assert table["rows"][-1][1:] == (30.0, None, 80.0, 120.0, float(times[-1] // 100))
    assert len(table["columns"]) == len(table["rows"][0])


def test_only_numbers_enter_the_evening() -> None:
    evening = Evening()

    evening.note(0.0, {"frames_per_s": "many", "age_ms": {}}, 0)

    assert evening.as_json()["rows"] == [(0.0, None, None, None, None, 0.0)]


def test_the_log_is_kept_line_by_line_and_what_was_seen_is_not_said_again() -> None:
    logger = logging.Logger("test", logging.INFO)
    with LogTail(logger) as tail:
        for number in range(MOST_LINES + 5):
            logger.info("line %d", number)
        logger.error("broken\x1b[31m\nmore of it")
        lines = tail.since(0)
        assert len(lines) == MOST_LINES and lines[-1].number == MOST_LINES + 6
        assert lines[-1].level == "error" and lines[-1].text.endswith(" broken\\x1b[31m")
        assert tail.since(lines[-2].number) == [lines[-1]]
    logger.info("after it was closed")
    assert tail.since(lines[-1].number) == []
