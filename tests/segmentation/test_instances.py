"""The foreground split into sprites."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import Disc, camera, draw, exact_flows, path

from bench.metrics import alpha_iou
from toondecompose.segmentation import instances
from toondecompose.segmentation.instances import HintedForeground, split_sprites

SIZE = (112, 72)
COUNT = 12
CAMERA = camera(COUNT, (3.0, 0.3), SIZE)
RED, BLUE = (230, 60, 40), (40, 70, 240)


def test_one_sprite_is_all_foreground() -> None:
    u = np.random.default_rng(0).random((2, 30, 40)).astype(np.float32)
    frames = np.zeros((2, 30, 40, 3), np.uint8)
    np.testing.assert_array_equal(split_sprites(frames, u, {}, wanted=1, noise=1.0).alphas, u[None])
    empty = split_sprites(frames, 0 * u, {}, wanted=3, noise=1.0)
    assert not empty.alphas.any() and empty.order.tolist() == [[0, 1, 2]] * 2


def test_missing_sprites_stay_empty_and_are_reported() -> None:
    lines: list[str] = []
    motion = np.repeat(np.eye(3)[None], 6, axis=0)
    discs = (Disc(path(6, (40, 40), (60, 40)), 17, RED),)
    scene = draw(motion, SIZE, discs=discs)
    flows = exact_flows(motion, SIZE, discs, scene.alphas)
    u = scene.alphas[0].astype(np.float32)
    split = split_sprites(scene.frames, u, flows, wanted=3, noise=1.0, say=lines.append)
    alphas = split.alphas
    np.testing.assert_array_equal(alphas[0], u)
    assert not alphas[1:].any()
    assert split.order.tolist() == [[0, 1, 2]] * 6
    assert lines == ["3 sprites asked for, 1 found: the others stay empty"]


def test_sprites_that_motion_does_not_tell_apart_are_split_at_the_thinnest_place() -> None:
    still = np.repeat(np.eye(3)[None], 6, axis=0)
    discs = (
        Disc(path(6, (34, 36), (40, 36)), 15, RED),
        Disc(path(6, (63, 36), (69, 36)), 15, RED),
    )
    scene = draw(still, SIZE, discs=discs)
    union = scene.alphas.max(axis=0).astype(np.float32)
    union[:, 22:50, 40:60] = 1  # nearly as high between them as they are: 28 of 30 pixels
    flows = exact_flows(still, SIZE, discs, scene.alphas)
    split = split_sprites(scene.frames, union, flows, wanted=2, noise=1.0)
    for found, true in zip(split.alphas, scene.alphas, strict=True):
        x = [np.nonzero(alpha[:, 36] > 0.5)[1].mean() for alpha in (found, true)]
        assert abs(x[0] - x[1]) < 4


@pytest.mark.parametrize("apart", [30, 26], ids=["touching", "overlapping"])
def test_sprites_keep_their_numbers_through_a_crossing(apart: int) -> None:
    motion = camera(20, (2.0, 0.2), SIZE)
    high = 33 - apart / 2
    discs = (
        Disc(path(20, (24, high), (88, high + 4)), 13, RED),
        Disc(path(20, (86, high + apart), (26, high + apart - 2)), 17, BLUE),
    )
    scene = draw(motion, SIZE, discs=discs)
    flows = exact_flows(motion, SIZE, discs, scene.alphas)
    lines: list[str] = []
    union = scene.alphas.sum(axis=0).clip(0, 1).astype(np.float32)
    split = split_sprites(scene.frames, union, flows, wanted=2, noise=1.0, say=lines.append)
    alphas = split.alphas
    assert alphas.shape == (2, 20, SIZE[1], SIZE[0]) and not lines
    np.testing.assert_allclose(alphas.sum(axis=0), union, atol=1e-6)
    # The larger one, the second that was drawn, comes first.
    for found, true in ((alphas[0], scene.alphas[1]), (alphas[1], scene.alphas[0])):
        per_frame = [alpha_iou(a, b) for a, b in zip(found, true, strict=True)]
        assert min(per_frame[:5] + per_frame[-5:]) > 0.97  # apart, before and after
        assert min(per_frame) > (0.97 if apart < 30 else 0.7)
    if apart < 30:
        assert split.order.tolist() == [[1, 0]] * 20  # the second that was drawn is in front


def test_a_sprite_that_was_hidden_is_known_again() -> None:
    """A disc passes behind a larger one and comes out on the other side."""
    motion = np.repeat(np.eye(3)[None], 24, axis=0)
    discs = (
        Disc(path(24, (14, 40), (112, 40)), 9, RED),
        Disc(path(24, (66, 40), (60, 40)), 20, BLUE),
    )
    scene = draw(motion, SIZE, discs=discs)
    hidden = [t for t in range(24) if not scene.alphas[0][t].any()]
    assert hidden and 5 < hidden[0] < hidden[-1] < 18
    flows = exact_flows(motion, SIZE, discs, scene.alphas)
    union = scene.alphas.sum(axis=0).clip(0, 1).astype(np.float32)
    alphas = split_sprites(scene.frames, union, flows, wanted=2, noise=1.0).alphas
    for t in (*range(5), *range(19, 24)):
        assert alpha_iou(alphas[1][t], scene.alphas[0][t]) > 0.95
    assert not alphas[1][hidden[0] + 1 : hidden[-1]].any()


@pytest.mark.parametrize("there", [True, False], ids=["too short to follow", "only hints know"])
def test_sprites_without_tracks_are_split_by_hints_or_stay(there: bool) -> None:
    frames = np.zeros((3, 40, 60, 3), np.uint8)
    u = np.zeros((3, 40, 60), np.float32)
    u[:, 10:30, 10:20] = u[:, 10:30, 40:50] = 1
    hints = np.zeros((2, 3, 40, 60), np.float32)
    hints[0, ..., 10:20], hints[1, ..., 40:50] = 100, 100
    still = np.zeros((40, 60, 2), np.float32)
    flows = {(a, b): still for a in range(3) for b in range(3) if a != b}
    split = split_sprites(
        frames,
        u * there,
        flows,
        wanted=2,
        noise=1.0,
        hinted=None if there else HintedForeground(u, hints),
    )
    np.testing.assert_allclose(split.alphas.sum(axis=0), u, atol=1e-6)


def test_frames_that_hints_do_not_reach_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hint in the first frames gives some of the blue disc to the red one."""
    motion = camera(20, (2.0, 0.2), SIZE)
    discs = (
        Disc(path(20, (24, 20), (88, 24)), 13, RED),
        Disc(path(20, (86, 46), (26, 44)), 17, BLUE),
    )
    scene = draw(motion, SIZE, discs=discs)
    flows = exact_flows(motion, SIZE, discs, scene.alphas)
    union = scene.alphas.sum(axis=0).clip(0, 1).astype(np.float32)
    before = split_sprites(scene.frames, union, flows, wanted=2, noise=1.0)
    solve = instances.separate_sprites

    def reversed_by_hints(*arguments: object, **more: object) -> tuple[np.ndarray, np.ndarray]:
        owners, order = solve(*arguments, **more)
        return owners, order[:, ::-1] if "hints" in more else order

    monkeypatch.setattr(instances, "separate_sprites", reversed_by_hints)
    hints = np.zeros((2, 20, *SIZE[::-1]), np.float32)
    x, y = discs[1].centres[1].round().astype(int)
    hints[1, :3, y - 9 : y + 9, x - 9 : x + 9] = 100
    hints[0] = -hints[1]
    after = split_sprites(
        scene.frames, union, flows, wanted=2, noise=1.0, hinted=HintedForeground(union, hints)
    )
    changed = (after.alphas != before.alphas).any(axis=(0, 2, 3))
    assert changed[:3].any() and not changed[8:].any()
    np.testing.assert_array_equal(after.order[~changed], before.order[~changed])
    np.testing.assert_array_equal(after.order[changed], before.order[changed][:, ::-1])
