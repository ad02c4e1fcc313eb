"""What tests of the pipeline share: webcams on scripted devices, which end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.stand import Stand


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Callable[..., Stand]]:
    stands: list[Stand] = []

    def start(acts: str, **settings: Any) -> Stand:
        made = Stand(tmp_path / "script", acts, **settings)
        stands.append(made)
        made.webcam.start()
        return made

    yield start
    for made in stands:
        made.webcam.close()
