"""Which followed points move as one thing.

Sprites that never stand apart in any frame still part over time: their points drift away from
each other, while those of one sprite stay together, a leg near its hip. So near points that keep
their distance are tied together, and the ties are cut where they are weakest (Brox and Malik,
"Object segmentation by long term analysis of point trajectories", 2010; the cut is that of Shi and
Malik, 2000).
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.linalg import eigh

from toondecompose.segmentation.point_tracks import SHORTEST, Trajectories

DRIFT = 2.5
"""Pixels, in root mean square, by which the distance of two points varies when the tie between
them is down to a third; drawings move in themselves by as much from one to the next."""

NEARBY = 20.0
"""Pixels apart at which the tie of two points is down to a third."""

RIGID, FAR, LASTING = 0.7, 80.0, 10
"""Points that keep their distance to within so many pixels belong together over so many pixels,
once they have done so for so many frames: what hides the middle of a thing does not part it."""

RECOGNISED = 0.02
"""Tie of two points that share no frame and look alike: a sprite that comes back."""

RECOGNISED_TOGETHER = 0.4
"""All such ties of one point, at most: every new drawing brings new points, and shoes that look
alike in all the drawings of two walkers must not outweigh the few points beside each of them."""

ALIKE = 25.0
"""Grey levels apart at which two such points no longer look alike."""

GAP = 4
"""Frames between the end of one point and the start of another that may be the same: every new
drawing loses some."""

CONTINUED = 12.0
"""Pixels between the two at which that is a third as likely."""

SPARE = 2
"""Groups beyond those wanted."""

LOOK = 12.0
"""Grey levels from a colour of one part of a thing to the nearest of another part of it,"""

SLIP = 1.5
"""and pixels per frame by which the two move apart, usually."""

LAG = 8
"""Frames over which groups are seen to part: drawings are held for two or three."""

UNMET = 0.5
"""Likeness of motion of groups that are never seen together."""

VALLEY = 0.85
"""Share of the pixels above the middles of two neighbours that lie between them, at most, where
things stand side by side."""

UPRIGHT = 3.0
"""How much higher than wide things that stand side by side are taken to be."""

STACKED = 1.5
"""Standard deviations by which groups lie above each other, from which on they are stacked, if they
lie less far beside each other."""

MOSTLY_JOINED = 0.9
"""Share of the frames in which stacked groups touch that are parts of the same things."""

SEPARATE = 0.1
"""Cost of a normalised cut, as its eigenvalue, from which nothing is parted any more."""


def tie(points: Trajectories) -> np.ndarray:
    """Return how closely every two points belong together, (N, N) float32 in 0..1.

    Points that share frames: by how far their distance varies, and how near they come. Others: by
    whether one goes on where the other ended, and looks like it.
    """
    number, count = points.present.shape
    present, filled = points.present, np.nan_to_num(points.places)
    first = present.argmax(axis=1)
    last = count - 1 - present[:, ::-1].argmax(axis=1)
    every = np.arange(number)
    ends = (filled[every, last], filled[every, first])
    ties, again = (np.zeros((number, number), np.float32) for _ in range(2))
    for i in range(number):
        shared = present[i] & present  # (N, T)
        frames = shared.sum(axis=1)
        apart = (filled - filled[i]) * shared[..., None]
        weight = np.maximum(frames, 1)[:, None]
        mean = apart.sum(axis=1) / weight
        variance = ((apart**2).sum(axis=1) / weight - mean**2).sum(axis=1)
        near = np.where(shared, (apart**2).sum(axis=-1), np.inf).min(axis=1)
        variance = np.maximum(variance, 0)
        together = np.exp(-variance / DRIFT**2 - near / NEARBY**2)
        rigid = np.exp(-variance / RIGID**2 - near / FAR**2) * np.minimum(frames / LASTING, 1)
        together = np.maximum(together, rigid)
        alike = np.exp(-(((points.colours - points.colours[i]) / ALIKE) ** 2).sum(axis=1))
        follows = np.zeros(number)
        for gap, other, own in (
            (first - last[i], ends[1], ends[0][i]),
            (first[i] - last, ends[0], ends[1][i]),
        ):
            soon = (gap > 0) & (gap <= GAP)
            follows[soon] = np.exp(-((other - own) ** 2).sum(axis=1) / CONTINUED**2)[soon]
        ties[i] = np.where(frames == 0, follows * alike, together)
        ties[i, (frames > 0) & (frames < SHORTEST)] = 0
        again[i] = np.where(frames == 0, RECOGNISED * alike, 0)
    limit = np.minimum(1, RECOGNISED_TOGETHER / np.maximum(again.sum(axis=1), 1e-6))
    ties += again * np.minimum(limit[:, None], limit)
    np.fill_diagonal(ties, 0)
    return np.minimum(ties, 1)


def part(points: Trajectories, wanted: int) -> np.ndarray:
    """Part points into at most so many groups: where the ties are weakest, then by likeness.

    What hides a thing for a while also parts it in time, so a few groups more are made, and
    those that look alike and move alike are joined again. Fewer than wanted are returned when
    what would be parted hangs together. Returns the group of each point, (N,) int from 0.
    """
    groups = cut_ties(tie(points), wanted + SPARE if wanted > 1 else 1)
    while groups.max(initial=0) + 1 > wanted:
        number = int(groups.max()) + 1
        pairs = [(a, b) for a in range(number) for b in range(a + 1, number)]
        a, b = max(pairs, key=lambda pair: likeness(points, groups == pair[0], groups == pair[1]))
        groups[groups == b] = a
        groups[groups > b] -= 1
    return groups


def part_by_place(points: Trajectories, wanted: int) -> np.ndarray:
    """Part points into so many groups by where they are, as things that stand side by side.

    Where motion parts nothing, nearness over the whole clip is left. Places are relative to the
    middle of all points of a frame, so that the camera does not matter. Returns the group of each
    point, (N,) int from 0; fewer groups when there are fewer points.
    """
    places = _mean_offset(points.places) / (1, UPRIGHT)
    return _nearest_mean(places[np.argsort(places[:, 0])], wanted)[
        np.argsort(np.argsort(places[:, 0]))
    ]


def stand_side_by_side(points: Trajectories, groups: np.ndarray, mask: np.ndarray) -> bool:
    """Tell whether groups of points (N,) are things that stand side by side in the whole clip.

    Then the pixels of the mask (T, H, W) bool are fewer between two neighbours than at either.
    Where things cross, or are one, they are not.
    """
    if groups.max(initial=0) < 1:
        return False
    middle = _middle(points.places, 1)[:, 0]
    width = mask.shape[2]
    profile = np.zeros(2 * width)
    for t in np.flatnonzero(~np.isnan(middle)):
        start = width - round(float(middle[t]))
        if 0 <= start <= width:
            profile[start : start + width] += mask[t].sum(axis=0)
    offsets = _mean_offset(points.places)[:, 0]
    at = sorted(float(offsets[groups == k].mean()) for k in range(int(groups.max()) + 1))
    for left, right in zip(at, at[1:], strict=False):
        columns = np.clip(np.rint(width + np.array([left, right])).astype(int), 0, 2 * width - 1)
        lowest = profile[columns[0] : columns[1] + 1].min()
        if lowest > VALLEY * profile[columns].min():
            return False
    return len(at) > 1


def are_stacked(points: Trajectories, groups: np.ndarray, mask: np.ndarray) -> bool:
    """Tell whether groups of points (N,) lie above each other and touch in nearly every frame.

    Legs swing unlike the bodies that they carry, so where two walkers never stand apart motion
    parts the bodies of both from the legs of both. mask (T, H, W) bool is the foreground.
    """
    number = int(groups.max(initial=0)) + 1
    if number < 2:
        return False
    offsets = _mean_offset(points.places)
    means = [offsets[groups == k].mean(axis=0) for k in range(number)]
    variances = [offsets[groups == k].var(axis=0) for k in range(number)]
    return any(
        _is_above(means[a] - means[b], (variances[a] + variances[b]) / 2)
        and _joined(points, groups == a, groups == b, mask) > MOSTLY_JOINED
        for a in range(number)
        for b in range(a)
    )


def _is_above(distance: np.ndarray, variance: np.ndarray) -> bool:
    beside, above = np.abs(distance) / np.sqrt(np.maximum(variance, 1e-6))
    return bool(above > max(STACKED, beside))


def _joined(points: Trajectories, first: np.ndarray, second: np.ndarray, mask: np.ndarray) -> float:
    """Return in what share of the frames with both groups a region of the mask holds both."""
    joined, both = 0, 0
    for t, picture in enumerate(mask):
        here = [points.places[group & points.present[:, t], t] for group in (first, second)]
        if not all(map(len, here)):
            continue
        _, regions = cv2.connectedComponents(picture.astype(np.uint8))
        x, y = (np.rint(np.concatenate(here)).astype(int).T).clip(
            0, [[n - 1] for n in picture.shape[::-1]]
        )
        owned = np.split(regions[y, x], [len(here[0])])
        joined += len(np.intersect1d(*(own[own > 0] for own in owned))) > 0
        both += 1
    return joined / max(both, 1)


def likeness(points: Trajectories, first: np.ndarray, second: np.ndarray) -> float:
    """Return how much alike two groups (N,) bool look and move, 0..1."""
    apart = np.linalg.norm(points.colours[first][:, None] - points.colours[second], axis=-1)
    look = (apart.min(axis=0).mean() + apart.min(axis=1).mean()) / 2
    speeds = [_speed(points.places[group]) for group in (first, second)]
    both = ~np.isnan(speeds[0][:, 0]) & ~np.isnan(speeds[1][:, 0])
    alike = float(np.exp(-((look / LOOK) ** 2)))
    if both.sum() < SHORTEST:
        return alike * UNMET
    slip = np.linalg.norm(np.median((speeds[0] - speeds[1])[both], axis=0))
    slip = max(slip, _parting(points.places[first], points.places[second]))
    # Heavy tails: middles of things that a few frames show half jump, and must not decide alone.
    return alike / (1 + (slip / SLIP) ** 2)


def _parting(first: np.ndarray, second: np.ndarray) -> float:
    """Return how fast two groups of points (N, T, 2) part, in pixels per frame.

    Points hardly outlive their drawing, and while that is held everything stands still; over more
    frames than that the groups' middles tell.
    """
    apart = _middle(first) - _middle(second)
    drift = np.linalg.norm(apart[LAG:] - apart[:-LAG], axis=-1) / LAG
    known = ~np.isnan(drift)
    return float(np.median(drift[known])) if known.sum() >= SHORTEST else 0.0


def _mean_offset(places: np.ndarray) -> np.ndarray:
    """Return where points (N, T, 2) lie beside the middle of all, (N, 2), on average."""
    offsets = places - _middle(places, 1)
    there = ~np.isnan(offsets)
    return np.where(there, offsets, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)


def _middle(places: np.ndarray, least: int = 3) -> np.ndarray:
    """Return the middle (T, 2) of points (N, T, 2); NaN where fewer than so many are followed."""
    there = ~np.isnan(places[..., :1])
    number = there.sum(axis=0)
    middle = np.where(there, places, 0).sum(axis=0) / np.maximum(number, 1)
    return np.where(number < least, np.nan, middle)


def _speed(places: np.ndarray) -> np.ndarray:
    """Median step (T - 1, 2) of points (N, T, 2); NaN where fewer than three are followed."""
    steps = np.diff(places, axis=1)
    few = (~np.isnan(steps[..., 0])).sum(axis=0) < 3
    filled = np.where(few[None, :, None], 0, steps)
    return np.where(few[:, None], np.nan, np.nanmedian(filled, axis=0))


def cut_ties(ties: np.ndarray, most: int) -> np.ndarray:
    """Part points (N, N ties) into at most so many groups, (N,) int, where the ties are weakest."""
    number = len(ties)
    limit = min(most, number)
    if limit <= 1:
        return np.zeros(number, int)
    degree = np.maximum(ties.sum(axis=1), 1e-6)
    scale = 1 / np.sqrt(degree)
    laplacian = np.eye(number) - scale[:, None] * ties * scale[None]
    values, vectors = eigh(laplacian, subset_by_index=[0, limit - 1])
    groups = int((values < SEPARATE).sum())
    if groups <= 1:
        return np.zeros(number, int)
    rows = vectors[:, :groups] * scale[:, None]
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return _nearest_mean(rows, groups)


def _nearest_mean(rows: np.ndarray, groups: int) -> np.ndarray:
    """Group rows (N, D) around means, which start as far apart as there are rows (k-means)."""
    means = rows[[0]]
    while len(means) < min(groups, len(rows)):
        distance = ((rows[:, None] - means) ** 2).sum(axis=-1).min(axis=1)
        if distance.max() == 0:
            break
        means = np.concatenate([means, rows[[int(distance.argmax())]]])
    for _ in range(50):
        owner = ((rows[:, None] - means) ** 2).sum(axis=-1).argmin(axis=1)
        found = [rows[owner == k] for k in range(len(means))]
        new = np.stack([f.mean(axis=0) if len(f) else m for f, m in zip(found, means, strict=True)])
        if np.allclose(new, means):
            break
        means = new
    return np.unique(owner, return_inverse=True)[1]
