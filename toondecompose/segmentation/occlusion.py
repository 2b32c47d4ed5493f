"""Whose pixel is it where sprites meet: the one whose drawing, known from other frames, is seen.

Every sprite's drawings are gathered where they lie apart (``drawings``). Laid back into a frame
they say what each sprite looks like at a pixel, or that it does not reach there. Together with
what was believed before (``sprites``) that gives the sprite that most likely shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each
from toondecompose.exposure.change import steepness
from toondecompose.motion.matches import Flows
from toondecompose.segmentation import colour_model
from toondecompose.segmentation.depth_order import colour_votes, flow_votes, settle_order
from toondecompose.segmentation.drawing_groups import (
    MISALIGNED,
    Drawing,
    gather,
    group_frames,
)
from toondecompose.segmentation.hint_propagation import heed_owners

NEXT = 2
"""Frames so near hold the same drawing at the same place, and show what they hide alike."""

OTHER = 0.1
"""Share of a drawing's pixels that look like anything: what moves in it, and what blurs."""

NEVER = 1e-3
"""Likelihood that a sprite is seen where its drawing does not reach, against where it does."""

BELIEVED = 5.0
"""What was believed before counts up to this logarithm."""

SPECK = 12
"""Regions of an owner with fewer pixels than this are chance."""


UNKNOWN = 0.3
"""Chance that a sprite of which nothing is known at a pixel reaches there."""

UNSEEN = 0.05
"""Share of a sprite's pixels whose colour is anything."""

FORGIVEN = 4.0
"""Standard deviations of the noise up to which a poor fit costs likelihood."""

COVERED = 0.5
"""A drawing is taken to lie where this is the chance of it."""


@dataclass(frozen=True)
class Forecast:
    """What a sprite would look like in a frame if nothing hid it.

    Attributes
    ----------
    colour : (H, W, 3) float32.
    variance : (H, W) float32, of a channel of it between frames, in squared grey levels.
    covered : (H, W) float32 in 0..1, how likely the sprite reaches there.
    known : (H, W) float32 in 0..1, how far any of this is known.
    """

    colour: np.ndarray
    variance: np.ndarray
    covered: np.ndarray
    known: np.ndarray


def part_sprites(
    frames: np.ndarray,
    mask: np.ndarray,
    believed: np.ndarray,
    flows: Flows,
    noise: float,
    told: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Decide who owns each pixel, and who is in front of whom.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    mask : (T, H, W) bool, where any sprite is.
    believed : (T, K, H, W) float32, shares of sum one: who owns each pixel, so far.
    flows : flow (H, W, 2) of each pair of frames; that of neighbours is used.
    noise : standard deviation of a channel of the frames, in grey levels.
    told : (K, T, H, W) float32, what hints say for each sprite, see `hinted.Told`; None without.

    Returns
    -------
    The owner of every pixel, (T, H, W) uint8, and the sprites of each frame from back to front,
    (T, K) int.
    """
    count, number = believed.shape[:2]
    size = (mask.shape[2], mask.shape[1])
    slopes = each(lambda frame: steepness(frame.astype(np.float32)), frames)
    owners = believed.argmax(axis=1)
    shown = [
        drawings_shown(frames, mask & (owners == k), mask & (owners != k), flows, noise)
        for k in range(number)
    ]
    density = colour_model.colour_density(frames, mask)

    def judge(t: int) -> tuple[np.ndarray, np.ndarray]:
        chance = colour_model.lookup(density, frames[t]) + UNSEEN * colour_model.ANYTHING
        expected = [forecast(of[t], t, size) if t in of else unknown(size) for of in shown]
        seen = [likelihood(frames[t], one, chance, slopes[t], noise) for one in expected]
        covered = [one.covered * one.known > COVERED for one in expected]
        says = None if told is None else told[:, t]
        owners = decide(mask[t], believed[t], seen, says)
        return owners, colour_votes(covered, seen, mask[t])

    owners, votes = (np.stack(part) for part in zip(*each(judge, range(count)), strict=True))
    named = np.where(mask, owners, number)
    votes = votes + each(lambda t: flow_votes(named, flows, t, number), range(count))
    return owners, settle_order(votes)


def drawings_shown(
    frames: np.ndarray, own: np.ndarray, others: np.ndarray, flows: Flows, noise: float
) -> dict[int, Drawing]:
    """Gather the drawings of a sprite; returns the one of each frame. See `group_frames`."""
    groups = group_frames(frames, own, others, flows, noise)
    drawings = each(lambda group: gather(frames, own, others, group), groups)
    return {t: drawing for drawing in drawings for t in drawing.motion}


def unknown(size: Size) -> Forecast:
    """Return the forecast of a sprite of which nothing is known."""
    nothing = np.zeros(size[::-1], np.float32)
    return Forecast(np.zeros((*size[::-1], 3), np.float32), nothing, nothing, nothing)


def forecast(drawing: Drawing, t: int, size: Size) -> Forecast:
    """Lay a drawing into frame t, one of those that show it.

    Frames next to it share its mistakes and are not asked.
    """
    near = np.abs(drawing.times - t) <= NEXT
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
    # The canvas holds all that was seen of the drawing: beyond it there is nothing.
    facts = cv2.warpPerspective(facts, place, size, flags=flags, borderValue=(0, 0, 1))
    weight = np.maximum(paint[..., 3], 1e-3)
    variance, shown, missed = np.moveaxis(facts, -1, 0)
    sights = shown + missed
    return Forecast(
        paint[..., :3] / weight[..., None],
        variance / weight,
        shown / np.maximum(sights, 1e-3),
        np.minimum(sights, 1),
    )


def likelihood(
    frame: np.ndarray, expected: Forecast, chance: np.ndarray, slope: np.ndarray, noise: float
) -> np.ndarray:
    """Return how likely a sprite shows at each pixel, (H, W), against any sprite of unknown looks.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    expected : of the sprite in this frame.
    chance : (H, W), how likely the pixel's colour is on sprites, per grey level cubed.
    slope : (H, W), the steepest squared gradient of the frame around each pixel.
    noise : standard deviation of a channel, in grey levels.
    """
    variance = noise**2 + expected.variance + MISALIGNED**2 * slope / 3
    residual = ((frame - expected.colour) ** 2).sum(axis=-1)
    # On an edge much is forgiven, but what fits there still fits.
    volume = (2 * np.pi * np.minimum(variance, (FORGIVEN * noise) ** 2)) ** 1.5
    normal = np.exp(-np.minimum(residual / (2 * variance), 80)) / volume
    here = (1 - OTHER) * normal / chance + OTHER
    drawn = expected.covered * here + (1 - expected.covered) * NEVER
    return expected.known * drawn + (1 - expected.known) * UNKNOWN


def decide(
    mask: np.ndarray,
    believed: np.ndarray,
    likelihoods: Sequence[np.ndarray],
    told: np.ndarray | None = None,
) -> np.ndarray:
    """Give each pixel of a frame to a sprite.

    Parameters
    ----------
    mask : (H, W) bool, where any sprite is.
    believed : (K, H, W), shares of sum one: what was believed before.
    likelihoods : (H, W) of each of the K sprites.
    told : (K, H, W), what hints say for each sprite; None without any.

    Returns
    -------
    The owner everywhere, (H, W) uint8.
    """
    prior = np.log(believed + 1e-6)
    prior = np.maximum(prior - prior.max(axis=0), -BELIEVED)
    seen = np.log(np.stack(likelihoods))
    seen = np.clip(seen - seen.max(axis=0), -colour_model.CAP, 0).astype(np.float32)
    inside = mask.astype(np.float32)
    weight = np.maximum(cv2.blur(inside, (3, 3)), 1e-3)
    seen = np.stack([cv2.blur(one * inside, (3, 3)) / weight for one in seen])
    best = (prior + seen + (0 if told is None else told)).argmax(axis=0)
    owners = without_specks(mask, best)
    return owners if told is None else heed_owners(best, owners, told)


def without_specks(mask: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Give small regions inside a mask (H, W) to the owner of what they touch; (H, W) uint8."""
    kept = np.zeros(mask.shape, bool)
    _, things = cv2.connectedComponents(mask.astype(np.uint8))
    areas = np.bincount(things.ravel())
    for k in range(int(owners.max()) + 1):
        _, parts, stats, _ = cv2.connectedComponentsWithStats(
            (mask & (owners == k)).astype(np.uint8)
        )
        area = stats[:, cv2.CC_STAT_AREA]
        area[0] = 0
        kept |= (area[parts] >= SPECK) | ((area[parts] == areas[things]) & mask)
    return geometry.nearest_of(owners, kept).astype(np.uint8)
