"""Changes to YAML files that people write: comments, order and whatever else stands there stay as they are.

The file is read anew for every change, so that what was edited meanwhile is kept; it is replaced as a whole, or not at
all.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from engine.config.yaml_loader import load_yaml, parse_yaml, shown_path
from engine.control.parameter import ControlError, Value
from engine.core.errors import ConfigError, in_one_line
from engine.system.atomic_write import atomic_write

TRIES = 5
_COMMENT = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)


def change_yaml(
    path: Path, change: Callable[[Any], None], check: Callable[[Path], object], *, drops: bool = False
) -> None:
    """Change a file.

    Args:
        path: of the file; one that does not exist is begun.
        change: changes its data, a mapping, in place.
        check: raises ConfigError where what would be written, in a file beside it, is wrong.
        drops: whether it takes entries out, with the comments that stand at them.

    Raises:
        ConfigError: the file is wrong, as it is or as it would be.
        ControlError: it cannot be written, or goes on being edited.
    """
    for _ in range(TRIES):
        before = _bytes(path)
        after = _changed(path, before, change, drops=drops)
        try:
            with atomic_write(path) as partial:
                partial.write_bytes(after)
                _check(partial, path, check)
                if _bytes(path) != before:
                    raise _EditedError
        except _EditedError:
            continue
        except OSError as error:
            raise ControlError(f"{shown_path(path)}: cannot be written: {in_one_line(error)}") from error
        return
    raise ControlError(f"{shown_path(path)}: is being edited; try again when that is done")


class _EditedError(Exception):
    """The file was saved by somebody else in between."""


def written(value: Value) -> object:
    """A value of a parameter as it is written: whole numbers without a point, colours as `"#c8a050"`."""
    if isinstance(value, tuple):
        return DoubleQuotedScalarString("#" + "".join(f"{round(255 * share):02x}" for share in value))
    if isinstance(value, float):
        rounded = round(value, 4) or round(value, 8)
        return int(rounded) if rounded == int(rounded) else rounded
    return value


def flow_map(**items: object) -> CommentedMap:
    """A mapping in braces."""
    mapping = CommentedMap(items)
    mapping.fa.set_flow_style()
    return mapping


def flow_list(items: Sequence[object]) -> CommentedSeq:
    """A list in brackets."""
    found = CommentedSeq(items)
    found.fa.set_flow_style()
    return found


def _check(partial: Path, path: Path, check: Callable[[Path], object]) -> None:
    try:
        check(partial)
    except ConfigError as error:
        raise ConfigError(str(error).replace(shown_path(partial), shown_path(path))) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _changed(path: Path, raw: bytes, change: Callable[[Any], None], *, drops: bool = False) -> bytes:
    if raw:
        load_yaml(path)  # bounded, and with our sentences
    text = raw.decode("utf-8-sig")
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 100_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    try:
        data = yaml.load(text)
        data = CommentedMap() if data is None else data
        change(data)
        stream = io.StringIO()
        yaml.dump(data, stream)
    except YAMLError as error:
        raise ControlError(f"{shown_path(path)}: cannot be changed: {in_one_line(error)}") from error
    result = stream.getvalue()
    parse_yaml(shown_path(path), result)
    lost = [comment for comment in _COMMENT.findall(text.replace("\r\n", "\n")) if comment.strip() not in result]
    if lost and not drops:
        raise ControlError(f"{shown_path(path)}: cannot be changed without losing the comment{lost[0]}")
    return result.replace("\n", "\r\n" if "\r\n" in text else "\n").encode()
