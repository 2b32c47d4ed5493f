"""Separates sprites from the background, and removes their traces from the background's planes.

Each round labels every pixel as background or sprite, and then gathers the planes anew from the
pixels that show them. Three kinds of evidence are added up as log odds:

- structure, which the background shows again in every frame in which nothing covers it
  (`structure_votes`);
- colour, against a plate gathered without the frame in question (`plate_evidence`);
- regions: flat insides get a share of the evidence of their outlines (`regions`).

A place that no frame shows outside of the filled silhouettes is unobserved, and its plate is no
evidence: silhouettes are solid until something shows through them. A convex minimum cut labels the
pixels (`core.min_cut`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toondecompose.core.min_cut import edge_weights, minimum_cut
from toondecompose.core.parallel import each, stacked
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.planes.background import Background
from toondecompose.planes.estimate import flow_deviation, rigid_flow
from toondecompose.segmentation.certainty import is_even
from toondecompose.segmentation.clean_plates import background_noise, gather, gather_textures
from toondecompose.segmentation.entering import recover_entering_pixels
from toondecompose.segmentation.hint_constraints import (
    apply_hard_constraints,
    keep_changes_near_hints,
)
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.persistence import measure_persistence
from toondecompose.segmentation.plate_evidence import plate_evidence, possible_observations
from toondecompose.segmentation.regions import RegionGraph
from toondecompose.segmentation.resting import chance_of_rest
from toondecompose.segmentation.silhouettes import filled_silhouettes, large_objects
from toondecompose.segmentation.structure_votes import StructureVotes, weigh_background
from toondecompose.segmentation.texture_evidence import texture_log_odds


@dataclass(frozen=True)
class Separation:
    """Background and sprites.

    Attributes
    ----------
    background : its planes.
    foreground : (T, H, W) float32 in 0..1, 1 where a sprite is.
    regions : (T, H, W) float32 in -1..1, the value of each pixel's region, see `regions`.
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
        self,
        frames: np.ndarray,
        flows: Flows,
        confidence: np.ndarray,
        *,
        background: Background,
        tuning: Tuning = DEFAULT,
    ) -> None:
        self._tuning = tuning
        self.frames = frames
        motions = [plane.homographies for plane in background]
        persistence = measure_persistence(frames, motions, flows=flows, tuning=tuning)
        self.votes = StructureVotes(persistence, tuning=tuning)
        self.graph = RegionGraph(frames, flows, persistence.slope, tuning=tuning)
        self.own_motion = confidence * np.clip(_own_motion(frames, flows, background) - 0.5, 0, 2)
        contrast = tuning[Parameters].edge_contrast_levels
        self.weights = each(lambda frame: edge_weights(frame, contrast), frames)
        self.chances = possible_observations(background, (frames.shape[2], frames.shape[1]))

    def first_labels(self) -> np.ndarray:
        """Return labels (T, H, W) float32 from structure and regions alone."""
        self.structure = self.votes.first()
        more = self._tuning[Parameters].first_background_weight - 1
        weight = 1 + self.votes.staying * more
        evidence = weigh_background(self.structure, weight)
        self.regions = self.graph.solve(evidence)
        return large_objects(self.regions > 0, tuning=self._tuning).astype(np.float32)

    def gather(self, labels: np.ndarray, background: Background) -> Background:
        """Gather the planes outside of the filled silhouettes, and learn the votes of structure."""
        inside = labels > 0.5
        filled = filled_silhouettes(inside, self.structure, tuning=self._tuning)
        gathered = gather(
            self.frames,
            self.own_motion,
            filled.astype(np.float32),
            background=background,
            tuning=self._tuning,
        )
        self.structure = self.votes.learn(inside, filled)
        return gathered

    def decide(
        self,
        labels: np.ndarray,
        background: Background,
        *,
        hints: np.ndarray | None = None,
        texture: np.ndarray | None = None,
    ) -> np.ndarray:
        """Label all frames, given the last labels.

        Parameters
        ----------
        labels : (T, H, W) float32 in 0..1.
        background : planes gathered outside of them.
        hints : (T, H, W), log odds of hints.
        texture : (T, H, W), log odds of fine texture; with it, local colours count as well.
        """
        parameters = self._tuning[Parameters]
        plates = plate_evidence(
            self.frames,
            labels > 0.5,
            background,
            chances=self.chances,
            travel=self.votes.persistence.travel,
            local=texture is not None,
            tuning=self._tuning,
        )

        def add_up(t: int) -> np.ndarray:
            # A plate that fits compares with the same frames as structure, but to the pixel: it
            # resolves the gap beside a strand.
            left = np.where(self.structure[t] > 0, 1 - plates.explained[t], 1)
            steady: np.ndarray | float = 1.0
            if self.votes.resting:
                rest = chance_of_rest(
                    labels[t] > 0.5, self.structure[t], plates.log_odds[t], tuning=self._tuning
                )
                steady = 1 - self.votes.resting * rest * (1 - plates.shown[t])
            total = left * weigh_background(self.structure[t], steady) + plates.log_odds[t]
            if texture is not None:
                total = total + weigh_background(texture[t], steady)
            return total if hints is None else total + hints[t]

        times = range(len(labels))
        local = stacked(add_up, times)
        self.regions = self.graph.solve(local)

        def with_regions(t: int) -> np.ndarray:
            less = (1 - parameters.region_weight_on_known_plates) * plates.known[t]
            weight = parameters.region_log_odds * (1 - less)
            return parameters.prior_log_odds + local[t] + weight * np.clip(self.regions[t], -1, 1)

        total = stacked(with_regions, times)

        def cut(t: int) -> np.ndarray:
            return minimum_cut(
                -total[t],
                self.weights[t],
                parameters.outline_cost,
                start=labels[t],
                iterations=parameters.cut_iterations,
            )

        u = stacked(cut, times)
        solid = filled_silhouettes(u > 0.5, total, tuning=self._tuning)
        kept = u * large_objects(solid, tuning=self._tuning)
        return np.where(solid & (u <= 0.5), 1, kept).astype(np.float32)

    def result(self, labels: np.ndarray, background: Background) -> Separation:
        """Return the labels, and the planes gathered anew within their outlines."""
        filled = filled_silhouettes(labels > 0.5, self.structure, tuning=self._tuning)
        background = gather_textures(
            self.frames,
            self.own_motion,
            filled.astype(np.float32),
            background=background,
            tuning=self._tuning,
        )
        even = is_even(self.votes.persistence.structure, labels > 0.5, tuning=self._tuning)
        return Separation(background, labels, np.clip(self.regions, -1, 1), even)


def separate(
    frames: np.ndarray,
    flows: Flows,
    confidence: np.ndarray,
    *,
    background: Background,
    say: Callable[[str], None] = lambda line: None,
    tuning: Tuning = DEFAULT,
) -> Separation:
    """Alternate between labels and plates; see `Separator`."""
    parameters = tuning[Parameters]
    separator = Separator(frames, flows, confidence, background=background, tuning=tuning)
    labels = separator.first_labels()
    for number in range(parameters.max_rounds):
        background = separator.gather(labels, background)
        before, labels = labels, separator.decide(labels, background)
        share = float((labels > 0.5).mean())
        changed = float(((labels > 0.5) != (before > 0.5)).mean())
        say(f"round {number + 1}: {100 * share:.1f} % is foreground, {100 * changed:.2f} % changed")
        if changed < parameters.max_settled_change * share:
            break
    # Only now the plates are free of the sprites' texture, which would explain the sprites.
    background = separator.gather(labels, background)
    inside = labels > 0.5
    noise = background_noise(frames, background, inside, tuning=tuning)
    texture = texture_log_odds(frames, background, inside, noise=noise, tuning=tuning)
    labels = separator.decide(labels, background, texture=texture)
    labels = recover_entering_pixels(frames, labels, background, tuning=tuning)
    say(f"with fine texture, {100 * float((labels > 0.5).mean()):.1f} % is foreground")
    return separator.result(labels, background)


def separate_with_hints(
    frames: np.ndarray,
    flows: Flows,
    confidence: np.ndarray,
    *,
    found: Separation,
    hints: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> Separation:
    """Continue a separation with hints (T, H, W), see `hint_propagation.HintEvidence.foreground`.

    Hints enter only here, so that they never change the number of objects or an object's number:
    the user has looked these up before drawing. Changes that no hint reaches are taken back.
    """
    separator = Separator(frames, flows, confidence, background=found.background, tuning=tuning)
    separator.first_labels()
    labels = apply_hard_constraints(found.foreground, hints, tuning=tuning)
    background = found.background
    for _ in range(tuning[Parameters].hint_rounds):
        background = separator.gather(labels, background)
        labels = separator.decide(labels, background, hints=hints)
        labels = apply_hard_constraints(labels, hints, tuning=tuning)
    changed = (labels > 0.5) != (found.foreground > 0.5)
    labels = keep_changes_near_hints(found.foreground, labels, changed, hints=hints, tuning=tuning)
    return separator.result(labels, found.background)


def _own_motion(frames: np.ndarray, flows: Flows, background: Background) -> np.ndarray:
    """Return how far each pixel's flow is from that of the nearest plane, (T, H, W) pixels."""
    size = (frames.shape[2], frames.shape[1])
    motions = (rigid_flow(plane.homographies, size) for plane in background)
    return np.minimum.reduce([flow_deviation(flows, len(frames), m)[0] for m in motions])
