"""Flow: pairs, holds, known motions, refusals, and the confidence."""

import cv2
import numpy as np
import pytest

from toondecompose.core.errors import UserError
from toondecompose.optical_flow import DisOptions, confidence, estimate_flow, held, pairs
from toondecompose.optical_flow.confidence import agreement
from toondecompose.optical_flow.pairs import check_offsets


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Return smooth coloured noise, (height, width, 3) uint8."""
    values = np.random.default_rng(seed).normal(size=(height, width, 3))
    smooth = cv2.GaussianBlur(values, (0, 0), 2.0)
    return np.clip(128 + 300 * smooth, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def panning() -> np.ndarray:
    """Four frames of 96x72; from each to the next the picture moves by (3, -1) pixels."""
    canvas = noise(90, 130)
    return np.stack([canvas[4 + t : 76 + t, 12 - 3 * t : 108 - 3 * t] for t in range(4)])


def test_pairs_are_clipped_and_unique() -> None:
    listed = pairs(78, (-3, -1, 1, 3))
    assert len(listed) == len(set(listed)) == 308
    assert listed[:4] == [(0, 0), (0, 1), (0, 3), (1, 0)]
    assert listed[-3:] == [(77, 74), (77, 76), (77, 77)]
    assert pairs(2, (5, -5)) == [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.parametrize(
    ("offsets", "words"),
    [([-3, -1, 1], "-3 without 3"), ([-2, 2], "add -1 and 1"), ([-3, -1, 1, 3], None)],
)
def test_offsets_have_opposites_and_neighbours(offsets: list[int], words: str | None) -> None:
    if words is None:
        check_offsets(offsets)
        return
    with pytest.raises(UserError, match=words):
        check_offsets(offsets)


def test_only_what_is_wanted_is_estimated(panning: np.ndarray) -> None:
    listed = pairs(4, (-3, -1, 1, 3))
    every = dict(estimate_flow(panning, listed))
    wanted = [(0, 0), (2, 1), (3, 0)]
    some = dict(estimate_flow(panning, listed, wanted=wanted))
    assert list(some) == wanted
    for pair in wanted:
        np.testing.assert_array_equal(some[pair], every[pair])


@pytest.mark.parametrize(("count", "offsets"), [(0, (1,)), (3, ())])
def test_pairs_refuse_nothing(count: int, offsets: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="need a frame and an offset"):
        pairs(count, offsets)


def test_flow_of_a_pan_points_from_a_to_b(panning: np.ndarray) -> None:
    wanted = [(0, 1), (2, 1), (0, 3)]
    found = dict(estimate_flow(panning, wanted))
    assert list(found) == wanted
    for (a, b), flow in found.items():
        assert flow.shape == (72, 96, 2)
        assert flow.dtype == np.float32
        middle = np.median(flow[16:-16, 16:-16], axis=(0, 1))
        np.testing.assert_allclose(middle, [3 * (b - a), a - b], atol=0.15)


def test_workers_do_not_change_the_flow(panning: np.ndarray) -> None:
    listed = pairs(4, (-3, -1, 1, 3))
    one = list(estimate_flow(panning, listed, DisOptions(workers=1)))
    three = list(estimate_flow(panning, listed, DisOptions(workers=3)))
    assert [p for p, _ in one] == [p for p, _ in three] == listed
    for (_, a), (_, b) in zip(one, three, strict=True):
        np.testing.assert_array_equal(a, b)


def test_opencv_threads_do_not_change_the_flow(panning: np.ndarray) -> None:
    before, found = cv2.getNumThreads(), []
    try:
        for threads in (1, 4):
            cv2.setNumThreads(threads)
            found.append(next(estimate_flow(panning, [(0, 3)]))[1])
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(*found)


def test_held_pairs_have_zero_flow_without_the_backend(
    panning: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    grain = np.random.default_rng(1).integers(-1, 2, panning[0].shape)
    noisy = np.clip(panning[0].astype(int) + grain, 0, 255).astype(np.uint8)
    frames = np.stack([panning[0], noisy, panning[1]])
    asked = []

    def backend(frames: np.ndarray, pairs: list, options: DisOptions):  # noqa: ANN202
        asked.extend(pairs)
        return iter([np.ones((*frames.shape[1:3], 2), np.float32) for _ in pairs])

    monkeypatch.setattr("toondecompose.optical_flow.dis_flows", backend)
    listed = [(0, 0), (0, 1), (1, 2), (1, 0), (2, 0)]
    found = dict(estimate_flow(frames, listed))
    assert asked == [(1, 2), (2, 0)]
    assert [bool(found[p].any()) for p in listed] == [False, False, True, False, True]


def test_held_sees_a_small_motion() -> None:
    """A tenth of a pixel, and something small that moves in a frame that stands still."""
    frame = noise(120, 160)
    shift = np.array([[1, 0, 0.1], [0, 1, 0]], np.float32)
    moved = cv2.warpAffine(frame, shift, (160, 120), borderMode=cv2.BORDER_REFLECT)
    assert not held(frame, moved)
    blink = frame.copy()
    blink[50:54, 60:66] += 40
    assert not held(frame, blink)
    assert held(frame, frame, threshold=0.0)


def test_flow_of_frames_smaller_than_dis_bears() -> None:
    """OpenCV crashes on such a frame."""
    frames = np.stack([noise(12, 100), noise(12, 100, seed=1)])
    (_, flow), *rest = estimate_flow(frames, [(0, 1)])
    assert flow.shape == (12, 100, 2)
    assert not rest


def test_refusals(panning: np.ndarray) -> None:
    with pytest.raises(UserError, match="'best'.*medium"):
        DisOptions(preset="best")
    with pytest.raises(ValueError, match="uint8"):
        estimate_flow(panning.astype(np.float32), [(0, 1)])


def test_confidence_of_a_pan_is_high_where_both_frames_show_it(panning: np.ndarray) -> None:
    flows = dict(estimate_flow(panning, [(0, 3), (3, 0)]))
    found = confidence(flows[0, 3], flows[3, 0], panning[0])
    assert found.shape == (72, 96)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    assert np.median(found[12:-12, 12:-16]) > 0.8


def test_confidence_needs_agreement_and_texture() -> None:
    frame = noise(40, 60)
    frame[:, 30:] = 90  # A flat half,
    frame[20:, 45:] = 200  # with a bright field in it that has a corner at (45, 20).
    right = np.zeros((40, 60, 2), np.float32)
    right[..., 0] = 2.0
    agreeing = confidence(right, -right, frame)
    contradicting = confidence(right, right, frame)
    assert agreeing[5:-5, 5:24].mean() > 0.8
    assert agreeing[5:14, 36:40].max() < 0.01
    assert agreeing[20, 45] > 0.8
    assert agreeing[34, 45] < 0.05  # A straight edge tells one component only.
    assert contradicting.max() < 1e-3
    with pytest.raises(ValueError, match="sizes differ"):
        confidence(right, right[:20], frame)


def test_agreement_looks_back_from_where_the_flow_leads() -> None:
    """The left half moves 10 px to the right, over a right half that stands still."""
    forward, backward = np.zeros((2, 20, 60, 2), np.float32)
    forward[:, :30, 0] = 10.0
    backward[:, 10:40, 0] = -10.0
    found = agreement(forward, backward)
    np.testing.assert_array_equal(found[:, :29], 1.0)
    assert found[:, 31:39].max() < 1e-6  # Hidden in the other frame.
    np.testing.assert_array_equal(found[:, 40:], 1.0)


@pytest.mark.parametrize(("x", "y", "known"), [(3, 0, np.s_[:, :-3]), (0, -2, np.s_[2:, :])])
def test_agreement_is_zero_outside_the_frame(x: int, y: int, known: tuple) -> None:
    flow = np.full((20, 30, 2), (x, y), np.float32)
    expected = np.zeros((20, 30))
    expected[known] = 1.0
    np.testing.assert_array_equal(agreement(flow, -flow), expected)
