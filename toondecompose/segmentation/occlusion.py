"""Owners of pixels where sprites meet, from drawings that other frames show.

Each sprite's drawings are gathered where no other sprite is near (`gathered_drawings`). Warped into
a frame, they predict the sprite's colour at a pixel, or that the sprite does not reach the pixel.
Together with the shares from `instances` that gives the most likely owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.exposure.change import steepness
from toondecompose.motion.matches import Flows
from toondecompose.segmentation import colour_model
from toondecompose.segmentation.depth_order import colour_votes, depth_order, flow_votes
from toondecompose.segmentation.drawing_groups import group_frames
from toondecompose.segmentation.gathered_drawings import Drawing, gather_drawing
from toondecompose.segmentation.hint_constraints import revert_changes_against_hints
from toondecompose.segmentation.parameters import Parameters


@dataclass(frozen=True)
class Prediction:
    """A sprite in a frame as if nothing covered it.

    Attributes
    ----------
    colour : (H, W, 3) float32.
    variance : (H, W) float32, of a channel of it between frames, in squared grey levels.
    covered : (H, W) float32 in 0..1, the probability that the sprite reaches the pixel.
    known : (H, W) float32 in 0..1, how far any of this is known.
    """

    colour: np.ndarray
    variance: np.ndarray
    covered: np.ndarray
    known: np.ndarray


def separate_sprites(
    frames: np.ndarray,
    mask: np.ndarray,
    shares: np.ndarray,
    *,
    flows: Flows,
    noise: float,
    hints: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the owner of each pixel, and the depth order of the sprites.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    mask : (T, H, W) bool, where any sprite is.
    shares : (T, K, H, W) float32 of sum one, the probability of each owner so far.
    flows : flow (H, W, 2) of each pair of frames; that of neighbours is used.
    noise : standard deviation of a channel of the frames, in grey levels.
    hints : (K, T, H, W) float32, log odds for each sprite; None without hints.

    Returns
    -------
    The owner of every pixel, (T, H, W) uint8, and the sprites of each frame from back to front,
    (T, K) int.
    """
    parameters = tuning[Parameters]
    count, number = shares.shape[:2]
    size = (mask.shape[2], mask.shape[1])
    slopes = each(lambda frame: steepness(frame.astype(np.float32)), frames)
    owners = shares.argmax(axis=1)
    drawings = [
        drawings_by_frame(
            frames,
            mask & (owners == k),
            mask & (owners != k),
            flows=flows,
            noise=noise,
            tuning=tuning,
        )
        for k in range(number)
    ]
    density = colour_model.colour_density(frames, mask, tuning=tuning)
    unseen = parameters.unseen_sprite_colour_share * colour_model.UNIFORM_DENSITY

    def label(t: int) -> tuple[np.ndarray, np.ndarray]:
        any_sprite = colour_model.lookup(density, frames[t]) + unseen
        predictions = [
            predict(own[t], t, size, tuning=tuning) if t in own else unknown(size)
            for own in drawings
        ]
        likelihoods = [
            likelihood(frames[t], one, any_sprite, slope=slopes[t], noise=noise, tuning=tuning)
            for one in predictions
        ]
        covered = [one.covered * one.known > parameters.min_drawing_coverage for one in predictions]
        own_hints = None if hints is None else hints[:, t]
        owners = find_owners(mask[t], shares[t], likelihoods, hints=own_hints, tuning=tuning)
        return owners, colour_votes(covered, likelihoods, mask[t], tuning=tuning)

    owners, votes = (np.stack(part) for part in zip(*each(label, range(count)), strict=True))
    named = np.where(mask, owners, number)
    votes = votes + each(
        lambda t: flow_votes(named, flows, t, number=number, tuning=tuning), range(count)
    )
    return owners, depth_order(votes, tuning=tuning)


def drawings_by_frame(
    frames: np.ndarray,
    own: np.ndarray,
    others: np.ndarray,
    *,
    flows: Flows,
    noise: float,
    tuning: Tuning = DEFAULT,
) -> dict[int, Drawing]:
    """Gather the drawings of a sprite; returns the one of each frame. See `group_frames`."""
    groups = group_frames(frames, own, others, flows=flows, noise=noise, tuning=tuning)
    drawings = each(
        lambda group: gather_drawing(frames, own, others, group=group, tuning=tuning), groups
    )
    return {t: drawing for drawing in drawings for t in drawing.motion}


def unknown(size: Size) -> Prediction:
    """Return the prediction of a sprite of which nothing is known."""
    nothing = np.zeros(size[::-1], np.float32)
    return Prediction(np.zeros((*size[::-1], 3), np.float32), nothing, nothing, nothing)


def predict(drawing: Drawing, t: int, size: Size, *, tuning: Tuning = DEFAULT) -> Prediction:
    """Warp a drawing into frame t, one of those that show it.

    Frames next to it share its mistakes and are left out.
    """
    near = np.abs(drawing.times - t) <= tuning[Parameters].excluded_frame_distance
    if near.all():
        return unknown(size)
    total, square, shown, missed = (
        all_of - part for all_of, part in zip(drawing.sums, drawing.summed(near), strict=True)
    )
    weight = np.maximum(shown, 1)[..., None]
    mean = total / weight
    variance = np.maximum(square / weight - mean**2, 0).mean(axis=-1)
    certain = np.minimum(shown, 1)
    paint = np.dstack([mean * certain[..., None], certain])
    facts = np.dstack([variance * certain, shown, missed])
    flags, place = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, drawing.motion[t]
    paint = cv2.warpPerspective(paint, place, size, flags=flags)
    # The canvas holds all that was observed of the drawing: beyond it there is nothing.
    facts = cv2.warpPerspective(facts, place, size, flags=flags, borderValue=(0, 0, 1))
    weight = np.maximum(paint[..., 3], 1e-3)
    variance, shown, missed = np.moveaxis(facts, -1, 0)
    observations = shown + missed
    return Prediction(
        paint[..., :3] / weight[..., None],
        variance / weight,
        shown / np.maximum(observations, 1e-3),
        np.minimum(observations, 1),
    )


def likelihood(
    frame: np.ndarray,
    prediction: Prediction,
    any_sprite: np.ndarray,
    *,
    slope: np.ndarray,
    noise: float,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the likelihood of a sprite at each pixel (H, W), relative to any unknown sprite.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    prediction : of the sprite in this frame.
    any_sprite : (H, W), density of the pixel's colour on sprites, per grey level cubed.
    slope : (H, W), the steepest squared gradient of the frame around each pixel.
    noise : standard deviation of a channel, in grey levels.
    """
    parameters = tuning[Parameters]
    outliers = parameters.drawing_outlier_share
    misaligned = parameters.drawing_misalignment_px**2 * slope / 3
    variance = noise**2 + prediction.variance + misaligned
    residual = ((frame - prediction.colour) ** 2).sum(axis=-1)
    # At an edge large residuals are likely, but a good fit is still a good fit.
    limit = (parameters.max_fit_deviations * noise) ** 2
    volume = (2 * np.pi * np.minimum(variance, limit)) ** 1.5
    normal = np.exp(-np.minimum(residual / (2 * variance), 80)) / volume
    here = (1 - outliers) * normal / any_sprite + outliers
    absent = (1 - prediction.covered) * parameters.absent_likelihood
    drawn = prediction.covered * here + absent
    return prediction.known * drawn + (1 - prediction.known) * parameters.unknown_likelihood


def find_owners(
    mask: np.ndarray,
    shares: np.ndarray,
    likelihoods: Sequence[np.ndarray],
    *,
    hints: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Find the owner of each pixel of a frame.

    Parameters
    ----------
    mask : (H, W) bool, where any sprite is.
    shares : (K, H, W) of sum one, the probability of each owner so far.
    likelihoods : (H, W) of each of the K sprites.
    hints : (K, H, W), log odds for each sprite; None without hints.

    Returns
    -------
    The owner everywhere, (H, W) uint8.
    """
    parameters = tuning[Parameters]
    prior = np.log(shares + 1e-6)
    prior = np.maximum(prior - prior.max(axis=0), -parameters.max_owner_log_odds)
    observed = np.log(np.stack(likelihoods))
    observed = observed - observed.max(axis=0)
    observed = np.clip(observed, -parameters.max_colour_log_odds, 0).astype(np.float32)
    inside = mask.astype(np.float32)
    weight = np.maximum(cv2.blur(inside, (3, 3)), 1e-3)
    observed = np.stack([cv2.blur(one * inside, (3, 3)) / weight for one in observed])
    best = (prior + observed + (0 if hints is None else hints)).argmax(axis=0)
    owners = without_specks(mask, best, tuning=tuning)
    if hints is None:
        return owners
    return revert_changes_against_hints(best, owners, hints, tuning=tuning)


def without_specks(mask: np.ndarray, owners: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Give small regions inside a mask (H, W) to the owner of what they touch; (H, W) uint8."""
    least = tuning[Parameters].min_owner_pixels
    kept = np.zeros(mask.shape, bool)
    _, objects = cv2.connectedComponents(mask.astype(np.uint8))
    areas = np.bincount(objects.ravel())
    for k in range(int(owners.max()) + 1):
        _, parts, stats, _ = cv2.connectedComponentsWithStats(
            (mask & (owners == k)).astype(np.uint8)
        )
        area = stats[:, cv2.CC_STAT_AREA]
        area[0] = 0
        kept |= (area[parts] >= least) | ((area[parts] == areas[objects]) & mask)
    return geometry.nearest_of(owners, kept).astype(np.uint8)
