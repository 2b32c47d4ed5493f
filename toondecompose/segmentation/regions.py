"""Regions bounded by lines, and one linear system for their values in the whole clip.

Flat insides have no evidence of motion; the lines around them have. So log odds are summed over
regions that lines bound (watershed between the flat places of an image; Vincent and Soille, 1991).
Regions are linked where no edge separates them and along the flow, and the frame's rim is evidence
for the background. The values of all regions solve one sparse linear system, as in the random
walker (Grady, 2006).
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.linalg import cg

from toondecompose.core.gradients import steepest_slope
from toondecompose.core.parallel import each
from toondecompose.core.reduction import largest_channel
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.segmentation.parameters import Parameters


def line_bounded_regions(frame: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Divide a frame (H, W, 3) uint8 into regions; returns their numbers from 0, (H, W) int32."""
    parameters = tuning[Parameters]
    smooth = cv2.bilateralFilter(frame, 5, 18, 3)
    slope = steepest_slope(smooth.astype(np.float32))
    flat = (slope < parameters.max_flat_slope_levels).astype(np.uint8)
    core = cv2.distanceTransform(flat, cv2.DIST_L2, 3) > parameters.region_core_radius_px
    count, markers = cv2.connectedComponents(core.astype(np.uint8), connectivity=4)
    away = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, 3)
    narrow = (flat & (away > parameters.narrow_core_distance_px)).astype(np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(narrow, connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] >= parameters.min_narrow_pixels
    large[0] = False
    markers = np.where(large[parts], parts + count, markers).astype(np.int32)
    _seed_texture(markers, slope, parameters.texture_seed_spacing_px)
    cv2.watershed(smooth, markers)
    lines = markers <= 0
    if not lines.all():
        places = ndimage.distance_transform_edt(lines, return_distances=False, return_indices=True)
        assert isinstance(places, np.ndarray)
        markers = markers[tuple(places)]
    _, numbers = np.unique(markers, return_inverse=True)
    return numbers.reshape(frame.shape[:2]).astype(np.int32)


def _seed_texture(markers: np.ndarray, slope: np.ndarray, spacing: int) -> None:
    """Add markers where none is near: the flattest pixel of each square of the texture."""
    far = cv2.distanceTransform((markers <= 0).astype(np.uint8), cv2.DIST_L2, 3) > spacing / 2
    if markers.max() <= 0:
        far[:] = True
    following = int(markers.max()) + 1
    for y in range(0, markers.shape[0], spacing):
        for x in range(0, markers.shape[1], spacing):
            square = np.s_[y : y + spacing, x : x + spacing]
            if far[square].any():
                steepness = np.where(far[square], slope[square], np.inf)
                row, column = np.unravel_index(int(steepness.argmin()), steepness.shape)
                markers[y + row, x + column] = following
                following += 1


class RegionGraph:
    """The regions of all frames and the links between them.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    flows : flow (H, W, 2) of each pair of frames; those from each frame to the next are used.
    slope : (T, H, W), the steepest change of colour, in grey levels per pixel.
    """

    def __init__(
        self, frames: np.ndarray, flows: Flows, slope: np.ndarray, *, tuning: Tuning = DEFAULT
    ) -> None:
        parameters = tuning[Parameters]
        self._tuning = tuning
        regions = each(lambda frame: line_bounded_regions(frame, tuning=tuning), frames)
        counts = [int(numbers.max()) + 1 for numbers in regions]
        offsets = np.cumsum([0, *counts])[:-1].astype(np.int32)
        self.numbers = np.stack([n + o for n, o in zip(regions, offsets, strict=True)])
        self.count = int(sum(counts))
        self._offsets, self._counts = offsets, counts
        self._last: np.ndarray | None = None
        self.area = self._sums(np.ones(self.numbers.shape, np.float32))
        votes = _rim_votes(self.numbers.shape[1:], *parameters.rim_log_odds)
        self.rim = self._sums(votes[None].repeat(len(frames), 0))
        self.at_rim = self.rim > parameters.background_rim_share * votes.sum()

        def links(t: int) -> sparse.csr_array:
            parts = _links_in_space(self.numbers[t], slope[t], tuning=tuning)
            if (t, t + 1) in flows:
                parts.append(
                    _links_in_time(
                        self.numbers[t : t + 2], frames[t : t + 2], flows[t, t + 1], tuning=tuning
                    )
                )
            starts, ends, strengths = (
                np.concatenate(column) for column in zip(*parts, strict=True)
            )
            shape = (self.count, self.count)
            return sparse.coo_array((strengths, (starts, ends)), shape=shape).tocsr()

        total = sum(each(links, range(len(frames))), sparse.csr_array((self.count, self.count)))
        self._links = (total + total.T).tocsr()
        self._degree = np.asarray(self._links.sum(axis=1)).ravel()

    def solve(self, log_odds: np.ndarray) -> np.ndarray:
        """Return the value of each pixel's region, (T, H, W) float32 in -1..1, positive for
        sprites.

        log_odds (T, H, W) are those of each pixel by itself.
        """
        parameters = self._tuning[Parameters]
        prior_weight = parameters.region_prior_weight
        weight = self._sums(np.abs(log_odds)) + self.rim + prior_weight * self.area
        total = self._sums(log_odds)
        total = np.where(self.at_rim, np.minimum(total, 0), total)
        right = total - self.rim + prior_weight * parameters.region_prior * self.area
        diagonal = self._degree + weight
        system = (sparse.diags_array(diagonal) - self._links).tocsr()
        # Regions differ in size by a factor of a thousand: the diagonal is the preconditioner.
        preconditioner = sparse.diags_array(1 / diagonal)
        solution, _ = cg(system, right, x0=self._last, rtol=1e-5, maxiter=300, M=preconditioner)
        self._last = solution
        return solution.astype(np.float32)[self.numbers]

    def _sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of values (T, H, W) over each region."""
        parts = each(
            lambda t: np.bincount(
                self.numbers[t].ravel() - self._offsets[t], values[t].ravel(), self._counts[t]
            ),
            range(len(self.numbers)),
        )
        return np.concatenate(parts)


Links = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Regions at both ends of links, and their strengths, (N,) each."""


def _rim_votes(shape: tuple[int, ...], sides: float, bottom: float) -> np.ndarray:
    votes = np.zeros(shape, np.float32)
    votes[-1] = bottom
    votes[0] = votes[:, 0] = votes[:, -1] = sides
    return votes


def _links_in_space(
    numbers: np.ndarray, slope: np.ndarray, *, tuning: Tuning = DEFAULT
) -> list[Links]:
    parameters = tuning[Parameters]
    left = parameters.edge_link_share
    parts = []
    for one, other in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        a, b = numbers[one], numbers[other]
        border = a != b
        steep = np.maximum(slope[one], slope[other])[border]
        share = left + (1 - left) * np.exp(-((steep / parameters.edge_slope_levels) ** 2))
        parts.append((a[border], b[border], parameters.region_link * share))
    return parts


def _links_in_time(
    numbers: np.ndarray, frames: np.ndarray, flow: np.ndarray, *, tuning: Tuning = DEFAULT
) -> Links:
    """Link regions (2, H, W) of two frames (2, H, W, 3) along the flow (H, W, 2)."""
    parameters = tuning[Parameters]
    height, width = numbers.shape[1:]
    y, x = np.mgrid[:height, :width]
    x = np.clip(np.round(x + flow[..., 0]).astype(int), 0, width - 1)
    y = np.clip(np.round(y + flow[..., 1]).astype(int), 0, height - 1)
    difference = largest_channel(cv2.absdiff(frames[0], frames[1][y, x]))
    same = difference < parameters.max_flow_link_levels
    ends = numbers[1][y, x][same]
    return numbers[0][same], ends, np.full(len(ends), parameters.flow_link)
