"""Panel desk: what an operator does at a panel, as calls of the register, the cues and the learning of MIDI.

A message is `{"do": VERB, ...}`; there are no others than those below, and none of them takes a path or code.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from engine.control.layers import Layer
from engine.control.panel_feed import PanelFeed
from engine.control.parameter import ControlError
from engine.control.room import ControlRoom
from engine.core.errors import NarcissusError

Part = TypeVar("Part")
Message = Mapping[str, Any]
Answers = list[dict[str, Any]]
SHOW = "/narcissus/show/"
MOST_LETTERS = 200
LARGEST = 1e15


class PanelDesk:
    """Does what panels ask for.

    Args:
        room: the parameters and everything else that is controlled.
        feed: writes answers.
        tell_all: tells every panel what one of them has changed.

    Attributes:
        counts: messages by what became of them.
    """

    def __init__(self, room: ControlRoom, feed: PanelFeed, tell_all: Callable[[dict[str, Any]], None]) -> None:
        self.counts: Counter[str] = Counter()
        self._room, self._feed, self._tell_all = room, feed, tell_all
        self._verbs: Mapping[str, Callable[[Message, str], Awaitable[Answers]]] = {
            "set": self._set,
            "press": self._press,
            "scene": self._scene,
            "release": self._release,
            "release_all": self._release_all,
            "why": self._why,
            "keep": self._keep,
            "recall": self._recall,
            "forget": self._forget,
            "learn": self._learn,
            "unlearn": self._unlearn,
            "save": self._save,
        }

    async def do(self, message: object, peer: str) -> Answers:
        """Carry out a message from `peer`; returns what that panel is to be told."""
        verb = message.get("do") if isinstance(message, dict) else None
        act = self._verbs.get(verb) if isinstance(verb, str) else None
        if act is None or not isinstance(message, dict):
            self.counts["panel: not understood"] += 1
            return [{"kind": "refused", "address": "", "reason": "this page and the mirror do not fit: load it again"}]
        self.counts["panel: messages"] += 1
        try:
            return await act(message, f"panel {peer}")
        except (NarcissusError, ValueError) as error:
            self.counts["panel: refused"] += 1
            return [
                {"kind": "refused", "address": str(message.get("address", ""))[:MOST_LETTERS], "reason": str(error)}
            ]

    async def _set(self, message: Message, by: str) -> Answers:
        self._room.register.set(_text(message, "address"), _value(message.get("value")), Layer.PANEL, by)
        return []

    async def _press(self, message: Message, by: str) -> Answers:
        self._room.register.set(_text(message, "address"), None, Layer.PANEL, by)
        return []

    async def _scene(self, message: Message, by: str) -> Answers:
        self._room.register.set(f"{SHOW}scene", _text(message, "name"), Layer.PANEL, by)
        return []

    async def _release(self, message: Message, by: str) -> Answers:
        self._room.register.release(_text(message, "address"))
        return []

    async def _release_all(self, message: Message, by: str) -> Answers:
        count = self._room.register.release_all()
        return [_notice(f"{count} values given back" if count else "nothing was held")]

    async def _why(self, message: Message, by: str) -> Answers:
        return [self._feed.why(_text(message, "address"))]

    async def _keep(self, message: Message, by: str) -> Answers:
        said = await _aside(partial(_there(self._room.cues).save, _text(message, "name"), by))
        self._tell_all(self._feed.structure())
        return [_notice(said)]

    async def _recall(self, message: Message, by: str) -> Answers:
        fade_s = _value(message.get("fade_s"))
        if isinstance(fade_s, bool) or not isinstance(fade_s, int | float | None):
            raise ValueError("a fade is a number of seconds")
        recall = partial(_there(self._room.cues).recall, _text(message, "name"), fade_s, Layer.PANEL, by)
        return [_notice(await _aside(recall))]

    async def _forget(self, message: Message, by: str) -> Answers:
        said = await _aside(partial(_there(self._room.cues).remove, _text(message, "name")))
        self._tell_all(self._feed.structure())
        return [_notice(said)]

    async def _learn(self, message: Message, by: str) -> Answers:
        await _aside(partial(_there(self._room.learning).begin, _text(message, "address")))
        self._tell_all(self._feed.structure())
        return [_notice(_there(self._room.learning).state())]

    async def _unlearn(self, message: Message, by: str) -> Answers:
        await _aside(partial(_there(self._room.learning).forget, _text(message, "control")))
        self._tell_all(self._feed.structure())
        return []

    async def _save(self, message: Message, by: str) -> Answers:
        return [_notice(await _aside(partial(_there(self._room.saver).save, _text(message, "address"))))]


def _there(part: Part | None) -> Part:
    if part is None:
        raise ControlError("this show has nothing that could do that")
    return part


async def _aside(act: Callable[[], Any]) -> Any:
    """What may wait for the disk."""
    return await asyncio.get_running_loop().run_in_executor(None, act)


def _notice(text: str) -> dict[str, Any]:
    return {"kind": "notice", "text": text}


def _text(message: Message, key: str) -> str:
    text = message.get(key)
    if not isinstance(text, str) or not 0 < len(text) <= MOST_LETTERS:
        raise ValueError(f"'{key}' is missing, or no short text")
    return text


def _value(raw: object) -> Any:
    """A value as the register takes it: a number, a text, or a colour."""
    if isinstance(raw, list) and len(raw) <= 4:
        return tuple(_value(part) for part in raw)
    if isinstance(raw, bool | str | None):
        return raw
    if isinstance(raw, int | float) and abs(raw) <= LARGEST:
        return raw
    raise ValueError("this is no value")
