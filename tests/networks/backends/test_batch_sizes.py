"""Networks for several inputs at once: made in the background, and used once they are ready."""

from __future__ import annotations

import logging
import threading

import pytest

from engine.networks.backends.batch_sizes import BatchSizes

WAIT_S = 30.0


def parts(sizes: BatchSizes[int], count: int) -> list[tuple[int, int, int]]:
    return [(network, part.start, part.stop) for network, part in sizes.parts(count)]


def test_nobody_waits_for_a_larger_batch_and_it_is_used_when_it_is_there() -> None:
    may_compile = threading.Event()
    compiled: list[int] = []

    def compile_for(size: int) -> int:
        assert may_compile.wait(WAIT_S)
        compiled.append(size)
        return size

    sizes = BatchSizes(1, compile_for, most=3)
    assert parts(sizes, 1) == [(1, 0, 1)]
    assert parts(sizes, 2) == parts(sizes, 2) == [(1, 0, 1), (1, 1, 2)]
    may_compile.set()
    sizes.wait(WAIT_S)
    assert parts(sizes, 2) == [(2, 0, 2)] and compiled == [2]
    may_compile.clear()
    assert parts(sizes, 3) == [(2, 0, 2), (1, 2, 3)]
    may_compile.set()
    sizes.wait(WAIT_S)
    assert parts(sizes, 3) == [(3, 0, 3)]
    assert parts(sizes, 4) == [(3, 0, 3), (1, 3, 4)] and compiled == [2, 3]


@pytest.mark.parametrize("error", [MemoryError("no room"), RuntimeError("no such shape")])
def test_a_batch_that_cannot_be_is_told_once_and_not_tried_again(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[int] = []

    def fail(size: int) -> int:
        tried.append(size)
        raise error

    sizes = BatchSizes(1, fail, most=4)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert parts(sizes, 2) == [(1, 0, 1), (1, 1, 2)]
            sizes.wait(WAIT_S)
    assert tried == [2]
    (said,) = caplog.messages
    assert "2 faces are computed one after another" in said and str(error) in said


def test_where_there_is_none_several_follow_on_each_other() -> None:
    assert parts(BatchSizes(7, None, most=4), 3) == [(7, 0, 1), (7, 1, 2), (7, 2, 3)]
