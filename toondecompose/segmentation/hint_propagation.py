"""What the user's hints say for the pixels and frames around them.

In its own frame a scribble speaks for the pixels that are near without crossing an edge of the
picture (geodesic distance; Bai and Sapiro, "A geodesic framework for fast interactive image and
video segmentation", 2007). To other frames it is carried along the flow while forward and backward
flow agree and the colours do, and counts less with every frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from toondecompose.core.cast import Cast
from toondecompose.core.geometry import Size, along_flow
from toondecompose.core.hints import said_of
from toondecompose.core.min_cut import edge_weights
from toondecompose.core.reduction import largest_channel
from toondecompose.motion.matches import Flows
from toondecompose.optical_flow.confidence import agreement
from toondecompose.segmentation.colour_model import CAP

STRONG = 2 * CAP
"""Evidence of a hint where it has just been drawn: twice what a colour can say against it."""

DECIDED = 100.0
"""Evidence of a hinted pixel itself, which nothing outweighs."""

LEAST_SHARE = 1 / 3
"""A working pixel is hinted when so much of it is; a scribble may be thinner than that pixel."""

DECAY = 0.97
"""Share of a hint's strength that is left one frame on, where the flow is certain."""

LEAST = 0.05
"""Hints weaker than this are no longer carried."""

SPREAD = 6.0
"""Pixels of even colour from a scribble at which it counts for a third."""

NEARLY = 0.99
"""Strength of what a hint says about pixels that it does not cover, at most."""

CONTRAST = 25.0
"""Grey levels at which a step over an edge is as long as three pixels of even colour, and at which
a hint that is carried to another colour keeps a third."""

COMPLETED = 0.6
"""Strength of what strokes inside and outside of a sprite say about the rest of their frame."""

CUT_ROUNDS = 5
"""Rounds of cutting and learning colours when strokes are completed."""

GAP = 9
"""Pixels across by which a stroke around a sprite may fail to close."""

LARGEST_RING = 0.9
"""A stroke that leaves more than this share of the picture inside surrounds nothing."""

LONGEST_STEP = 50.0
"""Length in pixels of a step over the strongest edge."""


@dataclass(frozen=True)
class Told:
    """Evidence of hints, as logarithms of likelihood ratios, beyond +-DECIDED / 2 final.

    Attributes
    ----------
    sprite : (T, H, W) float32, for any sprite, against the background.
    each : (S, T, H, W) float32, for each sprite, against the others; None with one sprite or none.
    """

    sprite: np.ndarray
    each: np.ndarray | None


def tell(
    ruled: Mapping[int, np.ndarray],
    frames: np.ndarray,
    flows: Flows,
    cast: Cast,
    found: np.ndarray,
) -> Told:
    """Spread hints in their frames and carry them to others.

    Parameters
    ----------
    ruled : what is ruled out in some frames, (h, w) unsigned at the source's size; see
        `toondecompose.core.hints.rule_out`.
    frames : (T, H, W, 3) uint8.
    flows : flow (H, W, 2) of each pair of frames; those between neighbours are used.
    cast : which object is what.
    found : (T, H, W) float32 in 0..1, where sprites were found without hints.
    """

    def evidence(numbers: range, whole: bool) -> np.ndarray:
        own = {}
        for t, bits in ruled.items():
            mark = said_of(bits, numbers, cast.objects)
            own[t] = spread(mark, frames[t])
            if whole:
                own[t] = -completed(-own[t], frames[t], found[t])
        return carry(own, flows, frames)

    sprites = cast.sprite_numbers
    own = None
    if len(sprites) > 1:
        own = np.stack([evidence(range(k, k + 1), False) for k in sprites])
    return Told(-evidence(range(len(cast.planes)), True), own)


def spread(mark: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Let a hint speak for the pixels around it.

    Parameters
    ----------
    mark : (h, w) int8, 1 for "is", -1 for "is not", 0 for nothing, at the source's size.
    frame : (H, W, 3) uint8, of the working size.

    Returns
    -------
    (H, W) float32 in -1..1; exactly -1 or 1 on hinted pixels only.
    """
    height, width = frame.shape[:2]
    share = cv2.resize(mark.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    weights = edge_weights(frame, CONTRAST)
    near = [_nearness(side >= LEAST_SHARE, weights) for side in (share, -share)]
    result = np.clip(near[0] - near[1], -NEARLY, NEARLY)
    return np.where(np.abs(share) >= LEAST_SHARE, np.sign(share), result).astype(np.float32)


def _nearness(seeds: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """exp(-(d / SPREAD)^2) of the geodesic distance d to seeds (H, W) bool; weights (2, H, W)."""
    if not seeds.any():
        return np.zeros(seeds.shape, np.float32)
    index = np.arange(seeds.size).reshape(seeds.shape)
    steps = 1 / np.maximum(weights, 1 / LONGEST_STEP)
    starts = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    ends = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    lengths = np.concatenate([steps[0, :, :-1].ravel(), steps[1, :-1].ravel()])
    graph = coo_matrix((lengths, (starts, ends)), shape=(seeds.size, seeds.size)).tocsr()
    distance = dijkstra(
        graph, directed=False, indices=index[seeds], min_only=True, limit=2 * SPREAD
    )
    return np.exp(-((distance / SPREAD) ** 2)).reshape(seeds.shape).astype(np.float32)


def completed(said: np.ndarray, frame: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Let strokes inside and outside of the sprites speak for their whole frame.

    Strokes on both sides are the task of interactive segmentation: colours of either side, edges,
    and what lies beyond a stroke that surrounds the sprite (GrabCut; Rother, Kolmogorov and Blake,
    2004). Strokes on one side only leave the rest of the frame as it was.

    Parameters
    ----------
    said : (H, W) float32 in -1..1, see `spread`; exactly 1 where strokes say sprite.
    frame : (H, W, 3) uint8.
    found : (H, W) in 0..1, where sprites were found without hints.
    """
    inside, outside = said == 1, said == -1
    if not inside.any() or not outside.any():
        return said
    ring = surrounded(inside, outside)
    likely = (said > 0) | ((said == 0) & (found > 0.5)) if ring is None else ring
    mask = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    if ring is not None:
        mask[~ring] = cv2.GC_BGD
    mask[inside], mask[outside] = cv2.GC_FGD, cv2.GC_BGD
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    mask, *_ = cv2.grabCut(frame, mask, None, *models, CUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    shown = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    return np.where(np.abs(said) == 1, said, np.where(shown, COMPLETED, -COMPLETED))


def surrounded(inside: np.ndarray, outside: np.ndarray) -> np.ndarray | None:
    """Return what strokes outside surround together with strokes inside, (H, W) bool, or None.

    The picture's rim closes strokes around sprites that it cuts off. Small gaps are closed.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (GAP, GAP))
    closed = cv2.morphologyEx(outside.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    _, parts = cv2.connectedComponents(1 - closed, connectivity=4)
    ring = np.isin(parts, np.unique(parts[inside & (closed == 0)])) & (closed == 0)
    return ring if ring.any() and ring.mean() < LARGEST_RING else None


def carry(own: Mapping[int, np.ndarray], flows: Flows, frames: np.ndarray) -> np.ndarray:
    """Carry what is said in some frames, (H, W) in -1..1 each, to all; returns evidence (T, H, W).

    Hinted pixels, with exactly -1 or 1, get +-DECIDED; what the frames before and after tell about
    others adds up, to STRONG at most. frames are (T, H, W, 3) uint8: a hint is not carried to what
    looks different, wherever the flow leads.
    """
    count, shape = len(frames), frames.shape[1:3]
    told = np.zeros((count, *shape), np.float32)
    for step in (1, -1):
        whole = np.zeros(shape, np.float32)
        for t in range(count)[::step]:
            came = _moved(whole, t, t - step, flows, frames)
            told[t] += came
            whole = _joined(own[t], came) if t in own else came
    result = STRONG * np.clip(told, -1, 1)
    for t, said in own.items():
        final = np.abs(said) == 1
        result[t] = np.where(final, DECIDED * said, STRONG * np.clip(told[t] + said, -1, 1))
    return result


def _joined(said: np.ndarray, came: np.ndarray) -> np.ndarray:
    return np.where(np.abs(said) == 1, said, np.clip(said + came, -1, 1))


def _moved(whole: np.ndarray, t: int, before: int, flows: Flows, frames: np.ndarray) -> np.ndarray:
    """Return what frame `before` says (H, W) as frame t sees it, less strong."""
    there, back = flows.get((t, before)), flows.get((before, t))
    if there is None or back is None or np.abs(whole).max() < LEAST:
        return np.zeros_like(whole)
    found = along_flow(whole, there, beyond=cv2.BORDER_CONSTANT)
    # Softened, because the flow is not exact to a part of a pixel.
    here, other = (cv2.blur(frames[s], (3, 3)).astype(np.float32) for s in (t, before))
    apart = along_flow(other, there, beyond=cv2.BORDER_CONSTANT) - here
    alike = np.exp(-largest_channel(apart**2) / CONTRAST**2)
    return DECAY * agreement(there, back) * alike * found


def impose(foreground: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Set foreground (..., H, W) in 0..1 to 1 or 0 where evidence (..., H, W) is final."""
    decided = np.where(told > DECIDED / 2, 1, foreground)
    return np.where(told < -DECIDED / 2, 0, decided).astype(foreground.dtype)


def heed_owners(before: np.ndarray, after: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Undo changes of owners (H, W) that hints (K, H, W) speak against."""
    was, now = (np.take_along_axis(told, o[None].astype(int), 0)[0] for o in (before, after))
    undone = spoken_against(before != after, was - now) | (now < -DECIDED / 2)
    return np.where(undone, before, after).astype(np.uint8)


def keep_reached(
    before: np.ndarray, after: np.ndarray, changed: np.ndarray, told: np.ndarray
) -> np.ndarray:
    """Take back what has changed, (T, H, W) bool, without hanging together with any hint.

    before and after are labels of any kind, told (T, H, W) or (S, T, H, W) the evidence of hints.
    """
    strength = np.abs(told) if told.ndim == 3 else np.abs(told).max(axis=0)
    regions, count = ndimage.label(changed)
    reached = np.zeros(count + 1, bool)
    reached[regions[strength > LEAST * STRONG]] = True
    reached[0] = False
    return np.where(reached[regions], after, before)


def spoken_against(changed: np.ndarray, preferred: np.ndarray) -> np.ndarray:
    """Return the changed regions (H, W) bool in which what was is preferred, on the whole.

    preferred (H, W) is the evidence for what was against what became of it.
    """
    count, regions = cv2.connectedComponents(changed.astype(np.uint8))
    total = np.bincount(regions.ravel(), weights=preferred.ravel(), minlength=count)
    undone = total > 0
    undone[0] = False
    return undone[regions]


def enlarged(told: np.ndarray, size: Size) -> np.ndarray:
    """Return evidence (H, W) at another size (width, height), float32; nothing in it is final."""
    soft = np.clip(told.astype(np.float32), -STRONG, STRONG)
    return cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR)
