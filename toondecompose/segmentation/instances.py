"""One foreground, several sprites: who owns each pixel.

Points that move together (``trajectories``) say roughly where each sprite is. Between them every
pixel goes by the points around it, by whose colours it has, and by who owned it in the frames
before and after, along the flow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import along_flow
from toondecompose.core.parallel import each
from toondecompose.motion.matches import Flows
from toondecompose.optical_flow.confidence import agreement
from toondecompose.segmentation import colour_model
from toondecompose.segmentation.hint_propagation import heed_owners, keep_reached
from toondecompose.segmentation.occlusion import part_sprites
from toondecompose.segmentation.point_tracks import Trajectories, follow_points
from toondecompose.segmentation.track_clustering import (
    are_stacked,
    part,
    part_by_place,
    stand_side_by_side,
)

LEAST_AREA = 0.002
"""Regions smaller than this share of the frame are parts of a sprite, not a sprite,"""

LEAST_SHARE = 0.08
"""and so are regions smaller than this share of the largest."""

STACKED = 0.5
"""Regions of which one shares more than this part of its width with another are one sprite."""

OFTEN = 0.15
"""Sprites stand apart in this share of the frames at least to be counted without being asked."""

UNITED = 0.85
"""A region takes one number when this share of it agrees; otherwise sprites touch there."""

HOME = 4.0
"""Standard deviation, in pixels, of the surroundings of a point that are its sprite's."""

DOUBT = 0.1
"""Share of a far sprite where there is no point: another one's pixels may be anybody's."""

COLOUR = 3.0
"""Evidence of a pixel's colour, at most."""

CARRIED = 0.75
"""How far the frames before and after are believed."""

SWEEPS = 4
"""Rounds in which frames tell each other."""


def count_apart(mask: np.ndarray) -> int:
    """Count the sprites of a mask (T, H, W) bool that stand apart often: regions at a time."""
    numbers = np.array([large_regions(picture) for picture in mask])
    least = max(1, round(OFTEN * len(mask)))
    number = int(numbers.max(initial=0))
    while number > 0 and (numbers >= number).sum() < least:
        number -= 1
    return max(number, int(mask.any()))


def large_regions(picture: np.ndarray) -> int:
    """Count the connected regions of a picture (H, W) bool that are no parts of another.

    What lies above or below another region is a part of the same sprite: a body in the colour of
    the wall parts a head from its legs.
    """
    _, _, stats, _ = cv2.connectedComponentsWithStats(picture.astype(np.uint8))
    stats = stats[1:]
    areas = stats[:, cv2.CC_STAT_AREA]
    least = max(LEAST_AREA * picture.size, LEAST_SHARE * areas.max(initial=0))
    spans: list[tuple[int, int]] = []
    for left, _, width, _, area in stats[np.argsort(-areas, kind="stable")]:
        right = left + width
        shared = [min(right, end) - max(left, start) for start, end in spans]
        narrower = [min(width, end - start) for start, end in spans]
        above = any(s > STACKED * n for s, n in zip(shared, narrower, strict=True))
        if area >= least and not above:
            spans.append((left, right))
    return len(spans)


@dataclass(frozen=True)
class Split:
    """The sprites of a clip.

    Attributes
    ----------
    alphas : (K, T, H, W) float32, which sum to the foreground. Sprites are numbered by the area
        they cover in the clip, the largest first; those that are not found are empty.
    order : (T, K) int, the sprites of each frame from back to front.
    """

    alphas: np.ndarray
    order: np.ndarray


def split_sprites(
    frames: np.ndarray,
    foreground: np.ndarray,
    flows: Flows,
    wanted: int,
    noise: float,
    say: Callable[[str], None] = lambda line: None,
    hinted: tuple[np.ndarray, np.ndarray] | None = None,
) -> Split:
    """Divide the foreground among the sprites.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    foreground : (T, H, W) float32 in 0..1.
    flows : flow (H, W, 2) of each pair of frames; neighbours in both directions are used.
    wanted : number of sprites, 1 or more.
    noise : standard deviation of the frames, in grey levels.
    say : is told when the clip holds fewer sprites than wanted.
    hinted : the foreground as the hints have mended it, and what they say for each sprite
        (wanted, T, H, W), see `hinted.Told`; sprites keep the numbers that they have without.
    """
    alphas = np.zeros((wanted, *foreground.shape), np.float32)
    order = np.tile(np.arange(wanted), (len(frames), 1))
    mask = foreground > 0.5
    mended = foreground if hinted is None else hinted[0]
    if wanted == 1 or not (mask.any() or (mended > 0.5).any()):
        alphas[0] = mended
        return Split(alphas, order)
    points = follow_points(frames, mask, flows)
    groups = np.zeros(len(points.places), int)
    if len(points.places) >= wanted:
        groups = part_by_place(points, wanted)
    if not stand_side_by_side(points, groups, mask):
        moving = part(points, wanted)
        groups = groups if are_stacked(points, moving, mask) else moving
    found = int(groups.max(initial=0)) + 1
    if found < wanted:
        say(f"{wanted} sprites asked for, {found} found: the others stay empty")
    ranking = list(range(found))
    owners = np.zeros(mask.shape, np.uint8)
    if found > 1:
        believed = own_pixels(frames, mask, flows, points, groups)
        areas = np.bincount(believed.argmax(axis=1)[mask], minlength=found)
        ranking = [int(number) for number in np.argsort(-areas, kind="stable")]
        owners, order[:, :found] = part_sprites(frames, mask, believed[:, ranking], flows, noise)
    if hinted is not None:
        ranking += range(found, wanted)  # a sprite that only hints know
        there, told = mended > 0.5, hinted[1]
        believed = own_pixels(frames, there, flows, points, groups, told[np.argsort(ranking)])
        again, anew = part_sprites(frames, there, believed[:, ranking], flows, noise, told)
        kept = keep_reached(owners, again, (owners != again) & there, told)
        # Frames that the hints do not reach keep their depth order as well.
        reached = ((kept != owners) & there).any(axis=(1, 2))
        owners, order = kept, np.where(reached[:, None], anew, order)
    for k in range(wanted):
        alphas[k] = np.where(owners == k, mended, 0)
    return Split(alphas, order)


def own_pixels(
    frames: np.ndarray,
    mask: np.ndarray,
    flows: Flows,
    points: Trajectories,
    groups: np.ndarray,
    told: np.ndarray | None = None,
) -> np.ndarray:
    """Return how surely each pixel belongs to each of two groups of points (N,) or more.

    (T, K, H, W) float32, shares of sum one. told (K, T, H, W) is what hints say for each group;
    there may be more groups than have points.
    """
    count, number = len(frames), int(groups.max(initial=0)) + 1 if told is None else len(told)
    near = np.stack(each(lambda t: neighbourhood(mask[t], points, groups, t, number), range(count)))
    first, sure = near.argmax(axis=1), mask & (near.max(axis=1) > 0.9)
    own_parts = [sure & (first == k) for k in range(number)]
    if told is not None:
        pairs = zip(own_parts, told, strict=True)
        own_parts = [
            (part & (says > -colour_model.CAP)) | (says > colour_model.CAP) for part, says in pairs
        ]
    densities = [colour_model.colour_density(frames, part) for part in own_parts]

    def seen(t: int) -> np.ndarray:
        likely = [colour_model.lookup(density, frames[t]) for density in densities]
        colour = np.log(np.stack(likely) + colour_model.ANYTHING)
        colour -= colour.mean(axis=0)
        smooth = [cv2.blur(c, (5, 5)) for c in np.clip(colour, -COLOUR, COLOUR).astype(np.float32)]
        own = np.log(near[t]) + np.stack(smooth)
        return own if told is None else own + told[:, t]

    own = np.stack(each(seen, range(count)))
    believed = shares(own)
    trust = {pair: agreement(flows[pair], flows[pair[::-1]]) for pair in flows if _close(pair)}
    for _ in range(SWEEPS):

        def hear(t: int, before: np.ndarray = believed) -> np.ndarray:
            logits = own[t].copy()
            for s in (t - 1, t + 1):
                if (t, s) in trust:
                    told = carry(before[s], flows[t, s])
                    sure = CARRIED * trust[t, s]
                    logits += np.log(sure * told + (1 - sure) / number)
            return shares(logits[None])[0]

        believed = np.stack(each(hear, range(count)))

    def mixed(t: int) -> np.ndarray:
        """Half of the belief in the pixel itself, half in the region that it is part of."""
        best = believed[t].argmax(axis=0)
        owners = settle(mask[t], best)
        owners = owners if told is None else heed_owners(best, owners, told[:, t])
        return (believed[t] + (owners == np.arange(number)[:, None, None])) / 2

    return np.stack(each(mixed, range(count))).astype(np.float32)


def neighbourhood(
    mask: np.ndarray, points: Trajectories, groups: np.ndarray, t: int, number: int
) -> np.ndarray:
    """Return how far each pixel of frame t lies among the points of each group, (number, H, W).

    Positive, of sum one; about the same for all where there are no points.
    """
    density = np.zeros((number, *mask.shape), np.float32)
    here = points.present[:, t]
    x, y = np.rint(points.places[here, t]).astype(int).T
    for k, cx, cy in zip(groups[here], x, y, strict=True):
        if 0 <= cx < mask.shape[1] and 0 <= cy < mask.shape[0]:
            density[k, cy, cx] += 1
    density = np.stack([cv2.GaussianBlur(d, (0, 0), HOME) for d in density])
    # A point alone has its peak at 1 / (2 pi s^2); far from all points nobody is known.
    density += DOUBT / (2 * np.pi * HOME**2)
    return density / density.sum(axis=0)


def shares(logits: np.ndarray) -> np.ndarray:
    """Return logits (T, K, H, W) as shares of sum one."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def carry(believed: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Look up shares (K, H, W) of another frame along the flow (H, W, 2) to it."""
    found = along_flow(np.ascontiguousarray(np.moveaxis(believed, 0, -1), np.float32), flow)
    return np.moveaxis(found.reshape(*flow.shape[:2], -1), -1, 0)


def settle(mask: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Give regions of a mask (H, W) that (nearly) agree to one owner, and the rest to the nearest.

    Specks inside of another's pixels go to it. Returns the owner of every pixel, (H, W) uint8.
    """
    if not mask.any():
        return owners.astype(np.uint8)
    kept = np.full(mask.shape, -1)
    _, regions = cv2.connectedComponents(mask.astype(np.uint8))
    number = int(owners.max()) + 1
    votes = np.bincount(
        regions.ravel() * number + owners.ravel(), minlength=(regions.max() + 1) * number
    ).reshape(-1, number)
    united = votes.max(axis=1) >= UNITED * np.maximum(votes.sum(axis=1), 1)
    united[0] = False
    for k in range(number):
        _, parts, stats, _ = cv2.connectedComponentsWithStats(
            (mask & (owners == k)).astype(np.uint8)
        )
        large = stats[:, cv2.CC_STAT_AREA] >= LEAST_AREA * mask.size / 4
        large[0] = False
        kept[large[parts]] = k
    kept = np.where(united[regions], votes.argmax(axis=1)[regions], kept)
    if not (kept >= 0).any():
        return owners.astype(np.uint8)
    return geometry.nearest_of(kept, (kept >= 0) & mask).astype(np.uint8)


def _close(pair: tuple[int, int]) -> bool:
    return abs(pair[0] - pair[1]) == 1
