"""Soft edges and labels of objects, given the plates: closed forms, frame by frame.

In the band around an outline the frame is I = a F + (1 - a) B with the plate B known and the
object's colour F taken from deeper inside. So a follows by least squares, with the label p as a
prior of weight l that decides where F and B are alike:

    a = (<I - B, F - B> + l p) / (|F - B|^2 + l)
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core.geometry import Size
from toondecompose.core.min_cut import edge_weights, minimum_cut
from toondecompose.core.parallel import each, evenly_spread
from toondecompose.core.reduction import sum_of_channels
from toondecompose.core.statistics import residual_noise
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import Background, compose_view, observation_count, spread
from toondecompose.segmentation.colour_model import colour_density, colour_log_odds
from toondecompose.segmentation.hint_constraints import apply_hard_constraints
from toondecompose.segmentation.local_colour import with_local_colours
from toondecompose.sprites.parameters import Parameters

OFFSETS = [(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3) if (dy, dx) != (0, 0)]
"""Where an object's colour at a pixel is looked for."""


@dataclass(frozen=True)
class Edges:
    """Objects' alpha (T, H, W) and colour (T, H, W, 3), both uint8; the frame's where opaque."""

    alpha: np.ndarray
    colour: np.ndarray


def relabel(
    frames: np.ndarray,
    background: Background,
    light: np.ndarray,
    *,
    warmup: np.ndarray,
    hint_evidence: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Decide again between background and objects, with the improved plates.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    background, light : what the frames show without objects; light is (H, W, 3).
    warmup : (T, H, W) bool, true on objects.
    hint_evidence : (T, H, W), log odds of objects from hints; see
        `toondecompose.segmentation.hint_propagation`.

    Returns
    -------
    (T, H, W) bool.
    """
    parameters = tuning[Parameters]
    count, height, width = warmup.shape
    size = (width, height)
    if not warmup.any():
        return warmup.copy()
    sprite_density = colour_density(frames, warmup, tuning=tuning)
    background_density = colour_density(frames, ~warmup, tuning=tuning)
    noise = plate_noise(frames, background, light, objects=warmup)

    def one(t: int) -> np.ndarray:
        plate = compose_view(background, t, size) + light
        sigma = np.hypot(noise, spread(background, t, size))
        observations = observation_count(background, t, size)
        colour = colour_log_odds(
            frames[t],
            plate,
            sigma,
            observation_count=observations,
            sprite_density=sprite_density,
            background_density=background_density,
            tuning=tuning,
        )
        colour = with_local_colours(
            colour,
            frames[t],
            warmup[t],
            observation_count=observations,
            sprite_density=sprite_density,
            noise=noise,
            tuning=tuning,
        )
        before = cv2.blur(warmup[t].astype(np.float32), (3, 3)) * 2 - 1
        total = parameters.prior_log_odds + colour + parameters.warmup_log_odds * before
        if hint_evidence is not None:
            total = total + hint_evidence[t]
        weights = edge_weights(frames[t], parameters.edge_contrast_levels)
        start = warmup[t].astype(np.float32)
        u = minimum_cut(
            -total, weights, parameters.outline_cost, start=start, iterations=parameters.cut_steps
        )
        labels = joined(u > 0.5, warmup[t])
        if hint_evidence is None:
            return labels
        return apply_hard_constraints(labels, hint_evidence[t], tuning=tuning)

    return np.stack(each(one, range(count)))


def joined(mask: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Keep the regions of a mask (H, W) that hold a known pixel: objects do not appear from
    nothing.

    The warmup knew the flow, and returned things that move with the background to it.
    """
    count, regions = cv2.connectedComponents(mask.astype(np.uint8))
    kept = np.zeros(count, bool)
    kept[regions[known & mask]] = True
    return kept[regions] & mask


def plate_noise(
    frames: np.ndarray, background: Background, light: np.ndarray, *, objects: np.ndarray
) -> float:
    """Return the standard deviation of the frames about the plate, in grey levels, off objects."""
    size: Size = (frames.shape[2], frames.shape[1])
    chosen = evenly_spread(len(frames), 12)
    residuals = each(lambda t: frames[t] - compose_view(background, t, size) - light, chosen)
    known = each(lambda t: ~objects[t] & (observation_count(background, t, size) >= 3), chosen)
    return residual_noise(np.stack(residuals), np.stack(known))


def soften(
    frames: np.ndarray,
    background: Background,
    light: np.ndarray,
    *,
    labels: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> Edges:
    """Solve alpha and the objects' colour around the outlines of labels (T, H, W) bool."""
    size: Size = (frames.shape[2], frames.shape[1])

    def one(t: int) -> tuple[np.ndarray, np.ndarray]:
        plate = compose_view(background, t, size) + light
        return soften_frame(frames[t], plate, labels[t], tuning=tuning)

    alphas, colours = zip(*each(one, range(len(frames))), strict=True)
    return Edges(np.stack(alphas), np.stack(colours))


def soften_frame(
    frame: np.ndarray, plate: np.ndarray, label: np.ndarray, *, tuning: Tuning = DEFAULT
) -> tuple[np.ndarray, np.ndarray]:
    """Return alpha (H, W) and the object's colour (H, W, 3), uint8, of one frame.

    Candidates for the object's colour at a pixel of the band are pixels nearby that lie at least as
    deep inside the object. The candidate that explains the frame best wins. Where none explains it
    well, as on an ink outline thinner than a pixel, the label stays.
    """
    parameters = tuning[Parameters]
    inside = _depth(label)
    depth = np.where(label, inside, -_depth(~label))
    band = np.flatnonzero(np.abs(depth) <= parameters.soft_edge_px)
    alpha, colour = np.where(label, np.uint8(255), np.uint8(0)), frame.copy()
    if not label.any() or band.size == 0:
        return alpha, colour
    prior = cv2.GaussianBlur(label.astype(np.float32), (0, 0), 0.7).ravel()[band]
    seen = frame.reshape(-1, 3)[band].astype(np.float32)
    behind = plate.reshape(-1, 3)[band].astype(np.float32)
    drawn = label.ravel()[band]
    best = np.where(drawn, parameters.no_candidate_cost, sum_of_channels((seen - behind) ** 2))
    solved, own = drawn.astype(np.float32), seen.copy()
    rows, columns = np.divmod(band, label.shape[1])
    over, own_depth, colours = seen - behind, depth.ravel()[band], frame.reshape(-1, 3)
    for dy, dx in OFFSETS:
        y = np.clip(rows + dy, 0, label.shape[0] - 1)
        x = np.clip(columns + dx, 0, label.shape[1] - 1)
        place = y * label.shape[1] + x
        there = np.take(colours, place, axis=0).astype(np.float32)
        apart = there - behind
        number = sum_of_channels(over * apart) + parameters.alpha_prior_weight * prior
        a = np.clip(number / (sum_of_channels(apart**2) + parameters.alpha_prior_weight), 0, 1)
        left = over - a[:, None] * apart
        cost = sum_of_channels(left**2) + parameters.alpha_prior_weight * (a - prior) ** 2
        cost += parameters.distance_cost * (dy * dy + dx * dx)
        better = label.ravel()[place] & (depth.ravel()[place] >= own_depth) & (cost < best)
        best = np.where(better, cost, best)
        solved = np.where(better, a, solved)
        own = np.where(better[:, None], there, own)
    alpha.ravel()[band] = np.round(solved * 255)
    colour.reshape(-1, 3)[band] = own
    return alpha, colour


def _depth(mask: np.ndarray) -> np.ndarray:
    """Return the distance of each pixel of the mask from the outside; the border of the image is no
    outside.
    """
    padded = np.pad(mask.astype(np.uint8), 1, mode="edge")
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return distance[1:-1, 1:-1] - 0.5 * mask


def share_out(alpha: np.ndarray, warmup: list[np.ndarray]) -> list[np.ndarray]:
    """Assign the alpha of every pixel to the object that the warmup saw there, or nearest to there.

    Parameters
    ----------
    alpha : (T, H, W) uint8 of all objects together.
    warmup : alphas (T, H, W) uint8 of objects 1, 2, ...

    Returns
    -------
    Alphas (T, H, W) uint8 of objects 1, 2, ..., whose sum is alpha.
    """
    if len(warmup) <= 1:
        return [alpha] * len(warmup)
    owner = np.argmax(np.stack(warmup), axis=0)

    def nearest(t: int) -> np.ndarray:
        free = np.max([w[t] for w in warmup], axis=0) < 128
        if free.all() or not free.any():
            return owner[t]
        _, index = cv2.distanceTransformWithLabels(
            free.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        names = np.zeros(index.max() + 1, owner.dtype)
        names[index[~free]] = owner[t][~free]
        return names[index]

    owners = np.stack(each(nearest, range(len(alpha))))
    return [np.where(owners == k, alpha, 0).astype(np.uint8) for k in range(len(warmup))]
