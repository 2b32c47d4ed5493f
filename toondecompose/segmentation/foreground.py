"""Separate what moves by itself from the background, and clean the background of it.

Each round decides for every pixel between background and sprites, then gathers the planes anew from
the pixels that show them. Three kinds of evidence are added up as logarithms of likelihood ratios:

- structure, which the background shows again in every frame that nothing covers
  (`structure_votes`);
- colour, against a plate gathered without the frame in question (`plate_evidence`);
- regions: flat insides take part in what their outlines say (`regions`).

A place that no frame shows outside of the filled silhouette is unobserved, and its plate says
nothing: silhouettes are solid until something shows through them. A convex minimum cut then makes
regions of the evidence (`cut`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.min_cut import edge_weights, minimum_cut
from toondecompose.core.parallel import each
from toondecompose.motion.matches import Flows
from toondecompose.planes.background import Background, blend, compose_view, sights, spread
from toondecompose.planes.estimate import flow_deviation, rigid_flow
from toondecompose.segmentation import colour_model
from toondecompose.segmentation.certainty import is_even
from toondecompose.segmentation.clean_plates import background_noise, gather, gather_as_cut
from toondecompose.segmentation.entering import let_in
from toondecompose.segmentation.hint_propagation import impose, keep_reached
from toondecompose.segmentation.local_colour import heed_nearby
from toondecompose.segmentation.persistence import measure_persistence
from toondecompose.segmentation.regions import RegionGraph
from toondecompose.segmentation.structure_votes import StructureVotes
from toondecompose.segmentation.texture_evidence import against_characters

ROUNDS = 5
"""Rounds of labelling and gathering, at most."""

SETTLED = 0.02
"""Labels of which a smaller share changes are settled."""

HINTED_ROUNDS = 2
"""Rounds more when there are hints: the first puts the plates right, the second what they show."""

ITERATIONS = 60
"""Iterations of the cut, which starts from a good labelling."""

SMOOTHNESS = 3.0
"""Cost of one pixel of outline where the picture is flat, in units of evidence."""

CONTRAST = 25.0
"""Grey levels at which an edge of the picture makes the outline three times cheaper."""

PRIOR = -0.3
"""Evidence before anything is seen: most undecided pixels are background."""

REGION_EVIDENCE = 2.5
"""Evidence of a region's value where the plate is unobserved, and the share of it that is left
where the plate is known."""
REGION_SHARE_KNOWN = 0.2

WELL_OBSERVED = 3.0
"""Observations of a plate from which on regions count only by that share."""

OFTEN_COVERED = 0.15
"""Share of the frames in which a place must be covered for its plate to speak fully for the
background: what is never covered may be a flat figure that was gathered with it."""

NEVER_COVERED = 0.1
"""Share of the plate's evidence for the background that counts at places never covered, before a
camera that stands still."""

FAR_TRAVEL = 0.25
"""Travel of the camera, as a share of the picture's width, from which on the plate's evidence
counts in full everywhere: no figure stays flat so far."""

MOSTLY_SEEN = 0.5
"""Share of the frames that must show a place for its plate to speak fully for the background: a few
frames that miss a figure would else take it from all others, unless the camera travels far."""

PALETTE_SHARE, PALETTE_CAP = 0.6, 3.0
"""Weight and bound of the evidence of colours as such, where the plate does not speak."""

UNPROVEN = 0.3
"""Weight, among the sprites' colours, of those at places that no frame shows without a sprite."""

OPEN = 6.0
"""Evidence for the background, summed over a hole of a silhouette, that shows it to be open."""

SPECK = 10
"""Holes of fewer pixels are noise."""

MIN_VOLUME = 0.02
"""Things with a smaller share of the largest one's volume are no sprites."""


@dataclass(frozen=True)
class Separation:
    """Background and sprites.

    Attributes
    ----------
    background : its planes.
    foreground : (T, H, W) float32 in 0..1, 1 where a sprite is.
    regions : (T, H, W) float32 in -1..1, what the evidence of the whole clip agrees on.
    even : whether the background has next to no structure.
    """

    background: Background
    foreground: np.ndarray
    regions: np.ndarray
    even: bool


class Separator:
    """The rounds of one clip, and what stays the same through them.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    flows : flow (H, W, 2) of each pair of frames.
    confidence : (T, H, W) float32 in 0..1, how far each frame's flows can be trusted.
    background : planes to start from, front to back; their motion stays.
    """

    def __init__(
        self, frames: np.ndarray, flows: Flows, confidence: np.ndarray, background: Background
    ) -> None:
        self.frames = frames
        persistence = measure_persistence(frames, [p.homographies for p in background])
        self.votes = StructureVotes(persistence)
        self.graph = RegionGraph(frames, flows, persistence.slope)
        self.own_motion = confidence * np.clip(_own_motion(frames, flows, background) - 0.5, 0, 2)
        self.weights = each(lambda frame: edge_weights(frame, CONTRAST), frames)
        self.chances = observation_chances(background, (frames.shape[2], frames.shape[1]))

    def first_labels(self) -> np.ndarray:
        """Return labels (T, H, W) float32 from structure and regions alone."""
        self.structure = self.votes.first()
        self.regions = self.graph.solve(self.structure)
        return large_things(self.regions > 0).astype(np.float32)

    def gather(self, labels: np.ndarray, background: Background) -> Background:
        """Gather the planes outside of the filled silhouettes, and learn what structure says."""
        inside = labels > 0.5
        filled = filled_silhouettes(inside, self.structure)
        gathered = gather(self.frames, self.own_motion, filled.astype(np.float32), background)
        self.structure = self.votes.learn(inside, filled)
        return gathered

    def decide(
        self,
        labels: np.ndarray,
        background: Background,
        *,
        told: np.ndarray | None = None,
        against: np.ndarray | None = None,
    ) -> np.ndarray:
        """Label all frames, given the last labels; told and against (T, H, W) is more evidence."""
        colour, known = plate_evidence(
            self.frames,
            labels > 0.5,
            background,
            self.chances,
            travel=self.votes.persistence.travel,
            near_by=against is not None,
        )
        known = np.clip(known / WELL_OBSERVED, 0, 1)
        # A plate that is known and fits compares with the same frames as structure, but to the
        # pixel: it knows the gap beside a strand.
        fits = known * np.clip(-colour, 0, 1)
        structure = np.where(self.structure > 0, (1 - fits) * self.structure, self.structure)
        total = structure + colour
        for more in (told, against):
            total = total if more is None else total + more
        self.regions = self.graph.solve(total)
        weight = REGION_EVIDENCE * (1 - (1 - REGION_SHARE_KNOWN) * known)
        total = PRIOR + total + weight * np.clip(self.regions, -1, 1)

        def cut(t: int) -> np.ndarray:
            return minimum_cut(
                -total[t], self.weights[t], SMOOTHNESS, start=labels[t], iterations=ITERATIONS
            )

        u = np.stack(each(cut, range(len(labels))))
        solid = filled_silhouettes(u > 0.5, total)
        return np.where(solid & (u <= 0.5), 1, u * large_things(solid)).astype(np.float32)

    def result(self, labels: np.ndarray, background: Background) -> Separation:
        """Return what was found: planes gathered anew within their outlines, and how sure it is."""
        filled = filled_silhouettes(labels > 0.5, self.structure).astype(np.float32)
        background = gather_as_cut(self.frames, self.own_motion, filled, background)
        even = is_even(self.votes.persistence.structure, labels > 0.5)
        return Separation(background, labels, np.clip(self.regions, -1, 1), even)


def separate(
    frames: np.ndarray,
    flows: Flows,
    confidence: np.ndarray,
    background: Background,
    *,
    rounds: int = ROUNDS,
    say: Callable[[str], None] = lambda line: None,
) -> Separation:
    """Alternate between labels and plates; see `Separator`."""
    separator = Separator(frames, flows, confidence, background)
    labels = separator.first_labels()
    for number in range(rounds):
        background = separator.gather(labels, background)
        before, labels = labels, separator.decide(labels, background)
        share = float((labels > 0.5).mean())
        changed = float(((labels > 0.5) != (before > 0.5)).mean())
        say(f"round {number + 1}: {100 * share:.1f} % is foreground, {100 * changed:.2f} % changed")
        if changed < SETTLED * share:
            break
    # Only now the plates are free of the sprites' structure, which would explain them.
    background = separator.gather(labels, background)
    inside = labels > 0.5
    noise = background_noise(frames, background, inside)
    against = against_characters(frames, background, inside, noise)
    labels = separator.decide(labels, background, against=against)
    labels = let_in(frames, labels, background)
    say(f"by its structure too, {100 * float((labels > 0.5).mean()):.1f} % is foreground")
    return separator.result(labels, background)


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
    separator = Separator(frames, flows, confidence, found.background)
    separator.first_labels()
    labels, background = impose(found.foreground, told), found.background
    for _ in range(HINTED_ROUNDS):
        background = separator.gather(labels, background)
        labels = impose(separator.decide(labels, background, told=told), told)
    changed = (labels > 0.5) != (found.foreground > 0.5)
    labels = keep_reached(found.foreground, labels, changed, told)
    return separator.result(labels, found.background)


def plate_evidence(
    frames: np.ndarray,
    inside: np.ndarray,
    background: Background,
    chances: np.ndarray,
    *,
    travel: float,
    near_by: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Compare frames with the plates.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    inside : (T, H, W) bool, the last labels, from which colours are learnt.
    background : planes gathered without what the labels cover.
    chances : (T, H, W); see `observation_chances`.
    travel : see `persistence.Persistence`.
    near_by : whether sprites' colours near by count as well; see `nearby.heed_nearby`.

    Returns
    -------
    The evidence for sprites and how many other frames observed the plate, (T, H, W) float32 each.
    """
    size = (frames.shape[2], frames.shape[1])
    seen = np.stack(each(lambda t: sights(background, t, size), range(len(frames))))
    # The frame itself, where it was gathered, is no witness of its plate.
    others = np.maximum(seen - ~inside, 0)
    # Where the plate is unknown, labels say less about colours: they would confirm themselves.
    proven = inside & (others >= 1)
    sprites = colour_model.colour_density(frames, proven if proven.sum() > 500 else inside)
    behind = colour_model.colour_density(frames, ~inside)
    share = proven.sum() / max(inside.sum(), 1)
    doubtful = UNPROVEN * (1 - share) / (share + UNPROVEN * (1 - share))
    likely = doubtful * colour_model.colour_density(frames, inside) + (1 - doubtful) * sprites
    noise = background_noise(frames, background, inside)
    least = float(np.clip(travel / FAR_TRAVEL, NEVER_COVERED, 1))

    def one(t: int) -> tuple[np.ndarray, np.ndarray]:
        plate, sigma = (
            compose_view(background, t, size),
            np.hypot(noise, spread(background, t, size)),
        )
        full = colour_model.colour_evidence(frames[t], plate, others[t], sigma, sprites, behind)
        if near_by:
            full = heed_nearby(full, frames[t], inside[t], others[t], sprites, noise)
        covered = 1 - seen[t] / np.maximum(chances[t], 1)
        speaks = np.clip(covered / OFTEN_COVERED, least, 1)
        speaks = speaks * np.clip(others[t], 0, 1)
        speaks = speaks * np.clip(others[t] / np.maximum(MOSTLY_SEEN * chances[t], 1), least, 1)
        palette = colour_model.softened(likely, frames[t]) / colour_model.softened(
            behind, frames[t]
        )
        palette = PALETTE_SHARE * np.clip(np.log(palette), -PALETTE_CAP, PALETTE_CAP)
        mixed = speaks * full + (1 - speaks) * palette
        differs = (full > 0) & (others[t] >= 1)
        return np.where(differs, full, mixed), others[t] * speaks

    colour, known = zip(*each(one, range(len(frames))), strict=True)
    return np.stack(colour).astype(np.float32), np.stack(known).astype(np.float32)


def filled_silhouettes(inside: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return labels (T, H, W) bool with the holes that nothing shows to be open.

    total (T, H, W) is the evidence for sprites.
    """

    def one(t: int) -> np.ndarray:
        count, parts, stats, _ = cv2.connectedComponentsWithStats(
            (~inside[t]).astype(np.uint8), connectivity=4
        )
        height, width = parts.shape
        left, top, wide, tall, area = stats.T
        closed = (left > 0) & (top > 0) & (left + wide < width) & (top + tall < height)
        evidence_in = np.bincount(parts.ravel(), total[t].ravel(), minlength=count)
        closed &= (evidence_in > -OPEN) | (area < SPECK)
        return inside[t] | closed[parts]

    return np.stack(each(one, range(len(inside))))


def large_things(inside: np.ndarray) -> np.ndarray:
    """Return labels (T, H, W) bool without what is small, followed through time."""
    things, count = ndimage.label(inside)
    if count < 2:
        return inside
    volume = np.bincount(things.ravel())
    volume[0] = 0
    return (volume > MIN_VOLUME * volume.max())[things]


def _own_motion(frames: np.ndarray, flows: Flows, background: Background) -> np.ndarray:
    """Return how far each pixel's flow is from that of the nearest plane, (T, H, W) pixels."""
    size = (frames.shape[2], frames.shape[1])
    motions = (rigid_flow(plane.homographies, size) for plane in background)
    return np.minimum.reduce([flow_deviation(flows, len(frames), m)[0] for m in motions])


def observation_chances(background: Background, size: Size) -> np.ndarray:
    """Return how many frames could show what each pixel's plate shows, (T, H, W) float32."""
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
        return blend(background, views, t, size)

    return np.stack(each(one, range(len(background[0].homographies))))
