"""The documentation: generated pages are current, links lead somewhere, the site has every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.__main__ import GROUPS
from tools.dev.describe_config import DOCUMENT, describe
from tools.dev.docs_site import PAGES
from tools.dev.make_tutorial import PAGE, pictures, scenes

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *(ROOT / path for path in PAGES if "/" in path)])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def _anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_the_configuration_page_is_current() -> None:
    """If this fails: `python -m tools.dev.describe_config`."""
    assert DOCUMENT.read_text(encoding="utf-8") == describe()


def test_the_configuration_page_has_nested_keys_and_their_own_defaults() -> None:
    page = describe()
    assert "| `features.shape.beta` | `60.0` | between 0 and 1000 |" in page
    assert "| `features.colour.beta` | `0.0` | between 0 and 1000 |" in page
    assert "Each entry of `scenes`:" in page


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_of_the_repository(path: Path) -> None:
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        linked = (path.parent / target).resolve() if target else path
        assert linked.exists(), f"{path.relative_to(ROOT)} links to {link}"
        if anchor and linked.suffix == ".md":
            assert anchor in _anchors(linked), f"{path.relative_to(ROOT)} links to {link}"


def test_every_page_is_in_the_navigation() -> None:
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")}
    assert set(_pages(site["nav"])) == pages | set(PAGES.values())


def _pages(entry: Any) -> Iterator[str]:
    """Pages of a part of the navigation."""
    if isinstance(entry, str):
        yield entry
    else:
        for part in entry.values() if isinstance(entry, dict) else entry:
            yield from _pages(part)


def test_every_command_is_described() -> None:
    page = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
    through_make = {"benchmark", "gpu_report", "dev.make_gallery"}
    commands = {name for names in GROUPS.values() for name in names} - through_make
    assert {name for name in commands if f"`tools.{name}" not in page} == set()


def test_the_steps_of_the_tutorial_are_valid_and_have_their_pictures() -> None:
    page = PAGE.read_text(encoding="utf-8")
    steps = dict(scenes())
    assert len(steps) == 5
    for number, scene in steps.items():
        for suffix in pictures(scene):
            assert f"(tutorial_{number}{suffix}.jpg)" in page
    assert set(pictures(steps["5"])) == {"_idle", ""}


FOLDERS = ("engine", "tools", "tests", "shaders", "scenes", "models", "docs", "benchmarks", "examples")
NAMED = re.compile(r"`((?:[\w./-]+/)?[\w.-]+\.(?:py|frag|vert|glsl|md|json)|(?:" + "|".join(FOLDERS) + r")/[\w./-]*)`")


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/original.md"])
def test_files_that_are_named_exist(name: str) -> None:
    """A bare file name is one of the repository's; a path is complete."""
    known = {path.name for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")}
    missing = [
        path
        for path in NAMED.findall((ROOT / name).read_text(encoding="utf-8"))
        if path not in MADE and not (ROOT / path).exists() and ("/" in path or path not in known)
    ]
    assert missing == []


MADE = {
    *("labels.csv", "reflect.json", "likeness.json", "venue.yaml", "tests/failures/", "shaders/ripple.frag"),
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"),
}
"""What the program writes, and an example."""
