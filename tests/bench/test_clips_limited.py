"""The group ``limited``: every clip shows what its name says, with exact truth."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn import film, layer, moved

from bench.clips import render, styles
from bench.clips.limited import LIMITED
from bench.clips.scene import HEIGHT, WIDTH
from bench.finished import composite
from toondecompose.store.artifacts import ClipFolder

STATIC = (
    "dialogue", "lip_sync", "on_the_spot_textured", "on_the_spot_even", "passer_by",
    "two_passers_by", "enters_and_stays", "cat_sits",
)  # fmt: skip
EVEN = ("on_the_spot_even", "passer_by")


def place(name: str, sprite: int, t: int) -> np.ndarray:
    """Return how far (x, y) a sprite has moved on the screen since frame 0, frame pixels."""
    motion = film(name).sprites[sprite].motion
    return moved(motion(0), motion(t))


def scale(first: np.ndarray, last: np.ndarray) -> float:
    """Return how much larger things are under the second matrix."""
    across = np.linalg.inv(last) @ first
    return float(np.hypot(across[0, 0], across[1, 0]))


@pytest.mark.parametrize("spec", LIMITED, ids=lambda spec: spec.name)
def test_every_clip_can_be_taken_apart(spec: render.ClipSpec) -> None:
    clip = film(spec.name)
    assert spec.group == "limited" and spec.objects == (len(clip.sprites) + 1,)
    assert 16 <= clip.frames <= 30
    assert all(len(sprite.shown) == clip.frames for sprite in clip.sprites)
    corners = np.array([(0, 0, 1), (WIDTH - 1, HEIGHT - 1, 1)]).T
    rows, columns, _ = clip.planes[0].canvas.shape
    for t in range(clip.frames):
        x, y, _ = clip.plane_matrix(0, t) @ corners
        assert x.min() >= 0 and y.min() >= 0 and x.max() <= columns - 1 and y.max() <= rows - 1
    spread = np.ptp(clip.background(clip.frames - 1)[0], axis=(0, 1)).max()
    assert spread < 1e-3 if spec.name in EVEN else spread > 100


@pytest.mark.parametrize(
    "name", ["dialogue", "two_touch", "rain", "logo_subtitle", "light_band", "cat_sits"]
)
def test_layers_of_the_truth_make_the_frame_again(name: str, tmp_path: Path) -> None:
    out, t = ClipFolder(root=tmp_path), 6
    frame = render.write_layers(film(name), t, out)
    layers = [
        np.dstack([out.read_png(f"truth/{kind}/{k + 1}/006.png") for kind in ("colour", "alpha")])
        for k in range(len(film(name).sprites))
    ]
    assert out.path("truth/overlay/006.png").exists() == (film(name).overlay is not None)
    if film(name).overlay is not None:
        layers.append(out.read_png("truth/overlay/006.png"))
    again = composite(out.read_png("truth/plate/006.png"), layers)
    assert np.abs(again - frame).max() <= 2.5  # rounded once per layer
    np.testing.assert_allclose(frame, film(name).frame(t), atol=1e-3)


def test_drawing_repeats_bit_for_bit() -> None:
    name = "dialogue"
    (spec,) = render.chosen([name])
    np.testing.assert_array_equal(spec.draw(spec.seed).frame(7), film(name).frame(7))
    assert (spec.draw(spec.seed + 1).frame(7) != film(name).frame(7)).mean() > 0.2


def test_static_cameras_stand_still() -> None:
    for name in STATIC:
        matrices = [film(name).plane_matrix(0, t) for t in range(film(name).frames)]
        assert all((m == matrices[0]).all() for m in matrices)


@pytest.mark.parametrize(
    ("name", "step"),
    [("close_up", 4), ("covers_most", 1), ("two_touch", 3), ("rain", 5), ("logo_subtitle", 4)],
)
def test_pans_are_even(name: str, step: float) -> None:
    matrices = [film(name).plane_matrix(0, t) for t in range(film(name).frames)]
    ways = [moved(one, other) for one, other in zip(matrices, matrices[1:], strict=False)]
    np.testing.assert_allclose(ways, np.tile((-step, 0.0), (len(ways), 1)), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "least", "most"), [("close_up", 0.40, 0.50), ("covers_most", 0.55, 0.65)]
)
def test_figures_from_near_fill_the_picture(name: str, least: float, most: float) -> None:
    shares = [layer(name, 0, t)[..., 3].mean() for t in (0, 9, 18)]
    assert least < min(shares) and max(shares) < most
    assert not np.array_equal(layer(name, 0, 0), layer(name, 0, 9))
    assert (layer(name, 0, 9)[HEIGHT // 2, 200:400, 3] == 1).all()


def test_close_up_shows_flat_skin() -> None:
    shown = layer("close_up", 0, 0)
    skin = (shown[..., :3] == (250, 218, 194)).all(axis=-1)
    assert skin.sum() > 0.35 * shown[..., 3].sum()


def test_dialogue_is_painted_and_sways_a_few_pixels() -> None:
    shown = layer("dialogue", 0, 0)
    inside = shown[..., :3][shown[..., 3] == 1].astype(np.uint8)
    assert len(np.unique(inside, axis=0)) > 3000
    ways = np.array([place("dialogue", 0, t) for t in range(24)])
    assert 4 <= np.ptp(ways[:, 0]) <= 10 and np.ptp(ways[:, 1]) == 0
    assert len(set(film("dialogue").sprites[0].shown)) == 12


def test_lip_sync_moves_nothing_but_mouth_and_lids() -> None:
    (sprite,) = film("lip_sync").sprites
    assert render.numbered(sprite.shown[:6]) == [0, 0, 1, 1, 2, 2] and set(sprite.shown) == {
        0, 1, 2, 3,
    }  # fmt: skip
    assert all((sprite.motion(t) == sprite.motion(0)).all() for t in range(24))
    still, *others = (layer("lip_sync", 0, sprite.shown.index(d)) for d in range(4))
    changed = [np.abs(other - still).max(axis=-1) > 0 for other in others]
    for other in others:
        np.testing.assert_array_equal(other[..., 3], still[..., 3])
    whole = still[..., 3].sum()
    assert all(0.002 * whole < change.sum() < 0.06 * whole for change in changed)
    assert (changed[0] != changed[1]).any()
    assert not (changed[0] & changed[2]).any()  # mouth and lids lie apart


@pytest.mark.parametrize(("name", "bob"), [("on_the_spot_textured", 3), ("on_the_spot_even", 2)])
def test_steps_on_the_spot(name: str, bob: float) -> None:
    alphas = np.stack([layer(name, 0, t)[..., 3] for t in range(0, 16, 2)])
    crowns = [np.flatnonzero(alpha.max(axis=1) > 0.5)[0] for alpha in alphas]
    assert abs(np.ptp(crowns) - bob) <= 1
    assert all((place(name, 0, t) == 0).all() for t in range(24))
    rows = alphas.max(axis=(0, 2)) > 0
    top, low = np.flatnonzero(rows)[[0, -1]]
    for part in (alphas[:, top : top + 90], alphas[:, low - 80 : low]):
        assert (np.ptp(part, axis=0) > 0.5).sum() > 100  # head and legs both move


def test_passer_by_crosses_on_twos() -> None:
    at = np.array([place("passer_by", 0, t)[0] for t in range(30)])
    assert (at[1::2] == at[::2]).all() and (np.diff(at[::2]) == at[2]).all()
    columns = [np.flatnonzero(layer("passer_by", 0, t)[..., 3].any(axis=0)) for t in (0, 28)]
    assert columns[0].max() < 0.2 * WIDTH and columns[1].min() > 0.65 * WIDTH


def test_two_passers_by_go_opposite_ways() -> None:
    one, other = (place("two_passers_by", k, 26)[0] for k in (0, 1))
    assert one > 300 and other < -300
    first, middle = (
        (layer("two_passers_by", 0, t)[..., 3] * layer("two_passers_by", 1, t)[..., 3]).sum()
        for t in (0, 16)
    )
    assert first == 0 and middle > 1000


def test_the_camera_shakes_and_the_girl_stands_on_the_ground() -> None:
    clip = film("shake")
    matrices = [clip.plane_matrix(0, t) for t in range(20)]
    ways = [moved(one, other) for one, other in zip(matrices, matrices[1:], strict=False)]
    lengths = np.linalg.norm(ways, axis=1)
    assert lengths.max() <= 14 and np.median(lengths) > 6
    for t in range(20):
        np.testing.assert_allclose(place("shake", 0, t), moved(matrices[0], matrices[t]), atol=1e-9)


def test_slow_zoom_takes_the_figure_along() -> None:
    clip = film("slow_zoom")
    ground = [clip.plane_matrix(0, t) for t in (0, 23)]
    figure = [clip.sprites[0].motion(t) for t in (0, 23)]
    assert scale(*ground) == pytest.approx(1.14) == scale(*figure)
    breath = [clip.sprites[0].sheet(d)[..., 3] for d in (0, 2)]
    assert 500 < np.count_nonzero(breath[0] != breath[1]) < 0.03 * breath[0].size


def test_enters_and_stays_for_more_than_half() -> None:
    at = np.array([place("enters_and_stays", 0, t)[0] for t in range(28)])
    stays = at == at[-1]
    assert stays.mean() > 0.5 and at[-1] > 100
    shown = film("enters_and_stays").sprites[0].shown
    standing = layer("enters_and_stays", 0, 12)
    assert layer("enters_and_stays", 0, 0)[..., 3].sum() < 0.6 * standing[..., 3].sum()
    for t in range(10, 28):
        if shown[t] != shown[12] and shown[t] != shown[t - 1]:  # the blink, the mouth
            change = np.abs(layer("enters_and_stays", 0, t) - standing).max(axis=-1) > 0
            assert 10 < change.sum() < 300


def test_two_touch_in_every_frame() -> None:
    clip, kernel = film("two_touch"), np.ones((3, 3), np.uint8)
    # Both are on twos: the frames between show the same.
    assert all(place("two_touch", k, t + 1)[0] == place("two_touch", k, t)[0]
               for k in (0, 1) for t in range(0, 24, 2))  # fmt: skip
    for t in range(0, clip.frames, 2):
        one, other = (layer("two_touch", k, t)[..., 3] > 0.5 for k in (0, 1))
        assert (cv2.dilate(one.astype(np.uint8), kernel) & other).any()
        assert (other & ~one).sum() > 0.5 * other.sum()  # but neither hides the other


def test_rain_lies_over_walker_and_street() -> None:
    clip = film("rain")
    drops = [clip.overlay(t) for t in range(5)]
    np.testing.assert_array_equal(drops[0], drops[4])
    assert (drops[0] != drops[1]).any()
    wet = drops[2][..., 3] > 0.1
    assert 0.02 < wet.mean() < 0.2 and drops[2][..., 3].max() < 0.9
    walker = layer("rain", 0, 2)[..., 3] == 1
    assert (wet & walker).sum() > 200
    assert not (wet & walker).sum() == walker.sum()


def test_light_sweeps_over_walker_and_park() -> None:
    clip = film("light_band")
    strength = np.stack([clip.overlay(t)[..., 3] for t in range(clip.frames)])
    assert 0.4 < strength.max() < 0.5 and (strength.max(axis=0) > 0.3).mean() > 0.8
    assert ((strength > 0.1).mean(axis=0) < 0.5).all()  # every place is mostly without it
    on_walker = [(strength[t] * layer("light_band", 0, t)[..., 3]).max() for t in range(24)]
    assert max(on_walker) > 0.4 and min(on_walker) < 0.01


def test_logo_and_subtitle_never_meet_the_walker() -> None:
    clip = film("logo_subtitle")
    burnt = clip.overlay(0)[..., 3]
    assert (clip.overlay(9)[..., 3] == burnt).all()
    assert (burnt[:70, 550:] > 0.5).sum() > 400 and (burnt[320:] > 0.9).sum() > 1500
    assert not burnt[75:320].any()
    for t in range(0, clip.frames, 2):
        assert not (layer("logo_subtitle", 0, t)[..., 3] * burnt).any()


def test_the_cat_leaps_in_and_sits_with_a_soft_rim() -> None:
    at = np.array([place("cat_sits", 0, t) for t in range(28)])
    assert (at[12:] == at[-1]).all() and at[-1][0] > 200 and at[:12, 1].min() < -20
    assert layer("cat_sits", 0, 0)[:, 0, 3].any()  # it comes in at the left edge
    alpha = layer("cat_sits", 0, 20)[..., 3]
    outside = cv2.distanceTransform((alpha < 0.95).astype(np.uint8), cv2.DIST_L2, 5)
    soft = (alpha > 0.1) & (alpha < 0.5) & (outside > 0)
    edge = (outside > 0) & (outside <= 1)
    assert 2 * edge.sum() < soft.sum() + edge.sum() < 6 * edge.sum()
    assert 2 <= np.quantile(outside[soft], 0.95) <= 4.5


def test_styles_draw_the_same_part() -> None:
    square = np.array([(20, 20), (100, 20), (100, 100), (20, 100.0)])
    drawn = {}
    for name in ("INKED", "THIN", "FLAT", "PAINTED"):
        style = getattr(styles, name)
        cel = style.sheet(width=60, height=60, scale=0.5)
        cel.part(square, (200, 120, 60), ink=(40, 20, 10), width=4, shadows=[square + (50, 0)],
                 shade=(150, 80, 60))  # fmt: skip
        drawn[name] = style.finished(cel)
    covers = {name: (samples[..., 3] / 255).sum() for name, samples in drawn.items()}
    assert covers["FLAT"] < covers["THIN"] < covers["INKED"] < 1.15 * covers["FLAT"]
    assert covers["PAINTED"] == pytest.approx(covers["FLAT"], rel=0.01)
    colours = {
        name: len(np.unique(samples[samples[..., 3] == 255], axis=0))
        for name, samples in drawn.items()
    }
    assert colours["FLAT"] == 1 and colours["INKED"] == 3 and colours["PAINTED"] > 300
    lit, dark = (
        drawn["PAINTED"][rows, rows, :3].mean() for rows in (slice(50, 80), slice(170, 195))
    )
    assert lit > dark + 10
