"""The outlines of planes: found wide and soft, and closed where nothing was seen behind."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from toondecompose.core import geometry
from toondecompose.planes.background import Plane
from toondecompose.planes.texture import Texture
from toondecompose.plates import soft_outlines
from toondecompose.plates.plates import gather_plates, render_plates
from toondecompose.plates.soft_outlines import continued_alpha, find_plane_outlines
from toondecompose.plates.triangulation import triangulate
from toondecompose.plates.visibility import (
    plane_masks,
    region_depths,
    softened_alpha,
    unknown_band,
    unoccluded,
    visibility,
)

SIZE = (96, 72)
BLANK = Texture(*(np.zeros((1, 1)) for _ in range(3)))


def painted(size: tuple[int, int], seed: int) -> np.ndarray:
    """A painting without flat places, (H, W, 3) float32."""
    noise = np.random.default_rng(seed).normal(0, 1, (size[1], size[0], 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    return 128 + 45 * soft / soft.std()


def background_shot(count: int, cover: np.ndarray) -> tuple[list[np.ndarray], list[Plane]]:
    """Frames of a house, (80, 150) its alpha, before a distance that moves half as fast."""
    house, distance = painted((150, 80), 1), painted((130, 80), 2)
    near, far = (
        np.stack([geometry.translation(step * t + 2, 2) for t in range(count)])
        for step in (2.6, 1.1)
    )
    frames = []
    for t in range(count):
        front = geometry.to_frame(np.dstack([house * cover[..., None], cover]), near[t], SIZE)
        back = geometry.to_frame(distance, far[t], SIZE)
        shown = front[..., :3] + (1 - front[..., 3:]) * back
        frames.append(np.clip(np.round(shown), 0, 255).astype(np.uint8))
    label = (cover > 0.5).astype(np.float32)
    planes = [
        Plane(near, (150, 80), BLANK, label),
        Plane(far, (130, 80), BLANK, np.ones((80, 130), np.float32)),
    ]
    return frames, planes


@pytest.fixture
def out_of_focus() -> np.ndarray:
    """A house's alpha with an outline some twelve pixels wide."""
    cover = np.zeros((80, 150), np.float32)
    cv2.rectangle(cover, (50, 30), (105, 80), 1.0, -1)
    return cv2.GaussianBlur(cover, (0, 0), 3)


def test_a_soft_outline_is_found_although_the_label_is_wrong(out_of_focus) -> None:
    frames, planes = background_shot(16, out_of_focus)
    wrong = np.roll(planes[0].alpha, (4, -4), (0, 1))
    free = [np.ones(SIZE[::-1], bool)] * 16
    found = find_plane_outlines(
        frames, free, (replace(planes[0], alpha=wrong), planes[1]), outline_error=2.0
    )
    soft = (out_of_focus > 0.02) & (out_of_focus < 0.98)
    soft[:3] = soft[73:] = False
    assert np.abs(wrong - out_of_focus)[soft].mean() > 0.3
    assert np.abs(found[0].alpha - out_of_focus)[soft].mean() < 0.08
    np.testing.assert_array_equal(found[1].alpha, 1)

    def missed(planes: tuple[Plane, ...]) -> float:
        plates = gather_plates(frames, [free], planes, outline_error=2.0)
        return np.mean(
            [np.abs(render_plates(plates, t, SIZE).colour - frames[t]) for t in (0, 8, 15)]
        )

    assert missed(found) < 0.5 * missed((replace(planes[0], alpha=wrong), planes[1]))


def test_a_gap_through_which_nothing_was_seen_is_closed(out_of_focus) -> None:
    frames, planes = background_shot(16, out_of_focus)
    label = planes[0].alpha.copy()
    label[50:54, 70:84] = 0  # painted on the house, and narrower than outlines are known
    free = [np.ones(SIZE[::-1], bool)] * 16
    found = find_plane_outlines(
        frames, free, (replace(planes[0], alpha=label), planes[1]), outline_error=2.0
    )
    assert found[0].alpha[48:56, 68:86].min() > 0.9
    assert found[0].alpha[5:15, 60:90].max() < 0.1, "what is a gap stays one"


def test_a_line_through_which_nothing_was_seen_closes_nothing(out_of_focus, monkeypatch) -> None:
    """Such lines lie where both planes cease to be seen; what is wider is the plane itself."""
    frames, planes = background_shot(16, out_of_focus)
    unseen = np.zeros((80, 150), bool)
    unseen[6:16, 70:72] = unseen[6:16, 80:88] = True
    monkeypatch.setattr(soft_outlines, "_without_background", lambda *_, **__: unseen)
    free = [np.ones(SIZE[::-1], bool)] * 16
    alpha = find_plane_outlines(frames, free, planes, outline_error=2.0)[0].alpha
    assert alpha[8:14, 70:72].max() < 0.1 and alpha[8:14, 82:86].min() == 1


def test_a_nearer_plane_is_not_painted_on_the_outline_of_the_next(out_of_focus) -> None:
    frames, planes = background_shot(16, out_of_focus)
    # A red post passes before the house's left outline.
    post = np.zeros((80, 160), np.float32)
    post[:, 60:84] = 1
    motion = np.stack([geometry.translation(4.5 * t + 2, 2) for t in range(16)])
    red = np.array((230, 20, 20), np.float32)
    for t, frame in enumerate(frames):
        cover = geometry.to_frame(post, motion[t], SIZE)[..., None]
        frames[t] = np.round(cover * red + (1 - cover) * frame).astype(np.uint8)
    planes = (Plane(motion, (160, 80), BLANK, post), *planes)
    free = [np.ones(SIZE[::-1], bool)] * 16
    found = find_plane_outlines(frames, free, planes, outline_error=2.0)
    paint = gather_plates(frames, [free], found, outline_error=2.0)[1].paint
    band = (out_of_focus > 0.02) & (out_of_focus < 0.98)
    band[:6] = band[70:] = False
    assert np.abs(paint[..., 3] - out_of_focus)[band].mean() < 0.1
    house = painted((150, 80), 1) * out_of_focus[..., None]
    assert np.abs(paint[..., :3] - house)[band].mean() < 16


def test_no_plane_is_looked_at_where_a_nearer_one_may_be(out_of_focus) -> None:
    _, planes = background_shot(3, out_of_focus)
    free = [np.ones(SIZE[::-1], bool)] * 3
    free[1] = np.zeros(SIZE[::-1], bool)
    near, middle, last = unoccluded([planes[0], *planes], free, 2.0)
    for t in range(3):
        np.testing.assert_array_equal(near[t], free[t])
        depth = geometry.to_frame(
            region_depths(planes[0].alpha, 2.0)[0], planes[0].homographies[t], SIZE
        )
        np.testing.assert_array_equal(middle[t], free[t] & (depth <= 0))
        np.testing.assert_array_equal(last[t], middle[t])


def test_a_single_plane_stays_as_it_is(out_of_focus) -> None:
    frames, planes = background_shot(4, out_of_focus)
    free = [np.ones(SIZE[::-1], bool)] * 4
    assert find_plane_outlines(frames, free, (planes[1],), outline_error=2.0)[0] is planes[1]


def test_beyond_the_frames_a_label_goes_on_as_it_is_inside(out_of_focus) -> None:
    _, planes = background_shot(4, out_of_focus)
    label = planes[0].alpha.copy()
    label[:, 110:] = 1  # no frame looks there
    alpha = continued_alpha(replace(planes[0], alpha=label), SIZE)
    assert alpha[10, 120] == 0 and alpha[76, 60] == 1
    np.testing.assert_array_equal(alpha[5:70, 5:95], label[5:70, 5:95])


def test_extent_of_a_soft_alpha() -> None:
    alpha = np.clip((np.arange(60, dtype=np.float32) - 20) / 20, 0, 1)[None].repeat(5, axis=0)
    possible, sure = region_depths(alpha, 3.0)
    assert abs(possible[2, 21] - 3.5) < 1 and abs(sure[2, 39] + 2.5) < 1
    band = np.flatnonzero(unknown_band(alpha, 3.0)[2])
    assert abs(band[0] - 18) <= 1 and abs(band[-1] - 42) <= 1
    assert unknown_band(np.ones((5, 60), np.float32), 3.0).sum() == 0
    assert abs(softened_alpha((alpha > 0.5).astype(np.float32), 3.0)[2, 30] - 0.5) < 0.1


def test_every_place_is_seen_as_some_plane_in_the_last_choice(out_of_focus) -> None:
    _, planes = background_shot(6, out_of_focus)
    planes = [replace(planes[0], alpha=out_of_focus), planes[1]]
    choices = visibility(planes, SIZE, 3.0)
    for t in range(6):
        near, far = (choices[-1][i][t] for i in (0, 1))
        assert (near ^ far).all()
        for surer, next_ in zip(choices, choices[1:], strict=False):
            assert all((next_[i][t] | ~surer[i][t]).all() for i in (0, 1))
    near, far = plane_masks(planes, [np.zeros(SIZE[::-1], bool)] * 6, None)
    assert not near[0].any() and not far[0].any(), "a sprite hides all planes"


def test_what_no_alpha_explains_is_no_evidence() -> None:
    rng = np.random.default_rng(0)
    clouds = np.cumsum(rng.normal(0, 2, (60, 1, 3)), axis=0).repeat(50, axis=1)
    behind = 200 + clouds.astype(np.float32)
    shown = 200 + np.cumsum(rng.normal(0, 2, (60, 50, 3)), axis=0).astype(np.float32)
    valid = np.ones((60, 50), bool)
    alpha, _ = triangulate(shown, behind, valid, prior=np.full(50, 0.1), noise=1.0)
    assert np.median(alpha) < 0.3, "clouds that drift by themselves make no house"
    house = np.full((60, 50, 3), 90, np.float32) + rng.normal(0, 1, (60, 50, 3))
    alpha, _ = triangulate(
        house.astype(np.float32), behind, valid, prior=np.full(50, 0.1), noise=1.0
    )
    assert alpha.min() > 0.9
