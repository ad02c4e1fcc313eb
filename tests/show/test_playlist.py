"""Which scene is due when."""

from __future__ import annotations

from engine.config.playlist import PlaylistSettings
from engine.core.clock import Tick
from engine.show.playlist import Playlist

SETTINGS = PlaylistSettings.model_validate(
    {"scenes": [{"scene": "pool", "minutes": 1}, {"scene": "between", "minutes": 2}], "wait_minutes": 3}
)


def run(playlist: Playlist, shown: str, minutes: float, is_held: bool = False) -> list[tuple[int, str]]:
    """Seconds at which a scene was due, and which; it is shown at once."""
    due = []
    for second in range(1, round(minutes * 60) + 1):
        name = playlist.due_scene(shown, is_held, Tick(second, float(second), 1.0))
        if name is not None:
            due.append((second, name))
            shown = name
    return due


def test_scenes_follow_each_other_over_and_over() -> None:
    assert run(Playlist(SETTINGS), "pool", 5) == [(60, "between"), (180, "pool"), (240, "between")]


def test_a_visitor_is_waited_for_but_not_for_ever() -> None:
    assert run(Playlist(SETTINGS), "pool", 4, is_held=True) == [(240, "between")]
    playlist = Playlist(SETTINGS)
    assert run(playlist, "pool", 2, is_held=True) == []
    assert run(playlist, "pool", 0.1) == [(1, "between")]


def test_what_the_operator_chooses_has_its_minutes() -> None:
    playlist = Playlist(SETTINGS)
    assert run(playlist, "pool", 0.9) == []
    assert run(playlist, "between", 1.9) == [], "a scene of the list has its own"
    assert run(playlist, "gilded_mirror", 2.1) == [(120, "pool")], "another has those of the one that it interrupts"


def test_a_scene_that_could_not_be_shown_is_passed_over() -> None:
    playlist = Playlist(SETTINGS)
    due = [playlist.due_scene("pool", False, Tick(i, i, 1.0)) for i in range(60 * 3)]
    assert [name for name in due if name] == ["between"]


def test_a_list_of_nothing_or_of_one_changes_nothing() -> None:
    assert run(Playlist(PlaylistSettings()), "pool", 60) == []
    one = PlaylistSettings.model_validate({"scenes": [{"scene": "pool", "minutes": 1}]})
    assert run(Playlist(one), "pool", 60) == []


def test_a_show_that_died_goes_on_at_its_place() -> None:
    entries = [{"scene": name, "minutes": 10} for name in ("a", "b", "a", "c")]
    settings = PlaylistSettings.model_validate({"scenes": entries})
    playlist = Playlist(settings)
    playlist.resume("a", (2, 9))
    assert playlist.place == (2, 9)
    assert playlist.due_scene("a", False, Tick(0, 0.0, 59.0)) is None
    assert playlist.due_scene("a", False, Tick(1, 59.0, 1.0)) == "c", "not b, which follows the other a"
    another = Playlist(settings)
    another.resume("a", (1, 9))
    assert another.place == (0, 0), "the playlist was changed since"
