"""Separate what moves by itself from the background, and clean the background of it.

Each round decides for every pixel between plate and characters, then gathers the plates anew
from the pixels that show them: the plates lose the characters' traces, the decision gains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each
from toondecompose.core.reduction import largest_channel
from toondecompose.motion.matches import Flows
from toondecompose.planes.background import (
    Background,
    blend,
    compose_view,
    sights,
    spread,
)
from toondecompose.planes.estimate import agrees, flow_deviation, rigid_flow
from toondecompose.segmentation import evidence
from toondecompose.segmentation.cut import edge_weights, minimum_cut
from toondecompose.segmentation.entering import let_in
from toondecompose.segmentation.gathering import background_noise, gather, gather_as_cut
from toondecompose.segmentation.hinted import heed, impose, keep_reached
from toondecompose.segmentation.nearby import heed_nearby
from toondecompose.segmentation.repairs import (
    drop_remnants,
    fill_holes,
    release_planes,
    swap_ghosts,
)
from toondecompose.segmentation.structure import against_characters

ROUNDS = 6
"""Rounds of labelling and gathering, at most."""

SETTLED = 0.002
"""Labels that change in a smaller share of the picture are settled, but for one round more."""

HINTED_ROUNDS = 2
"""Rounds more when there are hints: the first puts the plates right, the second what they show."""

FIRST_ITERATIONS, NEXT_ITERATIONS = 120, 60
"""Iterations of the cut; later rounds start from a good labelling."""

SMOOTHNESS = 3.0
"""Evidence that a pixel of outline must outweigh where the picture is flat."""

CONTRAST = 25.0
"""Grey levels at which an edge of the picture makes the outline three times cheaper."""

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
    rounds : at most; fewer when labels settle.
    """
    motion = measure_motion(frames, flows, confidence, background)
    foreground = first_guess(frames, background, motion.rigid)
    for number in range(rounds):
        iterations = FIRST_ITERATIONS if number == 0 else NEXT_ITERATIONS
        before = foreground
        foreground = decide(frames, motion, background, before, iterations)
        background = gather(frames, motion.own, foreground, background)
        share = float((foreground > 0.5).mean())
        changed = float(((foreground > 0.5) != (before > 0.5)).mean())
        say(f"round {number + 1}: {100 * share:.1f} % is foreground, {100 * changed:.2f} % changed")
        if changed < SETTLED:
            break
    # Only now the plates are free of the characters' structure, which would explain them.
    foreground = decide(frames, motion, background, foreground, NEXT_ITERATIONS, structured=True)
    foreground = let_in(frames, foreground, background)
    say(f"by its structure too, {100 * float((foreground > 0.5).mean()):.1f} % is foreground")
    return Separation(gather_as_cut(frames, motion.own, foreground, background), foreground)


def separate_again(
    frames: np.ndarray,
    flows: Flows,
    confidence: np.ndarray,
    found: Separation,
    told: np.ndarray,
) -> Separation:
    """Go on from what was found, with hints: told (T, H, W), see `hinted.Told.sprite`.

    Hints come in this late so that they never change how many objects are found, nor which
    number each of them has: the user has looked these up before drawing. And what hangs together
    with nothing that they reach stays as it was.
    """
    motion = measure_motion(frames, flows, confidence, found.background)
    foreground = impose(found.foreground, told)
    for number in range(HINTED_ROUNDS):
        background = gather(frames, motion.own, foreground, found.background)
        last = number == HINTED_ROUNDS - 1
        foreground = decide(
            frames, motion, background, foreground, NEXT_ITERATIONS, told, structured=last
        )
    changed = (foreground > 0.5) != (found.foreground > 0.5)
    foreground = keep_reached(found.foreground, foreground, changed, told)
    return Separation(gather(frames, motion.own, foreground, background), foreground)


@dataclass(frozen=True)
class Motion:
    """How the frames' pixels move beside the background.

    Attributes
    ----------
    deviations : for each plane, the distance (T, H, W) of the flow from its motion, in pixels.
    rigid : (T, H, W) bool, where the flow is that of a plane.
    own : (T, H, W), how surely and how far each pixel moves unlike all planes.
    confidence : (T, H, W) float32 in 0..1, how far each frame's flows can be trusted.
    """

    deviations: Sequence[np.ndarray]
    rigid: np.ndarray
    own: np.ndarray
    confidence: np.ndarray


def measure_motion(
    frames: np.ndarray, flows: Flows, confidence: np.ndarray, background: Background
) -> Motion:
    """Compare the flows with the motion of the planes; see `separate`."""
    size = (frames.shape[2], frames.shape[1])
    motions = [
        flow_deviation(flows, len(frames), rigid_flow(plane.homographies, size))
        for plane in background
    ]
    rigid = np.logical_or.reduce([agrees(*motion, fast_only=True) for motion in motions])
    deviations = [deviation for deviation, _ in motions]
    own = confidence * np.clip(np.minimum.reduce(deviations) - 0.5, 0, 2)
    return Motion(deviations, rigid, own, confidence)


def decide(
    frames: np.ndarray,
    motion: Motion,
    background: Background,
    before: np.ndarray,
    iterations: int,
    told: np.ndarray | None = None,
    *,
    structured: bool = False,
) -> np.ndarray:
    """Label all frames, and repair the labels; see `label`. With structured, structure counts."""
    against = None
    if structured:
        inside = before > 0.5
        noise = background_noise(frames, background, inside)
        against = against_characters(frames, background, inside, noise)
    labelled = label(
        frames, motion.deviations, motion.confidence, background, before,
        iterations=iterations, told=told, against=against,
    )  # fmt: skip
    foreground = release_planes(labelled, motion.rigid, motion.confidence)
    foreground = drop_remnants(foreground, motion.own)
    foreground = swap_ghosts(frames, foreground, background)
    return foreground if told is None else heed(labelled, foreground, told)


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
    told: np.ndarray | None = None,
    against: np.ndarray | None = None,
) -> np.ndarray:
    """Decide between background and foreground at every pixel, (T, H, W) float32 in 0..1.

    deviations holds, for each plane, the distance (T, H, W) of the flow from the plane's motion
    in pixels; before is the last decision, from which the characters' colours are learnt and
    from which the cut starts; see `minimum_cut` for iterations. told (T, H, W) is what hints say,
    against (T, H, W) what structure does.
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
        if against is not None:
            colour = heed_nearby(colour, frames[t], inside[t], seen[t], characters, noise)
        deviation = blend(background, [d[t] for d in deviations], t, size)
        moves = evidence.flow_evidence(deviation, confidence[t])
        weights = edge_weights(frames[t], CONTRAST)
        total = PRIOR + colour + moves
        for more in (told, against):
            total = total if more is None else total + more[t]
        u = minimum_cut(-total, weights, SMOOTHNESS, start=before[t], iterations=iterations)
        views = zip(background, visits, strict=True)
        chances = [geometry.to_frame(count, p.homographies[t], size) for p, count in views]
        likeness = evidence.likeness(frames[t], characters, street)
        slope = evidence.plate_slope(frames[t].astype(np.float32))
        filled = fill_holes(u, seen[t], blend(background, chances, t, size), likeness, slope)
        return filled if told is None else heed(u, filled, told[t])

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
