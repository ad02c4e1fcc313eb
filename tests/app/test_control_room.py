"""The control room in a real browser, beside a whole show: what is done in the page is seen on the wall."""

from __future__ import annotations

import importlib.util
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.control.ports import open_ports, own_addresses
from engine.core.clock import Clock
from tests.app.shows import ObservedApp, app

CHROMIUM = shutil.which("chromium") or ""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
EXPOSURE = '[data-address="/narcissus/scene/room/exposure"]'
DESK, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
Level = Callable[[], float]
Act = Callable[[Any, str, Level], None]

pytestmark = pytest.mark.skipif(
    not CHROMIUM or importlib.util.find_spec("playwright") is None,
    reason="needs the packages chromium (Debian) and playwright (Python)",
)


def browse(show: ObservedApp, act: Act) -> None:
    """Run `show`, and `act` with a browser, the address of the panel and the light of the wall, until it is done."""
    from playwright.sync_api import sync_playwright

    levels, failures = [0.0], list[BaseException]()

    def use() -> None:
        try:
            with sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                room = show.loop._control_room
                assert room is not None
                act(browser, room.invitation.address, lambda: levels[0])
                browser.close()
        except BaseException as error:  # raised again by the test
            failures.append(error)
        finally:
            show.loop.stop()

    thread = threading.Thread(target=use)

    def look(tick: Any) -> None:
        levels[0] = float(show.wall().mean())
        if not thread.ident:
            thread.start()

    show.before_each_frame = look
    show.run()
    thread.join(30.0)
    if failures:
        raise failures[0]


def open_show(**options: Any) -> ObservedApp:
    """A show with its control room open."""
    with open_ports(0, is_lan=False) as ports:  # a free one
        number = ports.number
    return app(control=number, seconds=90.0, **options)


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    clock = Clock()
    end_s = clock.now_s() + seconds
    while not holds():
        assert clock.now_s() < end_s, "it did not come"
        clock.sleep_s(0.05)


def open_page(browser: Any, address: str, size: dict[str, int] = DESK) -> Any:
    """A page whose line to the mirror is open, and what went wrong in it."""
    page = browser.new_context(viewport=size).new_page()
    page.errors = errors = list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(address)
    page.locator("#line[data-is=well]").wait_for()
    return page


def set_number(page: Any, knob: str, value: str) -> None:
    group = page.locator("details", has=page.locator(knob))
    if group.get_attribute("open") is None:
        group.locator("summary").click()
    page.locator(f"{knob} input[type=number]").fill(value)
    page.keyboard.press("Tab")


def test_a_knob_set_in_one_panel_is_on_the_wall_and_in_the_other(place: Path, blind: None) -> None:
    def act(browser: Any, address: str, level: Level) -> None:
        one, two = open_page(browser, address), open_page(browser, address, TELEPHONE)
        before = level()
        set_number(one, EXPOSURE, "4")
        until(lambda: level() > 1.5 * before)
        until(lambda: two.locator(f"{EXPOSURE} input[type=range]").evaluate("each => each.value") == "4")
        two.locator(f"{EXPOSURE} .layer").evaluate("each => each.click()")
        assert two.locator("#why-rows tr").first.inner_text().split()[:2] == ["panel", "4"]
        two.locator("#why-release").click()
        until(lambda: level() < 1.2 * before)
        until(lambda: one.locator(f"{EXPOSURE} .layer").inner_text() == "why")
        assert one.errors == [] and two.errors == []

    browse(open_show(), act)


def test_black_and_back_by_button_and_by_key(place: Path, blind: None) -> None:
    def act(browser: Any, address: str, level: Level) -> None:
        page = open_page(browser, address)
        page.locator("#picture[src]").wait_for()
        before = level()
        page.locator("#blackout").click()
        until(lambda: level() == 0.0)
        page.locator("#blackout[aria-pressed=true]").wait_for()
        page.keyboard.press("b")
        until(lambda: level() > 0.5 * before)
        assert page.locator("#picture").evaluate("each => each.naturalWidth") > 16
        assert page.errors == []

    browse(open_show(), act)


def test_on_a_telephone_nothing_is_wider_than_the_page_and_buttons_are_large(place: Path, blind: None) -> None:
    def act(browser: Any, address: str, level: Level) -> None:
        page = open_page(browser, address, TELEPHONE)
        for group in page.locator("details").all():
            group.evaluate("each => { each.open = true; }")
        assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
        for button in page.locator("button:visible").all():
            box = button.bounding_box()
            assert box["height"] >= 36 and box["x"] >= 0 and box["x"] + box["width"] <= TELEPHONE["width"]
        assert page.locator("#blackout").bounding_box()["height"] >= 80
        for _ in range(3):
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") in {"freeze", "blackout"}

    browse(open_show(), act)


def test_a_token_is_refused_and_accepted(place: Path, blind: None) -> None:
    addresses = own_addresses()
    if not addresses:
        pytest.skip("this machine has no address but its own loopback")
    with (place / "config.yaml").open("a") as config:
        config.write("control: {lan: true, announce: false}\n")
    show = open_show()

    def act(browser: Any, address: str, level: Level) -> None:
        assert address.startswith(f"http://{addresses[0]}:")
        page = browser.new_context().new_page()
        assert page.goto(address).status == 401
        for token, wanted in (
            ("A" * 22, "input[name=token]"),
            ((place / "control.token").read_text().strip(), "#acts"),
        ):
            page.locator("input[name=token]").fill(token)
            page.keyboard.press("Enter")
            page.locator(wanted).wait_for()
        page.locator("#line[data-is=well]").wait_for()
        assert "token" not in page.url
        until(lambda: show.loop._is_seen_from_afar)  # and the red dot is on the wall
        cookie = page.context.cookies()[0]
        assert cookie["sameSite"] == "Strict" and cookie["httpOnly"]

    browse(show, act)


def test_a_cue_keeps_what_is_set_and_brings_it_back(place: Path, blind: None) -> None:
    def act(browser: Any, address: str, level: Level) -> None:
        page = open_page(browser, address)
        before = level()
        set_number(page, EXPOSURE, "4")
        until(lambda: level() > 1.5 * before)
        page.locator("#cue-name").fill("bright")
        page.locator("#cue-form button").click()
        page.get_by_role("button", name="go to bright").wait_for()
        page.locator("#release").evaluate("each => each.click()")
        until(lambda: level() < 1.2 * before)
        page.locator("#cue-fade").fill("0.5")
        page.get_by_role("button", name="go to bright").click()
        until(lambda: level() > 1.5 * before)
        page.get_by_role("button", name="forget bright").click()
        page.get_by_text("No cue is kept yet.").wait_for()
        assert page.errors == []

    browse(open_show(), act)
