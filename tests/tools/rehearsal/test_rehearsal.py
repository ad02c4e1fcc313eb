"""A minute of a rehearsal: the whole show with its real processes and threads, drawn visitors, and every kind of fault.

Times are the machine's own; what is asked is that the show lives, notices and recovers, and holds no more than before.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.rehearse import main


@pytest.mark.timeout(400)
def test_a_minute_of_faults_ends_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    main(["--hours", "0.0167", "--every", "0", "--size", "128x72", "--seed", "1", "--output", str(tmp_path)])
    told = json.loads((tmp_path / "figures.json").read_text())
    incidents = told["incidents"]
    lost = [incident for incident in incidents if incident["recovery_s"] is None]
    assert len(incidents) >= 4 and not lost, capfd.readouterr().out
    assert all(incident["is_noticed"] for incident in incidents)
    met = {check["what"]: check["is_met"] for check in told["checks"]}
    assert met["threads"] and met["descriptors"] and met["crashes written"] and met["exit status of the show"]
    assert "<svg" in (tmp_path / "page.html").read_text() and (tmp_path / "page.png").stat().st_size > 1000
