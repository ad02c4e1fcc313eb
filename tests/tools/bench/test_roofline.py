"""Operations, bytes and bounds of generators, against figures that were counted by hand."""

from __future__ import annotations

import json

import pytest

from engine.networks.pggan.architecture import GeneratorSettings
from tools.bench.roofline import Peaks, bound_of, network_bound_ms, network_costs

OFFICIAL = GeneratorSettings(1024)
TINY = GeneratorSettings(8, fmap_base=32, fmap_max=8, latent_size=16)
PEAKS = Peaks("a machine", {"float32": 1e9, "bfloat16": 2e9}, {1_000: 8e6, 1_000_000: 1e6})


@pytest.mark.parametrize(
    ("resolution", "form", "giga_multiply_adds"),
    [(1024, "fused", 27.5), (1024, "plain", 42.7), (128, "fused", 13.76), (128, "plain", 20.89)],
)
def test_the_published_generator_has_its_known_operations(
    resolution: int, form: str, giga_multiply_adds: float
) -> None:
    costs = network_costs(GeneratorSettings(resolution), form)
    assert sum(cost.operations for cost in costs) / 2e9 == pytest.approx(giga_multiply_adds, rel=0.002)


def test_the_form_in_the_file_changes_nothing() -> None:
    unfused = GeneratorSettings(1024, fused_scale=False)
    for form in ("fused", "plain"):
        mine, other = network_costs(OFFICIAL, form), network_costs(unfused, form)
        assert [(cost.operations, cost.bytes) for cost in mine] == [(cost.operations, cost.bytes) for cost in other]


def test_each_layer_is_counted_as_by_hand() -> None:
    dense, conv, up, last, pixels = network_costs(TINY, "fused", "bfloat16")
    assert (dense.name, dense.side_px, dense.maps_in, dense.maps_out) == ("4x4/Dense", 4, 16, 8)
    assert (dense.operations, dense.bytes) == (2 * 16 * 128, 2 * (16 * 128 + 16 + 128))
    assert (conv.operations, conv.bytes) == (2 * 16 * 9 * 64, 2 * (9 * 64 + 16 * 8 + 16 * 8))
    assert up.kind == "up" and (up.side_px, up.maps_in, up.maps_out) == (8, 8, 8)
    assert (up.operations, up.bytes) == (2 * 64 * 4 * 64, 2 * (16 * 64 + 16 * 8 + 64 * 8))
    assert last.operations == 2 * 64 * 9 * 64
    assert (pixels.name, pixels.operations) == ("ToRGB_lod0", 2 * 64 * 8 * 4)
    assert pixels.bytes == 2 * (8 * 4 + 64 * 8) + 64 * 4
    plain = network_costs(TINY, "plain", "bfloat16")[2]
    assert (plain.operations, plain.bytes) == (2 * 64 * 9 * 64, 2 * (9 * 64 + 16 * 8 + 64 * 8))


def test_a_bound_is_the_longer_of_two_times() -> None:
    few_bytes = bound_of(2_000_000, 800, PEAKS, "bfloat16")
    assert (few_bytes.ms, few_bytes.by) == (1.0, "operations") and few_bytes.bytes_ms == pytest.approx(0.1)
    many_bytes = bound_of(2_000_000, 8_000, PEAKS, "bfloat16")
    assert (many_bytes.ms, many_bytes.by) == (8.0, "bytes")
    with pytest.raises(KeyError):
        bound_of(1, 1, PEAKS, "int8")


def test_a_network_takes_the_sum_of_its_layers() -> None:
    costs = network_costs(TINY)
    expected = sum(bound_of(cost.operations, cost.bytes, PEAKS, "float32").ms for cost in costs)
    assert network_bound_ms(costs, PEAKS, "float32") == pytest.approx(expected) and expected > 0


def test_the_rate_is_that_of_the_smallest_memory_that_holds_it() -> None:
    assert [PEAKS.bandwidth(n_bytes) for n_bytes in (1, 1_000, 1_001, 5_000_000)] == [8e6, 8e6, 1e6, 1e6]
    noisy = Peaks("", {}, {1_000: 2e6, 1_000_000: 3e6})  # a larger set was faster: so can the smaller one be
    assert noisy.bandwidth(500) == 3e6


def test_of_two_measurements_the_better_counts_and_json_keeps_it() -> None:
    other = Peaks("a machine", {"float32": 3e9}, {1_000: 7e6, 4_000: 2e6})
    best = PEAKS.merged(other)
    assert best.operations_per_s == {"float32": 3e9, "bfloat16": 2e9}
    assert best.bytes_per_s == {1_000: 8e6, 4_000: 2e6, 1_000_000: 1e6}
    assert Peaks.from_json(json.loads(json.dumps(best.to_json()))) == best
