"""Separate what moves by itself from the background, and clean the background of it.

Each round decides for every pixel between plate and characters, then gathers the plates anew
from the pixels that show them: the plates lose the characters' traces, the decision gains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from toondecompose import geometry
from toondecompose.geometry import Size
from toondecompose.labelling import evidence
from toondecompose.labelling.cut import edge_weights, minimum_cut
from toondecompose.motion.matches import Flows
from toondecompose.parallel import each
from toondecompose.planes.background import (
    Background,
    blend,
    compose_view,
    opaque_plane,
    sights,
    spread,
    two_planes,
)
from toondecompose.planes.estimate import agrees, flow_deviation, rigid_flow
from toondecompose.reduction import largest_channel

ROUNDS = 3
"""Rounds of labelling and gathering: a fourth changed no label by more than a few pixels."""

FIRST_ITERATIONS, NEXT_ITERATIONS = 120, 60
"""Iterations of the cut; later rounds start from a good labelling."""

SMOOTHNESS = 3.0
"""Evidence that a pixel of outline must outweigh where the picture is flat."""

CONTRAST = 25.0
"""Grey levels at which an edge of the picture makes the outline three times cheaper."""

MARGIN = 2
"""Pixels around the characters that do not enter the plates."""

RELEASED = 0.6
"""Share of a region that moves with a plane of the background and so gives it back."""

TINY = 0.001
"""Share of the largest character's volume below which a thing is a speck, however it moves."""

SMALL, IDLE = 0.03, 0.5
"""Shares of the largest character's volume and of its own motion below which a thing is a remnant
of the background."""

SPECK = 8
"""Holes of at most so many pixels are chance, unless the full resolution shows otherwise."""

OUTLINED, DRAWN = 12.0, 0.5
"""Grey levels per pixel from which an edge may be drawn, and the share of a hole's rim that is."""

WELL_KNOWN = 0.3
"""Share of the frames in which a plate could have been seen that must have shown it."""

CERTAIN, SWAPPED = 3.0, 0.6
"""Likeness of a colour counts up to the first; of a place, on average, from the second on."""

OFTEN = 0.2
"""Share of its sights that a place must show each of the two: a character passes faster."""

PRIOR = -0.7
"""Evidence before anything is seen: most undecided pixels are background."""


@dataclass(frozen=True)
class Separation:
    """Background planes, and the probability-like foreground u (T, H, W) float32 in 0..1."""

    background: Background
    foreground: np.ndarray


def separate(
    frames: np.ndarray,
    flows: Flows,
    confidence: np.ndarray,
    background: Background,
    *,
    rounds: int = ROUNDS,
    say: Callable[[str], None] = lambda line: None,
) -> Separation:
    """Alternate between labels and plates.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    flows : flow (H, W, 2) of each pair of frames.
    confidence : (T, H, W) float32 in 0..1, how far each frame's flows can be trusted.
    background : planes to start from, front to back.
    """
    size = (frames.shape[2], frames.shape[1])
    motions = [
        flow_deviation(flows, len(frames), rigid_flow(plane.homographies, size))
        for plane in background
    ]
    rigid = np.logical_or.reduce([agrees(*motion, fast_only=True) for motion in motions])
    deviations = [deviation for deviation, _ in motions]
    own_motion = confidence * np.clip(np.minimum.reduce(deviations) - 0.5, 0, 2)
    foreground = first_guess(frames, background, rigid)
    for number in range(rounds):
        iterations = FIRST_ITERATIONS if number == 0 else NEXT_ITERATIONS
        foreground = label(
            frames, deviations, confidence, background, foreground, iterations=iterations
        )
        foreground = release_planes(foreground, rigid, confidence)
        foreground = drop_remnants(foreground, own_motion)
        foreground = swap_ghosts(frames, foreground, background)
        share = float((foreground > 0.5).mean())
        say(f"round {number + 1} of {rounds}: {100 * share:.1f} % of the picture is foreground")
        background = gather(frames, foreground, background)
    return Separation(background, foreground)


def first_guess(frames: np.ndarray, background: Background, rigid: np.ndarray) -> np.ndarray:
    """Call foreground what neither moves nor looks like the background, (T, H, W) float32."""
    size = (frames.shape[2], frames.shape[1])

    def one(t: int) -> np.ndarray:
        difference = largest_channel(np.abs(frames[t] - compose_view(background, t, size)))
        unlike = cv2.blur(difference, (5, 5)) > 15
        moving = cv2.blur((~rigid[t]).astype(np.float32), (9, 9)) > 0.5
        return (unlike & moving & (sights(background, t, size) >= 1)).astype(np.float32)

    return np.stack(each(one, range(len(frames))))


def label(
    frames: np.ndarray,
    deviations: Sequence[np.ndarray],
    confidence: np.ndarray,
    background: Background,
    before: np.ndarray,
    *,
    iterations: int,
) -> np.ndarray:
    """Decide between background and foreground at every pixel, (T, H, W) float32 in 0..1.

    deviations holds, for each plane, the distance (T, H, W) of the flow from the plane's motion
    in pixels; before is the last decision, from which the characters' colours are learnt and
    from which the cut starts; see `minimum_cut` for iterations.
    """
    size = (frames.shape[2], frames.shape[1])
    inside = before > 0.5
    if not inside.any():
        return np.zeros(before.shape, np.float32)
    seen = np.stack(each(lambda t: sights(background, t, size), range(len(frames))))
    # Only where the plate is known do the labels say something about colours: elsewhere they
    # would confirm themselves.
    proven = inside & (seen >= evidence.TRUSTED_SIGHTS)
    characters = evidence.colour_density(frames, proven if proven.any() else inside)
    street = evidence.colour_density(frames, ~inside)
    noise = background_noise(frames, background, inside)
    visits = visit_counts(background, size)

    def one(t: int) -> np.ndarray:
        plate = compose_view(background, t, size)
        sigma = np.hypot(noise, spread(background, t, size))
        colour = evidence.colour_evidence(frames[t], plate, seen[t], sigma, characters, street)
        deviation = blend(background, [d[t] for d in deviations], t, size)
        moves = evidence.flow_evidence(deviation, confidence[t])
        weights = edge_weights(frames[t], CONTRAST)
        u = minimum_cut(
            -(PRIOR + colour + moves), weights, SMOOTHNESS, start=before[t], iterations=iterations
        )
        views = zip(background, visits, strict=True)
        chances = [geometry.to_frame(count, p.homographies[t], size) for p, count in views]
        likeness = evidence.likeness(frames[t], characters, street)
        slope = evidence.plate_slope(frames[t].astype(np.float32))
        return fill_holes(u, seen[t], blend(background, chances, t, size), likeness, slope)

    return np.stack(each(one, range(len(frames))))


def visit_counts(background: Background, size: Size) -> list[np.ndarray]:
    """Return, on each plane's canvas (H, W), how many frames could have shown the place."""
    counts = []
    for i, plane in enumerate(background):
        count = np.zeros(plane.canvas[::-1], np.float32)
        for t, homography in enumerate(plane.homographies):
            open_view = np.ones(size[::-1], np.float32)
            for nearer in background[:i]:
                open_view *= 1 - nearer.coverage(t, size)
            count += geometry.to_canvas(open_view, homography, plane.canvas)
        counts.append(count)
    return counts


def fill_holes(
    foreground: np.ndarray,
    seen: np.ndarray,
    visits: np.ndarray,
    likeness: np.ndarray,
    slope: np.ndarray,
) -> np.ndarray:
    """Close holes in the characters that do not show a well-known plate.

    A gap between arm and body shows a street that other frames show as well, or colours of the
    street; a patch of hair that looks like the plate by chance, or has become part of it, has
    the characters' colours and lies where the street was nearly always hidden. And a gap is drawn
    with an outline: where none is, a white blouse before a white wall has no hole.

    Parameters
    ----------
    foreground : (H, W) float32.
    seen, visits : (H, W), numbers of frames that showed the plate, and that could have.
    likeness : (H, W), logarithm of how much likelier the colour is a character's.
    slope : (H, W), steepest change of the picture, in grey levels per pixel.
    """
    mask = (foreground > 0.5).astype(np.uint8)
    count, regions, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    height, width = mask.shape
    left, top, wide, tall = (stats[:, i] for i in range(4))
    enclosed = (left > 0) & (top > 0) & (left + wide < width) & (top + tall < height)

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(regions.ravel(), weights=values.ravel(), minlength=count)

    unknown = (total(seen) < WELL_KNOWN * total(visits)) & (total(likeness) > 0)
    rim = (mask == 0) & (cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0)
    steep = cv2.dilate(slope.astype(np.float32), np.ones((3, 3), np.uint8)) > OUTLINED
    drawn = total(rim & steep) >= DRAWN * total(rim)
    closed = enclosed & ((stats[:, cv2.CC_STAT_AREA] <= SPECK) | unknown | ~drawn)
    return np.where(closed[regions] & (mask == 0), 1, foreground).astype(np.float32)


def release_planes(foreground: np.ndarray, rigid: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Give regions back to the background that move with one of its planes.

    A plane that was never seen alone, such as a strip of sky between roofs, looks like nothing
    known and would be called a character, did it not move rigidly with the camera.
    """

    def one(t: int) -> np.ndarray:
        mask = (foreground[t] > 0.5).astype(np.uint8)
        count, regions = cv2.connectedComponents(mask)
        sure = confidence[t].ravel() + 1e-6
        total = np.bincount(regions.ravel(), weights=sure, minlength=count)
        moving = np.bincount(regions.ravel(), weights=sure * rigid[t].ravel(), minlength=count)
        released = moving > RELEASED * total
        return np.where(released[regions], 0, foreground[t])

    return np.stack(each(one, range(len(foreground))))


def swap_ghosts(frames: np.ndarray, foreground: np.ndarray, background: Background) -> np.ndarray:
    """Put right places where a character stood for so long that the plate shows it.

    There the frames that show the street differ from the plate, and are called foreground. The
    colours tell: what is called background looks like the characters elsewhere, and what is
    called foreground like the street. Both kinds are judged place by place on the front plane.
    """
    size = (frames.shape[2], frames.shape[1])
    inside = foreground > 0.5
    if not inside.any() or inside.all():
        return foreground
    characters = evidence.colour_density(frames, inside)
    street = evidence.colour_density(frames, ~inside)
    plane = background[0]

    def judge(t: int) -> np.ndarray:
        alike = cv2.blur(evidence.likeness(frames[t], characters, street), (3, 3))
        alike = np.clip(alike, -CERTAIN, CERTAIN)
        own = inside[t].astype(np.float32)
        maps = np.dstack([alike * (1 - own), 1 - own, alike * own, own]).astype(np.float32)
        return geometry.to_canvas(maps, plane.homographies[t], plane.canvas)

    kept, free, cut, held = np.moveaxis(np.sum(each(judge, range(len(frames))), axis=0), -1, 0)
    kept, cut = kept / np.maximum(free, 1), cut / np.maximum(held, 1)
    often = np.minimum(free, held) >= np.maximum(3, OFTEN * (free + held))
    swapped = often & (kept > SWAPPED) & (kept - cut > 2 * SWAPPED)
    swapped = cv2.morphologyEx(swapped.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    if not swapped.any():
        return foreground
    between = float(kept[swapped > 0].mean() + cut[swapped > 0].mean()) / 2
    near = cv2.dilate(swapped, np.ones((7, 7), np.uint8)).astype(np.float32)

    def put_right(t: int) -> np.ndarray:
        here = geometry.to_frame(near, plane.homographies[t], size) > 0.5
        alike = cv2.blur(evidence.likeness(frames[t], characters, street), (3, 3))
        return np.where(here, alike > between, foreground[t]).astype(np.float32)

    return np.stack(each(put_right, range(len(frames))))


def drop_remnants(foreground: np.ndarray, own_motion: np.ndarray) -> np.ndarray:
    """Give small things back to the background that hardly move by themselves.

    Regions are followed through time: a hand that enters alone belongs to the body it joins
    later. A bird is small too, but moves; a patch of sky that no plate explains yet does not, and
    the next round's plates will have it.

    Parameters
    ----------
    foreground : (T, H, W) float32.
    own_motion : (T, H, W), how surely and how far each pixel moves unlike all planes.
    """
    regions, count = ndimage.label(foreground > 0.5)
    if count < 2:
        return foreground
    volume = np.bincount(regions.ravel(), minlength=count + 1).astype(float)
    motion = np.bincount(regions.ravel(), weights=own_motion.ravel(), minlength=count + 1)
    motion /= np.maximum(volume, 1)
    main = int(volume[1:].argmax()) + 1
    remnant = (volume < SMALL * volume[main]) & (motion < IDLE * motion[main])
    remnant |= volume < TINY * volume[main]
    remnant[0] = False
    return np.where(remnant[regions], 0, foreground).astype(np.float32)


def background_noise(frames: np.ndarray, background: Background, inside: np.ndarray) -> float:
    """Standard deviation of the frames about the plate where no character is, in grey levels."""
    size = (frames.shape[2], frames.shape[1])
    chosen = np.unique(np.linspace(0, len(frames) - 1, 12).round().astype(int))
    residuals = [frames[t] - compose_view(background, int(t), size) for t in chosen]
    known = [~inside[t] & (sights(background, int(t), size) >= 3) for t in chosen]
    return evidence.plate_noise(np.stack(residuals), np.stack(known))


def gather(frames: np.ndarray, foreground: np.ndarray, background: Background) -> Background:
    """Gather the planes anew where no object hides them."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * MARGIN + 1, 2 * MARGIN + 1))
    free = np.stack([cv2.dilate((u > 0.5).astype(np.uint8), kernel) == 0 for u in foreground])
    if len(background) == 1:
        return (opaque_plane(frames, free, background[0].homographies),)
    front, back = background
    gaps = front.alpha < 0.5
    return two_planes(frames, free, front.homographies, back.homographies, gaps=gaps)
