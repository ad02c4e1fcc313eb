"""What OSC packets are taken, and which are refused without harm."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.control.osc_codec import MAX_BYTES, MalformedOscError, OscCall, bundle, decode, encode


def packet(address: str, *arguments: object, kinds: str = "") -> bytes:
    builder = OscMessageBuilder(address)
    for number, argument in enumerate(arguments):
        builder.add_arg(argument, kinds[number] if kinds else None)
    return bytes(builder.build().dgram)


@pytest.mark.parametrize(
    ("sent", "call"),
    [
        (packet("/a/b", 0.5), OscCall("/a/b", (0.5,))),
        (packet("/a", 3, "x", True, False), OscCall("/a", (3, "x", True, False))),
        (packet("/a"), OscCall("/a")),
        (b"/a\0\0", OscCall("/a")),  # without types, as old senders do
        (b"/a\0\0,I\0\0", OscCall("/a")),
        (b"/a\0\0,r\0\0" + bytes([255, 0, 51, 255]), OscCall("/a", (1.0, 0.0, 0.2, 1.0))),
        (packet("/a", [1.0, 2.0]), OscCall("/a", (1.0, 2.0))),
        (packet("/a", "+", 0.25), OscCall("/a", ("+", 0.25))),
    ],
)
def test_a_message_is_read(sent: bytes, call: OscCall) -> None:
    assert decode(sent) == [call]


def test_bundles_are_read_in_order_whatever_their_time() -> None:
    inner = OscBundleBuilder(2e9)  # far in the future
    inner.add_content(OscMessageBuilder("/b").build())
    outer = OscBundleBuilder(IMMEDIATELY)
    outer.add_content(OscMessageBuilder("/a").build())
    outer.add_content(inner.build())
    outer.add_content(OscMessageBuilder("/c").build())

    assert [call.address for call in decode(outer.build().dgram)] == ["/a", "/b", "/c"]


def test_what_is_written_is_read_again() -> None:
    messages = [encode("/a", [0.5, 2, True]), encode("/b", ["x"])]

    assert decode(bundle(messages)) == [OscCall("/a", (0.5, 2, True)), OscCall("/b", ("x",))]


def nested(depth: int) -> bytes:
    inner = packet("/a")
    for _ in range(depth):
        inner = bundle([inner])
    return inner


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "no message"),
        (b"hello world!", "no message"),
        (b"/" + b"a" * 65_000, "too large"),
        (nested(9), "bundles too deep"),
        (nested(700), "bundles too deep"),
        (b"#bundle\0", "bundle cut off"),
        (b"#bundle\0" + bytes(8) + struct.pack(">i", -4), "wrong size in a bundle"),
        (b"#bundle\0" + bytes(8) + struct.pack(">i", 0) * 50, "wrong size in a bundle"),
        (b"#bundle\0" + bytes(8) + struct.pack(">i", 2**31 - 1), "wrong size in a bundle"),
        (bundle([packet("/a")] * 257), "too many messages"),
        (packet("/a", float("nan")), "not a number"),
        (packet("/a", float("inf")), "not a number"),
        (b"/a\0\0,f\0\0\x7f\xc0", "no message"),
        (b"/a\0\0,s\0\0ab", "no message"),
        (b"/a\0\0,s\0\0abcd", "message cut off or garbled"),
        (b"/a\0\0,[f\0" + bytes(4), "message cut off or garbled"),
        (b"/a\0\0,s\0\0\xff\xfe\0\0", "message cut off or garbled"),
        (b"/a b\0\0\0\0", "odd address"),
        (b"/\xc3\xa4\0", "odd address"),
        (b"/a\0\0f\0\0\0", "odd types"),
        (b"/a\0\0,b\0\0" + struct.pack(">i", -5), "types that nothing here takes"),
        (b"/a\0\0,t\0\0" + b"\xff" * 8, "types that nothing here takes"),
        (b"/a\0\0," + b"T" * 66 + b"\0", "odd types"),
    ],
)
def test_what_is_malformed_is_refused(sent: bytes, why: str) -> None:
    with pytest.raises(MalformedOscError, match=why):
        decode(sent)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=120).map(lambda tail: b"#bundle\0" + bytes(8) + tail))
def test_nothing_else_is_ever_raised(sent: bytes) -> None:
    try:
        calls = decode(sent)
    except MalformedOscError:
        return
    assert all(call.address.startswith("/") for call in calls)


def test_the_largest_packet_is_read() -> None:
    sent = packet("/a", "x" * (MAX_BYTES - 16))

    assert len(decode(sent)) == 1
