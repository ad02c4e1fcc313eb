"""OSCQuery, held against an expectation written by hand from the proposal's text (third revision).

What it says: `/` describes the whole address space; FULL_PATH everywhere, CONTENTS for containers only, TYPE for
methods only; VALUE, RANGE, UNIT and CLIPMODE are arrays with one entry for each type tag; ACCESS is a mask of 1 read
and 2 write; a range is MIN and MAX, or VALS; `?ATTRIBUTE` gives an object with that key only; a container asked for its
TYPE gives an empty object; what may not be read gives 204 for VALUE; an unknown attribute 400; an unknown path 404;
HOST_INFO ignores the path.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.control.osc_query import answer, host_info, tree
from engine.control.parameter import Access, Kind, Parameter

ROOM = Parameter("/narcissus/scene/room/exposure", Kind.FLOAT, "Factor on the room's light.", low=0.0, high=4.0)
TINT = Parameter("/narcissus/scene/grade/tint", Kind.COLOUR, "")
BLACK = Parameter("/narcissus/show/blackout", Kind.BOOL, "", is_command=True)
NEXT = Parameter("/narcissus/show/next", Kind.TRIGGER, "", Access.WRITE)
SCENE = Parameter("/narcissus/show/scene", Kind.CHOICE, "", choices=("pool", "ink"))
DWELL = Parameter("/narcissus/state/dwell", Kind.FLOAT, "", Access.READ, unit="s")
ROOT = tree(
    [(ROOM, 0.25), (TINT, (0.5, 0.25, 1.0)), (BLACK, True), (NEXT, None), (SCENE, "ink"), (DWELL, 1.5)],
    {"/": "Narcissus", "/narcissus/show": "the show"},
)


def test_the_whole_tree_is_as_the_proposal_says() -> None:
    status, text = answer(ROOT, "/", None)

    assert status == 200
    assert json.loads(text) == {
        "FULL_PATH": "/",
        "DESCRIPTION": "Narcissus",
        "ACCESS": 0,
        "CONTENTS": {
            "narcissus": {
                "FULL_PATH": "/narcissus",
                "ACCESS": 0,
                "CONTENTS": {
                    "scene": {
                        "FULL_PATH": "/narcissus/scene",
                        "ACCESS": 0,
                        "CONTENTS": {
                            "room": {
                                "FULL_PATH": "/narcissus/scene/room",
                                "ACCESS": 0,
                                "CONTENTS": {
                                    "exposure": {
                                        "FULL_PATH": "/narcissus/scene/room/exposure",
                                        "DESCRIPTION": "Factor on the room's light.",
                                        "TYPE": "f",
                                        "ACCESS": 3,
                                        "VALUE": [0.25],
                                        "RANGE": [{"MIN": 0.0, "MAX": 4.0}],
                                        "CLIPMODE": ["both"],
                                    }
                                },
                            },
                            "grade": {
                                "FULL_PATH": "/narcissus/scene/grade",
                                "ACCESS": 0,
                                "CONTENTS": {
                                    "tint": {
                                        "FULL_PATH": "/narcissus/scene/grade/tint",
                                        "DESCRIPTION": "",
                                        "TYPE": "fff",
                                        "ACCESS": 3,
                                        "VALUE": [0.5, 0.25, 1.0],
                                        "OVERLOADS": [{"TYPE": "r"}],
                                    }
                                },
                            },
                        },
                    },
                    "show": {
                        "FULL_PATH": "/narcissus/show",
                        "DESCRIPTION": "the show",
                        "ACCESS": 0,
                        "CONTENTS": {
                            "blackout": {
                                "FULL_PATH": "/narcissus/show/blackout",
                                "DESCRIPTION": "",
                                "TYPE": "T",
                                "ACCESS": 3,
                                "VALUE": [True],
                                "OVERLOADS": [
                                    {"TYPE": "i", "RANGE": [{"VALS": [0, 1]}]},
                                    {"TYPE": "f", "RANGE": [{"VALS": [0.0, 1.0]}]},
                                ],
                            },
                            "next": {
                                "FULL_PATH": "/narcissus/show/next",
                                "DESCRIPTION": "",
                                "TYPE": "I",
                                "ACCESS": 2,
                            },
                            "scene": {
                                "FULL_PATH": "/narcissus/show/scene",
                                "DESCRIPTION": "",
                                "TYPE": "s",
                                "ACCESS": 3,
                                "VALUE": ["ink"],
                                "RANGE": [{"VALS": ["pool", "ink"]}],
                                "CLIPMODE": ["none"],
                            },
                        },
                    },
                    "state": {
                        "FULL_PATH": "/narcissus/state",
                        "ACCESS": 0,
                        "CONTENTS": {
                            "dwell": {
                                "FULL_PATH": "/narcissus/state/dwell",
                                "DESCRIPTION": "",
                                "TYPE": "f",
                                "ACCESS": 1,
                                "VALUE": [1.5],
                                "UNIT": ["s"],
                            }
                        },
                    },
                },
            }
        },
    }


@pytest.mark.parametrize(
    ("path", "attribute", "status", "found"),
    [
        ("/narcissus/show/blackout", "VALUE", 200, {"VALUE": [True]}),
        ("/narcissus/scene/room/exposure", "RANGE", 200, {"RANGE": [{"MIN": 0.0, "MAX": 4.0}]}),
        ("/narcissus/scene/room/exposure", "UNIT", 200, {}),
        ("/narcissus/scene/room", "TYPE", 200, {}),
        ("/narcissus/state/dwell/", "FULL_PATH", 200, {"FULL_PATH": "/narcissus/state/dwell"}),
        ("/narcissus/show/next", "VALUE", 204, None),
        ("/narcissus/show", "VALUE", 204, None),
        ("/narcissus/show/blackout", "TAGS", 204, None),
        ("/narcissus/show/blackout", "GABBAGABBAHEY", 400, None),
        ("/narcissus/nothing", None, 404, None),
        ("/narcissus/show/blackout/further", "VALUE", 404, None),
        ("/narcissus/../show", None, 404, None),
    ],
)
def test_one_attribute_is_asked_for(path: str, attribute: str | None, status: int, found: Any) -> None:
    told, text = answer(ROOT, path, attribute)

    assert told == status
    assert (json.loads(text) if text else None) == found


def test_the_host_says_what_it_can() -> None:
    assert host_info("Mirror", 7400) == {
        "NAME": "Mirror",
        "OSC_PORT": 7400,
        "OSC_TRANSPORT": "UDP",
        "EXTENSIONS": {
            "ACCESS": True,
            "VALUE": True,
            "RANGE": True,
            "DESCRIPTION": True,
            "UNIT": True,
            "CLIPMODE": True,
            "OVERLOADS": True,
            "LISTEN": True,
            "IGNORE": True,
            "PATH_CHANGED": True,
        },
    }
