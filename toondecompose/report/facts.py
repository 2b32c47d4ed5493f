"""What the page says about a clip, as JSON: layers, placements, errors, settings, versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from toondecompose.core.parallel import each
from toondecompose.report.composition import place_layers
from toondecompose.store.layer_parts import Sprite
from toondecompose.store.placement import (
    NamedLayer,
    NamedOverlay,
    NamedSprite,
    Placement,
    Placements,
)
from toondecompose.viz.pictures import lay_all_over

DIGITS = 9
"""Significant digits of matrices: 0.001 px on the largest canvas."""


def describe(placements: Placements, records: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything the page knows but the pictures, light and grain.

    Parameters
    ----------
    placements : of the clip.
    records : of the stages that are done, by name.
    """
    clip = placements.clip
    frames = each(lambda t: describe_frame(placements, t), range(len(clip)))
    return {
        "clip": clip.clip.name,
        "frames": len(clip),
        "size": list(clip.size),
        "ground": clip.ground,
        "fps": [clip.fps.numerator, clip.fps.denominator],
        "layers": [describe_layer(placements, layer, frames) for layer in placements.layers],
        "pictures": [
            {
                "layer": one.layer,
                "name": one.name,
                "frames": list(one.frames),
                "size": list(placements.size(i)),
            }
            for i, one in enumerate(placements.pictures)
        ],
        "placements": [[pack(one) for one in frame] for frame in placements.frames],
        "gains": [round(float(gain), 6) for gain in placements.lighting.gains],
        "errors": {
            "layers": [round(one.layers, 3) for one in frames],
            "page": [round(one.page, 3) for one in frames],
        },
        "stages": {
            stage: {key: record[key] for key in ("settings", "versions", "device") if key in record}
            for stage, record in records.items()
        },
    }


def pack(one: Placement) -> list[float]:
    """Return picture, opacity and the nine entries of the matrix, row by row."""
    entries = [float(f"{entry:.{DIGITS}g}") for entry in one.matrix.ravel()]
    return [one.picture, round(one.opacity, 4), *entries]


@dataclass(frozen=True)
class FrameFacts:
    """What the page says about a frame.

    Attributes
    ----------
    layers, page : mean absolute error in grey levels, of the layers of the frame without grain, and
        of plates and drawings put there by matrices.
    centres : by object, where its layer is, see `centre`; of sprites only.
    """

    layers: float
    page: float
    centres: dict[int, list[float] | None]


def describe_frame(placements: Placements, t: int) -> FrameFacts:
    """Compare a frame with what its layers and the page show, and find the sprites in it."""
    clip = placements.clip
    frame, pictures, placed = clip.frame(t), clip.pictures(t), place_layers(placements, t)
    again = (
        clip.compose(pictures, t, grain=False),
        lay_all_over(placed, range(len(placed)), clip.ground),
    )
    layers, page = (float(cv2.absdiff(one, frame).mean()) for one in again)
    return FrameFacts(
        layers, page, {s.number: centre(pictures[s.number][..., 3]) for s in clip.sprites}
    )


def describe_layer(
    placements: Placements, layer: NamedLayer, frames: Sequence[FrameFacts]
) -> dict[str, Any]:
    """Return name, number of the object, kind, confidence, and the path of a sprite."""
    if isinstance(layer, NamedOverlay):
        return {"name": layer.name, "kind": "overlay"}
    one = placements.clip.objects[layer.object]
    kind = "sprite" if isinstance(layer, NamedSprite) else "plane"
    facts: dict[str, Any] = {"name": layer.name, "object": layer.object, "kind": kind}
    if isinstance(one, Sprite):
        facts["confidence"] = one.confidence
        facts["path"] = [frame.centres[layer.object] for frame in frames]
    return facts


def centre(alpha: np.ndarray) -> list[float] | None:
    """Return the centre of mass (x, y) of an alpha (H, W) uint8; None where it is all 0.

    >>> centre(np.uint8([[0, 0, 0], [0, 255, 255]]))
    [1.5, 1.0]
    """
    moments = cv2.moments(alpha)
    if not moments["m00"]:
        return None
    return [round(moments[key] / moments["m00"], 2) for key in ("m10", "m01")]
