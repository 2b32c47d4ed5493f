"""Parts of sprites that rest: where steady structure tells nothing about them.

Before a camera that stays, a body at rest between a moving head and moving legs is as steady as the
background. That rest is one event for the whole part, not one for each of its pixels. So around a
sprite's moving structure, evidence of steadiness counts only at places that some frames show
covered and others do not; elsewhere colours and outlines decide.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters

SHRINK = 8
"""Factor by which pictures are smaller in which moving structure is spread."""


def chance_of_rest(
    inside: np.ndarray, structure: np.ndarray, colour: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return how far each pixel of a frame may belong to a part that rests, (H, W) in 0..1.

    One where the surroundings hold moving structure of sprites, and have their colours; zero far
    from it, and in bays that have colours of the background.

    Parameters
    ----------
    inside : (H, W) bool, the last labels of the frame.
    structure : (H, W), log odds of structure for a sprite, see `structure_votes`.
    colour : (H, W), log odds of colour for a sprite, see `plate_evidence`.
    """
    parameters = tuning[Parameters]
    moving = (inside & (structure > 0)).astype(np.uint8)
    moving = cv2.morphologyEx(moving, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    if not moving.any():
        return np.zeros(inside.shape, np.float32)
    deviation = parameters.resting_reach * float(np.sqrt(inside.sum()))
    # The blur is wide: a picture an eighth as large holds all of it.
    height, width = inside.shape
    size = (max(width // SHRINK, 1), max(height // SHRINK, 1))
    small = cv2.resize(moving.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    around = cv2.GaussianBlur(
        small, (0, 0), max(deviation / SHRINK, 0.5), borderType=cv2.BORDER_CONSTANT
    )
    share = cv2.resize(around, (width, height), interpolation=cv2.INTER_LINEAR)
    likeness = cv2.blur(colour, (9, 9)) / parameters.min_resting_log_odds
    chance = np.minimum(share / parameters.min_moving_share, 1) * np.clip(likeness, 0, 1)
    return chance.astype(np.float32)
