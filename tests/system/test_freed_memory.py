"""Freed memory goes back to the system, where the C library can do that."""

from __future__ import annotations

import sys
import threading

import numpy as np
import psutil
import pytest

from engine.system.freed_memory import FreedMemory, find_trim


def test_it_is_given_back_again_and_again_until_closed() -> None:
    calls, twice = [], threading.Event()

    def trim(kept_bytes: int) -> int:
        calls.append(kept_bytes)
        if len(calls) == 2:
            twice.set()
        return 1

    with FreedMemory(trim, period_s=0.001):
        assert twice.wait(10.0)
    seen = len(calls)
    assert set(calls) == {0} and not twice.clear() and len(calls) == seen


def test_without_the_call_there_is_no_thread() -> None:
    before = threading.active_count()
    with FreedMemory(None):
        assert threading.active_count() == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc")
def test_pages_between_blocks_in_use_go_back() -> None:
    trim = find_trim()
    if trim is None:
        pytest.skip("another C library")
    process = psutil.Process()
    blocks = [np.ones(60_000, np.uint8) for _ in range(2000)]  # 120 MB, too small for pages of their own
    kept = blocks[::50]
    del blocks
    held = process.memory_info().rss
    trim(0)
    assert held - process.memory_info().rss > 60e6 and len(kept) == 40
