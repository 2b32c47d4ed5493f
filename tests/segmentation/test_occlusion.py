"""Sprites that meet: their drawings known from other frames, whose pixels are whose, who is nearer.

Scenes are drawn here: cels with drawings that are held and come back, before a panning wall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from scenes import Painting, bytes_of, camera

from bench.metrics import alpha_iou
from toondecompose.core import geometry
from toondecompose.motion.matches import Flows
from toondecompose.segmentation.drawing_groups import group_frames
from toondecompose.segmentation.gathered_drawings import gather_drawing
from toondecompose.segmentation.occlusion import (
    Prediction,
    find_owners,
    likelihood,
    predict,
    separate_sprites,
    unknown,
    without_specks,
)

SIZE = (260, 150)
COUNT = 24


@dataclass(frozen=True)
class Cel:
    """A sprite: an ellipse with legs, whose place, size and turn may change.

    drawings says which drawing each frame shows; they differ in the legs and in the paint.
    """

    centres: np.ndarray
    drawings: Sequence[int]
    seed: int
    tint: tuple[float, float, float]
    turn: float = 0.0
    growth: float = 0.0

    def motion(self, t: int) -> np.ndarray:
        """Return (3, 3), pixel of frame t to the cel's own coordinates."""
        scale = 1 + self.growth * t
        matrix = cv2.getRotationMatrix2D((0.0, 0.0), self.turn * t, 1 / scale)
        return np.vstack([matrix, [0, 0, 1]]) @ geometry.translation(*-self.centres[t])

    def seen(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Return coverage (H, W) and colours (H, W, 3) in frame t."""
        own = geometry.apply(self.motion(t), geometry.pixel_grid(SIZE))
        x, y = own[..., 0], own[..., 1]
        number = self.drawings[t]
        body = 1 - np.hypot(x / 22, (y + 10) / 34)
        stride = 9.0 * (1 + number % 3)
        legs = np.maximum(*(5 - np.abs(x - side * stride * (y - 14) / 38) for side in (-1, 1)))
        legs = np.where((y > 10) & (y < 52), legs, -1)
        cover = np.clip(np.maximum(22 * body, legs) + 0.5, 0, 1)
        shade = Painting(self.seed + number, shortest=8, longest=24).at(own) / 200
        return cover, np.clip(shade * np.array(self.tint), 0, 255)


@dataclass(frozen=True)
class Meeting:
    """Frames (T, H, W, 3), the cels' visible alphas (K, T, H, W), back to front, and whole ones."""

    frames: np.ndarray
    alphas: np.ndarray
    whole: np.ndarray


def draw(cels: Sequence[Cel], pan: float = 1.3, count: int = COUNT) -> Meeting:
    """Draw cels, the last one in front, before a wall."""
    frames = Painting(1).seen(camera(count, (pan, 0), SIZE), SIZE)
    alphas, whole = (np.zeros((len(cels), *frames.shape[:3])) for _ in range(2))
    for k, cel in enumerate(cels):
        for t in range(count):
            cover, colour = cel.seen(t)
            alphas[:k, t] *= 1 - cover
            alphas[k, t] = whole[k, t] = cover
            frames[t] += cover[..., None] * (colour - frames[t])
    return Meeting(bytes_of(frames), alphas, whole)


def flows_of(cels: Sequence[Cel], meeting: Meeting) -> Flows:
    """True flows of the cels between neighbours; the wall's are left out."""
    flows = {}
    for a in range(COUNT):
        for b in (a - 1, a + 1):
            if 0 <= b < COUNT:
                flow = np.zeros((SIZE[1], SIZE[0], 2), np.float32)
                for cel, alpha in zip(cels, meeting.alphas, strict=True):
                    moved = geometry.rigid_flow(cel.motion(a), cel.motion(b), SIZE)
                    flow = np.where((alpha[a] > 0.5)[..., None], moved, flow)
                flows[a, b] = flow
    return flows


def path(first: float, last: float, y: float = 80, hold: int = 2) -> np.ndarray:
    """Places (T, 2) from x to x, moving every `hold` frames only."""
    steps = np.arange(COUNT) // hold * hold
    return np.stack([first + (last - first) * steps / COUNT, np.full(COUNT, y)], axis=-1)


CYCLE = [t // 2 % 3 for t in range(COUNT)]


def walkers() -> tuple[Cel, Cel]:
    """Two who walk towards each other, on twos, in cycles of three drawings."""
    return (
        Cel(path(42, 210), CYCLE, 10, (90, 200, 110)),
        Cel(path(216, 40, 85), CYCLE, 20, (210, 120, 90)),
    )


@pytest.fixture(scope="module")
def meeting() -> Meeting:
    """The two walkers."""
    return draw(walkers())


def wrong_owners(meeting: Meeting) -> tuple[np.ndarray, np.ndarray]:
    """Return the mask of all (T, H, W) and shares (T, K, H, W) that are wrong where sprites meet.

    Feet go to the other one while the two are near, and more surely than not.
    """
    mask = meeting.alphas.sum(axis=0) > 0.5
    shares = meeting.alphas.transpose(1, 0, 2, 3).argmax(axis=1)
    for t in range(9, 15):
        shares[t, 122:] = 1 - shares[t, 122:]
    shares = np.stack([shares == k for k in (0, 1)], axis=1) * 0.8 + 0.1
    return mask, shares.astype(np.float32)


def scores(owners: np.ndarray, mask: np.ndarray, meeting: Meeting) -> np.ndarray:
    """IoU (K, T) of labels with the truth."""
    return np.array([
        [alpha_iou((mask[t] & (owners[t] == k)) * 1.0, meeting.alphas[k, t]) for t in range(COUNT)]
        for k in range(len(meeting.alphas))
    ])  # fmt: skip


def test_legs_that_change_owners_are_given_back(meeting: Meeting) -> None:
    mask, shares = wrong_owners(meeting)
    before = scores(shares.argmax(axis=1), mask, meeting)
    flows = flows_of(walkers(), meeting)
    owners, line = separate_sprites(meeting.frames, mask, shares, flows=flows, noise=1.5)
    after = scores(owners, mask, meeting)
    assert before[:, 9:15].mean() < 0.87
    assert after.min() > 0.7 and after[:, 9:15].mean() > 0.95
    assert line.tolist() == [[0, 1]] * COUNT


def test_order_does_not_go_by_numbers(meeting: Meeting) -> None:
    """The same two, numbered the other way: the first is in front."""
    mask, shares = wrong_owners(meeting)
    _, line = separate_sprites(meeting.frames, mask, shares[:, ::-1].copy(), flows={}, noise=1.5)
    assert line.tolist() == [[1, 0]] * COUNT


def test_one_that_grows_and_turns_behind_another() -> None:
    """A rigid thing, seen whole before and after, whose label is wrong while it is hidden."""
    thing = Cel(path(50, 196, hold=1), [0] * COUNT, 10, (90, 200, 110), turn=1.0, growth=0.006)
    cels = (thing, walkers()[1])
    meeting = draw(cels)
    mask, shares = wrong_owners(meeting)
    owners, line = separate_sprites(
        meeting.frames, mask, shares, flows=flows_of(cels, meeting), noise=1.5
    )
    assert scores(owners, mask, meeting).min() > 0.85
    assert line[8:16].tolist() == [[0, 1]] * 8


def test_drawings_that_never_come_back_leave_the_shares() -> None:
    """On twos, every drawing new: nothing is known from elsewhere, so nothing is changed."""
    every = [t // 2 for t in range(COUNT)]
    cels = (
        Cel(path(42, 210), every, 100, (90, 200, 110)),
        Cel(path(216, 40, 85), every, 200, (210, 120, 90)),
    )
    meeting = draw(cels)
    mask = meeting.alphas.sum(axis=0) > 0.5
    owners = meeting.alphas.argmax(axis=0)
    shares = np.stack([owners == k for k in (0, 1)], axis=1) * np.float32(0.8) + np.float32(0.1)
    found, _ = separate_sprites(meeting.frames, mask, shares, flows={}, noise=1.5)
    assert (found == owners)[mask].mean() > 0.99


def test_frames_with_one_drawing_are_grouped(meeting: Meeting) -> None:
    own, other = meeting.alphas[0] > 0.5, meeting.alphas[1] > 0.5
    groups = group_frames(meeting.frames, own, other, flows={}, noise=1.5)
    assert sorted(t for group in groups for t in group) == list(range(COUNT))
    assert all(len({CYCLE[t] for t in group}) == 1 for group in groups)
    assert len(groups) <= 4, "while nearly all of it is hidden a drawing may pass for another"
    cel = walkers()[0]
    for group in groups:
        base = next(iter(group))
        for t, motion in group.items():
            true = np.linalg.inv(cel.motion(base)) @ cel.motion(t)
            np.testing.assert_allclose(motion, true, atol=0.15)


def test_a_drawing_is_gathered_where_no_other_sprite_is_near(meeting: Meeting) -> None:
    own, other = meeting.alphas[0] > 0.5, meeting.alphas[1] > 0.5
    group = {t: walkers()[0].motion(t) for t in range(COUNT) if CYCLE[t] == 0}
    drawing = gather_drawing(meeting.frames, own, other, group=group)
    asked = predict(drawing, 12, SIZE)
    whole = meeting.whole[0, 12] > 0.5
    hidden = whole & ~own[12]
    assert hidden.sum() > 100, "the other one is in front"
    assert (asked.covered[hidden] > 0.5).mean() > 0.95
    _, colour = walkers()[0].seen(12)
    deep = cv2.erode(hidden.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert np.abs(asked.colour - colour)[deep].mean() < 6
    away = cv2.dilate(whole.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    assert asked.covered[away].max() < 0.5 and asked.known[away].mean() > 0.9


def test_a_frame_and_its_neighbours_confirm_nothing() -> None:
    frames = np.full((4, 40, 60, 3), 90, np.uint8)
    own = np.zeros((4, 40, 60), bool)
    own[:, 10:30, 20:40] = True
    drawing = gather_drawing(
        frames, own, np.zeros_like(own), group={t: np.eye(3) for t in (0, 1, 2, 3)}
    )
    assert predict(drawing, 1, (60, 40)).known[20, 30] == 0
    assert predict(drawing, 0, (60, 40)).known[20, 30] == 1, "frame 3 tells"


def test_likelihood_of_what_is_known() -> None:
    frame = np.full((1, 3, 3), 100, np.uint8)
    colour = np.full((1, 3, 3), 100, np.float32)
    colour[0, 1] = 180
    one, none = np.ones((1, 3), np.float32), np.zeros((1, 3), np.float32)
    flat, chance = np.zeros((1, 3), np.float32), np.full((1, 3), 1e-6, np.float32)
    fits, differs, _ = likelihood(
        frame, Prediction(colour, none, one, one), chance, slope=flat, noise=2.0
    )[0]
    missed = likelihood(frame, Prediction(colour, none, none, one), chance, slope=flat, noise=2.0)[
        0, 0
    ]
    nothing = likelihood(frame, unknown((3, 1)), chance, slope=flat, noise=2.0)[0, 0]
    assert fits > 100 * nothing > 100 * differs > 100 * missed


def test_specks_go_to_what_they_touch_and_things_apart_stay() -> None:
    mask = np.zeros((30, 50), bool)
    mask[5:25, 5:25] = mask[10:12, 40:43] = True
    owners = np.zeros(mask.shape, int)
    owners[10:12, 10:13] = 1  # six pixels inside of another
    owners[10:12, 40:43] = 1  # six pixels by themselves
    cleaned = without_specks(mask, owners)
    assert not cleaned[5:25, 5:25].any() and cleaned[10:12, 40:43].all()
    shares = np.stack([owners == 0, owners == 1]).astype(np.float32)
    even = [np.ones(mask.shape, np.float32)] * 2
    np.testing.assert_array_equal(find_owners(mask, shares, even)[mask], cleaned[mask])
