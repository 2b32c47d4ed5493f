"""The depth order of the sprites in every frame.

Where the known drawings of two sprites overlap, the sprite whose colours are observed is in front.
Where drawings are unknown, the outline decides: it moves with the sprite in front, and covers or
uncovers pixels of the sprite behind. Frames in which two sprites do not meet have no votes, and
sprites change places rarely, so the smoothest order that the votes support is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
from scipy import ndimage

from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.optical_flow.confidence import agreement
from toondecompose.segmentation.parameters import Parameters


def colour_votes(
    covered: Sequence[np.ndarray],
    likelihoods: Sequence[np.ndarray],
    mask: np.ndarray,
    *,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the net votes of one frame (K, K) for the row's sprite before the column's.

    Parameters
    ----------
    covered : (H, W) bool of each sprite, where its drawing is known to lie.
    likelihoods : (H, W) of each sprite, of each pixel's colour if it shows the sprite.
    mask : (H, W) bool, where any sprite is.
    """
    number = len(covered)
    votes = np.zeros((number, number))
    for j in range(number):
        for k in range(j):
            both = covered[j] & covered[k] & mask
            log_odds = np.log(likelihoods[j][both]) - np.log(likelihoods[k][both])
            votes[j, k] = np.clip(log_odds / tuning[Parameters].order_vote_log_odds, -1, 1).sum()
            votes[k, j] = -votes[j, k]
    return votes


def flow_votes(
    owners: np.ndarray, flows: Flows, t: int, *, number: int, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the votes (K, K) of pixels covered or uncovered between frame t and its neighbours.

    owners (T, H, W) is the number of the sprite at each pixel, or the number of sprites where
    there is none; flows are (H, W, 2), of pairs of frames.
    """
    parameters = tuning[Parameters]
    weight = parameters.flow_vote_weight
    votes = np.zeros((number, number))
    height, width = owners.shape[1:]
    for s in (t - 1, t + 1):
        if (t, s) not in flows:
            continue
        agrees = agreement(flows[t, s], flows[s, t]) > parameters.min_flow_agreement
        for k in range(number):
            rows, columns, moved = _carried(owners[t] == k, flows[t, s], agrees, tuning=tuning)
            x, y = np.rint(np.stack([columns, rows], axis=-1) + moved).astype(int).T
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            landed = np.bincount(owners[s, y[inside], x[inside]], minlength=number + 1)[:number]
            landed[k] = 0
            votes[:, k] += weight * landed
            votes[k] -= weight * landed
    return votes


def _carried(
    own: np.ndarray, flow: np.ndarray, agrees: np.ndarray, *, tuning: Tuning = DEFAULT
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, columns (N,) and motion (N, 2) of a label's pixels.

    The motion is that of the nearest pixel deeper inside, because the flow at an outline may be
    another sprite's. There the flow (H, W, 2) must agree with the flow back, agrees (H, W) bool.
    """
    parameters = tuning[Parameters]
    kernel = np.ones((2 * parameters.flow_depth_px + 1,) * 2, np.uint8)
    inner = cv2.erode(own.astype(np.uint8), kernel) > 0
    inner &= agrees
    if not inner.any():
        return np.zeros(0, int), np.zeros(0, int), np.zeros((0, 2))
    found = ndimage.distance_transform_edt(~inner, return_indices=True)
    distance, (rows, columns) = cast("tuple[np.ndarray, np.ndarray]", found)
    near = own & (distance <= parameters.flow_reach_px)
    y, x = np.nonzero(near)
    return y, x, flow[rows[near], columns[near]]


def depth_order(votes: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the sprites (T, K) int of each frame from back to front, given votes (T, K, K).

    Every pair takes the path through time with the most votes, less the cost of its changes.
    """
    count, number = votes.shape[:2]
    before = np.zeros((count, number, number))
    for j in range(number):
        for k in range(j):
            sign = smooth_signs(votes[:, j, k], tuning=tuning)
            before[:, j, k] = sign * (1 + np.abs(votes[:, j, k]).sum()) * votes[:, j, k].any()
            before[:, k, j] = -before[:, j, k]
    return np.stack([back_to_front(one) for one in before])


def smooth_signs(votes: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return 1 or -1 for each of T votes: the best supported signs that change rarely."""
    parameters = tuning[Parameters]
    limit, cost = parameters.max_frame_votes, parameters.order_change_votes
    gain = np.clip(votes, -limit, limit)
    score = np.array([gain[0], -gain[0]])
    came = np.zeros((len(votes), 2), int)
    for t in range(1, len(votes)):
        stay = score >= score[::-1] - cost
        came[t] = np.where(stay, [0, 1], [1, 0])
        score = np.where(stay, score, score[::-1] - cost) + [gain[t], -gain[t]]
    state = int(score[1] > score[0])
    signs = np.ones(len(votes), int)
    for t in reversed(range(len(votes))):
        signs[t] = 1 - 2 * state
        state = came[t, state]
    return signs


def back_to_front(before: np.ndarray) -> np.ndarray:
    """Return K sprites from back to front, (K,) int.

    before (K, K) is how surely the sprite of the row is in front of that of the column. The
    hindmost is least surely in front of any that are left. Sprites that never met keep the order of
    their numbers.
    """
    left, order = list(range(len(before))), []
    while left:
        cost = [np.maximum(before[k, left], 0).sum() for k in left]
        order.append(left.pop(int(np.argmin(cost))))
    return np.array(order, int)
