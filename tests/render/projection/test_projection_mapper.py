"""What reaches the wall, to a pixel: warps, turns, masks, overlaps, colours; nothing where none is asked for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import moderngl
import numpy as np
import pytest
from PIL import Image

from engine.core.errors import ConfigError
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.projection.projection_mapper import ProjectionMapper
from engine.render.projection.settings import Blend, Colour, Corners, Grid, ProjectionSettings, ProjectorSettings
from engine.render.projection.warp import UNIT_SQUARE, Point, homography
from tests.conftest import ROOT

SIZE_WH = (256, 144)
QUAD: tuple[Point, ...] = ((0.09, 0.06), (0.93, 0.13), (0.99, 0.94), (0.02, 0.89))


@pytest.fixture
def window(gl: moderngl.Context) -> Iterator[moderngl.Framebuffer]:
    framebuffer = gl.simple_framebuffer(SIZE_WH, components=4)
    yield framebuffer
    gl.detect_framebuffer(0).use()  # what is bound must not be released
    framebuffer.color_attachments[0].release()
    framebuffer.release()


class Room:
    """Shows pictures on a wall: (H, W, 3) uint8 in and out, row 0 top."""

    def __init__(
        self, gl: moderngl.Context, library: ShaderLibrary, window: moderngl.Framebuffer, folder: Path
    ) -> None:
        self._gl, self._library, self._window, self._folder = gl, library, window, folder
        self.composed: np.ndarray | None = None

    def show(self, picture: np.ndarray, venue: ProjectionSettings, render_scale: float = 1.0) -> np.ndarray:
        with ProjectionMapper(self._gl, self._library, venue, self._folder, render_scale) as wall:
            self._window.clear(1.0, 0.0, 1.0, 1.0)
            render_target = wall.compose(self._window)
            rgba = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])[::-1]
            render_target.color_attachments[0].write(np.ascontiguousarray(rgba))
            wall.project(self._window)
            self.composed = read(render_target)
            wall.turn(self._window)
            return read(self._window)


@pytest.fixture
def room(gl: moderngl.Context, library: ShaderLibrary, tmp_path: Path) -> Iterator[Room]:
    texture = gl.texture(SIZE_WH, 4)
    window = gl.framebuffer([texture])
    yield Room(gl, library, window, tmp_path)
    gl.detect_framebuffer(0).use()
    window.release()
    texture.release()


def read(framebuffer: moderngl.Framebuffer) -> np.ndarray:
    width, height = framebuffer.size
    return np.frombuffer(framebuffer.read(components=3), np.uint8).reshape(height, width, 3)[::-1].copy()


def one(**settings: object) -> ProjectionSettings:
    return ProjectionSettings(projectors=(ProjectorSettings(**settings),))  # type: ignore[arg-type]


def light_of(code: np.ndarray) -> np.ndarray:
    value = code.astype(np.float64) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def noise(seed: int = 0, size_wh: tuple[int, int] = SIZE_WH) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size_wh[1], size_wh[0], 3), dtype=np.uint8)


def chequer(size_wh: tuple[int, int], fields: tuple[int, int]) -> np.ndarray:
    y, x = np.mgrid[0 : size_wh[1], 0 : size_wh[0]]
    lit = (x * fields[0] // size_wh[0] + y * fields[1] // size_wh[1]) % 2
    return np.repeat((255 * lit).astype(np.uint8)[..., None], 3, axis=2)


FINE = 8


def seen_through(corners: tuple[Point, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u, v, and whether that is in the picture, at FINE² exact places of each pixel: the inverse of the homography."""
    (width, height), fine = SIZE_WH, FINE
    y, x = ((np.mgrid[0 : height * fine, 0 : width * fine] + 0.5) / fine) / np.array([height, width])[:, None, None]
    u, v, w = np.einsum("ij,jyx->iyx", np.linalg.inv(homography(corners)), np.stack([x, y, np.ones_like(x)]))
    u, v = u / w, v / w
    return u, v, (u >= 0) & (u < 1) & (v >= 0) & (v < 1)


def pixels(fine: np.ndarray) -> np.ndarray:
    """(H, W): the mean of each pixel's places."""
    return fine.reshape(SIZE_WH[1], FINE, SIZE_WH[0], FINE).mean(axis=(1, 3))


# ------------------------------------------------------------------ nothing is asked for


def test_a_plain_venue_draws_in_the_window_itself(
    gl: moderngl.Context, library: ShaderLibrary, window: moderngl.Framebuffer
) -> None:
    with ProjectionMapper(gl, library, ProjectionSettings()) as wall:
        assert wall.compose(window) is window
        window.clear(0.2, 0.4, 0.6, 1.0)
        before = read(window)
        assert wall.project(window) is window
        wall.turn(window)
        assert (read(window) == before).all()
        assert wall.place_of((1.0, 0.0)) == (1.0, 0.0)


def test_a_forced_plain_venue_is_the_same_picture_within_its_dither(
    gl: moderngl.Context, library: ShaderLibrary, window: moderngl.Framebuffer
) -> None:
    picture = noise()
    with ProjectionMapper(gl, library, ProjectionSettings()) as wall:
        wall.force(True)
        render_target = wall.compose(window)
        assert render_target is not window
        render_target.color_attachments[0].write(np.dstack([picture, picture[..., :1]])[::-1].tobytes())
        wall.project(window)
        assert np.abs(read(window).astype(int) - picture).max() <= 1
        wall.force(False)
        assert wall.compose(window) is window


def test_what_is_recorded_is_what_was_composed(room: Room) -> None:
    picture = noise()
    room.show(picture, one(corners=Corners.of(QUAD), colour=Colour(gain=(0.5, 0.5, 0.5))))
    assert room.composed is not None and (room.composed == picture).all()


# ------------------------------------------------------------------ warps


@pytest.mark.parametrize("render_scale", [1.0, 0.5])
def test_a_chequer_through_a_homography_is_right_to_a_part_of_a_pixel(room: Room, render_scale: float) -> None:
    fields = (16, 9)
    shown = light_of(room.show(chequer(SIZE_WH, fields), one(corners=Corners.of(QUAD)), render_scale))[..., 0]
    u, v, is_inside = seen_through(QUAD)
    expected = pixels((np.floor(u * fields[0]) + np.floor(v * fields[1])) % 2 * is_inside)
    off = np.abs(shown - expected)
    assert off.mean() < 0.02
    assert off[(expected == 0) | (expected == 1)].mean() < 0.012
    shifted = [np.abs(np.roll(shown, step, axis) - expected).mean() for axis in (0, 1) for step in (-1, 1)]
    assert min(shifted) > 3 * off.mean(), "a pixel beside it is far worse"
    # The place of an edge, to a part of a pixel: total light right and left of it, row by row.
    for columns in (slice(40, 120), slice(120, 210)):
        assert np.abs(shown[20:120, columns].sum(axis=1) - expected[20:120, columns].sum(axis=1)).mean() < 0.35


def test_outside_the_quad_it_is_black_and_its_edges_are_smooth(room: Room) -> None:
    shown = light_of(room.show(np.full((144, 256, 3), 255, np.uint8), one(corners=Corners.of(QUAD))))[..., 0]
    inside = pixels(seen_through(QUAD)[2])
    assert (shown[inside == 0] < 0.005).mean() > 0.995
    assert (shown[inside == 1] > 0.99).mean() > 0.995
    edge = (inside > 0.05) & (inside < 0.95)
    assert np.abs(shown - inside)[edge].mean() < 0.06


def test_a_moved_point_of_the_grid_carries_the_picture_and_leaves_the_rest(room: Room) -> None:
    dots = np.zeros((144, 256, 3), np.uint8)
    places = [(64, 36), (128, 36), (192, 36), (64, 72), (128, 72), (192, 72), (64, 108), (128, 108), (192, 108)]
    for x, y in places:
        dots[y - 2 : y + 2, x - 2 : x + 2] = 255
    offsets = np.zeros((5, 5, 2))
    offsets[2, 2] = 11.25 / 256, -6.5 / 144
    shown = light_of(room.show(dots, one(grid=Grid.of(offsets))))[..., 0]
    for x, y in places:
        moved_x, moved_y = (11.25, -6.5) if (x, y) == (128, 72) else (0.0, 0.0)
        left, top = x + round(moved_x) - 12, y + round(moved_y) - 12
        spot = shown[top : top + 24, left : left + 24]
        rows, columns = np.mgrid[0:24, 0:24] + 0.5
        found = left + (spot * columns).sum() / spot.sum(), top + (spot * rows).sum() / spot.sum()
        assert found == pytest.approx((x + moved_x, y + moved_y), abs=0.2), (x, y)


def test_smaller_does_not_flicker(room: Room) -> None:
    """A pattern of single pixels at a third of its size is grey, wherever it lies."""
    pattern = chequer(SIZE_WH, SIZE_WH)
    levels = []
    for shift in (0.0, 0.003, 0.0061, 0.0113):
        corners = tuple((0.3 + shift + 0.35 * x, 0.3 + shift + 0.35 * y) for x, y in UNIT_SQUARE)
        shown = light_of(room.show(pattern, one(corners=Corners.of(corners))))[..., 0]
        levels.append(shown[60:84, 100:150])
    assert np.abs(np.array(levels) - 0.5).max() < 0.06


def test_larger_is_crisp(room: Room) -> None:
    """Half a pixel aside, fine lines keep more of their contrast than straight interpolation leaves."""
    columns = np.random.default_rng(1).integers(90, 180, 256, dtype=np.uint8)
    lines = np.broadcast_to(columns[None, :, None], (144, 256, 3))
    aside = tuple((x + 0.5 / 256, y) for x, y in UNIT_SQUARE)
    crisp, straight = (
        light_of(room.show(lines, one(corners=Corners.of(aside)), scale))[72, 40:200, 0] for scale in (1.0, 0.5)
    )
    assert crisp.std() > 1.08 * straight.std()


# ------------------------------------------------------------------ turns


@pytest.mark.parametrize(
    ("rotation", "flip", "turned"),
    [
        (0, "horizontal", lambda p: p[:, ::-1]),
        (0, "vertical", lambda p: p[::-1]),
        (90, "none", lambda p: np.rot90(p, -1)),
        (180, "none", lambda p: p[::-1, ::-1]),
        (270, "none", lambda p: np.rot90(p, 1)),
        (90, "horizontal", lambda p: np.rot90(p[:, ::-1], -1)),
        (270, "vertical", lambda p: np.rot90(p[::-1], 1)),
    ],
)
def test_turns_are_exact(room: Room, rotation: int, flip: str, turned: object) -> None:
    upright_wh = SIZE_WH[::-1] if rotation in (90, 270) else SIZE_WH
    picture = noise(size_wh=upright_wh)
    venue = ProjectionSettings(rotation=rotation, flip=flip)  # type: ignore[arg-type]
    assert venue.upright_wh(SIZE_WH) == upright_wh
    assert (room.show(picture, venue) == turned(picture)).all()  # type: ignore[operator]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", ["none", "horizontal", "vertical"])
def test_the_mouse_finds_the_pixel_that_it_points_at(
    gl: moderngl.Context, library: ShaderLibrary, room: Room, rotation: int, flip: str
) -> None:
    venue = ProjectionSettings(rotation=rotation, flip=flip)  # type: ignore[arg-type]
    width, height = venue.upright_wh(SIZE_WH)
    picture = np.zeros((height, width, 3), np.uint8)
    picture[30, 50] = 255
    (y,), (x,) = np.nonzero(room.show(picture, venue)[..., 0])
    with ProjectionMapper(gl, library, venue) as wall:
        u, v = wall.from_window((int(x), int(y)), SIZE_WH)
    assert (u * width, v * height) == pytest.approx((50.5, 30.5))


def test_a_turned_wall_is_warped_as_the_audience_sees_it(room: Room) -> None:
    picture = np.full((256, 144, 3), 255, np.uint8)
    half = tuple((x, 0.5 * y) for x, y in UNIT_SQUARE)
    turned = ProjectionSettings(rotation=90, projectors=(ProjectorSettings(corners=Corners.of(half)),))
    shown = room.show(picture, turned)[..., 0]
    assert shown[:, 130:].min() > 250 and shown[:, :126].max() == 0, "the upper half lies on the window's right"


# ------------------------------------------------------------------ light


def side_by_side(gamma: float, black: float = 0.0) -> ProjectionSettings:
    """Two projectors, each half of the window, whose pictures overlap in the middle 20 % of the whole."""
    return ProjectionSettings(
        projectors=(
            ProjectorSettings(
                area=(0, 0, 0.5, 1), picture=(0, 0, 0.6, 1), blend=Blend(right=1 / 3, gamma=gamma, black=black)
            ),
            ProjectorSettings(
                area=(0.5, 0, 1, 1), picture=(0.4, 0, 1, 1), blend=Blend(left=1 / 3, gamma=gamma, black=black)
            ),
        )
    )


@pytest.mark.parametrize("gamma", [1.8, 2.2, 2.6])
@pytest.mark.parametrize("level", [255, 128])
def test_two_ramps_add_up_to_the_light_of_one(room: Room, gamma: float, level: int) -> None:
    shown = room.show(np.full((144, 256, 3), level, np.uint8), side_by_side(gamma))
    left, right = (light_of(half).mean(axis=(0, 2)) for half in (shown[:, :128], shown[:, 128:]))
    full = light_of(np.array(level))
    as_projected = [(half / full) ** (gamma / 2.2) for half in (left, right)]
    # The pixels of the two do not quite meet: both are placed in the whole picture, and read between.
    centres = (np.arange(128) + 0.5) / 128
    where = np.linspace(0.41, 0.59, 50)
    total = np.interp(where, 0.6 * centres, as_projected[0]) + np.interp(where, 0.4 + 0.6 * centres, as_projected[1])
    assert np.abs(total - 1.0).max() < 1 / 255 / full
    outside = np.concatenate([as_projected[0][:80], as_projected[1][48:]])
    assert np.abs(outside - 1.0).max() < 1 / 255 / full
    middle = np.interp(0.5, 0.6 * centres, as_projected[0])
    assert middle == pytest.approx(0.5, abs=0.01)


def test_four_ramps_meet_in_a_corner_with_the_light_of_one(room: Room) -> None:
    white = np.full((144, 256, 3), 255, np.uint8)
    total = np.zeros((72, 128))
    for across, columns in (("left", slice(0, 128)), ("right", slice(128, 256))):
        for down, rows in (("top", slice(0, 72)), ("bottom", slice(72, 144))):
            shown = room.show(white, one(blend=Blend(**{across: 0.5, down: 0.5})))
            total += light_of(shown)[rows, columns, 0]
    blocks = total.reshape(18, 4, 32, 4).mean(axis=(1, 3))  # so that the dither does not count
    assert np.abs(blocks - 1.0).max() < 1.5 / 255


def test_black_is_lifted_where_no_neighbour_shines(room: Room) -> None:
    shown = light_of(room.show(np.zeros((144, 256, 3), np.uint8), side_by_side(2.2, black=0.05)))[..., 0]
    assert shown[:, :80].mean() == pytest.approx(0.05, abs=0.003)
    assert shown[:, 90:165].max() < 0.004
    assert shown[:, 180:].mean() == pytest.approx(0.05, abs=0.003)


def test_a_mask_multiplies_the_light_of_the_picture_under_the_warp(room: Room, tmp_path: Path) -> None:
    mask = np.zeros((72, 128), np.uint8)
    mask[:, 64:] = 128
    mask[:36, 64:] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    level = light_of(np.array(200))
    shown = light_of(room.show(np.full((144, 256, 3), 200, np.uint8), one(mask="mask.png")))[..., 0]
    assert shown[:, :126].max() == 0.0
    assert np.abs(shown[:70, 130:] - level).max() < 0.01
    assert np.abs(shown[74:, 130:] - level * 128 / 255).max() < 0.01
    flat = tuple((x, 0.5 * y) for x, y in UNIT_SQUARE)
    warped = light_of(room.show(np.full((144, 256, 3), 200, np.uint8), one(mask="mask.png", corners=Corners.of(flat))))
    assert warped[40:70, 130:].mean() == pytest.approx(level * 128 / 255, abs=0.005)


def test_colours(room: Room) -> None:
    grey = np.full((144, 256, 3), 150, np.uint8)
    light = float(light_of(np.array(150)))
    colour = Colour(gain=(0.5, 1.0, 2.0), gamma=1.5, black=0.1)
    shown = light_of(room.show(grey, one(colour=colour))).mean(axis=(0, 1))
    expected = 0.1 + 0.9 * np.minimum(np.array([0.5, 1.0, 2.0]) * light**1.5, 1.0)
    assert shown == pytest.approx(expected, abs=0.004)
    black = light_of(room.show(np.zeros_like(grey), one(colour=colour)))
    assert black.mean() == pytest.approx(0.1, abs=0.002)


def test_projectors_keep_to_their_areas(room: Room) -> None:
    """A corner that is drawn beyond its area does not shine into the neighbour's."""
    wide = tuple((1.5 * x, y) for x, y in UNIT_SQUARE)
    left = ProjectorSettings(area=(0, 0, 0.5, 1), corners=Corners.of(wide))
    right = ProjectorSettings(area=(0.75, 0.25, 1, 1))
    shown = room.show(np.full((144, 256, 3), 255, np.uint8), ProjectionSettings(projectors=(left, right)))[..., 0]
    assert shown[:, :127].min() > 250 and shown[:, 129:191].max() == 0
    assert shown[37:, 193:].min() > 250 and shown[:35, 193:].max() == 0


def test_the_recording_dot_finds_the_corner_of_the_picture(gl: moderngl.Context, library: ShaderLibrary) -> None:
    with ProjectionMapper(gl, library, one(corners=Corners.of(QUAD))) as wall:
        assert wall.place_of((1.0, 0.0)) == pytest.approx(QUAD[1])
    with ProjectionMapper(gl, library, side_by_side(2.2)) as wall:
        assert wall.place_of((1.0, 0.0)) == pytest.approx((1.0, 0.0))
        assert wall.place_of((0.0, 0.5)) == pytest.approx((0.0, 0.5))


# ------------------------------------------------------------------ what goes wrong


def test_a_mask_that_is_gone_leaves_the_wall_as_it_was(
    gl: moderngl.Context, library: ShaderLibrary, window: moderngl.Framebuffer, tmp_path: Path
) -> None:
    with ProjectionMapper(gl, library, one(corners=Corners.of(QUAD)), tmp_path) as wall:
        before = wall.venue
        with pytest.raises(ConfigError, match=r"there is no file .*gone\.png"):
            wall.show(one(mask="gone.png"))
        assert wall.venue == before
        wall.compose(window)
        wall.project(window)


def test_a_broken_shader_leaves_the_wall_as_it_was(
    gl: moderngl.Context, window: moderngl.Framebuffer, tmp_path: Path
) -> None:
    shaders = Path(shutil.copytree(ROOT / "shaders", tmp_path / "shaders"))
    venue = ProjectionSettings(rotation=180, projectors=one(corners=Corners.of(QUAD)).projectors)
    with ProjectionMapper(gl, ShaderLibrary(shaders), venue) as wall:

        def shown() -> np.ndarray:
            wall.compose(window).clear(1.0, 1.0, 1.0, 1.0)
            wall.project(window)
            wall.turn(window)
            return read(window)

        before = shown()
        text = (shaders / "wall.frag").read_text()
        (shaders / "wall.frag").write_text(text + "\noops\n")
        with pytest.raises(ConfigError, match=r"^shaders/wall\.frag:\d+: "):
            wall.reload()
        assert (shown() == before).all()
        (shaders / "wall.frag").write_text(text.replace("light * coverage()", "light * coverage() * vec3(1, 0, 0)"))
        wall.reload()
        red = shown()
        assert red[..., 0].mean() > 100 and red[..., 1:].max() == 0


def test_closing_twice_is_harmless(gl: moderngl.Context, library: ShaderLibrary) -> None:
    wall = ProjectionMapper(gl, library, ProjectionSettings(rotation=90))
    wall.close()
    wall.close()
