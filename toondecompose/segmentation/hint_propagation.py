"""Evidence of the user's hints in all frames.

In its own frame a stroke is evidence for the pixels around it (`hint_strokes`). It is propagated to
other frames along the flow, as far as the flow agrees with the flow back and the colours agree, and
loses strength with every frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core.cast import Cast
from toondecompose.core.geometry import along_flow
from toondecompose.core.hints import hinted_membership
from toondecompose.core.reduction import largest_channel
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.optical_flow.confidence import agreement
from toondecompose.segmentation.hint_strokes import complete_strokes, spread_strokes
from toondecompose.segmentation.parameters import Parameters


@dataclass(frozen=True)
class HintEvidence:
    """Log odds of hints; beyond half of hard_hint_log_odds they are hard constraints.

    Attributes
    ----------
    foreground : (T, H, W) float32, of any sprite against the background.
    sprites : (K, T, H, W) float32, of each sprite against the others; None with fewer than two.
    """

    foreground: np.ndarray
    sprites: np.ndarray | None


def hint_evidence(
    ruled: Mapping[int, np.ndarray],
    frames: np.ndarray,
    flows: Flows,
    *,
    cast: Cast,
    found: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> HintEvidence:
    """Spread hints in their frames and propagate them to the others.

    Parameters
    ----------
    ruled : the objects that hints rule out, for some frames, (h, w) unsigned at the source's size;
        see `toondecompose.core.hints.rule_out`.
    frames : (T, H, W, 3) uint8.
    flows : flow (H, W, 2) of each pair of frames; those between neighbours are used.
    cast : the objects of the clip.
    found : (T, H, W) float32 in 0..1, where sprites were found without hints.
    """

    def log_odds(numbers: range, whole: bool) -> np.ndarray:
        own = {}
        for t, bits in ruled.items():
            mark = hinted_membership(bits, numbers, cast.objects)
            own[t] = spread_strokes(mark, frames[t], tuning=tuning)
            if whole:
                own[t] = -complete_strokes(-own[t], frames[t], found[t], tuning=tuning)
        return propagate_hints(own, flows, frames, tuning=tuning)

    sprites = None
    if len(cast.sprite_numbers) > 1:
        sprites = np.stack([log_odds(range(k, k + 1), False) for k in cast.sprite_numbers])
    return HintEvidence(-log_odds(range(len(cast.planes)), True), sprites)


def propagate_hints(
    own: Mapping[int, np.ndarray],
    flows: Flows,
    frames: np.ndarray,
    *,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Propagate the hints of some frames to all frames; returns log odds (T, H, W) float32.

    Parameters
    ----------
    own : strength (H, W) in -1..1 of hints in their frames, see `hint_strokes.spread_strokes`.
        Hinted pixels, with exactly -1 or 1, get hard_hint_log_odds of that sign.
    flows : flow (H, W, 2) of pairs of frames; those between neighbours are used.
    frames : (T, H, W, 3) uint8: a hint is not propagated to another colour, wherever the flow
        leads.

    Returns
    -------
    Hints of the frames before and after add up, to hint_log_odds at most.
    """
    strong, hard = tuning[Parameters].hint_log_odds, tuning[Parameters].hard_hint_log_odds
    count, shape = len(frames), frames.shape[1:3]
    carried = np.zeros((count, *shape), np.float32)
    for step in (1, -1):
        strength = np.zeros(shape, np.float32)
        for t in range(count)[::step]:
            came = _moved(strength, t, t - step, flows=flows, frames=frames, tuning=tuning)
            carried[t] += came
            strength = _joined(own[t], came) if t in own else came
    result = strong * np.clip(carried, -1, 1)
    for t, drawn in own.items():
        soft = strong * np.clip(carried[t] + drawn, -1, 1)
        result[t] = np.where(np.abs(drawn) == 1, hard * drawn, soft)
    return result


def _joined(drawn: np.ndarray, came: np.ndarray) -> np.ndarray:
    return np.where(np.abs(drawn) == 1, drawn, np.clip(drawn + came, -1, 1))


def _moved(
    strength: np.ndarray,
    t: int,
    before: int,
    *,
    flows: Flows,
    frames: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the strength (H, W) of frame `before` in frame t, weakened."""
    parameters = tuning[Parameters]
    there, back = flows.get((t, before)), flows.get((before, t))
    if there is None or back is None or np.abs(strength).max() < parameters.min_hint_strength:
        return np.zeros_like(strength)
    found = along_flow(strength, there, beyond=cv2.BORDER_CONSTANT)
    # Blurred, because the flow is not exact to a part of a pixel.
    here, other = (cv2.blur(frames[s], (3, 3)).astype(np.float32) for s in (t, before))
    difference = along_flow(other, there, beyond=cv2.BORDER_CONSTANT) - here
    alike = np.exp(-largest_channel(difference**2) / parameters.hint_contrast_levels**2)
    return parameters.hint_decay * agreement(there, back) * alike * found
