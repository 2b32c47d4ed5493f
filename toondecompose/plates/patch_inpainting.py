"""Patch-based inpainting: structure for a hole, from patches that frames show elsewhere.

Windows, railings and hedges repeat in drawn backgrounds. Every patch that reaches into the hole
should look like some known patch. From coarse to fine, the most similar known patches are searched
and the hole becomes the weighted mean of these patches, in turns (Wexler, Shechtman and Irani,
2007). Coarse levels compare all patches; finer levels look at the matches of neighbouring patches
and one pixel around (Barnes et al., 2009, without random search). Where patches contradict each
other the mean is smooth.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from toondecompose.core.masks import distance_to_mask
from toondecompose.core.reduction import dot
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.plates.parameters import Parameters

PATCH_RADIUS_PX = 3
"""Patches are squares of 2 x 3 + 1 pixels."""

OFFSETS = tuple(product(range(-PATCH_RADIUS_PX, PATCH_RADIUS_PX + 1), repeat=2))
"""Row and column of a patch's pixels from its centre."""


MAX_COMPARED_PAIRS = 1e8
"""Pairs of patches up to which a level compares all: bounds time and memory."""


def inpaint_patches(
    colour: np.ndarray, known: np.ndarray, hole: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Fill the holes of an image with structure from its known patches.

    Parameters
    ----------
    colour : (H, W, 3) float32, filled smoothly where it is not known.
    known : (H, W) bool, the pixels that may be copied.
    hole : (H, W) bool, the pixels to fill; pixels that are neither are ignored.

    Returns
    -------
    (H, W, 3) float32, unchanged outside of the hole, and where no level has enough known patches.
    """
    parameters = tuning[Parameters]
    if not hole.any():
        return colour
    pyramid = _pyramid(colour, known, hole & ~known, tuning=tuning)
    before: _Level | None = None
    picture = colour
    for depth, (own, seen, open_) in enumerate(reversed(pyramid)):
        level = _level(own, seen, open_, tuning=tuning)
        if level is None:
            continue
        picture = level.picture if before is None else _enlarged(level, picture)
        if before is None or len(level.rows) * np.count_nonzero(level.whole) <= MAX_COMPARED_PAIRS:
            field = _all_pairs(level, picture)
        else:
            field = _carried(level, before, field)
        for _ in range(parameters.patch_rounds - (depth == len(pyramid) - 1)):
            field, cost = _search(level, picture, field, tuning=tuning)
            picture = _mean(level, picture, field, cost=cost, tuning=tuning)
        before = level
    if before is None:
        return colour
    inner = picture[PATCH_RADIUS_PX:-PATCH_RADIUS_PX, PATCH_RADIUS_PX:-PATCH_RADIUS_PX]
    return np.where((hole & ~known)[..., None], inner, colour)


Field = tuple[np.ndarray, np.ndarray]
"""Rows and columns of the centres of the patches that are copied, (N,) each."""


@dataclass(frozen=True)
class _Level:
    """A level of the pyramid, with a margin of RADIUS pixels around the image.

    Attributes
    ----------
    picture : (h, w, 3) float32, the known pixels and the smooth fill.
    whole : (h, w) bool, centres of the patches that are known completely.
    rows, columns : (N,), centres of the patches that reach into the hole.
    number : (h, w), index of the patch centred there; -1 for none.
    weights : (N, P), weight of each pixel of these patches.
    hole : rows and columns of the pixels of the hole.
    """

    picture: np.ndarray
    whole: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    number: np.ndarray
    weights: np.ndarray
    hole: Field


def _level(
    colour: np.ndarray, known: np.ndarray, hole: np.ndarray, *, tuning: Tuning = DEFAULT
) -> _Level | None:
    """Prepare a level; None where it has no hole or too few known patches."""
    parameters = tuning[Parameters]
    picture = cv2.copyMakeBorder(colour, *4 * [PATCH_RADIUS_PX], cv2.BORDER_REPLICATE)
    known, hole = (np.pad(mask, PATCH_RADIUS_PX) for mask in (known, hole))
    square = np.ones((2 * PATCH_RADIUS_PX + 1, 2 * PATCH_RADIUS_PX + 1), np.uint8)
    whole = cv2.erode(np.pad(known, 1).astype(np.uint8), square)[1:-1, 1:-1] > 0
    if not hole.any() or np.count_nonzero(whole) < parameters.min_patches:
        return None
    depth = distance_to_mask(known)
    # The weight never vanishes: deep in a large hole all pixels are equally uncertain.
    trust = np.where(known, 1, np.where(hole, np.maximum(parameters.depth_decay**-depth, 1e-9), 0))
    trust = trust.astype(np.float32)
    inside = np.pad(np.ones(np.subtract(known.shape, 2 * PATCH_RADIUS_PX), bool), PATCH_RADIUS_PX)
    rows, columns = np.nonzero((cv2.dilate(hole.astype(np.uint8), square) > 0) & inside)
    number = np.full(known.shape, -1)
    number[rows, columns] = np.arange(len(rows))
    weights = np.stack([trust[rows + y, columns + x] for y, x in OFFSETS], axis=-1)
    y, x = np.nonzero(hole)
    return _Level(picture, whole, rows, columns, number, weights, (y, x))


def _pyramid(
    colour: np.ndarray, known: np.ndarray, hole: np.ndarray, *, tuning: Tuning = DEFAULT
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Halve image and masks until the hole is thin; the finest level first."""
    parameters = tuning[Parameters]
    levels = [(colour, known, hole)]
    while hole.any():
        depth = distance_to_mask(known)[hole].max()
        if depth <= parameters.coarsest_depth_px or min(known.shape) < 8 * PATCH_RADIUS_PX:
            break
        share = known.astype(np.float32)
        total, sums, all_, open_ = (
            _half(x) for x in (share, colour * share[..., None], colour, hole.astype(np.float32))
        )
        known = total >= 0.5
        colour = np.where(known[..., None], sums / np.maximum(total, 0.5)[..., None], all_)
        hole = (open_ > 0) & ~known
        levels.append((colour, known, hole))
    return levels


def _half(image: np.ndarray) -> np.ndarray:
    """Return means of 2 x 2 pixels; an odd last row or column is repeated."""
    height, width = image.shape[:2]
    even = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    size = (even.shape[1] // 2, even.shape[0] // 2)
    return cv2.resize(even, size, interpolation=cv2.INTER_AREA)


def _patches(picture: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the patches (N, P, 3) at centres (N,)."""
    return np.stack([picture[rows + y, columns + x] for y, x in OFFSETS], axis=1)


def _all_pairs(level: _Level, picture: np.ndarray) -> Field:
    """Match each patch of the hole to the best of the known patches.

    With more pairs than `MAX_COMPARED_PAIRS`, only every second, third, ... patch is compared.
    """
    rows, columns = np.nonzero(level.whole)
    step = int(np.ceil(len(rows) * len(level.rows) / MAX_COMPARED_PAIRS))
    rows, columns = rows[::step], columns[::step]
    source = _patches(picture, rows, columns)
    squares = np.square(source).sum(axis=-1).T
    source = source.reshape(len(rows), -1).T
    wanted = _patches(picture, level.rows, level.columns)
    best = np.zeros(len(level.rows), int)
    for part in np.array_split(np.arange(len(best)), -(-len(best) * len(rows) // 2**22)):
        # sum w (I - S)^2 = sum w S^2 - 2 sum (w I) S + const.
        weights = level.weights[part]
        weighted = (weights[..., None] * wanted[part]).reshape(len(part), -1)
        best[part] = (weights @ squares - 2 * weighted @ source).argmin(axis=1)
    return rows[best], columns[best]


def _search(
    level: _Level, picture: np.ndarray, field: Field, *, tuning: Tuning = DEFAULT
) -> tuple[Field, np.ndarray]:
    """Improve the matches by those of neighbours; return them and the weighted squared differences
    (N,).
    """
    parameters = tuning[Parameters]
    wanted = [picture[level.rows + y, level.columns + x] for y, x in OFFSETS]
    weights = np.ascontiguousarray(level.weights.T)
    rows, columns = (part.copy() for part in field)
    everything = np.arange(len(rows))
    cost = _cost(level, wanted, weights, chosen=everything, rows=rows, columns=columns)
    if len(rows) > parameters.max_searched_patches:
        return (rows, columns), cost

    def attempt(y: np.ndarray, x: np.ndarray, possible: np.ndarray) -> None:
        height, width = level.whole.shape
        possible = possible & (y >= 0) & (x >= 0) & (y < height) & (x < width)
        possible[possible] = level.whole[y[possible], x[possible]]
        tried = np.flatnonzero(possible & ((y != rows) | (x != columns)))
        found = _cost(level, wanted, weights, chosen=tried, rows=y[tried], columns=x[tried])
        better = found < cost[tried]
        chosen = tried[better]
        rows[chosen], columns[chosen], cost[chosen] = y[chosen], x[chosen], found[better]

    for distance in (4, 1):
        for y, x in ((0, distance), (0, -distance), (distance, 0), (-distance, 0)):
            near = level.number[
                np.clip(level.rows + y, 0, level.number.shape[0] - 1),
                np.clip(level.columns + x, 0, level.number.shape[1] - 1),
            ]
            attempt(rows[near] - y, columns[near] - x, near >= 0)
    for y, x in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        attempt(rows + y, columns + x, np.ones(len(rows), bool))
    return (rows, columns), cost


def _cost(
    level: _Level,
    wanted: list[np.ndarray],
    weights: np.ndarray,
    *,
    chosen: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
) -> np.ndarray:
    """Return the weighted squared differences of chosen patches from those at rows and columns,
    (M,).

    wanted has the colours (N, 3) of all patches for each of P offsets; weights is (P, N).
    """
    total = np.zeros(len(chosen), np.float32)
    colours, width = level.picture.reshape(-1, 3), level.picture.shape[1]
    centre = rows * width + columns
    for (y, x), own, weight in zip(OFFSETS, wanted, weights, strict=True):
        difference = colours.take(centre + (y * width + x), axis=0) - own.take(chosen, axis=0)
        total += weight.take(chosen) * dot(difference, difference)
    return total


def _mean(
    level: _Level, picture: np.ndarray, field: Field, *, cost: np.ndarray, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the image; in the hole, the weighted mean of the matches of all patches over each
    pixel.
    """
    parameters = tuning[Parameters]
    known = level.weights.sum(axis=-1)
    difference = cost / known
    usual = max(float(np.percentile(difference, parameters.usual_percentile)), 1.0)
    vote = np.exp(-np.minimum(difference / (2 * usual), parameters.max_difference_ratio)) * known
    rows, columns = level.hole
    total, weight = np.zeros((len(rows), 3)), np.zeros(len(rows))
    for y, x in OFFSETS:
        patch = level.number[rows - y, columns - x]
        own = np.where(patch >= 0, vote[patch], 0)
        total += own[:, None] * level.picture[field[0][patch] + y, field[1][patch] + x]
        weight += own
    result = picture.copy()
    result[rows, columns] = total / weight[:, None]
    return result


def _enlarged(level: _Level, picture: np.ndarray) -> np.ndarray:
    """Return a level's image; in the hole, the image of the coarser level."""
    coarse = picture[PATCH_RADIUS_PX:-PATCH_RADIUS_PX, PATCH_RADIUS_PX:-PATCH_RADIUS_PX]
    size = (2 * coarse.shape[1], 2 * coarse.shape[0])
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    result = level.picture.copy()
    rows, columns = level.hole
    result[rows, columns] = fine[rows - PATCH_RADIUS_PX, columns - PATCH_RADIUS_PX]
    return result


def _carried(level: _Level, coarse: _Level, field: Field) -> Field:
    """Return the matches of a coarser level, at this level."""
    shift = [(own - PATCH_RADIUS_PX) % 2 for own in (level.rows, level.columns)]
    above = [(own - PATCH_RADIUS_PX) // 2 + PATCH_RADIUS_PX for own in (level.rows, level.columns)]
    number = coarse.number[above[0], above[1]]
    fine = []
    for own, centre, odd, limit in zip(above, field, shift, level.whole.shape, strict=True):
        # A place that was known at the coarser level starts from itself.
        source = np.where(number >= 0, centre[number], own)
        fine.append(np.clip(2 * (source - PATCH_RADIUS_PX) + odd + PATCH_RADIUS_PX, 0, limit - 1))
    rows, columns = np.nonzero(level.whole)
    _, labels = cv2.distanceTransformWithLabels(
        (~level.whole).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest_in_mask = np.zeros(labels.max() + 1, int)
    nearest_in_mask[labels[rows, columns]] = np.arange(len(rows))
    chosen = nearest_in_mask[labels[fine[0], fine[1]]]
    return rows[chosen], columns[chosen]
