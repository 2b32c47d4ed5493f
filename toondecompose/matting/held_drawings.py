"""Held drawings: matte one drawing of one sprite in all the frames that show it.

A pixel of the drawing may look like the background in one frame, but hardly in all of them: the
evidence of all frames adds up on the grid of the drawing's first frame. Frames in which the drawing
lies on the same pixels get one alpha, solved from all of them. Other frames get their own:
resampling a line of two pixels loses more than another background adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.matting.foreground_colour import COLOUR_MARGIN_PX, foreground_colour
from toondecompose.matting.held_opacity import agree_on_opacity
from toondecompose.matting.known_background import estimate_alpha
from toondecompose.matting.motion_blur import find_motion_blur, solve_motion_blur
from toondecompose.matting.observations import (
    WHOLE_SHIFT_TOLERANCE_PX,
    Observation,
    common_grid,
    hold_evidence_of,
    observe_sprite,
    reduction_of,
    sum_evidence,
    warp_to_grid,
)
from toondecompose.matting.parameters import Parameters
from toondecompose.matting.translucency import find_translucency
from toondecompose.matting.trimap import Colours, Trimap, find_mask
from toondecompose.plates.plates import Box, ViewRenderer


@dataclass(frozen=True)
class Drawing:
    """A sprite in the frames that show the same drawing of it.

    Attributes
    ----------
    frames : T images (H, W, 3) uint8.
    labels : T times (K, H, W) float32 in 0..1, one label for each sprite.
    motion : (T, 3, 3), pixel of the frame to pixel of the drawing's grid.
    render_view : renders the clean background.
    sprite : number of the sprite among the K.
    hint_evidence : T times (H, W) float32, log odds from hints; None without any.
    """

    frames: Sequence[np.ndarray]
    labels: Sequence[np.ndarray]
    motion: np.ndarray
    render_view: ViewRenderer
    sprite: int
    hint_evidence: Sequence[np.ndarray] | None = None


def matte_drawing(
    drawing: Drawing,
    colours: Colours,
    outline_error: float,
    *,
    search_radius: float,
    tuning: Tuning = DEFAULT,
) -> tuple[list[np.ndarray], np.ndarray]:
    """Matte a sprite in the frames that show the same drawing of it.

    colours are those of the clip; see `toondecompose.matting.trimap.find_mask` for outline_error
    and search_radius.

    Returns
    -------
    T images (H, W, 4) uint8, straight RGBA: the sprite where it is nearer than the others. Over the
    background they reproduce the frame. Beyond a margin around the sprite the colour is zero. And
    the opacity (T,) of the sprite as a whole, which alpha includes.
    """
    results = [np.zeros((*frame.shape[:2], 4), np.uint8) for frame in drawing.frames]
    observations = observe_drawing(
        drawing, colours, outline_error, search_radius=search_radius, tuning=tuning
    )
    count = range(len(drawing.frames))
    opacities = np.array([observations[t].opacity if t in observations else 1.0 for t in count])
    grid, label, log_odds = evidence_of(list(observations.values()), outline_error, tuning=tuning)
    for group in groups_on_same_pixels([(t, one.motion) for t, one in observations.items()]):
        members = [observations[t] for t in group]
        own_grid, own_size = common_grid(members, members[0].motion)
        to_gathered = np.linalg.inv(grid) @ members[0].motion @ own_grid
        cut = _cut_group(
            members, own_grid, own_size,
            label=warp_to_grid(label, to_gathered, own_size),
            log_odds=warp_to_grid(log_odds, to_gathered, own_size),
            outline_error=outline_error, search_radius=search_radius, tuning=tuning,
        )  # fmt: skip
        for t, layer in zip(group, cut, strict=True):
            results[t][observations[t].box] = layer
    return results, opacities


def outline_drawing(
    drawing: Drawing,
    colours: Colours,
    outline_error: float,
    *,
    search_radius: float,
    tuning: Tuning = DEFAULT,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Find the mask of a sprite in the frames that show the same drawing; see `matte_drawing`.

    Returns
    -------
    For each frame, where the sprite is, nearer than the others, (H, W) bool, and where the log odds
    are positive, (H, W) bool: single pixels as well, some of them uncertain strands.
    """
    results = [
        (np.zeros(frame.shape[:2], bool), np.zeros(frame.shape[:2], bool))
        for frame in drawing.frames
    ]
    observations = observe_drawing(
        drawing, colours, outline_error, search_radius=search_radius, tuning=tuning
    )
    grid, label, log_odds = evidence_of(list(observations.values()), outline_error, tuning=tuning)
    for t, observation in observations.items():
        at, size = np.linalg.inv(grid) @ observation.motion, observation.frame.shape[1::-1]
        evidence, own = warp_to_grid(log_odds, at, size), warp_to_grid(label, at, size)
        shown, _ = find_mask(
            observation.frame,
            evidence,
            own,
            outline_error=outline_error,
            search_radius=search_radius,
            tuning=tuning,
        )
        results[t][0][observation.box] = shown & (observation.own > 0)
        results[t][1][observation.box] = (evidence > 0) & (observation.own > 0)
    return results


def observe_drawing(
    drawing: Drawing,
    colours: Colours,
    outline_error: float,
    *,
    search_radius: float,
    tuning: Tuning = DEFAULT,
) -> dict[int, Observation]:
    """Compare the frames that show a sprite with their plates; see `matte_drawing`."""
    observations: dict[int, Observation] = {}
    for t, (frame, label) in enumerate(zip(drawing.frames, drawing.labels, strict=True)):
        box = bounding_box(label[drawing.sprite] > 0.5, round(search_radius) + COLOUR_MARGIN_PX + 2)
        if box is not None:
            says = None if drawing.hint_evidence is None else drawing.hint_evidence[t][box]
            observations[t] = observe_sprite(
                frame, label, drawing.motion[t], view=drawing.render_view(t, box),
                sprite=drawing.sprite, box=box, colours=colours, outline_error=outline_error,
                hint_evidence=says, tuning=tuning,
            )  # fmt: skip
    return agree_on_opacity(observations, outline_error)


def evidence_of(
    observations: Sequence[Observation], outline_error: float, *, tuning: Tuning = DEFAULT
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a grid (3, 3) of the drawing, and on it label and log odds, (H, W) each."""
    grid, size = common_grid(observations)
    label, log_odds = sum_evidence(observations, grid, size)
    return (
        grid,
        label,
        log_odds
        + hold_evidence_of(
            observations, grid, size, label=label, outline_error=outline_error, tuning=tuning
        ),
    )


def _cut_group(
    observations: Sequence[Observation],
    grid: np.ndarray,
    size: Size,
    *,
    label: np.ndarray,
    log_odds: np.ndarray,
    outline_error: float,
    search_radius: float,
    tuning: Tuning = DEFAULT,
) -> list[np.ndarray]:
    """Matte the boxes (H, W, 4) uint8 of frames in which the drawing lies on the same pixels.

    grid (3, 3) takes pixels of label and log odds, (h, w) each, to the box of the first frame.
    """
    parameters = tuning[Parameters]
    if not (label > 0.5).any():
        return [
            np.zeros((*observation.frame.shape[:2], 4), np.uint8) for observation in observations
        ]
    places = [
        np.linalg.inv(observation.motion) @ observations[0].motion @ grid
        for observation in observations
    ]
    pictures = [warp_to_grid(s.frame, at, size) for s, at in zip(observations, places, strict=True)]
    shown, depth = find_mask(
        pictures[0],
        log_odds,
        label,
        outline_error=outline_error,
        search_radius=search_radius,
        tuning=tuning,
    )
    trust = common_trust(observations, places, size)
    trimaps, usable = [], []
    for observation, at in zip(observations, places, strict=True):
        known = warp_to_grid(observation.known.astype(np.uint8), at, size, outside=0) > 0
        plate, sigma = (
            warp_to_grid(observation.found.plate, at, size),
            warp_to_grid(observation.found.sigma, at, size),
        )
        trimaps.append(Trimap(shown, depth, plate, sigma, known, trust, tuning=tuning))
        usable.append(warp_to_grid(observation.own, at, size, outside=0) > 0.5)
    alpha, expected = solve_alpha(
        [p.astype(np.float32) for p in pictures],
        trimaps,
        usable,
        reduction=reduction_of(outline_error, tuning=tuning),
        tuning=tuning,
    )
    level = np.round(alpha * 255)
    level = np.where(
        level < parameters.speck_levels,
        0,
        np.where(level > 255 - parameters.speck_levels, 255, level),
    ).astype(np.uint8)
    layers = []
    for observation, at in zip(observations, places, strict=True):
        back, small = np.linalg.inv(at), observation.frame.shape[1::-1]
        own = warp_to_grid(level, back, small) * (observation.own > 0)
        colour = foreground_colour(
            observation.frame.astype(np.float32),
            observation.found.plate,
            own,
            expected=warp_to_grid(expected, back, small),
            tuning=tuning,
        )
        alpha = np.round(own * np.float32(observation.opacity)).astype(np.uint8)
        layers.append(np.dstack([colour, alpha]))
    return layers


def common_trust(
    observations: Sequence[Observation], places: Sequence[np.ndarray], size: Size
) -> np.ndarray | None:
    """Return the mean weight of chroma in all observations, (H, W); None for everywhere 1."""
    trusts = [
        warp_to_grid(observation.found.trust, at, size)
        for observation, at in zip(observations, places, strict=True)
        if observation.found.trust is not None
    ]
    return reduce(np.add, trusts) / np.float32(len(trusts)) if trusts else None


def solve_alpha(
    frames: Sequence[np.ndarray],
    trimaps: Sequence[Trimap],
    usable: Sequence[np.ndarray],
    *,
    reduction: int = 1,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Solve alpha and colour of a drawing: soft at the edge, motion-blurred, or translucent.

    See `toondecompose.matting.known_background.estimate_alpha` and, for the reduction,
    `toondecompose.matting.motion_blur.find_motion_blur`.
    """
    shown = trimaps[0].shown
    plates, sigmas = [trimap.plate for trimap in trimaps], [trimap.sigma for trimap in trimaps]
    fullest = max(range(len(frames)), key=lambda t: int((usable[t] & shown).sum()))
    blur_vector = find_motion_blur(
        frames[fullest], plates[fullest], shown, reduction=reduction, tuning=tuning
    )
    if blur_vector.any():
        return solve_motion_blur(
            frames,
            plates,
            sigmas,
            usable=usable,
            shown=shown,
            blur_vector=blur_vector,
            tuning=tuning,
        )
    alpha, colour = estimate_alpha(frames, trimaps, usable, tuning=tuning)
    known = [own & trimap.known for own, trimap in zip(usable, trimaps, strict=True)]
    translucent = find_translucency(
        frames, plates, sigmas, usable=known, shown=shown, reduction=reduction, tuning=tuning
    )
    if not translucent.where.any():
        return alpha, colour
    alpha = np.where(translucent.where, translucent.alpha, alpha)
    return alpha, np.where(translucent.where[..., None], translucent.colour, colour)


def groups_on_same_pixels(motions: Sequence[tuple[int, np.ndarray]]) -> list[list[int]]:
    """Group frames whose motions (3, 3) differ by whole pixels; each is (frame, motion)."""
    groups: list[tuple[np.ndarray, list[int]]] = []
    for t, motion in motions:
        for first, group in groups:
            step = np.linalg.inv(first) @ motion
            if (
                np.abs(step - geometry.translation(*np.round(step[:2, 2]))).max()
                < WHOLE_SHIFT_TOLERANCE_PX
            ):
                group.append(t)
                break
        else:
            groups.append((motion, [t]))
    return [group for _, group in groups]


def bounding_box(mask: np.ndarray, margin: int) -> Box | None:
    """Return rows and columns of a mask (H, W) with a margin; None when it is empty."""
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    if width == 0:
        return None
    rows = slice(max(0, y - margin), min(mask.shape[0], y + height + margin))
    return rows, slice(max(0, x - margin), min(mask.shape[1], x + width + margin))
