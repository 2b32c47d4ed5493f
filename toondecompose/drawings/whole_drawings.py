"""The files of whole drawings: read the layers of all frames, write one picture per drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.drawings.completion import DrawingObservation, WholeDrawing, complete_drawing
from toondecompose.drawings.parameters import Parameters
from toondecompose.drawings.similar_drawings import complete_from_similar
from toondecompose.screen.lighting import Lighting
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder

MAX_OBSERVATIONS = 24
"""Frames from which a drawing is put together, at most, those that show most: bounds memory."""

Alphas = Mapping[tuple[int, int], np.ndarray]
"""The alpha (H, W) uint8 of each object and frame."""


def write_whole_drawings(
    clip: ClipFolder,
    k: int,
    motion: np.ndarray,
    alphas: Alphas,
    order: np.ndarray,
    lighting: Lighting,
    margin: float,
    *,
    tuning: Tuning = DEFAULT,
) -> None:
    """Write ``sprite/<k>.<drawing>.png``, its mask, and ``model/full_sprite_motion.<k>.npy``.

    Parameters
    ----------
    clip : the layers ``vis/<N>.obj.<k>.png`` and ``model/exposure.<k>.json`` are read.
    k : number of the sprite.
    motion : (T, 3, 3), pixel of each frame to pixel of the first frame with the same drawing.
    alphas : of all sprites.
    order : (T, K) int, the objects of each frame from back to front.
    lighting : fade and light over all: part of the layers, but not of the drawings.
    margin : distance in pixels from another sprite within which a matte is uncertain.
    """
    parameters = tuning[Parameters]
    drawings = clip.read_json(paths.exposure(k))["drawings"]
    numbers = sorted({j for j, _ in alphas})

    def read(t: int) -> np.ndarray:
        layer = clip.read_png(paths.layer(t, k))
        return np.dstack([lighting.remove(layer[..., :3], t), layer[..., 3]])

    def view(t: int) -> DrawingObservation:
        line = order[t].tolist()
        nothing = np.zeros(alphas[k, t].shape, bool)
        front, behind = nothing.copy(), nothing
        for j in numbers:
            if line.index(j) > line.index(k):
                front |= alphas[j, t] > 0
            elif j != k:
                behind = behind | (alphas[j, t] > 0)
        return DrawingObservation(
            alphas[k, t], front, behind, motion[t], partial(read, t), float(lighting.gains[t])
        )

    def one(times: Sequence[int]) -> WholeDrawing | None:
        shown = sorted(
            times,
            key=lambda t: (-(alphas[k, t] >= parameters.solid_alpha).sum() * lighting.gains[t], t),
        )
        return complete_drawing([view(t) for t in shown[:MAX_OBSERVATIONS]], margin, tuning=tuning)

    places = np.repeat(np.eye(3)[None], len(motion), axis=0)

    def write(d: int, whole: WholeDrawing | None) -> None:
        if whole is None:
            return
        clip.write_png(paths.sprite_picture(k, d), whole.picture)
        clip.write_png(paths.sprite_observed(k, d), whole.observed)
        for t in drawings[d]:
            places[t] = geometry.normalised(whole.place @ motion[t])

    if len(numbers) > 1:
        wholes = complete_from_similar(each(one, drawings), tuning=tuning)
        each(lambda d: write(d, wholes[d]), range(len(drawings)))
    else:
        each(lambda d: write(d, one(drawings[d])), range(len(drawings)))
    clip.write_npy(paths.sprite_motion(k), places)
