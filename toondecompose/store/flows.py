"""The flows of a clip on disk, as the flow stage leaves them and the stages after it use them.

``flow/info.json`` holds the offsets; ``flow/<A>T<B>.npy`` the flow from frame A to frame B,
(H, W, 2) float32, x then y, pixels; ``flow/<A>T<B>.confidence.png`` how far it can be trusted,
(H, W) uint8: 0 where the point is hidden in B or lies outside of it, and from 1 (worthless) to
255 (certain) elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from toondecompose.core.parallel import each
from toondecompose.core.reduction import median_of_few
from toondecompose.optical_flow import Pair
from toondecompose.optical_flow.confidence import agreement, occluded, texture
from toondecompose.optical_flow.pairs import two_way_pairs
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder


def write_confidence(clip: ClipFolder, a: int, others: Iterable[int], *, frame: np.ndarray) -> None:
    """Write how far the flows from a frame to others, both ways on disk, can be trusted.

    ``frame`` is frame ``a``, (H, W, 3) uint8 RGB.
    """
    textured = texture(frame)
    for b in others:
        agreed = agreement(clip.read_npy(flow_name((a, b))), clip.read_npy(flow_name((b, a))))
        levels = 1 + np.round(254 * agreed * textured).astype(np.uint8)
        levels[occluded(agreed)] = 0
        clip.write_png(confidence_name((a, b)), levels)


def flow_name(pair: Pair) -> str:
    """Name of the artifact that holds a pair's flow."""
    return paths.flow(*pair)


def confidence_name(pair: Pair) -> str:
    """Name of the artifact that holds a pair's confidence."""
    return paths.flow_confidence(*pair)


def read_flows(clip: ClipFolder, count: int) -> dict[Pair, np.ndarray]:
    """Read the flows (H, W, 2) float32 of the two-way pairs of a clip of so many frames."""
    listed = _listed(clip, count)
    return dict(zip(listed, each(lambda pair: clip.read_npy(flow_name(pair)), listed), strict=True))


def read_confidence(clip: ClipFolder, count: int) -> np.ndarray:
    """Return how far the flows of each frame can be trusted, (T, H, W) float32 in 0..1.

    The median of the frame's pairs: a point that one other frame hides is still well known.
    """
    listed = _listed(clip, count)

    def one(t: int) -> np.ndarray:
        levels = [clip.read_png(confidence_name(pair)) for pair in listed if pair[0] == t]
        return median_of_few([(np.maximum(level, 1) - 1) / np.float32(254) for level in levels])

    return np.stack(each(one, range(count)))


def _listed(clip: ClipFolder, count: int) -> list[Pair]:
    return two_way_pairs(count, clip.read_json(paths.FLOW_INFO)["offsets"])
