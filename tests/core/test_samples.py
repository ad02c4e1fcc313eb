from engine.core.samples import Samples, describe, rate_per_s


def test_percentiles_of_the_newest_values() -> None:
    samples = Samples(capacity=100)
    for value in range(1000):
        samples.add(value)
    assert samples.percentiles() == {"p50": 949.5, "p95": 994.05}
    assert samples.percentiles((99,)) == {"p99": 998.01}


def test_nothing_measured_is_said_as_such() -> None:
    assert Samples().percentiles() == {}
    assert describe({}) == "-"
    assert describe({"p50": 12.3, "p95": 19.0}) == "12 / 19 ms"
    assert rate_per_s(30, 0) == 0
    assert rate_per_s(30, 2) == 15
