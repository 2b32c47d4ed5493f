"""One foreground, several sprites: which connected thing is which object.

Somewhere in the clip the sprites stand apart. From the frame where they do so best, each
connected region is given a number, and the numbers are carried through the clip along the flow:
a region that stands apart again keeps the number most of it was given, and where sprites touch
every pixel keeps its own.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from scipy import ndimage

from toondecompose.motion.matches import Flows

LEAST_AREA = 0.002
"""Regions smaller than this share of the frame are parts of a sprite, not a sprite."""

UNITED = 0.85
"""A region takes one number when this share of it agrees; otherwise sprites touch there."""

UNITED_APART = 0.65
"""The share that is enough where the other numbers have larger regions of their own: what a
sprite uncovers behind it is first taken for the sprite that hid it."""


def split_sprites(
    foreground: np.ndarray,
    flows: Flows,
    objects: int,
    say: Callable[[str], None] = lambda line: None,
) -> np.ndarray:
    """Divide the foreground among the objects.

    Parameters
    ----------
    foreground : (T, H, W) float32 in 0..1.
    flows : flow (H, W, 2) of each pair of frames; neighbours in both directions are used.
    objects : number of objects, the background included.
    say : is told when the clip holds fewer sprites than asked for.

    Returns
    -------
    Alphas (objects, T, H, W) float32, background first; they sum to one. Sprites are numbered
    by the area they cover in the clip, the largest first.
    """
    alphas = np.zeros((objects, *foreground.shape), np.float32)
    if objects == 1:
        alphas[0] = 1
        return alphas
    alphas[0] = 1 - foreground
    mask = foreground > 0.5
    seed, regions = best_apart(mask, objects - 1)
    found = int(regions.max())
    if found < objects - 1:
        say(f"{objects} objects asked for, {found + 1} found: the others stay empty")
    if found == 0:
        alphas[0] = 1
        return alphas
    owners = np.ones(mask.shape, np.uint8) if found == 1 else carry(mask, flows, seed, regions)
    areas = np.bincount(owners[mask], minlength=found + 1)[1:]
    for k, number in enumerate(np.argsort(-areas, kind="stable") + 1, start=1):
        alphas[k] = np.where(owners == number, foreground, 0)
    return alphas


def best_apart(mask: np.ndarray, wanted: int) -> tuple[int, np.ndarray]:
    """Find the frame in which the most, up to `wanted`, regions of mask (T, H, W) stand apart.

    Among equals, the one whose smallest region is largest. Returns the frame's number and its
    regions (H, W) int, numbered from 1; zero elsewhere.
    """
    best = (-1, 0.0, 0, np.zeros(mask.shape[1:], np.int32))
    for t, picture in enumerate(mask):
        regions, areas = large_regions(picture)
        number = min(len(areas), wanted)
        smallest = float(np.sort(areas)[-number]) if number else 0.0
        if (number, smallest) > best[:2]:
            chosen = np.argsort(-np.asarray(areas), kind="stable")[:number] + 1
            renumbered = np.zeros_like(regions)
            for new, old in enumerate(chosen, start=1):
                renumbered[regions == old] = new
            best = (number, smallest, t, renumbered)
    return best[2], best[3]


def large_regions(picture: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Number the connected regions of picture (H, W) that are no specks; return their areas."""
    count, regions, stats, _ = cv2.connectedComponentsWithStats(picture.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA]
    large = [i for i in range(1, count) if areas[i] >= LEAST_AREA * picture.size]
    numbers = np.zeros(count, np.int32)
    numbers[large] = np.arange(1, len(large) + 1)
    return numbers[regions], [float(areas[i]) for i in large]


def carry(mask: np.ndarray, flows: Flows, seed: int, regions: np.ndarray) -> np.ndarray:
    """Carry the numbers of the seed frame's regions through the clip: (T, H, W) uint8."""
    owners = np.zeros(mask.shape, np.uint8)
    owners[seed] = settle(mask[seed], regions)
    for t in range(seed + 1, len(mask)):
        owners[t] = settle(mask[t], follow(owners[t - 1], flows[t, t - 1]))
    for t in range(seed - 1, -1, -1):
        owners[t] = settle(mask[t], follow(owners[t + 1], flows[t, t + 1]))
    return owners


def follow(owners: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Look up, along the flow (H, W, 2) to the frame with known owners, who owns each pixel."""
    y, x = np.mgrid[: owners.shape[0], : owners.shape[1]].astype(np.float32)
    known = spread_owners(owners)
    return cv2.remap(
        known,
        x + flow[..., 0],
        y + flow[..., 1],
        cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_REPLICATE,
    )


def spread_owners(owners: np.ndarray) -> np.ndarray:
    """Give every pixel that nobody owns to the nearest owner."""
    if not owners.any():
        return owners.astype(np.uint8)
    _, (rows, columns) = ndimage.distance_transform_edt(owners == 0, return_indices=True)
    return owners[rows, columns].astype(np.uint8)


def settle(mask: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Give regions that agree (nearly) to one owner, and pixels without an owner to the nearest."""
    if not mask.any():
        return spread_owners(owners)
    filled = spread_owners(owners)
    count, regions = cv2.connectedComponents(mask.astype(np.uint8))
    numbers = int(filled.max()) + 1
    votes = np.bincount(regions.ravel() * numbers + filled.ravel(), minlength=count * numbers)
    votes = votes.reshape(count, numbers)
    votes[0] = 0  # what lies outside of the mask is nobody's region
    homes = np.bincount(votes.argmax(axis=0)[votes.any(axis=0)], minlength=count)
    enough = np.where(homes < 2, UNITED_APART, UNITED)
    united = votes.max(axis=1) >= enough * np.maximum(votes.sum(axis=1), 1)
    chosen = np.where(united[regions], votes.argmax(axis=1)[regions], filled)
    return spread_owners(np.where(mask, chosen, 0))
