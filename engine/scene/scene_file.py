"""Scene files: their outer form, and how a scene that `extends` another is merged with it.

Each file is laid over the one that it extends. Its title, size and the like win. A pass that exists already (by `name`,
by default its kind) is changed in the knobs that are given, or removed by `remove: true`; a pass that does not exist is
new, and comes last or where `before` or `after` puts it.

Knows nothing of what a pass consists of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from engine.config.reflection import AnswerSettings, VisitSettings
from engine.config.validation import Name, Settings, validate
from engine.config.yaml_loader import load_yaml
from engine.config.yaml_locator import Locator
from engine.core.errors import ConfigError, gathered_problems
from engine.core.messages import did_you_mean
from engine.scene.transition import TransitionSettings

MAX_EXTENDED = 8
BIND, STATES = "bind", "states"  # entries that move the knobs of a pass

_Side = Annotated[int, Field(ge=16, le=8192)]
_Size = tuple[_Side, _Side]
_Title = Annotated[str, Field(min_length=1, max_length=100)]
_Pass = dict[str, dict[str, Any] | None]


class SceneExtension(Settings):
    """Outer form of a scene file that extends another."""

    format: Literal[1]
    """Version of the format."""

    extends: Name | None = None
    """The scene that this one extends: a file beside it, without .yaml."""

    title: _Title | None = None
    """For people."""

    size: _Size | None = None
    """Width and height of the stage, px, 16 to 8192 each; it is drawn as large as the wall allows, in this shape."""

    visit: VisitSettings = VisitSettings()
    """Who counts as a visitor, and how long each part of a visit takes, while this scene is shown; what is left out is
    as `reflection:` in config.yaml has it."""

    reflection: AnswerSettings = AnswerSettings()
    """How closely and calmly the face follows while this scene is shown; what is left out is as `reflection:` in
    config.yaml has it."""

    transition: TransitionSettings = TransitionSettings()
    """How this scene comes in."""

    passes: list[_Pass] = Field(default=[], max_length=64)
    """What is drawn, in order; each names one pass and what differs from its defaults."""


class SceneFile(SceneExtension):
    """Outer form of a scene file that extends none."""

    title: _Title
    """For people."""

    size: _Size
    """Width and height of the stage, px, 16 to 8192 each; it is drawn as large as the wall allows, in this shape."""

    passes: Annotated[list[_Pass], Field(min_length=1, max_length=64)]
    """What is drawn, in order; each names one pass and what differs from its defaults."""


class PassPlace(Settings):
    """Entries of a pass beside its knobs."""

    name: Name | None = None
    """What scenes that extend this one call the pass; without it, its kind."""

    before: Name | None = None
    """The pass before which this one is drawn, in a scene that extends another."""

    after: Name | None = None
    """The pass after which this one is drawn, in a scene that extends another."""

    remove: bool = False
    """Whether the extended scene's pass of this name is taken away."""


@dataclass(frozen=True)
class PassEntry:
    """A pass as written in the files.

    Attributes:
        name: its name for extending scenes.
        kind: its kind.
        knobs: its entries, without those that place it.
        locate: lines of `knobs`.
    """

    name: str
    kind: str
    knobs: Mapping[str, Any]
    locate: Locator


@dataclass(frozen=True)
class SceneText:
    """A merged scene whose passes have not been checked yet.

    Attributes:
        outer: title, size and the like, merged.
        passes: in order.
        paths: the files, the requested one first.
    """

    outer: SceneFile
    passes: tuple[PassEntry, ...]
    paths: tuple[Path, ...]


def read_scene_text(path: Path) -> SceneText:
    """Read a scene file and the files that it extends.

    Raises:
        ConfigError: one sentence per problem, one per line.
    """
    return _read(path, ())


def _read(path: Path, below: tuple[Path, ...]) -> SceneText:
    data, locate = load_yaml(path)
    extension = validate(SceneExtension if data.get("extends") else SceneFile, data, locate)
    if extension.extends is None:
        assert isinstance(extension, SceneFile)
        return SceneText(extension, _laid_over((), extension.passes, locate, extends=None), (path,))
    parent = _read(_parent(path, extension.extends, (*below, path), locate), (*below, path))
    passes = _laid_over(parent.passes, extension.passes, locate, extends=extension.extends)
    if not passes:
        raise ConfigError(locate.problem(("passes",), "removes every pass: at least one must stay"))
    return SceneText(_merged(parent.outer, extension), passes, (path, *parent.paths))


def _parent(path: Path, name: str, chain: tuple[Path, ...], locate: Locator) -> Path:
    parent = path.with_name(f"{name}.yaml")
    if parent in chain:
        circle = " -> ".join(file.stem for file in (*chain[chain.index(parent) :], parent))
        raise ConfigError(locate.problem(("extends",), f"scenes extend each other in a circle: {circle}"))
    if len(chain) > MAX_EXTENDED:
        raise ConfigError(locate.problem(("extends",), f"more than {MAX_EXTENDED} scenes extend each other, the limit"))
    if not parent.is_file():
        there = sorted({file.stem for file in path.parent.glob("*.yaml")} - {path.stem})
        what = f"there is no scene {name!r} beside this one; {did_you_mean(name, there)}"
        raise ConfigError(locate.problem(("extends",), what))
    return parent


def _merged(parent: SceneFile, child: SceneExtension) -> SceneFile:
    given = {key: getattr(child, key) for key in child.model_fields_set - {"extends", "passes"}}
    for key, value in given.items():
        if isinstance(value, Settings):
            before: Settings = getattr(parent, key)
            given[key] = before.model_copy(update={name: getattr(value, name) for name in value.model_fields_set})
    return parent.model_copy(update=given)


def _laid_over(
    below: tuple[PassEntry, ...],
    passes: list[_Pass],
    locate: Locator,
    extends: str | None,
) -> tuple[PassEntry, ...]:
    entries = list(below)
    with gathered_problems() as problem:
        for index, entry in enumerate(passes):
            with problem():
                _lay(entries, entry, locate.at(("passes", index)), extends)
    return tuple(entries)


def _lay(entries: list[PassEntry], entry: _Pass, locate: Locator, extends: str | None) -> None:
    """Merge one pass of a file into the passes so far."""
    if len(entry) != 1:
        names = ", ".join(entry) or "nothing"
        raise ConfigError(locate.problem((), f"must name one pass, not {names}; begin each pass with its own dash"))
    kind, said = next(iter(entry.items()))
    locate = locate.at((kind,))
    placing = {key: value for key, value in (said or {}).items() if key in PassPlace.model_fields}
    knobs = {key: value for key, value in (said or {}).items() if key not in placing}
    place = validate(PassPlace, placing, locate)
    own = PassEntry(place.name or kind, kind, knobs, locate)
    if extends is None:
        _refuse_placing(place, locate)
        entries.append(own)
        return
    found = _find(entries, own.name, locate)
    if found is None and place.remove:
        there = did_you_mean(own.name, {other.name for other in entries})
        raise ConfigError(locate.problem((), f"cannot be removed: {extends} has no such pass; {there}"))
    if found is not None:
        old = entries.pop(found)
        if old.kind != kind:
            raise ConfigError(locate.problem((), f"{old.name} is a {old.kind} in {extends}, and not a {kind}"))
        own = PassEntry(old.name, kind, _merged_knobs(old.knobs, knobs), locate.above(old.locate))
    if not place.remove:
        entries.insert(_place(entries, place, found, locate), own)


def _place(entries: list[PassEntry], place: PassPlace, found: int | None, locate: Locator) -> int:
    """Index in `entries` for a pass that was at `found`, or is new."""
    if place.before and place.after:
        raise ConfigError(locate.problem(("after",), "stands beside before; take one of the two"))
    other = place.before or place.after
    if other is None:
        return len(entries) if found is None else found
    index = _find(entries, other, locate)
    if index is None:
        key = "before" if place.before else "after"
        there = did_you_mean(other, {entry.name for entry in entries})
        raise ConfigError(locate.problem((key,), f"there is no other pass {other!r}; {there}"))
    return index if place.before else index + 1


def _find(entries: list[PassEntry], name: str, locate: Locator) -> int | None:
    found = [index for index, entry in enumerate(entries) if entry.name == name]
    if len(found) > 1:
        raise ConfigError(locate.problem((), f"there are {len(found)} passes {name!r}; give each a name: there"))
    return found[0] if found else None


def _refuse_placing(place: PassPlace, locate: Locator) -> None:
    for key in sorted(place.model_fields_set - {"name"}):
        raise ConfigError(locate.problem((key,), "means something only in a scene that extends another"))


def _merged_knobs(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Merge knobs; the new ones win, and a new value or binding of a knob replaces the old binding."""
    merged = {**old, **new}
    bind, states = new.get(BIND) or {}, new.get(STATES) or {}
    if not (isinstance(bind, dict) and isinstance(states, dict)):
        return merged  # wrong: reported when the pass is read
    by_state = {knob for values in states.values() if isinstance(values, dict) for knob in values}
    kept = {knob: text for knob, text in (old.get(BIND) or {}).items() if knob not in {*new, *by_state}}
    merged[BIND] = {**kept, **bind}
    old_states = {
        state: {knob: value for knob, value in (values or {}).items() if knob not in bind}
        for state, values in (old.get(STATES) or {}).items()
    }
    merged[STATES] = {
        state: {**old_states.get(state, {}), **(values or {})} if isinstance(values, dict | None) else values
        for state, values in {**old_states, **states}.items()
    }
    return merged
