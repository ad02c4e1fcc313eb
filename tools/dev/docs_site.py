"""Hooks of the documentation site (`make docs`): adds pages from outside docs/, and rewrites links to them.

Pages link to each other as files of the repository, as read in an editor or on a code host. A link to a file that is
not part of the site becomes plain text; a link to a missing file is a warning, which the strict build turns into an
error.
"""

from __future__ import annotations

import logging
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "ARCHITECTURE.md": "project/architecture.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "SECURITY.md": "project/security.md",
    "shaders/UNIFORMS.md": "project/uniforms.md",
    "models/portraits/card.md": "project/portraits.md",
    "models/attributes/card.md": "project/attributes.md",
    "models/features/card.md": "project/frozen-features.md",
    "benchmarks/report.md": "project/report.md",
    "benchmarks/stage.md": "project/stage.md",
}
"""Repository files that are also pages of the site, and their locations."""

_ORIGIN = {page: path for path, page in PAGES.items()}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
_log = logging.getLogger("mkdocs.hooks.docs_site")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages, and the pictures next to them."""
    for path, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / path)))
        for picture in sorted((ROOT / path).parent.glob("*.svg")):
            place = posixpath.join("project", picture.name)
            if files.get_file_from_path(place) is None:
                files.append(File.generated(config, place, abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, page: Page, config: Any, files: Files) -> str:
    """Point links to repository files at the corresponding pages."""
    here = _ORIGIN.get(page.file.src_uri, posixpath.join("docs", page.file.src_uri))

    def replaced(match: re.Match[str]) -> str:
        bang, text, target, anchor = match[1], match[2], match[3], match[4] or ""
        if not target or "://" in target or target.startswith("mailto:"):
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(here), target))
        if not (ROOT / path).exists():
            _log.warning("%s links to %s, which does not exist", here, path)
        place = _place(path, files)
        if place is None:
            return text
        return f"{bang}[{text}]({posixpath.relpath(place, posixpath.dirname(page.file.src_uri) or '.')}{anchor})"

    return _LINK.sub(replaced, markdown)


def _place(path: str, files: Files) -> str | None:
    """Location of a repository file in the site; None if it is not part of it."""
    inside = path.removeprefix("docs/") if path.startswith("docs/") else f"project/{Path(path).name}"
    place = PAGES.get(path, inside)
    return place if files.get_file_from_path(place) is not None else None
