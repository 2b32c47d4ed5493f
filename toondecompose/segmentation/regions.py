"""Regions bounded by lines, and one linear system that lets them agree over the whole clip.

Flat insides say nothing about motion; the lines around them do. So evidence is gathered in regions
that lines bound (watershed between the flat places of a picture; Vincent and Soille, 1991), regions
hang together where no edge parts them and along the flow, and the picture's rim speaks for the
background. The values that explain all of it best solve one sparse linear system, as in the random
walker (Grady, 2006).
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.linalg import cg

from toondecompose.core.parallel import each
from toondecompose.core.reduction import largest_channel
from toondecompose.motion.matches import Flows
from toondecompose.segmentation.colour_model import plate_slope

FLAT = 1.2
"""Grey levels per pixel below which a smoothed picture is flat."""

CORE_RADIUS = 2.5
"""Pixels from the nearest line at which a flat place starts a region of its own: regions that meet
in a narrower gap of the line between them stay apart."""

MIN_NARROW = (4.0, 5)
"""Distance in pixels from such a core, and number of pixels, of narrower flat places that start
regions as well."""

SEED_SPACING = 16
"""Pixels between the seeds of regions in texture without flat places; half as far from others."""

LINK = 0.5
"""Strength of a link between neighbouring pixels of two regions where no edge parts them."""

LINK_OVER_EDGE = 0.1
"""Share of that strength that is left over a strong edge."""

EDGE = 6.0
"""Grey levels per pixel at which an edge weakens a link to a third."""

LINK_IN_TIME = 0.7
"""Strength of a link between a pixel and the one to which the flow leads."""

SAME_COLOUR = 14
"""Grey levels by which two pixels that the flow links may differ."""

RIM = (2.0, 0.5)
"""Evidence for the background of a pixel of the picture's rim: at its top and its sides, and at its
bottom, where figures are cut off."""

MOST_OF_RIM = 0.4
"""A region with more than this share of the rim's evidence is background, whatever lines border it:
pixels of an outline belong to the regions of both its sides."""

PRIOR, PRIOR_WEIGHT = -0.1, 0.02
"""What a region without evidence tends to, and how strongly for each of its pixels."""


def line_bounded_regions(frame: np.ndarray) -> np.ndarray:
    """Divide a frame (H, W, 3) uint8 into regions; returns their numbers from 0, (H, W) int32."""
    smooth = cv2.bilateralFilter(frame, 5, 18, 3)
    slope = plate_slope(smooth.astype(np.float32))
    flat = (slope < FLAT).astype(np.uint8)
    deep = cv2.distanceTransform(flat, cv2.DIST_L2, 3) > CORE_RADIUS
    count, markers = cv2.connectedComponents(deep.astype(np.uint8), connectivity=4)
    distance, least = MIN_NARROW
    apart = cv2.distanceTransform((~deep).astype(np.uint8), cv2.DIST_L2, 3) > distance
    narrow = (flat & apart).astype(np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(narrow, connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] >= least
    large[0] = False
    markers = np.where(large[parts], parts + count, markers).astype(np.int32)
    _seed_texture(markers, slope)
    cv2.watershed(smooth, markers)
    lines = markers <= 0
    if not lines.all():
        places = ndimage.distance_transform_edt(lines, return_distances=False, return_indices=True)
        markers = markers[tuple(places)]
    _, numbers = np.unique(markers, return_inverse=True)
    return numbers.reshape(frame.shape[:2]).astype(np.int32)


def _seed_texture(markers: np.ndarray, slope: np.ndarray) -> None:
    """Add markers where there are none near: the flattest pixel of each square of the texture."""
    far = cv2.distanceTransform((markers <= 0).astype(np.uint8), cv2.DIST_L2, 3) > SEED_SPACING / 2
    if markers.max() <= 0:
        far[:] = True
    following = int(markers.max()) + 1
    for y in range(0, markers.shape[0], SEED_SPACING):
        for x in range(0, markers.shape[1], SEED_SPACING):
            square = np.s_[y : y + SEED_SPACING, x : x + SEED_SPACING]
            if far[square].any():
                steepness = np.where(far[square], slope[square], np.inf)
                row, column = np.unravel_index(int(steepness.argmin()), steepness.shape)
                markers[y + row, x + column] = following
                following += 1


class RegionGraph:
    """The regions of all frames and how they hang together.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    flows : flow (H, W, 2) of each pair of frames; those from each frame to the next are used.
    slope : (T, H, W), the steepest change of colour, in grey levels per pixel.
    """

    def __init__(self, frames: np.ndarray, flows: Flows, slope: np.ndarray) -> None:
        regions = each(line_bounded_regions, frames)
        counts = [int(numbers.max()) + 1 for numbers in regions]
        offsets = np.cumsum([0, *counts])[:-1].astype(np.int32)
        self.numbers = np.stack([n + o for n, o in zip(regions, offsets, strict=True)])
        self.count = int(sum(counts))
        self._offsets, self._counts = offsets, counts
        self._last: np.ndarray | None = None
        self.area = self._sums(np.ones(self.numbers.shape, np.float32))
        votes = _rim_votes(self.numbers.shape[1:])
        self.rim = self._sums(votes[None].repeat(len(frames), 0))
        self.ground = self.rim > MOST_OF_RIM * votes.sum()

        def links(t: int) -> sparse.csr_array:
            parts = _links_in_space(self.numbers[t], slope[t])
            if (t, t + 1) in flows:
                pair = (frames[t], frames[t + 1])
                parts += [_links_in_time(*self.numbers[t : t + 2], *pair, flows[t, t + 1])]
            ends = [np.concatenate(column) for column in zip(*parts, strict=True)]
            shape = (self.count, self.count)
            return sparse.coo_array((ends[2], (ends[0], ends[1])), shape=shape).tocsr()

        total = sum(each(links, range(len(frames))), sparse.csr_array((self.count, self.count)))
        self._links = (total + total.T).tocsr()
        self._degree = np.asarray(self._links.sum(axis=1)).ravel()

    def solve(self, evidence: np.ndarray) -> np.ndarray:
        """Return what the regions agree on, (T, H, W) float32 in -1..1, positive for sprites.

        evidence (T, H, W) is that of each pixel, as logarithms of likelihood ratios.
        """
        weight = self._sums(np.abs(evidence)) + self.rim + PRIOR_WEIGHT * self.area
        total = self._sums(evidence)
        total = np.where(self.ground, np.minimum(total, 0), total)
        right = total - self.rim + PRIOR_WEIGHT * PRIOR * self.area
        diagonal = self._degree + weight
        system = (sparse.diags_array(diagonal) - self._links).tocsr()
        # Regions differ in size by a thousand times: the diagonal as preconditioner.
        preconditioner = sparse.diags_array(1 / diagonal)
        solution, _ = cg(system, right, x0=self._last, rtol=1e-5, maxiter=300, M=preconditioner)
        self._last = solution
        return solution.astype(np.float32)[self.numbers]

    def _sums(self, values: np.ndarray) -> np.ndarray:
        parts = each(
            lambda t: np.bincount(
                self.numbers[t].ravel() - self._offsets[t], values[t].ravel(), self._counts[t]
            ),
            range(len(self.numbers)),
        )
        return np.concatenate(parts)


Links = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Regions at both ends of links, and their strengths, (N,) each."""


def _rim_votes(shape: tuple[int, ...]) -> np.ndarray:
    votes = np.zeros(shape, np.float32)
    votes[-1] = RIM[1]
    votes[0] = votes[:, 0] = votes[:, -1] = RIM[0]
    return votes


def _links_in_space(numbers: np.ndarray, slope: np.ndarray) -> list[Links]:
    parts = []
    for one, other in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        a, b = numbers[one], numbers[other]
        border = a != b
        steep = np.maximum(slope[one], slope[other])[border]
        closeness = LINK_OVER_EDGE + (1 - LINK_OVER_EDGE) * np.exp(-((steep / EDGE) ** 2))
        parts.append((a[border], b[border], LINK * closeness))
    return parts


def _links_in_time(
    numbers: np.ndarray,
    following: np.ndarray,
    frame: np.ndarray,
    other: np.ndarray,
    flow: np.ndarray,
) -> Links:
    height, width = numbers.shape
    y, x = np.mgrid[:height, :width]
    x = np.clip(np.round(x + flow[..., 0]).astype(int), 0, width - 1)
    y = np.clip(np.round(y + flow[..., 1]).astype(int), 0, height - 1)
    same = largest_channel(cv2.absdiff(frame, other[y, x])) < SAME_COLOUR
    ends = following[y, x][same]
    return numbers[same], ends, np.full(len(ends), LINK_IN_TIME)
