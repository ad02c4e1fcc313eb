"""The code that lets a telephone in: read back as telephones read it."""

from __future__ import annotations

import cv2

from engine.control.invitation import Invitation

TOKEN = "kJ3_u-9aQmZ0xT7yB2cD4e"


def test_the_code_says_the_address_with_the_token() -> None:
    invitation = Invitation("192.168.1.5", 7400, TOKEN)

    pixels = invitation.pixels(5)

    assert pixels.shape[0] == pixels.shape[1] and pixels.shape[2] == 4 and pixels.min() == 18
    text, *_ = cv2.QRCodeDetector().detectAndDecode(pixels[..., :3].copy())
    assert text == invitation.url == f"http://192.168.1.5:7400/?token={TOKEN}"


def test_the_token_is_not_in_what_people_read() -> None:
    assert TOKEN not in Invitation("mirror.local", 7400, TOKEN).address


def test_the_terminal_shows_a_code_of_blocks() -> None:
    lines = Invitation("192.168.1.5", 7400, TOKEN).in_terminal().splitlines()

    assert len(lines) > 12 and any("▀" in line or "▄" in line for line in lines)
