"""Signals that a scene may follow: names and meanings. `visitor.py` computes their values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.visitor.visit_state import VisitState

STATE_SIGNALS: Mapping[VisitState, str] = MappingProxyType(
    {
        VisitState.IDLE: "idling",
        VisitState.NOTICE: "noticing",
        VisitState.ARRIVE: "arriving",
        VisitState.DWELL: "dwelling",
        VisitState.LEAVE: "leaving",
    }
)
"""The weight of each state of a visit; they sum to 1."""

SIGNALS: Mapping[str, str] = MappingProxyType(
    {
        "presence": "0 nobody is there, 1 somebody is; eased",
        "people": "how many visitors are answered at this moment",
        "dwell": "seconds since somebody came, 0 while nobody is there",
        "speed": "how fast the face moves, picture heights per second",
        "yaw": "head turned to the right of the picture, degrees",
        "pitch": "head raised, degrees",
        "mouth": "0 closed, 1 wide open",
        "typicality": "how usual the viewer is among the faces that the mirror can draw: 1 their mean, 0.5 as far "
        "from it as half of them",
        "likeness": "how near the answer is to the viewer: 1 the same measures, 0 no nearer than any face; measured on "
        "what was drawn, where the mirror deepens",
        "deepening": "how far the answer to this visitor has been refined: 0 on arrival, towards 1 as they stay",
        "bits": "how many bits are left of the viewer where `reflection: {bits: ...}` quantises them; 0 elsewhere",
        "audio": "how loud it is, 0 to 1; 0 where nothing listens",
        "time": "seconds since the show began",
        "idling": "1 while nobody is there; passes smoothly into noticing or arriving",
        "noticing": "1 while somebody is in sight and not answered yet",
        "arriving": "1 while the mirror becomes the visitor",
        "dwelling": "1 while the visitor stays",
        "leaving": "1 while the reflection fades",
        "progress": "how much of the time of this part of the visit has passed, 0 to 1",
    }
)
"""Names that an expression in `bind` may read."""

OF_A_FACE = frozenset({"speed", "yaw", "pitch", "mouth", "typicality", "likeness", "deepening"})
"""Those measured of a visitor's face; the others say only that somebody is there."""

LISTED = tuple(name for name in SIGNALS if name not in {"people", "audio", "time"})
"""Those that everybody has: `yaw` is the nearest's, `yaw[0]` too, `yaw[1]` that of whoever stands behind them."""

PEOPLE = 4
"""The most visitors who are told apart."""
