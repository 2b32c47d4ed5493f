"""The benchmark's clips: exact truth, the same each time, and each as difficult as it says."""

from pathlib import Path

import numpy as np
import pytest
from drawn import film, layer, moved

from bench.clips import render
from bench.clips.catalogue import GROUPS, SPECS
from bench.clips.films import MOVING
from bench.clips.scene import HEIGHT, WIDTH
from bench.finished import composite


def test_there_are_ten_clips_or_more_each_for_one_difficulty() -> None:
    assert len(SPECS) >= 10
    assert (
        len({spec.hard_for for spec in SPECS}) == len({spec.seed for spec in SPECS}) == len(SPECS)
    )
    with pytest.raises(ValueError, match="no clip 'swim'; the clips are pan_zoom_turn,"):
        render.chosen(["swim"])


def test_clips_are_chosen_by_name_and_by_group() -> None:
    assert GROUPS == ("moving", "limited")
    assert render.chosen() == list(SPECS)
    assert render.chosen(groups=["moving"]) == list(MOVING)
    picked = render.chosen(["static", "rain"], ["limited"])
    assert [spec.name for spec in picked[:3]] == ["static", "rain", "close_up"]
    assert len(picked) == len(SPECS) - len(MOVING) + 1
    with pytest.raises(ValueError, match="no group 'loud'; the groups are moving, limited"):
        render.chosen(groups=["loud"])


@pytest.mark.parametrize("name", [spec.name for spec in MOVING])
def test_every_clip_can_be_taken_apart(name: str) -> None:
    """Something is drawn, and the background reaches every corner of the first and last frame."""
    (spec,), clip = render.chosen([name]), film(name)
    assert 36 <= clip.frames <= 48
    assert all(len(sprite.shown) == clip.frames for sprite in clip.sprites)
    # As many objects as planes and sprites, or fewer, with all planes in one object.
    most = {len(clip.sprites) + planes for planes in (1, len(clip.planes))}
    assert {len(clip.sprites) + 1} <= set(spec.objects) <= most
    for t in (0, clip.frames - 1):
        for plane, painted in enumerate(clip.planes):
            corners = np.array([(0, 0, 1), (WIDTH - 1, HEIGHT - 1, 1)]).T
            x, y, _ = clip.plane_matrix(plane, t) @ corners
            rows, columns, _ = painted.canvas.shape
            assert x.min() >= 0 and y.min() >= 0
            assert x.max() <= columns - 1 and y.max() <= rows - 1
        assert clip.background(t)[0].std() > 6


@pytest.mark.parametrize("name", ["crossing", "shadow", "parallax", "fade_in"])
def test_layers_of_the_truth_make_the_frame_again(name: str, tmp_path: Path) -> None:
    from toondecompose.store.artifacts import ClipFolder

    out, t = ClipFolder(root=tmp_path), 12
    frame = render.write_layers(film(name), t, out)
    sprites = [
        np.dstack([out.read_png(f"truth/{kind}/{k + 1}/012.png") for kind in ("colour", "alpha")])
        for k in range(len(film(name).sprites))
    ]
    again = composite(out.read_png("truth/plate/012.png"), sprites)
    assert np.abs(again - frame).max() <= 2.5  # rounded once per layer
    np.testing.assert_allclose(frame, film(name).frame(t), atol=1e-3)


def test_drawing_repeats_bit_for_bit() -> None:
    (spec,) = render.chosen(["shadow"])
    np.testing.assert_array_equal(spec.draw(spec.seed).frame(7), film("shadow").frame(7))
    assert (spec.draw(spec.seed + 1).frame(7) != film("shadow").frame(7)).mean() > 0.5


def test_a_rendered_clip_is_kept_until_its_code_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (spec,) = render.chosen(["walk_cycle"])
    short = film("walk_cycle")
    monkeypatch.setattr(render, "filmed", lambda film, frames, random: [])
    monkeypatch.setattr(render, "write_layers", lambda film, t, out: out.write_json("was.json", t))
    monkeypatch.setattr(render, "_inside", lambda out, k, shown: shown)
    assert render.render(spec, tmp_path)
    assert (tmp_path / "was.json").read_text() == f"{short.frames - 1}\n"
    assert not render.render(spec, tmp_path)
    monkeypatch.setattr(render, "fingerprint", lambda spec: "another")
    assert render.render(spec, tmp_path)


def test_pan_zoom_turn_does_all_three() -> None:
    first, last = (film("pan_zoom_turn").plane_matrix(0, t) for t in (0, 41))
    across = np.linalg.inv(last) @ first
    scale = np.hypot(across[0, 0], across[1, 0])
    assert scale == pytest.approx(1.16)
    assert abs(np.rad2deg(np.arctan2(across[1, 0], across[0, 0]))) == pytest.approx(5)
    assert np.linalg.norm(moved(first, last)) > 200


def test_static_camera_stands_still_while_the_girl_moves() -> None:
    clip = film("static")
    np.testing.assert_array_equal(clip.plane_matrix(0, 0), clip.plane_matrix(0, 47))
    assert np.linalg.norm(moved(clip.sprites[0].motion(0), clip.sprites[0].motion(24))) > 150
    shown = clip.sprites[0].shown
    assert len(set(shown[26:34])) == 1  # she stands as still as the wall behind her


def test_crossing_sprites_overlap_and_are_apart_before_and_after() -> None:
    def overlap(a: int, b: int, t: int) -> int:
        alphas = [layer("crossing", k, t)[..., 3] for k in (a, b)]
        return int(((alphas[0] > 0.5) & (alphas[1] > 0.5)).sum())

    for pair, t in (((0, 1), 30), ((0, 2), 30), ((1, 2), 33)):
        assert overlap(*pair, t) > 500
        assert overlap(*pair, 3) == overlap(*pair, 47) == 0
    assert film("crossing").sprites[0].rigid


def test_twos_and_threes_slide_and_come_back() -> None:
    clip = film("twos_threes")
    shown = np.array(clip.sprites[0].shown)
    lengths = np.diff(np.flatnonzero(np.diff(shown, prepend=-1, append=-1)))
    assert set(lengths[:8]) == {2, 3}
    held = [t for t in range(1, 48) if shown[t] == shown[t - 1]]
    steps = [moved(clip.sprites[0].motion(t - 1), clip.sprites[0].motion(t)) for t in held]
    slides = np.linalg.norm(steps, axis=1)
    assert 0.2 < (slides > 0.2).mean() < 0.8
    starts = [d for t, d in enumerate(shown) if t == 0 or shown[t - 1] != d]
    assert len(starts) > len(set(starts))  # a drawing returns


def test_loose_hair_is_thin() -> None:
    """A good part of the cover lies where an opening by 3 px takes it away."""
    import cv2

    alpha = layer("loose_hair", 0, 6)[..., 3]
    solid = (alpha > 0.3).astype(np.uint8)
    thin = solid & ~cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((4, 4), np.uint8))
    assert thin.sum() > 1500


def test_still_figure_moves_less_than_the_camera() -> None:
    one, other = (layer("still_figure", 0, t)[..., 3] for t in (3, 27))
    assert (np.abs(one - other) < 0.02)[one == 1].mean() > 0.85
    clip = film("still_figure")
    assert 0.5 < np.linalg.norm(moved(clip.plane_matrix(0, 20), clip.plane_matrix(0, 21))) < 3


def test_shadow_is_translucent() -> None:
    alpha = layer("shadow", 0, 12)[..., 3]
    plateau = (alpha > 0.40) & (alpha < 0.50)
    assert plateau.sum() > 1500
    assert layer("shadow", 0, 12)[..., :3][plateau].mean() < 60  # and dark


def test_motion_blur_smears_the_edge() -> None:
    alpha = layer("motion_blur", 0, 18)[..., 3]
    soft = (alpha > 0.05) & (alpha < 0.95)
    assert soft.sum() > 0.7 * (alpha >= 0.95).sum()


def test_parallax_shows_two_planes_that_move_apart() -> None:
    clip = film("parallax")
    plate, shares = clip.background(20)
    assert 0.1 < shares[0].mean() < 0.6
    np.testing.assert_allclose(sum(shares), 1, atol=1e-5)
    steps = [moved(clip.plane_matrix(p, 20), clip.plane_matrix(p, 21))[0] for p in (0, 1)]
    assert steps[0] / steps[1] == pytest.approx(0.5)


def test_the_drifting_sky_is_a_third_plane() -> None:
    clip = film("drifting_sky")
    shares = clip.background(20)[1]
    assert shares[0].mean() > 0.1 and shares[1].mean() > 0.04
    steps = [moved(clip.plane_matrix(p, 20), clip.plane_matrix(p, 21))[0] for p in range(3)]
    np.testing.assert_allclose(np.array(steps) / steps[2], [0.25, 0.6, 1])


def test_fade_in_begins_nearly_black() -> None:
    clip = film("fade_in")
    assert clip.opacity[0] < 0.1 and clip.opacity[15] == clip.opacity[-1] == 1
    assert clip.frame(0).mean() < 0.1 * clip.frame(20).mean()


def test_grain_and_codec_change_the_picture() -> None:
    clip = film("grain_h264")
    clean = [clip.frame(t) for t in (0, 1)]
    dirty = render.filmed(clip, clean, np.random.default_rng(0))
    error = np.abs(dirty[1] - clean[1])
    assert 1 < error.mean() < 8
    again = render.filmed(clip, clean, np.random.default_rng(0))
    np.testing.assert_array_equal(dirty, again)


def test_low_contrast_at_the_blouse() -> None:
    clip = film("low_contrast")
    alpha = layer("low_contrast", 0, 20)[..., 3]
    colour = layer("low_contrast", 0, 20)[..., :3]
    step = np.abs(colour - clip.background(20)[0]).mean(axis=-1)
    blouse = (alpha == 1) & (np.arange(HEIGHT)[:, None] > 240) & (colour.min(axis=-1) > 225)
    assert blouse.sum() > 8000
    assert np.median(step[blouse]) < 12


def test_walk_cycle_never_shows_a_drawing_again() -> None:
    shown = film("walk_cycle").sprites[0].shown
    assert render.numbered(shown) == [t // 2 for t in range(40)]
    # Ten drawings make a cycle: the same pose, drawn anew, differs along every outline.
    one, other = (layer("walk_cycle", 0, t)[..., 3] for t in (4, 24))
    assert 200 < np.abs(one - other).sum() < 0.3 * one.sum()


def test_numbered() -> None:
    assert render.numbered([4, 4, None, 2, 4]) == [0, 0, None, 1, 0]
