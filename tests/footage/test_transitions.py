"""Gradual transitions between shots, and what is none."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from toondecompose.footage.shots import colour_histogram
from toondecompose.footage.transitions import Transition, find_transitions

SIZE = (160, 90)
BEFORE = 14
"""Frames of either shot that are pure."""


def wall(seed: int, hue: int) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 255, (150, 1200, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 5)
    smooth = 170 * (smooth - smooth.min()) / np.ptp(smooth)
    smooth[..., hue] += 80
    return smooth


def shot(seed: int, hue: int, count: int, speed: float = 0.0) -> list[np.ndarray]:
    """A figure that walks on twos before a wall that pans; float32 frames."""
    painting, frames = wall(seed, hue), []
    for t in range(count):
        motion = np.array([[1, 0, -speed * t - 100], [0, 1, -30]], np.float32)
        frame = cv2.warpAffine(painting, motion, SIZE)
        cv2.circle(frame, (40 + 2 * (t // 2), 50), 16, (30, 30, 30), -1)
        cv2.circle(frame, (40 + 2 * (t // 2), 50), 13, (220, 200, 180), -1)
        frames.append(frame)
    return frames


def joined(length: int, speed: float, mix: Callable[..., np.ndarray]) -> list[np.ndarray]:
    """Join two shots by frames mix(first, second, share)."""
    first = shot(1, 0, BEFORE + length, speed)
    second = shot(2, 2, BEFORE + length, -speed)
    between = [mix(first[BEFORE + i], second[i], (i + 1) / (length + 1)) for i in range(length)]
    return first[:BEFORE] + between + second[length:]


def find(frames: list[np.ndarray]) -> list[Transition]:
    pictures = [np.clip(np.round(frame), 0, 255).astype(np.uint8) for frame in frames]
    return find_transitions(pictures, [colour_histogram(picture) for picture in pictures])


def dissolve(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    return (1 - share) * first + share * second


def wipe(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    covered = np.arange(SIZE[0])[None, :, None] < share * SIZE[0]
    return np.where(covered, second, first)


def iris(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    open_ = np.hypot(x - 80, y - 45) < share * np.hypot(80, 45)
    return np.where(open_[..., None], second, first)


def through_black(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    return (1 - 2 * share) * first if share < 0.5 else (2 * share - 1) * second


@pytest.mark.parametrize(
    ("kind", "mix", "lengths", "speed"),
    [
        ("dissolve", dissolve, (2, 8, 24), 0.0),
        ("dissolve", dissolve, (4, 12), 3.0),
        ("wipe", wipe, (4, 16), 0.0),
        ("wipe", iris, (8,), 1.0),
        ("fade", through_black, (9, 21), 1.0),
    ],
)
def test_transitions_are_found(
    kind: str, mix: Callable[..., np.ndarray], lengths: tuple[int, ...], speed: float
) -> None:
    for length in lengths:
        (found,) = find(joined(length, speed, mix))
        first, last = BEFORE, BEFORE + length - 1
        assert found.kind == kind
        assert first - 2 - length <= found.first <= first + length // 10
        assert last - length // 10 <= found.last <= last + 2 + length


def test_noise_hides_no_dissolve() -> None:
    rng = np.random.default_rng(0)
    noisy = [frame + rng.normal(0, 8, frame.shape) for frame in joined(12, 1.0, dissolve)]
    assert [one.kind for one in find(noisy)] == ["dissolve"]


@pytest.mark.parametrize("speed", [2, 8, 25, 80])
def test_pans_are_none(speed: int) -> None:
    painting = wall(3, 0)
    painting[:, 500:] = wall(4, 2)[:, 500:]  # the colours change half-way
    starts = [min(speed * t, 1000) for t in range(40)]
    assert find([painting[30:120, x : x + SIZE[0]] for x in starts]) == []


@pytest.mark.parametrize("zoom", [0.01, 0.05])
def test_zooms_are_none(zoom: float) -> None:
    painting, frames = wall(5, 1), []
    for t in range(30):
        scale = 1 + zoom * t
        motion = np.array([[scale, 0, -100 * scale], [0, scale, -30 * scale]], np.float32)
        frames.append(cv2.warpAffine(painting, motion, SIZE))
    assert find(frames) == []


def test_light_that_changes_is_none() -> None:
    frames, x = shot(1, 0, 44, 1.0), np.arange(SIZE[0])[None, :, None]
    grows = [frame * min(1.0, 0.1 + t / 20) for t, frame in enumerate(frames)]
    tint = np.array([0.1, 0.5, 0.8])
    dusk = [f * (1 - np.clip((t - 15) / 12, 0, 1) * tint) for t, f in enumerate(frames)]
    shadow = [f * np.where(x < 8 * (t - 10), 0.2, 1.0) for t, f in enumerate(frames)]
    for changed in (grows, dusk, shadow):
        assert find(changed) == []


def test_a_shot_that_fades_out_and_in_again_is_one() -> None:
    frames = shot(1, 0, 40, 1.0)
    gains = np.concatenate([np.ones(12), np.linspace(1, 0, 8), np.linspace(0, 1, 8), np.ones(12)])
    assert find([frame * gain for frame, gain in zip(frames, gains, strict=True)]) == []


def test_what_passes_close_by_is_none() -> None:
    frames, x, van = shot(1, 0, 44, 1.0), np.arange(SIZE[0])[None, :, None], wall(8, 2)
    passing = []
    for t, frame in enumerate(frames):
        place = SIZE[0] - 12 * t
        moved = np.roll(van, place, axis=1)[30:120, : SIZE[0]]
        passing.append(np.where((x > place) & (x < place + 300), moved, frame))
    assert find(passing) == []


def test_no_transition_lies_across_a_cut() -> None:
    frames = [np.clip(frame, 0, 255).astype(np.uint8) for frame in joined(8, 0.0, dissolve)]
    histograms = [colour_histogram(frame) for frame in frames]
    assert find_transitions(frames, histograms, breaks=range(10, 26)) == []
