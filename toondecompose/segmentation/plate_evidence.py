"""Evidence from the comparison of frames with clean plates, and how far the plates are known."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.gradients import steepest_slope
from toondecompose.core.parallel import all_stacked, each, stacked
from toondecompose.core.statistics import ramp
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import (
    Background,
    blend,
    compose_view,
    observation_count,
    spread,
)
from toondecompose.segmentation.clean_plates import background_noise, widened
from toondecompose.segmentation.colour_model import (
    BINS,
    colour_bin,
    colour_log_odds,
    colour_shares,
    density_of,
    softened,
)
from toondecompose.segmentation.local_colour import with_local_colours
from toondecompose.segmentation.parameters import Parameters


@dataclass(frozen=True)
class Palettes:
    """Densities of the clip's colours, (32, 32, 32) each; see `colour_model.colour_density`.

    Attributes
    ----------
    proven : of sprites, at places that other frames show uncovered.
    sprites : of sprites, where unproven places count as well, but less.
    background : of the background.
    """

    proven: np.ndarray
    sprites: np.ndarray
    background: np.ndarray


@dataclass(frozen=True)
class PlateEvidence:
    """What the comparison of frames with their plates says, (T, H, W) float32 each.

    Attributes
    ----------
    log_odds : of sprites.
    known : 0..1, how far other frames observed the plate.
    explained : 0..1, how far a known plate with structure of its own fits the frame: an even one
        fits all that has its colour.
    shown : 0..1, how far some frames show the place covered, and others uncovered. Elsewhere a
        sprite at rest may be what the plate shows.
    """

    log_odds: np.ndarray
    known: np.ndarray
    explained: np.ndarray
    shown: np.ndarray


def plate_evidence(
    frames: np.ndarray,
    inside: np.ndarray,
    background: Background,
    *,
    chances: np.ndarray,
    travel: float,
    local: bool,
    tuning: Tuning = DEFAULT,
) -> PlateEvidence:
    """Compare frames with the plates.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    inside : (T, H, W) bool, the last labels, from which colours are learnt.
    background : planes gathered outside of the labels.
    chances : (T, H, W), see `possible_observations`.
    travel : of the camera, see `persistence.Persistence`.
    local : whether sprites' colours near a pixel count as well, see `local_colour`.
    """
    parameters = tuning[Parameters]
    size = (frames.shape[2], frames.shape[1])
    times = range(len(frames))
    observations = stacked(lambda t: observation_count(background, t, size), times)
    # A frame that was gathered itself says nothing about its plate.
    others = np.maximum(observations - ~inside, 0)
    palettes = learn_palettes(frames, inside, inside & (others >= 1), tuning=tuning)
    noise = background_noise(frames, background, inside, tuning=tuning)
    least = float(np.clip(travel / parameters.far_travel_share, parameters.never_covered_weight, 1))

    def one(t: int) -> tuple[np.ndarray, ...]:
        plate = compose_view(background, t, size)
        log_odds = colour_log_odds(
            frames[t],
            plate,
            np.hypot(noise, spread(background, t, size)),
            observation_count=others[t],
            sprite_density=palettes.proven,
            background_density=palettes.background,
            tuning=tuning,
        )
        if local:
            log_odds = with_local_colours(
                log_odds,
                frames[t],
                inside[t],
                observation_count=others[t],
                sprite_density=palettes.proven,
                noise=noise,
                tuning=tuning,
            )
        covered = 1 - observations[t] / np.maximum(chances[t], 1)
        weight = np.clip(covered / parameters.often_covered_share, least, 1)
        weight = weight * np.clip(others[t], 0, 1)
        usual = np.maximum(parameters.often_observed_share * chances[t], 1)
        weight = weight * np.clip(others[t] / usual, least, 1)
        palette = palette_log_odds(frames[t], palettes, tuning=tuning)
        # A place at which no other frame looks may be of a background with colours of its own.
        palette = np.where(palette > 0, palette * np.clip(chances[t] - 1, 0, 1), palette)
        mixed = weight * log_odds + (1 - weight) * palette
        differs = (log_odds > 0) & (others[t] >= 1)
        mixed = np.where(differs, log_odds, mixed)
        known = np.clip(others[t] * weight / parameters.known_plate_observations, 0, 1)
        structured = ramp(steepest_slope(plate) / noise, *parameters.structure_slope_range)
        maps = (mixed, known, known * structured * np.clip(-mixed, 0, 1), weight)
        return tuple(np.asarray(one, np.float32) for one in maps)

    return PlateEvidence(*all_stacked(one, times))


def learn_palettes(
    frames: np.ndarray, inside: np.ndarray, proven: np.ndarray, *, tuning: Tuning = DEFAULT
) -> Palettes:
    """Learn the colours of sprites and background from labels inside (T, H, W) bool.

    proven (T, H, W) bool is where other frames show the place of a sprite uncovered. Elsewhere
    labels count less: they would confirm themselves.
    """
    parameters = tuning[Parameters]
    nearby = colour_shares(frames, surroundings(inside, tuning=tuning))

    def sprites(mask: np.ndarray) -> np.ndarray:
        return without_background(colour_shares(frames, mask), nearby, tuning=tuning)

    enough = proven.sum() > parameters.min_colour_pixels
    every = sprites(inside)
    sure = sprites(proven) if enough else every
    share = proven.sum() / max(inside.sum(), 1)
    weight = parameters.unproven_colour_weight
    doubtful = weight * (1 - share) / (share + weight * (1 - share))
    return Palettes(
        density_of(sure, tuning=tuning),
        density_of(doubtful * every + (1 - doubtful) * sure, tuning=tuning),
        density_of(colour_shares(frames, ~inside), tuning=tuning),
    )


def surroundings(inside: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the background around the labels of all frames, (T, H, W) bool.

    The margin of `clean_plates.widened` about the labels inside (T, H, W) bool belongs to neither.
    """
    side = 2 * tuning[Parameters].surrounding_px + 1
    near = cv2.dilate(inside.any(axis=0).astype(np.uint8), np.ones((side, side), np.uint8))
    return (near > 0) & ~widened(inside, tuning=tuning)


def without_background(
    shares: np.ndarray, nearby: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the colours of labels without those of the background among them.

    Labels hold an unknown share of background, with all colours of the background around them. So
    that share is at most the least ratio of what the labels and the background have of a colour
    (mixture proportion estimation; Blanchard, Lee and Scott 2010). The median stands for the least,
    because a sprite has some of these colours itself. shares and nearby, the background's, are
    those of `colour_model.colour_shares`.
    """
    parameters = tuning[Parameters]
    have, hold = _coarse(nearby), _coarse(shares)
    common = have > parameters.min_colour_share
    if common.sum() < parameters.min_surrounding_colours:
        return shares
    ratio = hold[common] / have[common]
    share = min(float(np.median(ratio)), parameters.max_background_share)
    left = np.maximum(shares - share * nearby, 0)
    return left / max(left.sum(), 1e-9)


def _coarse(shares: np.ndarray) -> np.ndarray:
    """Sum shares over two bins of each channel."""
    half = BINS // 2
    return shares.reshape(half, 2, half, 2, half, 2).sum(axis=(1, 3, 5))


def palette_log_odds(
    frame: np.ndarray, palettes: Palettes, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the weighted log odds of a frame's colours (H, W), wherever they are."""
    parameters = tuning[Parameters]
    limit = parameters.max_palette_log_odds
    bins = np.arange(BINS**3)  # There are fewer of them than pixels.
    sprites, behind = (
        softened(density, bins, tuning=tuning)
        for density in (palettes.sprites, palettes.background)
    )
    table = parameters.palette_weight * np.clip(np.log(sprites / behind), -limit, limit)
    return np.take(table, colour_bin(frame))


def possible_observations(background: Background, size: Size) -> np.ndarray:
    """Return how many frames could show the place of each pixel's plate, (T, H, W) float32."""
    counts = []
    for i, plane in enumerate(background):
        count = np.zeros(plane.canvas[::-1], np.float32)
        for t, homography in enumerate(plane.homographies):
            open_view = np.ones(size[::-1], np.float32)
            for nearer in background[:i]:
                open_view *= 1 - nearer.coverage(t, size)
            count += geometry.to_canvas(open_view, homography, plane.canvas)
        counts.append(count)

    def one(t: int) -> np.ndarray:
        pairs = zip(background, counts, strict=True)
        views = [geometry.to_frame(c, plane.homographies[t], size) for plane, c in pairs]
        return blend(background, views, t, size=size)

    return np.stack(each(one, range(len(background[0].homographies))))
