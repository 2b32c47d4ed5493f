"""The example clip: what it shows is what its truth says."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.violet import Clip, ClipSpec, render_clip
from data.violet.cel import Cel, spline
from data.violet.render import main

_IMAGE_FOLDERS = ("frames", "truth/alpha", "truth/near_alpha", "truth/plate")
SMALL = ClipSpec(frames=12, width=320, height=180)


@pytest.fixture(scope="module")
def small() -> Clip:
    return render_clip(SMALL)


@pytest.fixture(scope="module")
def long() -> Clip:
    """All 78 frames, small: the whole acting, blink included."""
    return render_clip(ClipSpec(width=192, height=108))


def test_same_spec_gives_same_bytes(small: Clip) -> None:
    again = render_clip(SMALL)
    for t in (7, 0, 11):  # in another order than the first clip is asked for
        assert again.frame(t).tobytes() == small.frame(t).tobytes()
        assert again.alpha(t).tobytes() == small.alpha(t).tobytes()


def test_another_seed_gives_another_street(small: Clip) -> None:
    other = render_clip(ClipSpec(frames=12, width=320, height=180, seed=7))
    assert np.abs(other.plate(0).astype(int) - small.plate(0)).mean() > 0.5


def test_frame_is_the_composite_of_its_truth(small: Clip) -> None:
    for t in range(0, SMALL.frames, 3):
        figure = small.figure(t)
        alpha = figure[..., 3:]
        composite = alpha * figure[..., :3] + (1 - alpha) * small.plate(t)
        assert np.abs(composite - small.frame(t)).max() <= 1.01  # plate and frame are rounded


def test_alpha_is_coverage_with_soft_edges(small: Clip) -> None:
    alpha = small.alpha(4)
    assert alpha.dtype == np.float32
    assert alpha.min() == 0 and alpha.max() == 1
    soft = (alpha > 0) & (alpha < 1)
    assert 0.005 < soft.mean() < 0.1
    assert np.array_equal(alpha * 16, np.round(alpha * 16))  # sixteen samples per pixel


def test_holds_repeat_the_drawing_and_only_slide(small: Clip) -> None:
    exposure = small.exposure
    assert exposure[0] == 0 and max(np.diff(exposure)) == 1
    held = [t for t in range(1, SMALL.frames) if exposure[t] == exposure[t - 1]]
    assert held
    for t in range(1, SMALL.frames):
        same_place = small.offset(t) == small.offset(t - 1)
        same_drawing = exposure[t] == exposure[t - 1]
        if same_drawing and same_place:
            assert np.array_equal(small.figure(t), small.figure(t - 1))
        if not same_drawing:
            assert not np.array_equal(small.alpha(t), small.alpha(t - 1))


def test_slides_are_rigid() -> None:
    clip = render_clip(ClipSpec(frames=24, width=320, height=180))
    slid = 0
    for t in range(1, 24):
        step = np.subtract(clip.offset(t), clip.offset(t - 1))
        if clip.exposure[t] != clip.exposure[t - 1] or not step.any():
            continue
        slid += 1
        move = np.array([[1, 0, step[0]], [0, 1, step[1]]])
        moved = cv2.warpAffine(clip.alpha(t - 1), move, (320, 180), flags=cv2.INTER_LINEAR)
        inside = np.s_[4:-4, 4:-4]
        assert np.abs(moved - clip.alpha(t))[inside].mean() < 0.004
    assert slid


def test_drawings_are_held_for_two_or_three_frames(long: Clip) -> None:
    exposure = np.array(long.exposure)
    starts = np.flatnonzero(np.diff(exposure, prepend=-1))
    lengths = np.diff(np.append(starts, len(exposure)))
    assert set(lengths[:-1]) == {2, 3} and lengths[-1] == 4
    assert any(np.diff(exposure) < 0)  # after the blink an earlier drawing comes back


@pytest.mark.parametrize("planes", [1, 2])
def test_plate_moves_by_the_true_homography(planes: int) -> None:
    clip = render_clip(ClipSpec(frames=8, width=480, height=270, planes=planes))
    for t in (0, 4):
        step = np.linalg.inv(clip.homography(t + 1)) @ clip.homography(t)
        moved = cv2.warpPerspective(
            clip.plate(t), step, (480, 270), flags=cv2.INTER_CUBIC, borderValue=0
        )
        seen = cv2.warpPerspective(np.ones((270, 480), np.float32), step, (480, 270)) > 0.999
        near = cv2.erode(clip.near_alpha(t + 1), np.ones((9, 9))) > 0.999
        if planes == 1:
            near[:] = True
        after = clip.plate(t + 1).astype(int)
        error = np.abs(moved - after)[seen & near].mean()
        assert error < 1.0
        shifted = np.abs(np.roll(moved, 1, axis=1) - after)[seen & near].mean()
        assert error < 0.3 * shifted  # one pixel beside the truth is far worse


def test_distance_is_seen_and_moves_slower(long: Clip) -> None:
    share = [(long.near_alpha(t) < 0.5).mean() for t in (0, 40, 77)]
    assert min(share) > 0.05
    near = long.homography(77)[0, 2] - long.homography(0)[0, 2]
    far = long.far_homography(77)[0, 2] - long.far_homography(0)[0, 2]
    assert 0.4 < far / near < 0.7


def test_pan_slows_down_to_almost_nothing(long: Clip) -> None:
    centre = np.array((96.0, 54.0, 1.0))
    path = np.array([long.homography(t) @ centre for t in range(78)])[:, 0]
    speed = np.diff(path) * 1280 / 192
    assert 9 < speed[0] < 11
    assert 0 < speed[-1] < 1
    assert np.all(np.diff(speed) < 1e-9)


def test_fists_leave_the_frame_and_come_back(long: Clip) -> None:
    """Right of the chest there is an arm at some times and none at others."""
    shown = [long.alpha(t)[80:, 118:].max() > 0.5 for t in range(78)]
    changes = np.flatnonzero(np.diff(np.array(shown, int)))
    assert len(changes) >= 3


def test_loose_hair_is_one_or_two_pixels_wide() -> None:
    clip = render_clip(ClipSpec(frames=1))
    alpha = clip.alpha(0)
    thick = cv2.morphologyEx(alpha, cv2.MORPH_OPEN, np.ones((4, 4)))
    strands = (alpha > 0.5) & (thick < 0.5)
    assert strands.sum() > 150
    assert strands[:160].any()  # above the head, away from any other edge


@pytest.mark.parametrize("size", [(160, 96), (161, 97), (97, 161), (320, 120)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    width, height = size
    clip = render_clip(ClipSpec(frames=2, width=width, height=height))
    assert clip.frame(1).shape == (height, width, 3)
    assert 0.1 < clip.alpha(1).mean() < 0.8


def test_bad_specs_are_refused() -> None:
    with pytest.raises(ValueError, match="got 0 frames"):
        ClipSpec(frames=0)
    with pytest.raises(ValueError, match="got 3"):
        ClipSpec(planes=3)


def test_command_writes_frames_and_truth(tmp_path: Path, small: Clip) -> None:
    size = ["--width", "320", "--height", "180"]
    main(["--out", str(tmp_path), "--frames", "14", *size, "--no-truth"])
    assert not (tmp_path / "truth").exists()
    main(["--out", str(tmp_path), "--frames", "12", *size])
    files = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*"))
    numbers = [f"{t:03d}.png" for t in range(12)]  # and nothing left of the longer render
    assert files == sorted(
        [f"{folder}/{n}" for folder in _IMAGE_FOLDERS for n in numbers]
        + ["truth/exposure.json", "truth/far_homography.npy", "truth/homography.npy"]
    )
    frame = cv2.imread(str(tmp_path / "frames" / "005.png"))[..., ::-1]
    assert np.array_equal(frame, small.frame(5))
    alpha = cv2.imread(str(tmp_path / "truth" / "alpha" / "005.png"), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(np.round(alpha / 255 * 16), small.alpha(5) * 16)
    sheet = json.loads((tmp_path / "truth" / "exposure.json").read_text(encoding="utf-8"))
    assert sheet["exposure"] == small.exposure
    matrices = np.load(tmp_path / "truth" / "homography.npy")
    assert matrices.shape == (12, 3, 3)
    assert np.array_equal(matrices[5], small.homography(5))


def test_spline_passes_its_points_and_keeps_corners() -> None:
    points = [(0, 0), (10, 5, 1), (20, 0)]
    curve = spline(points)
    for x, y, *_ in points:
        assert np.min(np.hypot(curve[:, 0] - x, curve[:, 1] - y)) < 1e-9
    assert np.allclose(curve[0], (0, 0)) and np.allclose(curve[-1], (20, 0))


def test_filled_box_covers_its_area() -> None:
    cel = Cel(width=20, height=10, scale=1.0, origin=0.0, margin=0)
    box = np.array([(2.5, 2.5), (6.5, 2.5), (6.5, 5.5), (2.5, 5.5)])
    cel.fill(box, (10, 20, 30))
    covered = (cel.samples[..., 3] > 0).reshape(10, 4, 20, 4).mean(axis=(1, 3))
    assert covered[4, 4] == 1 and covered[8, 15] == 0
    assert 12 <= covered.sum() <= 14  # 4 x 3 pixels; OpenCV counts the samples on the border in
