"""Who is in front of whom, in every frame.

Where the known drawings of two sprites lie on each other, the one whose colours are seen is in
front. Where drawings are not known, the outline tells: it moves with the sprite in front, and the
pixels of the one behind go under it or come out. Frames in which two sprites do not meet say
nothing, and sprites change places rarely: the smoothest order that the frames support is taken.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from scipy import ndimage

from toondecompose.motion.matches import Flows
from toondecompose.optical_flow.confidence import agreement

CERTAIN = 3.0
"""A pixel has one vote when one sprite's colour is so much likelier, in logarithms."""

DEEP = 3
"""Pixels inside of a label from which its flow is taken: at an outline it may be the other's."""

RETURNS = 0.5
"""How surely the flow there must lead back."""

NEAR = 6
"""Pixels from its flow's origin to which a pixel is carried along."""

FLOW = 0.1
"""Worth of a pixel that goes under or comes out, against one whose colour is known."""

FRAME = 100.0
"""Votes of one frame count up to this,"""

CHANGE = 250.0
"""and a change of places must be worth so many."""


def colour_votes(
    covered: Sequence[np.ndarray], likelihoods: Sequence[np.ndarray], mask: np.ndarray
) -> np.ndarray:
    """Return the votes of one frame, (K, K): of pixels that speak for row before column, net.

    covered is where each sprite's drawing is known to lie, (H, W) bool, likelihoods (H, W) how
    likely each pixel's colour is if it shows the sprite, mask (H, W) bool where any sprite is.
    """
    number = len(covered)
    votes = np.zeros((number, number))
    for j in range(number):
        for k in range(j):
            both = covered[j] & covered[k] & mask
            clearer = np.log(likelihoods[j][both]) - np.log(likelihoods[k][both])
            votes[j, k] = np.clip(clearer / CERTAIN, -1, 1).sum()
            votes[k, j] = -votes[j, k]
    return votes


def flow_votes(owners: np.ndarray, flows: Flows, t: int, number: int) -> np.ndarray:
    """Return the votes (K, K) of what goes under or comes out between frame t and its neighbours.

    owners (T, H, W) is the number of the sprite at each pixel, or the number of sprites where
    there is none; flows are (H, W, 2), of pairs of frames.
    """
    votes = np.zeros((number, number))
    height, width = owners.shape[1:]
    for s in (t - 1, t + 1):
        if (t, s) not in flows:
            continue
        returns = agreement(flows[t, s], flows[s, t]) > RETURNS
        for k in range(number):
            rows, columns, moved = _carried(owners[t] == k, flows[t, s], returns)
            x, y = np.rint(np.stack([columns, rows], axis=-1) + moved).astype(int).T
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            landed = np.bincount(owners[s, y[inside], x[inside]], minlength=number + 1)[:number]
            landed[k] = 0
            votes[:, k] += FLOW * landed
            votes[k] -= FLOW * landed
    return votes


def _carried(
    own: np.ndarray, flow: np.ndarray, returns: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, columns (N,) and motion (N, 2) of a label's pixels, each as deeper inside.

    There the flow (H, W, 2) must lead back, returns (H, W) bool.
    """
    inner = cv2.erode(own.astype(np.uint8), np.ones((2 * DEEP + 1, 2 * DEEP + 1), np.uint8)) > 0
    inner &= returns
    if not inner.any():
        return np.zeros(0, int), np.zeros(0, int), np.zeros((0, 2))
    distance, (rows, columns) = ndimage.distance_transform_edt(~inner, return_indices=True)
    near = own & (distance <= NEAR)
    return *np.nonzero(near), flow[rows[near], columns[near]]


def settle_order(votes: np.ndarray) -> np.ndarray:
    """Return the sprites (T, K) int of each frame from back to front, given votes (T, K, K).

    Every pair takes the path through time with the most votes, less the cost of its changes.
    """
    count, number = votes.shape[:2]
    before = np.zeros((count, number, number))
    for j in range(number):
        for k in range(j):
            sign = smooth_signs(votes[:, j, k])
            before[:, j, k] = sign * (1 + np.abs(votes[:, j, k]).sum()) * votes[:, j, k].any()
            before[:, k, j] = -before[:, j, k]
    return np.stack([back_to_front(one) for one in before])


def smooth_signs(votes: np.ndarray) -> np.ndarray:
    """Return 1 or -1 for each of T votes: the best supported signs that change rarely."""
    gain = np.clip(votes, -FRAME, FRAME)
    score = np.array([gain[0], -gain[0]])
    came = np.zeros((len(votes), 2), int)
    for t in range(1, len(votes)):
        stay = score >= score[::-1] - CHANGE
        came[t] = np.where(stay, [0, 1], [1, 0])
        score = np.where(stay, score, score[::-1] - CHANGE) + [gain[t], -gain[t]]
    state = int(score[1] > score[0])
    signs = np.ones(len(votes), int)
    for t in reversed(range(len(votes))):
        signs[t] = 1 - 2 * state
        state = came[t, state]
    return signs


def back_to_front(before: np.ndarray) -> np.ndarray:
    """Return K sprites from back to front, (K,) int.

    before (K, K) is how surely the sprite of the row is in front of that of the column. The
    hindmost is the one that is least surely in front of any that are left. Sprites that never met
    keep the order of their numbers.
    """
    left, order = list(range(len(before))), []
    while left:
        cost = [np.maximum(before[k, left], 0).sum() for k in left]
        order.append(left.pop(int(np.argmin(cost))))
    return np.array(order, int)
