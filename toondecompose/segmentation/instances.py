"""Splits the foreground into sprites: the owner of each pixel.

Tracks that move together (`track_clustering`) give the rough place of each sprite. Between the
tracks, the owner of a pixel follows from the tracks around it, from its colour, and from the owners
in the frames before and after, along the flow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.segmentation import colour_model
from toondecompose.segmentation.hint_constraints import (
    keep_changes_near_hints,
    revert_changes_against_hints,
)
from toondecompose.segmentation.occlusion import separate_sprites
from toondecompose.segmentation.owner_smoothing import propagate_shares, unify_regions
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.point_tracks import Tracks, track_points
from toondecompose.segmentation.track_clustering import cluster_by_place, cluster_trajectories
from toondecompose.segmentation.track_layout import are_stacked, valley_share


@dataclass(frozen=True)
class Split:
    """The sprites of a clip.

    Attributes
    ----------
    alphas : (K, T, H, W) float32, which sum to the foreground. Sprites are numbered by the area
        they cover in the clip, the largest first; those that are not found are empty.
    order : (T, K) int, the sprites of each frame from back to front.
    """

    alphas: np.ndarray
    order: np.ndarray


@dataclass(frozen=True)
class HintedForeground:
    """The foreground with hints, and the hints for each sprite.

    Attributes
    ----------
    foreground : (T, H, W) float32 in 0..1.
    log_odds : (K, T, H, W) float32, see `hint_propagation.HintEvidence.sprites`.
    """

    foreground: np.ndarray
    log_odds: np.ndarray


def split_sprites(
    frames: np.ndarray,
    foreground: np.ndarray,
    flows: Flows,
    *,
    wanted: int,
    noise: float,
    say: Callable[[str], None] = lambda line: None,
    hinted: HintedForeground | None = None,
    tuning: Tuning = DEFAULT,
) -> Split:
    """Divide the foreground among the sprites.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    foreground : (T, H, W) float32 in 0..1, found without hints.
    flows : flow (H, W, 2) of each pair of frames; neighbours in both directions are used.
    wanted : number of sprites, 1 or more.
    noise : standard deviation of the frames, in grey levels.
    say : gets a line when the clip holds fewer sprites than wanted.
    hinted : the foreground with hints; sprites keep the numbers that they have without.
    """
    alphas = np.zeros((wanted, *foreground.shape), np.float32)
    order = np.tile(np.arange(wanted), (len(frames), 1))
    mask = foreground > 0.5
    final = foreground if hinted is None else hinted.foreground
    if wanted == 1 or not (mask.any() or (final > 0.5).any()):
        alphas[0] = final
        return Split(alphas, order)
    tracks = track_points(frames, mask, flows, tuning=tuning)
    clusters = cluster_tracks(tracks, mask, wanted, tuning=tuning)
    found = int(clusters.max(initial=0)) + 1
    if found < wanted:
        say(f"{wanted} sprites asked for, {found} found: the others stay empty")
    ranking = list(range(found))
    owners = np.zeros(mask.shape, np.uint8)
    if found > 1:
        shares = owner_shares(frames, mask, flows, tracks=tracks, clusters=clusters, tuning=tuning)
        areas = np.bincount(shares.argmax(axis=1)[mask], minlength=found)
        ranking = [int(number) for number in np.argsort(-areas, kind="stable")]
        owners, order[:, :found] = separate_sprites(
            frames, mask, shares[:, ranking], flows=flows, noise=noise, tuning=tuning
        )
    if hinted is not None:
        ranking += range(found, wanted)  # sprites that only hints know
        there, hints = final > 0.5, hinted.log_odds
        shares = owner_shares(
            frames,
            there,
            flows,
            tracks=tracks,
            clusters=clusters,
            hints=hints[np.argsort(ranking)],
            tuning=tuning,
        )
        again, new_order = separate_sprites(
            frames, there, shares[:, ranking], flows=flows, noise=noise, hints=hints, tuning=tuning
        )
        changed = (owners != again) & there
        kept = keep_changes_near_hints(owners, again, changed, hints=hints, tuning=tuning)
        # Frames that the hints do not reach keep their depth order as well.
        reached = ((kept != owners) & there).any(axis=(1, 2))
        owners, order = kept, np.where(reached[:, None], new_order, order)
    for k in range(wanted):
        alphas[k] = np.where(owners == k, final, 0)
    return Split(alphas, order)


def cluster_tracks(
    tracks: Tracks, mask: np.ndarray, wanted: int, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the cluster of each track (N,) int: by place where sprites stand side by side.

    Elsewhere by motion, unless motion separates upper from lower parts, or fewer sprites than
    wanted although the foreground is thinner between places. mask (T, H, W) bool is the foreground.
    """
    if len(tracks.places) < wanted:
        return cluster_trajectories(tracks, wanted, tuning=tuning)
    placed = cluster_by_place(tracks, wanted, tuning=tuning)
    valley = valley_share(tracks, placed, mask)
    if valley <= tuning[Parameters].max_valley_share:
        return placed
    moving = cluster_trajectories(tracks, wanted, tuning=tuning)
    missing = int(moving.max(initial=0)) + 1 < wanted and valley < 1
    return placed if missing or are_stacked(tracks, moving, mask, tuning=tuning) else moving


def owner_shares(
    frames: np.ndarray,
    mask: np.ndarray,
    flows: Flows,
    *,
    tracks: Tracks,
    clusters: np.ndarray,
    hints: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the probability of each cluster of tracks (N,) at each pixel.

    (T, K, H, W) float32, shares of sum one. hints (K, T, H, W) are log odds for each cluster; there
    may be more clusters than have tracks.
    """
    parameters = tuning[Parameters]
    count = len(frames)
    number = int(clusters.max(initial=0)) + 1 if hints is None else len(hints)

    def nearby(t: int) -> np.ndarray:
        return track_shares(mask[t], tracks, clusters, t=t, number=number, tuning=tuning)

    near = np.stack(each(nearby, range(count)))
    first, sure = near.argmax(axis=1), mask & (near.max(axis=1) > parameters.min_sure_share)
    own_parts = [sure & (first == k) for k in range(number)]
    if hints is not None:
        limit = parameters.max_colour_log_odds
        own_parts = [
            (part & (own > -limit)) | (own > limit)
            for part, own in zip(own_parts, hints, strict=True)
        ]
    densities = [colour_model.colour_density(frames, part, tuning=tuning) for part in own_parts]

    def observed(t: int) -> np.ndarray:
        likely = [colour_model.lookup(density, frames[t]) for density in densities]
        colour = np.log(np.stack(likely) + colour_model.UNIFORM_DENSITY)
        colour -= colour.mean(axis=0)
        limit = parameters.max_owner_colour_log_odds
        clipped = np.clip(colour, -limit, limit).astype(np.float32)
        own = np.log(near[t]) + np.stack([cv2.blur(c, (5, 5)) for c in clipped])
        return own if hints is None else own + hints[:, t]

    own = np.stack(each(observed, range(count)))
    shares = propagate_shares(own, flows, tuning=tuning)

    def mixed(t: int) -> np.ndarray:
        """Half of the pixel's own share, half of that of the region it is a part of."""
        best = shares[t].argmax(axis=0)
        owners = unify_regions(mask[t], best, tuning=tuning)
        if hints is not None:
            owners = revert_changes_against_hints(best, owners, hints[:, t], tuning=tuning)
        return (shares[t] + (owners == np.arange(number)[:, None, None])) / 2

    return np.stack(each(mixed, range(count))).astype(np.float32)


def track_shares(
    mask: np.ndarray,
    tracks: Tracks,
    clusters: np.ndarray,
    *,
    t: int,
    number: int,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return how far each pixel of frame t lies among the tracks of each cluster, (number, H, W).

    Positive, of sum one; about the same for all clusters where no track is near.
    """
    surroundings = tuning[Parameters].track_surroundings_px
    density = np.zeros((number, *mask.shape), np.float32)
    here = tracks.present[:, t]
    x, y = np.rint(tracks.places[here, t]).astype(int).T
    for k, cx, cy in zip(clusters[here], x, y, strict=True):
        if 0 <= cx < mask.shape[1] and 0 <= cy < mask.shape[0]:
            density[k, cy, cx] += 1
    density = np.stack([cv2.GaussianBlur(d, (0, 0), surroundings) for d in density])
    # A single track has its peak at 1 / (2 pi s^2); far from all tracks every owner is as likely.
    density += tuning[Parameters].far_track_share / (2 * np.pi * surroundings**2)
    return density / density.sum(axis=0)
