"""One drawing cut out of the frames that hold it: truth is drawn here."""

import cv2
import numpy as np
import pytest

from toondecompose.core import geometry
from toondecompose.core.masks import signed_distance
from toondecompose.exposure.sheet import align_again
from toondecompose.matting.held_drawings import (
    Drawing,
    groups_on_same_pixels,
    matte_drawing,
    outline_drawing,
)
from toondecompose.matting.known_background import estimate_alpha
from toondecompose.matting.observations import Observation, sum_evidence, warp_to_grid
from toondecompose.matting.trimap import Colours, Comparison, Trimap
from toondecompose.plates.plates import View
from toondecompose.segmentation.colour_model import colour_density
from toondecompose.segmentation.parameters import Parameters as SegmentationParameters

SIZE = (112, 96)
CENTRE = (50.0, 46.0)
INK, SKIN = np.array([40.0, 30.0, 50.0]), np.array([235.0, 190.0, 150.0])


def coverage(centre: tuple[float, float], radius: float) -> np.ndarray:
    """Coverage (H, W) of a disc, exact to an eighth of a pixel."""
    grid = (geometry.pixel_grid((SIZE[0] * 8, SIZE[1] * 8)) + 0.5) / 8 - 0.5
    inside = np.linalg.norm(grid - centre, axis=-1) <= radius
    return cv2.resize(inside.astype(np.float32), SIZE, interpolation=cv2.INTER_AREA)


def cel(shift: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Alpha (H, W) and colour (H, W, 3) of a face with features, an inked outline and a strand."""
    centre = (CENTRE[0] + shift[0], CENTRE[1] + shift[1])
    whole, inner = coverage(centre, 24), coverage(centre, 21.5)
    points = geometry.pixel_grid(SIZE) - centre
    strand = np.clip(1.3 - np.abs(points[..., 0] - 0.25 * points[..., 1] - 20), 0, 1)
    strand *= np.clip(points[..., 1] + 30, 0, 1) * np.clip(20 - points[..., 1], 0, 1)
    eyes = [coverage((centre[0] + x, centre[1] + y), 5) for x, y in ((-9, -8), (8, -7), (1, 11))]
    eye = np.clip(sum(eyes), 0, 1)
    share = ((inner / np.maximum(whole, 1e-6)) * (1 - strand) * (1 - eye))[..., None]
    return np.maximum(whole, strand), share * SKIN + (1 - share) * INK


def background(t: int) -> np.ndarray:
    """A pale wall with posts of the ink's colour, (H, W, 3), that moves by 7 px a frame."""
    x = np.arange(SIZE[0]) + 7.0 * t
    post = np.clip(6 - np.abs((x + 5) % 42 - 21), 0, 1)[None, :, None]
    shade = 12 * np.sin(x / 9)[None, :, None] + 8 * np.sin(np.arange(SIZE[1]) / 7)[:, None, None]
    return ((1 - post) * (200 + shade) + post * INK).astype(np.float32)


def view(plate: np.ndarray, observed: bool = True) -> View:
    shape = plate.shape[:2]
    return View(plate, np.full(shape, observed), np.full(shape, 9.0 * observed, np.float32),
                np.zeros(shape, np.float32))  # fmt: skip


def shot(shifts: list[tuple[float, float]]) -> tuple[list, list, list, Colours]:
    """Frames, true alphas, labels (1, H, W) without the strand, and the clip's colours."""
    frames, alphas, labels = [], [], []
    for t, shift in enumerate(shifts):
        alpha, colour = cel(shift)
        frame = alpha[..., None] * colour + (1 - alpha[..., None]) * background(t)
        frames.append(np.round(frame).astype(np.uint8))
        alphas.append(alpha)
        centre = (CENTRE[0] + shift[0], CENTRE[1] + shift[1])
        labels.append(coverage(centre, 25)[None])
    inside = np.stack(alphas) > 0.5
    stack = np.stack(frames)
    return (
        frames,
        alphas,
        labels,
        Colours(colour_density(stack, inside), colour_density(stack, ~inside), 1.0),
    )


def drawn(
    shifts: list[tuple[float, float]],
    chosen: list[int],
    frames: list[np.ndarray],
    labels: list[np.ndarray],
) -> Drawing:
    """The chosen frames of a shot as one drawing."""
    return Drawing(
        [frames[t] for t in chosen],
        [labels[t] for t in chosen],
        np.stack([geometry.translation(-shifts[t][0], -shifts[t][1]) for t in chosen]),
        lambda i, box: view(background(chosen[i])[box]),
        0,
    )


def cut(shifts: list[tuple[float, float]], chosen: list[int]) -> tuple[list, list]:
    """Alphas found from the chosen frames together, and true alphas, 0..1."""
    frames, alphas, labels, colours = shot(shifts)
    cuts, _ = matte_drawing(drawn(shifts, chosen, frames, labels), colours, 3.0, search_radius=30.0)
    for t, layer in zip(chosen, cuts, strict=True):
        share = layer[..., 3:] / 255
        again = share * layer[..., :3] + (1 - share) * background(t)
        assert np.abs(again - frames[t]).mean() < 0.6, "the layers give the frame again"
    return [layer[..., 3] / 255 for layer in cuts], [alphas[t] for t in chosen]


def test_a_hint_in_one_frame_holds_for_the_whole_drawing() -> None:
    frames, alphas, labels, colours = shot([(0.0, 0.0)] * 2)
    hint_evidence = [np.zeros(alphas[0].shape, np.float32) for _ in frames]
    x, y = round(CENTRE[0]), round(CENTRE[1])
    patch = (slice(y - 5, y + 6), slice(x - 5, x + 6))
    hint_evidence[0][patch] = -3 * SegmentationParameters().hint_log_odds
    cuts = [
        matte_drawing(
            Drawing(
                frames,
                labels,
                np.stack([np.eye(3)] * 2),
                lambda i, box: view(background(i)[box]),
                0,
                hints,
            ),
            colours,
            3.0,
            search_radius=30.0,
        )[0]
        for hints in (None, hint_evidence)
    ]
    for plain, hinted in zip(*cuts, strict=True):
        assert (plain[patch][..., 3] == 255).all()
        assert (hinted[y - 2 : y + 3, x - 2 : x + 3, 3] == 0).all()


def edge(alpha: np.ndarray) -> np.ndarray:
    """Pixels within 3 px of the outline."""
    return np.abs(signed_distance((alpha > 0.5).astype(np.float32))) <= 3


def test_frames_of_a_hold_help_each_other_and_agree() -> None:
    still = [(0.0, 0.0)] * 3
    together, true = cut(still, [0, 1, 2])
    alone = [cut(still, [t])[0][0] for t in range(3)]
    assert np.array_equal(together[0], together[1]) and np.array_equal(together[0], together[2])
    error = [np.abs(a - t)[edge(t)].mean() for a, t in zip(together, true, strict=True)]
    before = [np.abs(a - t)[edge(t)].mean() for a, t in zip(alone, true, strict=True)]
    assert max(error) < 0.03 and np.mean(error) < 0.7 * np.mean(before), (error, before)


def outline(shifts: list[tuple[float, float]], chosen: list[int]) -> list[float]:
    """Share of the strand, off the label, that the outlines of the chosen frames miss."""
    frames, alphas, labels, colours = shot(shifts)
    found = outline_drawing(drawn(shifts, chosen, frames, labels), colours, 3.0, search_radius=30.0)
    missed = []
    for t, (shown, maybe) in zip(chosen, found, strict=True):
        assert maybe[alphas[t] == 1].mean() > 0.9 and maybe[alphas[t] == 0].mean() < 0.1
        assert np.mean(shown != (alphas[t] > 0.5)) < 0.01
        missed.append(float(1 - shown[(alphas[t] > 0.5) & (labels[t][0] < 0.1)].mean()))
    return missed


@pytest.mark.parametrize("step", [(0.0, 0.0), (2.0, -1.0)])
def test_frames_of_a_hold_say_together_where_it_is(step: tuple[float, float]) -> None:
    shifts = [(t * step[0], t * step[1]) for t in range(3)]
    together, alone = outline(shifts, [0, 1, 2]), [outline(shifts, [t])[0] for t in range(3)]
    assert np.mean(together) < 0.9 * np.mean(alone), (together, alone)


def test_outlines_end_where_another_sprite_is_nearer() -> None:
    frames, _, labels, colours = shot([(0.0, 0.0)])
    other = np.zeros(SIZE[::-1], np.float32)
    other[30:60, 20:50] = 1
    own = np.stack([labels[0][0] * (1 - other), other])
    ((shown, maybe),) = outline_drawing(
        Drawing(frames, [own], np.eye(3)[None], lambda i, box: view(background(i)[box]), 0),
        colours,
        3.0,
        search_radius=30.0,
    )
    assert not (shown | maybe)[32:58, 22:48].any() and shown[65, 55]


def test_evidence_adds_up_and_labels_are_averaged_where_the_sprite_is_seen() -> None:
    whole, box = np.ones((4, 6), np.float32), (slice(0, 4), slice(0, 6))
    half = whole.copy()
    half[:, 3:] = 0  # another sprite is nearer there
    observations = [
        Observation(box, geometry.translation(x, 0), np.zeros((4, 6, 3), np.uint8), 1.0,
              label * whole, own, Comparison(log_odds * whole, whole, whole), whole > 0)
        for x, label, own, log_odds in ((0, 1.0, whole, 2.0), (1, 0.5, half, 3.0))
    ]  # fmt: skip
    label, log_odds = sum_evidence(observations, np.eye(3), (7, 4))
    assert label[0].tolist() == [1, 0.75, 0.75, 0.75, 1, 1, 0]
    assert log_odds[0].tolist() == [2, 5, 5, 5, 2, 2, 0]


@pytest.mark.slow
@pytest.mark.parametrize(("step", "gain"), [((2.0, -1.0), 0.9), ((0.6, 0.3), 1.02)])
def test_slides(step: tuple[float, float], gain: float) -> None:
    shifts = [(t * step[0], t * step[1]) for t in range(3)]
    together, true = cut(shifts, [0, 1, 2])
    alone = np.mean([np.abs(cut(shifts, [t])[0][0] - true[t])[edge(true[t])].mean()
                     for t in range(3)])  # fmt: skip
    error = np.mean([np.abs(a - t)[edge(t)].mean() for a, t in zip(together, true, strict=True)])
    assert error < 0.06 and error < gain * alone, (error, alone)
    if step == (2.0, -1.0):
        assert np.array_equal(together[1][10:-10, 12:-10], together[0][11:-9, 10:-12])


def test_frames_on_the_same_pixels_form_groups() -> None:
    motions = [geometry.translation(*s) for s in ((0, 0), (3, -1), (0.5, 0), (2.5, 7))]
    motions.append(np.diag([1.01, 1.01, 1.0]))
    assert groups_on_same_pixels(list(enumerate(motions))) == [[0, 1], [2, 3], [4]]


def test_glass_in_the_outline_is_solved_from_its_backgrounds() -> None:
    rng = np.random.default_rng(1)
    alpha, _ = cel((0, 0))
    true = np.where(edge(alpha) & (alpha > 0), 0.5 * alpha, alpha)
    colour = np.where(edge(alpha)[..., None], (20.0, 220.0, 60.0), SKIN)
    plates = [cv2.GaussianBlur(rng.uniform(0, 255, (*SIZE[::-1], 3)).astype(np.float32), (0, 0), 2)
              for _ in range(4)]  # fmt: skip
    frames = [true[..., None] * colour + (1 - true[..., None]) * p for p in plates]
    depth = signed_distance((alpha > 0.5).astype(np.float32))
    one, all_ = np.ones(alpha.shape, np.float32), np.ones(alpha.shape, bool)
    glass = edge(alpha) & (np.abs(depth) < 2) & (alpha == 1)

    def error(known: np.ndarray) -> float:
        trimaps = [Trimap(alpha > 0.5, depth, p, one, known) for p in plates]
        pictures = [frame.astype(np.float32) for frame in frames]
        found, _ = estimate_alpha(pictures, trimaps, [all_] * 4)
        return float(np.abs(found - true)[glass].mean())

    assert error(all_) < 0.12
    assert error(~all_) > 2 * error(all_), "an invented plate is no evidence"


def test_what_another_sprite_hides_counts_nowhere() -> None:
    frames, alphas, labels, colours = shot([(0.0, 0.0)] * 2)
    frames[1][30:60, 20:50] = (60, 90, 240)
    other = np.zeros((2, *SIZE[::-1]), np.float32)
    other[1, 30:60, 20:50] = 1
    both = [np.stack([own[0] * (1 - o), o]) for own, o in zip(labels, other, strict=True)]
    (first, second), _ = matte_drawing(
        Drawing(
            frames,
            both,
            np.repeat(np.eye(3)[None], 2, axis=0),
            lambda i, box: view(background(i)[box]),
            0,
        ),
        colours,
        3.0,
        search_radius=30.0,
    )
    assert (second[32:58, 22:48, 3] == 0).all()
    assert np.abs(first[..., 3] / 255 - alphas[0])[edge(alphas[0])].mean() < 0.05
    nothing, _ = matte_drawing(
        Drawing(
            frames,
            [np.zeros_like(b) for b in both],
            np.repeat(np.eye(3)[None], 2, axis=0),
            lambda i, box: view(background(i)[box]),
            0,
        ),
        colours,
        3.0,
        search_radius=30.0,
    )
    assert not np.any(nothing)


def test_motion_is_sharpened_and_whole_steps_are_whole() -> None:
    shifts = [(0.0, 0.0), (2.0, 0.0), (0.55, 0.3)]
    frames, _, labels, _ = shot(shifts)
    masks = [label[0] > 0.5 for label in labels]
    rough = np.stack([geometry.translation(0.3 * (x > 0) - x, -y) for x, y in shifts])
    found = align_again(frames, masks, rough, noise=1.0, margin=4)
    assert np.array_equal(found[0], np.eye(3))
    assert np.array_equal(found[1], geometry.translation(-2, 0))
    centre = np.array(CENTRE)
    assert np.abs(geometry.apply(found[2], centre + shifts[2]) - centre).max() < 0.06


@pytest.mark.parametrize("shift", [(0, 0), (2, 1), (-2, 3), (4, -1)])
def test_whole_steps_resample_nothing(shift: tuple[int, int]) -> None:
    image = np.random.default_rng(0).random((9, 12)).astype(np.float32)
    at = geometry.translation(shift[0] + 1e-9, shift[1])
    x, y = (np.arange(side) + step for side, step in zip((8, 6), shift, strict=True))
    inside = (0 <= x) & (x < 12) & ((0 <= y) & (y < 9))[:, None]
    expected = image[np.clip(y, 0, 8)[:, None], np.clip(x, 0, 11)]
    np.testing.assert_array_equal(warp_to_grid(image, at, (8, 6)), expected)
    held = warp_to_grid(image, at, (8, 6), outside=0)
    np.testing.assert_array_equal(held, np.where(inside, expected, 0))
