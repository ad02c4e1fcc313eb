"""Nearly good files are read or refused: a seeded sample of what `python -m tools.dev.fuzz_inputs` tries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.errors import ConfigError
from tests.tools import fuzz_jobs
from tools.dev.fuzz_inputs import table
from tools.fuzz.kinds import KINDS
from tools.fuzz.outcome import FAILED, READ, REFUSED, Outcome
from tools.fuzz.runner import Job, Tally, outcomes
from tools.fuzz.worker import mutant, try_one

SAMPLE = 25
SEED = 7


@pytest.mark.parametrize("name", [name for name in KINDS if name != "isf"])
def test_a_sample_of_every_kind_is_read_or_refused(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    samples, read = kind.samples(tmp_path), kind.open_reader(tmp_path)
    path = tmp_path / kind.file
    for sample in samples:
        path.write_bytes(sample)
        assert try_one(read, path, 0).verdict == READ, "what is good can be read"
    found = []
    for index in range(SAMPLE):
        path.write_bytes(mutant(kind, samples, SEED, index))
        found.append(try_one(read, path, index))
    assert [outcome for outcome in found if outcome.verdict == FAILED] == []
    assert sum(outcome.verdict == REFUSED for outcome in found) > SAMPLE / 4, "they are bad enough"


def test_mutants_can_be_had_again(tmp_path: Path) -> None:
    kind = KINDS["png"]
    samples = kind.samples(tmp_path)
    assert mutant(kind, samples, 1, 5) == mutant(kind, samples, 1, 5) != mutant(kind, samples, 2, 5)


def _raise(error: Exception) -> Callable[[Path], object]:
    def read(path: Path) -> object:
        raise error

    return read


@pytest.mark.parametrize(
    ("error", "verdict", "message"),
    [
        (ConfigError("a.yaml:1: is wrong"), REFUSED, "a.yaml:1: is wrong"),
        (ConfigError(""), FAILED, "no sentence"),
        (ConfigError("x" * 3000), FAILED, "no sentence"),
        (KeyError("width"), FAILED, "KeyError at test_fuzz_inputs.py:"),
    ],
)
def test_only_a_sentence_is_a_refusal(error: Exception, verdict: str, message: str) -> None:
    outcome = try_one(_raise(error), Path("a"), 3)
    assert (outcome.index, outcome.verdict) == (3, verdict)
    assert message in outcome.message


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (fuzz_jobs.hangs_at_the_second, "it hangs for more than 0.5 s"),
        (fuzz_jobs.dies_at_the_second, "the process ended without a word"),
        (fuzz_jobs.takes_much_at_the_second, "it takes 3072 MB"),
    ],
)
def test_what_ends_its_process_is_counted_and_the_next_goes_on(job: Job, message: str) -> None:
    tally = Tally()
    for outcome in outcomes("any", 1, 4, job=job, hang_s=0.5):
        tally.add(outcome)
    assert (tally.tried, tally.read, tally.refused) == (4, 3, 0)
    assert [(outcome.index, outcome.message) for outcome in tally.failures] == [(1, message)]


def test_the_table_counts_by_kind() -> None:
    tally = Tally(read=2, refused=7, failures=[Outcome(3, FAILED)], peak_bytes=90 << 20)
    assert table({"png": tally}).splitlines()[1].split() == ["png", "10", "2", "7", "1", "90"]
