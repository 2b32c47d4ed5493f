"""The camera's drift: matches between distant frames, which the camera's motion has aligned.

Flows to frames a few steps away are short: an error of a twentieth of a pixel a frame, as flat
pictures and slow turns have it, grows to several pixels over a clip. So frames farther apart are
aligned by the motion found so far, and the flow that is left between them is measured.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import draw_pairs, gradient_weight
from toondecompose.motion.parameters import Parameters
from toondecompose.motion.solve import Pairs
from toondecompose.optical_flow.dis import DisOptions, dis_flows


def distant_pairs(
    frames: np.ndarray, motion: np.ndarray, offset: int, *, tuning: Tuning = DEFAULT
) -> Pairs:
    """Match each frame with the one `offset` frames later.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    motion : (T, 3, 3), homographies from each frame to the canvas, exact to a few pixels.
    """
    parameters = tuning[Parameters]
    size = (frames.shape[2], frames.shape[1])

    def one(t: int) -> Pairs:
        step = geometry.normalised(np.linalg.inv(motion[t + offset]) @ motion[t])
        both = np.stack([frames[t], _seen_from(frames[t + offset], step, size)])
        (left,) = dis_flows(both, [(0, 1)], DisOptions(workers=1))
        weight = gradient_weight(frames[t], tuning=tuning)
        weight *= _seen_from(np.ones(size[::-1], np.float32), step, size)
        rng = np.random.default_rng(t)
        drawn = draw_pairs({(0, 1): left}, weight[None], parameters.drift_points, rng=rng)
        there = geometry.apply(step, drawn.xb)
        inside = np.all((there >= 0) & (there <= np.array(size) - 1), axis=1)
        number = np.full(len(there), t)
        matches = Pairs(number, number + offset, drawn.xa, there, drawn.weight)
        return matches.where(inside)

    return Pairs.concatenate(each(one, range(len(frames) - offset)))


def _seen_from(image: np.ndarray, step: np.ndarray, size: geometry.Size) -> np.ndarray:
    """Resample another frame's image on a frame's grid, given the homography to the other."""
    return cv2.warpPerspective(image, step, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
