"""Is the structure of a frame found again where the motion of a plane says, and how often?

In cartoons nearly all evidence of motion sits on drawn lines and painted texture; flat insides have
none. The structure of the background is found again in nearly every frame in which nothing hides
it, to a fraction of a pixel, once the camera's motion is known. That of a figure is not, however
little the figure moves: a drawn line that sways by half a pixel already differs by more than noise
and misalignment explain, and both are measured in the clip itself.

A match counts for the background only as far as the motion has a part across the edge: a horizontal
line says nothing about a horizontal pan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each, evenly_spread
from toondecompose.core.reduction import largest_channel

PARTNERS = 16
"""Frames, evenly spread over the clip, with which each frame is compared."""

NEAR = (1, 2, 3)
"""Distances in frames of those that also tell whether structure moves with the camera now."""

LASTING = (3, 6, 9, 12)
"""Distances in frames at which structure that lasts is found again: drawings are held for less."""

BLUR = 0.7
"""Standard deviation in pixels of the blur before frames are compared: resampling blurs as well."""

TOLERANCE = 2.5
"""Standard deviations of noise that a matching pixel may differ by."""

MATCHES = 1.5
"""Mean difference over 3 x 3 pixels, in tolerances, from which on structure does not match."""

MIN_NOISE = 1.0
"""Standard deviation of a frame without noise, in grey levels: the colours are rounded."""

BLOCK = 16
"""Side in pixels of the blocks in which noise is measured."""

QUIET_BLOCKS = 0.25
"""Share of those blocks that surely show no motion: flat figures before a wall that is not flat may
hold most of the flat pixels."""

MISALIGNMENT_RANGE = (0.06, 0.45)
"""Bounds of the measured misalignment, in pixels."""

STRUCTURE_RANGE = (1.0, 3.0)
"""Slope, in standard deviations of noise per pixel, from which on a pixel begins to have structure,
and from which on it fully has."""

ACROSS_RANGE = (0.7, 1.7)
"""Pixels of motion across an edge from which on a match begins to tell, and fully tells."""

MOVING = 0.15
"""Pixels per frame from which on a camera moves, in the median."""


@dataclass(frozen=True)
class PlanePersistence:
    """How often the structure of each frame is found again as one plane moves.

    Attributes
    ----------
    steps : (T, P, 3, 3), the motion from each frame to each of its P partners.
    partners : the P frames.
    matched, visible : (T, P, H, ceil(W / 8)) uint8, bits: whether the partner shows the same, and
        whether the place lies in it at all.
    near : (T, H, W) float32 in 0..1, how surely structure moves with the plane to or from one of
        the next frames; 0 where the plane stands still.
    lasting : (T, H, W) float32 in 0..1, in which share of the next frames on either side, whichever
        shows more, structure is found again.
    across : (T, H, W) float32 in 0..1, how far a match tells; 1 everywhere if the plane stands
        still.
    """

    steps: np.ndarray
    partners: Sequence[int]
    matched: np.ndarray
    visible: np.ndarray
    near: np.ndarray
    lasting: np.ndarray
    across: np.ndarray

    def share(self, cover: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return in which share of the partners structure is found again, and of how many.

        Partners that cover the place do not count; cover is (T, H, W) uint8, 1 where an object is.
        Both results are (T, H, W) float32.
        """
        count, height, width = self.near.shape
        size = (width, height)

        def one(t: int) -> tuple[np.ndarray, np.ndarray]:
            hits, seen = np.zeros((2, height, width), np.uint8)
            for i, b in enumerate(self.partners):
                valid = _unpacked(self.visible[t, i], width)
                if cover is not None:
                    valid &= _resampled(cover[b], self.steps[t, i], size, cv2.INTER_NEAREST) == 0
                seen += valid
                hits += _unpacked(self.matched[t, i], width) & valid
            return hits / np.maximum(seen, 1).astype(np.float32), seen.astype(np.float32)

        shares, counts = zip(*each(one, range(count)), strict=True)
        return np.stack(shares), np.stack(counts)


@dataclass(frozen=True)
class Persistence:
    """What all planes together tell about each pixel.

    Attributes
    ----------
    planes : one for each plane of the background.
    structure : (T, H, W) float32 in 0..1, how far a pixel has structure that can be compared.
    slope : (T, H, W) float32, the steepest change of colour, in grey levels per pixel.
    near, lasting, across : see `PlanePersistence`; of the plane that tells most.
    moving : whether the camera moves.
    travel : how far the picture travels in the clip, as a share of its width: its middle or a
        corner, whichever travels least, for a zoom moves flat insides along with their outlines.
    """

    planes: Sequence[PlanePersistence]
    structure: np.ndarray
    slope: np.ndarray
    near: np.ndarray
    lasting: np.ndarray
    across: np.ndarray
    moving: bool
    travel: float

    def share(self, cover: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the largest share of any plane, and its count; see `PlanePersistence.share`."""
        share, count = self.planes[0].share(cover)
        for plane in self.planes[1:]:
            other, number = plane.share(cover)
            better = other > share
            share, count = np.where(better, other, share), np.where(better, number, count)
        return share, count


def measure_persistence(frames: np.ndarray, motions: Sequence[np.ndarray]) -> Persistence:
    """Compare frames (T, H, W, 3) uint8 along the motions (T, 3, 3) of the background's planes."""
    smooth = np.stack(each(lambda f: cv2.GaussianBlur(f, (0, 0), BLUR), frames))
    slopes = each(steepest, smooth)
    slope = np.stack([length for _, _, length in slopes])
    noise, misalignment = measure_noise(smooth, slope, motions[0])
    planes = [_along_plane(smooth, slopes, motion, noise, misalignment) for motion in motions]
    return Persistence(
        planes,
        _ramp(slope / noise, *STRUCTURE_RANGE),
        slope,
        np.maximum.reduce([plane.near for plane in planes]),
        np.maximum.reduce([plane.lasting for plane in planes]),
        np.maximum.reduce([plane.across for plane in planes]),
        _moves(motions[0], (frames.shape[2], frames.shape[1])),
        _travel(motions[0], (frames.shape[2], frames.shape[1])) / frames.shape[2],
    )


def steepest(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the slope of the channel that changes most: along x, along y and its length, (H, W).

    In grey levels per pixel; image is (H, W, 3) uint8.
    """
    levels = image.astype(np.float32)
    dx = cv2.Sobel(levels, cv2.CV_32F, 1, 0, scale=1 / 8)
    dy = cv2.Sobel(levels, cv2.CV_32F, 0, 1, scale=1 / 8)
    squared = dx * dx + dy * dy
    channel = squared.argmax(axis=-1)[..., None]
    dx, dy = (np.take_along_axis(d, channel, -1)[..., 0] for d in (dx, dy))
    return dx, dy, np.sqrt(np.take_along_axis(squared, channel, -1)[..., 0])


def measure_noise(smooth: np.ndarray, slope: np.ndarray, motion: np.ndarray) -> tuple[float, float]:
    """Return the noise in grey levels and the misalignment in pixels between frames two apart.

    Measured where frames differ least: the median of the quieter blocks where the picture is flat,
    the lower third where it is steep, since part of that moves by itself.
    """
    size = (smooth.shape[2], smooth.shape[1])
    gap = min(2, len(smooth) - 1)
    flat = [np.zeros(0, np.uint8)]
    steep: dict[bool, list[np.ndarray]] = {}
    for t in evenly_spread(len(smooth), 8):
        for b in (t - gap, t + gap):
            if b == t or not 0 <= b < len(smooth):
                continue
            step = _steps(motion, t, [b])[0]
            difference, seen = _difference(smooth, t, b, step, size)
            flat.append(_block_medians(difference, seen & (slope[t] < 1.5)))
            edges = seen & (slope[t] > 6)
            still = geometry.largest_shift(np.eye(3)[None], step[None], size) < MOVING
            steep.setdefault(still, []).append((difference[edges] / slope[t][edges])[::3])
    # Frames that a camera holds are aligned exactly, which tells nothing about the others.
    moved = steep.get(False) or steep.get(True) or [np.zeros(0, np.float32)]
    levels, pixels = np.concatenate(flat), np.concatenate(moved)
    usual = float(np.quantile(levels, QUIET_BLOCKS)) if levels.size else MIN_NOISE
    noise = max(MIN_NOISE, 1.5 * usual)
    if pixels.size < 50:
        return noise, 0.3
    return noise, float(np.clip(2 * np.quantile(pixels, 0.35), *MISALIGNMENT_RANGE))


def _block_medians(difference: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Return the median difference (H, W) uint8 of the flat pixels of each block that has some."""
    height, width = (side // BLOCK for side in flat.shape)

    def blocks(values: np.ndarray) -> np.ndarray:
        whole = values[: height * BLOCK, : width * BLOCK]
        parts = whole.reshape(height, BLOCK, width, BLOCK).swapaxes(1, 2)
        return parts.reshape(height * width, BLOCK * BLOCK)

    count = blocks(flat).sum(axis=1)
    sorted_ = np.sort(blocks(np.where(flat, difference, np.uint8(255))), axis=1)
    some = count > 0
    return sorted_[some, (count[some] - 1) // 2]


def _along_plane(
    smooth: np.ndarray,
    slopes: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
    motion: np.ndarray,
    noise: float,
    misalignment: float,
) -> PlanePersistence:
    count, height, width = smooth.shape[:3]
    size = (width, height)
    partners = evenly_spread(count, PARTNERS)
    window = np.ones((3, 3), np.uint8)

    def one(t: int) -> tuple[np.ndarray, ...]:
        dx, dy, length = slopes[t]
        scale = 1 / np.maximum(length, 1e-3)
        tolerance = np.hypot(TOLERANCE * noise, misalignment * cv2.dilate(length, window))
        near_by = [t + sign * k for k in sorted({*NEAR, *LASTING}) for sign in (1, -1)]
        others = partners + [b for b in near_by if 0 <= b < count and b not in partners]
        steps = _steps(motion, t, others)
        matched = np.zeros((len(partners), height, width), bool)
        visible = np.zeros_like(matched)
        across, near = np.zeros((2, height, width), np.float32)
        sides: dict[bool, list[np.ndarray]] = {True: [], False: []}
        for i, (b, step) in enumerate(zip(others, steps, strict=True)):
            if b == t:
                continue
            difference, seen = _difference(smooth, t, b, step, size)
            match = cv2.blur(difference / tolerance, (3, 3)) < MATCHES
            if i < len(partners):
                matched[i], visible[i] = match & seen, seen
            if abs(b - t) in LASTING:
                sides[b > t].append(match & seen)
            if _is_still(step):
                continue
            shift = geometry.rigid_flow(np.eye(3), np.linalg.inv(step), size)
            told = seen * np.abs(dx * shift[..., 0] + dy * shift[..., 1]) * scale
            if i < len(partners):
                across = np.maximum(across, told)
            if abs(b - t) <= NEAR[-1]:
                near = np.maximum(near, match * _ramp(told, *ACROSS_RANGE))
        shares = [np.mean(side, axis=0) for side in sides.values() if side]
        lasting = np.max([np.zeros((height, width)), *shares], axis=0)
        bits = (np.packbits(m, axis=-1) for m in (matched, visible))
        return (*bits, near, lasting.astype(np.float32), across)

    found = [np.stack(maps) for maps in zip(*each(one, range(count)), strict=True)]
    matched, visible, near, lasting, across = found
    told = _ramp(across, *ACROSS_RANGE) if _moves(motion, size) else np.ones_like(across)
    steps = np.stack([_steps(motion, t, partners) for t in range(count)])
    return PlanePersistence(steps, partners, matched, visible, near, lasting, told)


def _steps(motion: np.ndarray, t: int, others: Sequence[int]) -> np.ndarray:
    """Return the homographies (N, 3, 3) from frame t to others."""
    return geometry.normalised(np.linalg.inv(motion[list(others)]) @ motion[t])


def _moves(motion: np.ndarray, size: geometry.Size) -> bool:
    """Tell whether a plane moves in most frames."""
    steps = np.linalg.norm(np.diff(_paths(motion, size), axis=1), axis=-1)
    return steps.size > 0 and bool(np.median(steps, axis=1).max() > MOVING)


def _travel(motion: np.ndarray, size: geometry.Size) -> float:
    """Return how far the least travelled of the picture's middle and corners travels, in pixels."""
    return float(np.ptp(_paths(motion, size), axis=1).max(axis=-1).min())


def _paths(motion: np.ndarray, size: geometry.Size) -> np.ndarray:
    """Return where the picture's middle and corners lie on the canvas, (5, T, 2) pixels."""
    right, bottom = size[0] - 1, size[1] - 1
    points = [(right / 2, bottom / 2), (0, 0), (right, 0), (0, bottom), (right, bottom)]
    return np.stack([geometry.apply(motion, np.array(point)) for point in points])


def _is_still(step: np.ndarray) -> bool:
    return bool(np.abs(step - np.eye(3)).max() < 1e-6)


def _resampled(image: np.ndarray, step: np.ndarray, size: geometry.Size, method: int) -> np.ndarray:
    """Return another frame's picture as this frame sees it, given the step to it."""
    if _is_still(step):
        return image
    flags, edge = method | cv2.WARP_INVERSE_MAP, cv2.BORDER_REPLICATE
    return cv2.warpPerspective(image, step, size, flags=flags, borderMode=edge)


def _difference(
    smooth: np.ndarray, t: int, b: int, step: np.ndarray, size: geometry.Size
) -> tuple[np.ndarray, np.ndarray]:
    """Return how much frame b differs, largest channel, and where it shows the place, (H, W)."""
    difference = largest_channel(
        cv2.absdiff(_resampled(smooth[b], step, size, cv2.INTER_LINEAR), smooth[t])
    )
    if _is_still(step):
        return difference, np.ones(difference.shape, bool)
    inside = cv2.warpPerspective(
        np.ones(size[::-1], np.uint8), step, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    )
    return difference, inside > 0


def _unpacked(bits: np.ndarray, width: int) -> np.ndarray:
    return np.unpackbits(bits, axis=-1, count=width).view(bool)


def _ramp(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.clip((values - low) / (high - low), 0, 1).astype(np.float32)
