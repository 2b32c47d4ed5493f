"""How often the structure of a frame is found again where the motion of a plane predicts it.

In cartoons nearly all evidence of motion lies on drawn lines and painted texture; flat insides have
none. The structure of the background is found again in nearly every frame in which nothing covers
it, to a fraction of a pixel, once the camera's motion is known. A sprite's structure is not: a line
that moves by half a pixel differs by more than noise and misalignment explain, and both are
measured in the clip itself.

A match counts for the background only as far as the motion has a component across the edge: a
horizontal line says nothing about a horizontal pan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.gradients import steepest_gradient
from toondecompose.core.parallel import all_stacked, each, evenly_spread, stacked
from toondecompose.core.statistics import ramp
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.segmentation.displacement import displaced_structure
from toondecompose.segmentation.frame_comparison import (
    frame_difference,
    is_still,
    least_travel,
    measure_noise,
    motion_steps,
    plane_moves,
    resampled,
)
from toondecompose.segmentation.parameters import Parameters

NO_FLOWS: Flows = MappingProxyType({})


@dataclass(frozen=True)
class PlanePersistence:
    """How often the structure of each frame is found again as one plane moves.

    Attributes
    ----------
    steps : (T, P, 3, 3), the homographies from each frame to each of its P partners.
    partners : the P frames.
    matched, visible : (T, P, H, ceil(W / 8)) uint8, bits: whether the partner shows the same
        structure, and whether it shows the place at all.
    near : (T, H, W) float32 in 0..1, how surely structure moves with the plane to or from one of
        the next frames; 0 where the plane stands still.
    lasting : (T, H, W) float32 in 0..1, the share of the next frames on either side, whichever is
        larger, in which structure is found again.
    across : (T, H, W) float32 in 0..1, how far a match counts; 1 everywhere if the plane stands
        still.
    """

    steps: np.ndarray
    partners: Sequence[int]
    matched: np.ndarray
    visible: np.ndarray
    near: np.ndarray
    lasting: np.ndarray
    across: np.ndarray

    def share(self, t: int, cover: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return the share of the partners in which structure is found again, and their number.

        Partners that cover the place do not count; cover is (T, H, W) uint8, 1 where a sprite is.
        Both results are those of frame t, (H, W) float32.
        """
        height, width = self.near.shape[1:]
        size = (width, height)
        hits, observations = np.zeros((2, height, width), np.uint8)
        for i, b in enumerate(self.partners):
            valid = _unpacked(self.visible[t, i], width)
            if cover is not None:
                valid &= resampled(cover[b], self.steps[t, i], size, method=cv2.INTER_NEAREST) == 0
            observations += valid
            hits += _unpacked(self.matched[t, i], width) & valid
        share = hits / np.maximum(observations, 1).astype(np.float32)
        return share, observations.astype(np.float32)

    def rival(self, t: int, share: np.ndarray) -> np.ndarray:
        """Return the largest share of any other structure that a place of frame t shows.

        share (T, H, W) is that of all frames; the result is (H, W) float32. Of all that a place
        shows in turn, one at most is the background.
        """
        height, width = share.shape[1:]
        size = (width, height)
        largest = np.zeros((height, width), np.float32)
        for i, b in enumerate(self.partners):
            other = _unpacked(self.visible[t, i], width) & ~_unpacked(self.matched[t, i], width)
            there = resampled(share[b], self.steps[t, i], size, method=cv2.INTER_NEAREST)
            np.maximum(largest, there, out=largest, where=other)
        return largest


@dataclass(frozen=True)
class Persistence:
    """Persistence of structure with any of the planes.

    Attributes
    ----------
    planes : one for each plane of the background.
    structure : (T, H, W) float32 in 0..1, how far a pixel has structure that can be compared.
    slope : (T, H, W) float32, the steepest change of colour, in grey levels per pixel.
    near, lasting, across : see `PlanePersistence`; the largest of all planes.
    displaced : (T, H, W) float32 in 0..1, how surely other frames show the structure elsewhere;
        0 if the camera travels so far that it does not count.
    moving : whether the camera moves.
    travel : how far the image travels in the clip, as a share of its width: its middle or a
        corner, whichever travels least, because a zoom moves flat insides along with outlines.
    """

    planes: Sequence[PlanePersistence]
    structure: np.ndarray
    slope: np.ndarray
    near: np.ndarray
    lasting: np.ndarray
    across: np.ndarray
    displaced: np.ndarray
    moving: bool
    travel: float

    def share(self, cover: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the largest share of any plane, and its count, (T, H, W) float32.

        See `PlanePersistence.share`.
        """
        share, count = all_stacked(
            lambda t: _of_best_plane([plane.share(t, cover) for plane in self.planes]),
            range(len(self.near)),
        )
        return share, count

    def share_and_rival(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return `share` of all frames, its count, and `PlanePersistence.rival` of that plane."""
        times = range(len(self.near))
        shares = [all_stacked(lambda t, p=p: p.share(t, None), times) for p in self.planes]

        def one(t: int) -> tuple[np.ndarray, ...]:
            pairs = zip(shares, self.planes, strict=True)
            return _of_best_plane(
                [(share[t], count[t], plane.rival(t, share)) for (share, count), plane in pairs]
            )

        share, count, rival = all_stacked(one, times)
        return share, count, rival


def _of_best_plane(found: Sequence[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    """Return what was found of that plane, at each pixel, of which the first array is largest."""
    best = found[0]
    for other in found[1:]:
        better = other[0] > best[0]
        best = tuple(np.where(better, o, b) for o, b in zip(other, best, strict=True))
    return best


def measure_persistence(
    frames: np.ndarray,
    motions: Sequence[np.ndarray],
    *,
    flows: Flows = NO_FLOWS,
    tuning: Tuning = DEFAULT,
) -> Persistence:
    """Compare frames (T, H, W, 3) uint8 along the motions (T, 3, 3) of the background's planes.

    flows (H, W, 2), of pairs of frames, tell what is displaced.
    """
    parameters = tuning[Parameters]
    blur = parameters.comparison_blur_px
    smooth = stacked(lambda f: cv2.GaussianBlur(f, (0, 0), blur), list(frames))
    gradients = each(steepest_gradient, smooth)
    slope = np.stack([length for _, _, length in gradients])
    errors = measure_noise(smooth, slope, motions[0], tuning=tuning)
    window = np.ones((3, 3), np.uint8)
    noise = parameters.noise_tolerance * errors[0]
    tolerances = np.stack(
        each(lambda s: np.hypot(noise, errors[1] * cv2.dilate(s, window)).astype(np.float32), slope)
    )
    planes = [
        _along_plane(smooth, gradients, motion, tolerances=tolerances, tuning=tuning)
        for motion in motions
    ]
    size = (frames.shape[2], frames.shape[1])
    travel = least_travel(motions[0], size) / frames.shape[2]
    if travel < parameters.far_travel_share:
        displaced = displaced_structure(
            frames, smooth, tolerances, motions=motions, flows=flows, tuning=tuning
        )
    else:
        displaced = np.zeros(slope.shape, np.float32)
    return Persistence(
        planes,
        ramp(slope / errors[0], *parameters.structure_slope_range),
        slope,
        np.maximum.reduce([plane.near for plane in planes]),
        np.maximum.reduce([plane.lasting for plane in planes]),
        np.maximum.reduce([plane.across for plane in planes]),
        displaced,
        plane_moves(motions[0], size, tuning=tuning),
        travel,
    )


def _along_plane(
    smooth: np.ndarray,
    gradients: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
    motion: np.ndarray,
    *,
    tolerances: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> PlanePersistence:
    """Compare frames along one plane's motion.

    tolerances (T, H, W) are the grey levels that noise and misalignment explain.
    """
    parameters = tuning[Parameters]
    near_offsets, lasting_offsets = parameters.near_frame_offsets, parameters.lasting_frame_offsets
    count, height, width = smooth.shape[:3]
    size = (width, height)
    partners = evenly_spread(count, parameters.partner_frames)

    def one(t: int) -> tuple[np.ndarray, ...]:
        dx, dy, length = gradients[t]
        scale = 1 / np.maximum(length, 1e-3)
        offsets = sorted({*near_offsets, *lasting_offsets})
        close = [t + sign * k for k in offsets for sign in (1, -1)]
        others = partners + [b for b in close if 0 <= b < count and b not in partners]
        steps = motion_steps(motion, t, others)
        matched = np.zeros((len(partners), height, width), bool)
        visible = np.zeros_like(matched)
        across, near = np.zeros((2, height, width), np.float32)
        sides: dict[bool, list[np.ndarray]] = {True: [], False: []}
        for i, (b, step) in enumerate(zip(others, steps, strict=True)):
            if b == t:
                continue
            difference, shown = frame_difference(smooth, t, b, step=step)
            mean = cv2.blur(difference / tolerances[t], (3, 3))
            match = mean < parameters.max_mean_difference
            if i < len(partners):
                matched[i], visible[i] = match & shown, shown
            if abs(b - t) in lasting_offsets:
                sides[b > t].append(match & shown)
            follows = abs(b - t) <= near_offsets[-1]
            if is_still(step) or not (follows or i < len(partners)):
                continue
            x, y = geometry.rigid_shifts(np.eye(3), np.linalg.inv(step), size)
            component = shown * np.abs(dx * x + dy * y) * scale
            if i < len(partners):
                across = np.maximum(across, component)
            if follows:
                near = np.maximum(near, match * ramp(component, *parameters.motion_across_edge_px))
        shares = [np.mean(side, axis=0) for side in sides.values() if side]
        lasting = np.max([np.zeros((height, width)), *shares], axis=0)
        bits = (np.packbits(m, axis=-1) for m in (matched, visible))
        return (*bits, near, lasting.astype(np.float32), across)

    matched, visible, near, lasting, across = all_stacked(one, range(count))
    if plane_moves(motion, size, tuning=tuning):
        counted = ramp(across, *parameters.motion_across_edge_px)
    else:
        counted = np.ones_like(across)
    steps = np.stack([motion_steps(motion, t, partners) for t in range(count)])
    return PlanePersistence(steps, partners, matched, visible, near, lasting, counted)


def _unpacked(bits: np.ndarray, width: int) -> np.ndarray:
    return np.unpackbits(bits, axis=-1, count=width).view(bool)
