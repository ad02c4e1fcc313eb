"""Who is let in: the address, the name by which this machine is called, the page that asks, the token, the rate."""

from __future__ import annotations

import pytest

from engine.control.access import HOST, ORIGIN, PEER, TOKEN, AccessRules, Caller, Refusal, new_token
from engine.control.rate_limit import RateLimit

SECRET = "AAAAAAAAAAAAAAAAAAAAAA"
HERE = AccessRules(None, (), lambda: ("mirror.local", "192.168.1.5"), 7400)
LAN = AccessRules(SECRET, (), lambda: ("mirror.local", "192.168.1.5"), 7400)
LISTED = AccessRules(SECRET, ("192.168.1.20", "10.0.0.0/24"), lambda: ("192.168.1.5",), 7400)


def test_a_token_has_128_bits_and_is_new_each_time() -> None:
    assert len({new_token() for _ in range(20)}) == 20
    assert all(len(new_token()) == 22 for _ in range(20))  # 22 letters of 6 bits hold 128


@pytest.mark.parametrize(
    ("caller", "refusal"),
    [
        (Caller("127.0.0.1", "127.0.0.1:7400"), None),
        (Caller("127.0.0.1", "localhost:7400", "http://localhost:7400"), None),
        (Caller("::1", "[::1]:7400"), None),
        (Caller("::ffff:127.0.0.1", "localhost"), None),
        (Caller("127.0.0.1", None), HOST),
        (Caller("127.0.0.1", ""), HOST),
        (Caller("127.0.0.1", "evil.example:7400"), HOST),
        (Caller("127.0.0.1", "mirror.local:7400"), HOST),  # nobody beyond this machine is to use that name
        (Caller("127.0.0.1", "localhost:8000"), HOST),
        (Caller("127.0.0.1", "localhost:7400@evil.example"), HOST),
        (Caller("127.0.0.1", "localhost:7400/x"), HOST),
        (Caller("127.0.0.1", "localhost:99999"), HOST),
        (Caller("127.0.0.1", "localhost:7400", "http://evil.example"), ORIGIN),
        (Caller("127.0.0.1", "localhost:7400", "http://localhost:3000"), ORIGIN),
        (Caller("127.0.0.1", "localhost:7400", "https://localhost:7400"), ORIGIN),
        (Caller("127.0.0.1", "localhost:7400", "null"), ORIGIN),
        (Caller("127.0.0.1", "localhost:7400", site="cross-site"), ORIGIN),
        (Caller("127.0.0.1", "localhost:7400", site="same-site"), ORIGIN),
        (Caller("127.0.0.1", "localhost:7400", site="cross-site", is_navigation=True), None),
        (Caller("192.168.1.7", "127.0.0.1:7400"), PEER),
        (Caller("nonsense", "127.0.0.1:7400"), PEER),
    ],
)
def test_only_this_machine_is_let_in(caller: Caller, refusal: Refusal | None) -> None:
    assert HERE.check_request(caller) is refusal


@pytest.mark.parametrize(
    ("caller", "refusal"),
    [
        (Caller("192.168.1.7", "192.168.1.5:7400"), TOKEN),
        (Caller("192.168.1.7", "192.168.1.5:7400", token=SECRET), None),
        (Caller("192.168.1.7", "Mirror.Local.:7400", "http://mirror.local:7400", token=SECRET), None),
        (Caller("192.168.1.7", "192.168.1.5:7400", token=SECRET[:-1]), TOKEN),
        (Caller("192.168.1.7", "192.168.1.5:7400", token=SECRET + "A"), TOKEN),
        (Caller("192.168.1.7", "192.168.1.5:7400", token="\ud800ä"), TOKEN),
        (Caller("192.168.1.7", "evil.example:7400", token=SECRET), HOST),
        (Caller("8.8.8.8", "192.168.1.5:7400", token=SECRET), PEER),
        (Caller("127.0.0.1", "localhost:7400"), None),
        (Caller("fe80::1%eth0", "192.168.1.5:7400", token=SECRET), None),
    ],
)
def test_the_house_is_let_in_with_a_token(caller: Caller, refusal: Refusal | None) -> None:
    assert LAN.check_request(caller) is refusal


def test_a_list_says_who_may_come_at_all() -> None:
    assert LISTED.check_place(Caller("192.168.1.20", "192.168.1.5:7400")) is None
    assert LISTED.check_place(Caller("10.0.0.77", "192.168.1.5:7400")) is None
    assert LISTED.check_place(Caller("192.168.1.21", "192.168.1.5:7400")) is PEER


def test_osc_has_no_token_so_the_list_alone_lets_it_in() -> None:
    assert LAN.takes_packet("127.0.0.1") and not LAN.takes_packet("192.168.1.7")
    assert LISTED.takes_packet("192.168.1.20") and not LISTED.takes_packet("192.168.1.21")
    assert not HERE.takes_packet("192.168.1.20")


def test_no_token_is_never_the_token() -> None:
    assert not HERE.is_token("") and not HERE.is_token("None")


def test_a_wrong_list_is_refused() -> None:
    with pytest.raises(ValueError, match=r"192\.168\.1\.999"):
        AccessRules(SECRET, ("192.168.1.999",), tuple, 7400)


def test_permits_come_back_at_their_rate_and_each_caller_has_its_own() -> None:
    limit = RateLimit(per_s=2.0, burst=3.0)

    assert [limit.allows("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert limit.allows("b", 0.0)
    assert not limit.allows("a", 0.4)
    assert limit.allows("a", 0.5) and not limit.allows("a", 0.5)
    assert [limit.allows("a", 100.0) for _ in range(4)] == [True, True, True, False]


def test_only_so_many_callers_are_remembered() -> None:
    limit = RateLimit(per_s=0.0, burst=1.0, most_callers=2)

    assert [limit.allows(caller, 0.0) for caller in "abab"] == [True, True, False, False]
    assert limit.allows("c", 0.0)  # and `a`, quiet for longest, is forgotten
    assert limit.allows("a", 0.0)


def test_a_network_that_comes_later_is_known_when_somebody_calls_by_it() -> None:
    names = ["192.168.1.5"]
    rules = AccessRules(SECRET, (), lambda: names, 7400)
    assert rules.check_place(Caller("10.0.0.7", "10.0.0.5:7400")) is HOST
    names.append("10.0.0.5")
    assert rules.check_place(Caller("10.0.0.7", "10.0.0.5:7400")) is None
