"""Shifts of the whole picture beyond the reach of optical flow, as in a whip pan.

All shifts are tried at once: the normalised cross-correlation of two frames where they overlap,
by Fourier transforms (Padfield, 2012), of details of several sizes. The best are compared cell by
cell: the shift of a camera is right nearly everywhere, that of a figure only where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import cv2
import numpy as np

from toondecompose.optical_flow import DisOptions, Pair, RaftOptions, estimate_flow
from toondecompose.optical_flow.confidence import agreement, texture

Shift = tuple[int, int]
"""How far a picture lies away in another frame, x and y in pixels."""

FOLLOWED = 0.25
"""Share of the texture whose flow the flow back confirms, from which on a flow is believed."""

SCALES = ((4, 4.0), (2, 6.0), (2, 16.0))
"""Reductions of the frames, and the sizes in their pixels of the details that are compared."""

PEAKS = 4
"""Shifts that are compared for each scale."""

MIN_OVERLAP = 0.3
"""Least share of the picture that both frames show."""

CELLS = (16, 9)
"""Columns and rows of the cells that are compared."""

DETAIL_PX = 8.0
"""Size in pixels of the details that are compared in cells."""

MIN_DETAIL = 1.5
"""Standard deviation in grey levels from which on a cell has details."""

MIN_STRUCTURED = 0.2
"""Least share of the cells that must have details in both frames."""

MIN_SCORE = 0.5
"""Mean correlation of the cells from which on a shift is believed."""

MIN_LEAD = 0.15
"""What the correlation of standing still, and of other shifts, must be lower by."""

REACH = 1 / 16
"""Share of the width from which on the shift between neighbouring frames may be beyond reach."""

MAX_UNCHANGED = (6.0, 0.95, 0.5)
"""Grey levels up to which a pixel is unchanged, share of such pixels from which a cell is, and
share of the cells that may be: where more stay as they are, a figure moves and no camera."""

MAX_BLURRED = 4
"""Shifts that are tried with frames blurred along them."""

DISTINCT_PX = 12.0
"""Distance in pixels from which on shifts are others."""


def is_followed(forward: np.ndarray, backward: np.ndarray, frame: np.ndarray) -> bool:
    """Tell whether the flow from a frame (H, W, 3) to another follows most of the picture.

    forward and backward are the flows between both, (H, W, 2) in pixels.
    """
    visible = texture(frame)
    seen = float(visible.sum())
    return seen == 0 or float((agreement(forward, backward) * visible).sum()) >= FOLLOWED * seen


def find_large_shift(frame: np.ndarray, other: np.ndarray) -> tuple[Shift, float] | None:
    """Find how far the picture of a frame lies away in another.

    Parameters
    ----------
    frame, other : (H, W, 3) uint8 RGB.

    Returns
    -------
    The shift: what is at x in the frame lies at x + shift in the other; and its score, see
    `shift_score`. None where no shift is clearly better
    than others and than standing still, or much of the picture stays as it is.
    """
    a, b = (cv2.cvtColor(one, cv2.COLOR_RGB2GRAY).astype(np.float32) for one in (frame, other))
    level, share, most = MAX_UNCHANGED
    same = cv2.resize(
        (np.abs(a - b) < level).astype(np.float32), CELLS, interpolation=cv2.INTER_AREA
    )
    if (same >= share).mean() > most:
        return None
    candidates: list[Shift] = []
    for reduction, detail in SCALES:
        small_a, small_b = (_details(_shrink(one, reduction), detail) for one in (a, b))
        peaks = _correlation_peaks(small_a, small_b)
        candidates += [(x * reduction, y * reduction) for x, y in peaks]
    fine_a, fine_b = _details(a, DETAIL_PX), _details(b, DETAIL_PX)
    candidates = [(0, 0), *(_refined(fine_a, fine_b, one) for one in dict.fromkeys(candidates))]
    scores = {shift: shift_score(fine_a, fine_b, shift) for shift in candidates}
    found = _clear_best(scores, DISTINCT_PX)
    if found is not None:
        return found, scores[found]
    # A camera that starts or stops blurs one of both frames: blur both alike.
    for shift in sorted(scores, key=lambda one: -scores[one])[:MAX_BLURRED]:
        kernel = abs(shift[0]) // 2 + 1, abs(shift[1]) // 2 + 1
        if kernel == (1, 1):
            continue
        smooth_a, smooth_b = (_details(cv2.blur(one, kernel), max(kernel)) for one in (a, b))
        scores_here = {one: shift_score(smooth_a, smooth_b, one) for one in scores}
        if _clear_best(scores_here, max(DISTINCT_PX, *kernel)) == shift:
            return shift, scores_here[shift]
    return None


def _clear_best(scores: dict[Shift, float], distinct: float) -> Shift | None:
    # The best shift; None where others, or standing still, are nearly as good.
    best = max(scores, key=lambda shift: scores[shift])
    others = [
        score
        for shift, score in scores.items()
        if shift == (0, 0) or np.hypot(shift[0] - best[0], shift[1] - best[1]) > distinct
    ]
    clear = best != (0, 0) and scores[best] >= max(MIN_SCORE, max(others) + MIN_LEAD)
    return best if clear else None


def estimate_shifted_flow(
    frames: np.ndarray, shifts: Mapping[Pair, Shift], backend: DisOptions | RaftOptions
) -> Iterator[tuple[Pair, np.ndarray]]:
    """Estimate flows of which shifts of the whole picture are known, both ways.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    shifts : from frame a to frame b, by pair (a, b).
    backend : the estimator and its options.

    Yields
    ------
    ((a, b), flow) of each pair and of the same pair backwards.
    """
    both = [
        (pair, shift)
        for (a, b), (x, y) in shifts.items()
        for pair, shift in (((a, b), (x, y)), ((b, a), (-x, -y)))
    ]
    if not both:
        return
    given = [frame for (a, b), shift in both for frame in (frames[a], moved_back(frames[b], shift))]
    listed = [(2 * n, 2 * n + 1) for n in range(len(both))]
    flows = estimate_flow(np.stack(given), listed, backend)
    for (pair, shift), (_, flow) in zip(both, flows, strict=True):
        yield pair, flow + np.array(shift, np.float32)


def shift_score(a: np.ndarray, b: np.ndarray, shift: Shift) -> float:
    """Return the mean correlation of the cells of two pictures of details, (H, W) each.

    Negative ones count as none; 0 where too few cells have details. Cells lie in what both show.
    """
    part_a, part_b = overlap(a, b, shift)
    if part_a.size < MIN_OVERLAP * a.size:
        return 0.0

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.resize(values, CELLS, interpolation=cv2.INTER_AREA)

    mean_a, mean_b = mean(part_a), mean(part_b)
    deviation = [
        np.sqrt(np.maximum(mean(part * part) - own * own, 0))
        for part, own in ((part_a, mean_a), (part_b, mean_b))
    ]
    structured = (deviation[0] > MIN_DETAIL) & (deviation[1] > MIN_DETAIL)
    if structured.mean() < MIN_STRUCTURED:
        return 0.0
    covariance = mean(part_a * part_b) - mean_a * mean_b
    correlation = covariance / np.maximum(deviation[0] * deviation[1], 1e-6)
    return float(np.maximum(correlation, 0)[structured].mean())


def overlap(a: np.ndarray, b: np.ndarray, shift: Shift) -> tuple[np.ndarray, np.ndarray]:
    """Return the parts of two pictures (H, W, ...) that show the same after a shift (x, y)."""
    height, width = a.shape[:2]
    x, y = shift
    rows, columns = max(height - abs(y), 0), max(width - abs(x), 0)
    from_a, from_b = (max(-y, 0), max(-x, 0)), (max(y, 0), max(x, 0))
    return (
        a[from_a[0] : from_a[0] + rows, from_a[1] : from_a[1] + columns],
        b[from_b[0] : from_b[0] + rows, from_b[1] : from_b[1] + columns],
    )


def moved_back(other: np.ndarray, shift: Shift) -> np.ndarray:
    """Return a frame (H, W, 3) moved back by a shift; its rim is repeated beyond it."""
    motion = np.array([[1, 0, -shift[0]], [0, 1, -shift[1]]], np.float32)
    size = (other.shape[1], other.shape[0])
    return cv2.warpAffine(
        other, motion, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
    )


def _shrink(grey: np.ndarray, reduction: int) -> np.ndarray:
    size = (max(8, grey.shape[1] // reduction), max(8, grey.shape[0] // reduction))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def _details(grey: np.ndarray, size: float) -> np.ndarray:
    return grey - cv2.GaussianBlur(grey, (0, 0), size)


def _correlation_peaks(a: np.ndarray, b: np.ndarray) -> list[Shift]:
    height, width = a.shape
    size = (2 * height, 2 * width)
    ones = np.fft.rfft2(np.ones_like(a), size)

    def correlate(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.fft.irfft2(np.conj(first) * second, size)

    spectrum_a, spectrum_b = np.fft.rfft2(a, size), np.fft.rfft2(b, size)
    energy_a = correlate(np.fft.rfft2(a * a, size), ones)
    energy_b = correlate(ones, np.fft.rfft2(b * b, size))
    number = correlate(ones, ones)
    usable = number >= MIN_OVERLAP * height * width
    floor = 1e-3 * max(float(energy_a.max()), float(energy_b.max()), 1e-6)
    energy = np.sqrt(np.maximum(energy_a, floor) * np.maximum(energy_b, floor))
    score = np.where(usable, correlate(spectrum_a, spectrum_b) / energy, -1)
    peaks = []
    for _ in range(PEAKS):
        row, column = np.unravel_index(int(score.argmax()), score.shape)
        y, x = (
            int(place if place < side else place - 2 * side)
            for place, side in ((row, height), (column, width))
        )
        peaks.append((x, y))
        rows = np.arange(int(row) - 2, int(row) + 3) % size[0]
        columns = np.arange(int(column) - 2, int(column) + 3) % size[1]
        score[np.ix_(rows, columns)] = -1
    return peaks


def _refined(a: np.ndarray, b: np.ndarray, shift: Shift) -> Shift:
    # To the pixel: the best correlation within what a scale leaves open.
    def fit(x: int, y: int) -> float:
        part_a, part_b = overlap(a, b, (x, y))
        if part_a.size < MIN_OVERLAP * a.size:
            return -1.0
        energy = float(np.sqrt(np.vdot(part_a, part_a) * np.vdot(part_b, part_b)))
        return float(np.vdot(part_a, part_b)) / max(energy, 1e-6)

    for step in (2, 1):
        near = [
            (shift[0] + dx, shift[1] + dy) for dy in (-step, 0, step) for dx in (-step, 0, step)
        ]
        shift = max(near, key=lambda one: fit(*one))
    return shift
