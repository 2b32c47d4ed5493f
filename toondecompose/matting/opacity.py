"""Opacity of a sprite as a whole: ghosts, and sprites that fade in or out.

Over a plate with structure, a sprite of opacity o shows o F + (1 - o) B: everywhere in the sprite,
1 - o of the plate's fine structure is left. A sprite with a shadow shows the plate only in the
shadow, and a motion-blurred sprite only at its edges.
"""

from __future__ import annotations

import numpy as np

from toondecompose.core.geometry import shrink
from toondecompose.core.reduction import dot
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.matting.parameters import Parameters
from toondecompose.matting.translucency import fine_structure

SQUARE_PX = 12
"""Side in pixels of the squares that are measured separately."""


def find_opacity(
    frame: np.ndarray,
    plate: np.ndarray,
    sigma: np.ndarray,
    *,
    inside: np.ndarray,
    known: np.ndarray | None = None,
    reduction: int = 1,
    tuning: Tuning = DEFAULT,
) -> float:
    """Find the opacity of a sprite in one frame.

    Parameters
    ----------
    frame, plate : (H, W, 3), 0..255.
    sigma : (H, W) float32, standard deviation of the frame about the plate, in grey levels.
    inside : (H, W) bool, the inside of the sprite, away from its outline.
    known : (H, W) bool, where the plate is known; None for everywhere. A part alone, such as glass
        wings over a known plate, says nothing about the whole.
    reduction : factor by which the images are shrunk first.

    Returns
    -------
    0.1 to 1; exactly 1 where the sprite hides the plate, or where the opacity cannot be measured.
    """
    parameters = tuning[Parameters]
    if known is not None:
        whole, inside = inside.sum(), inside & known
        if inside.sum() < parameters.min_opacity_share * whole:
            return 1.0
    if reduction > 1:
        frame, plate, sigma = (shrink(p, reduction) for p in (frame, plate, sigma))
        cover = shrink(inside.astype(np.float32), reduction)
        return find_opacity(frame, plate, sigma, inside=cover > 0.99, tuning=tuning)
    frame, plate = frame.astype(np.float32), plate.astype(np.float32)
    here, behind = fine_structure(frame, tuning=tuning), fine_structure(plate, tuning=tuning)
    weight = inside.astype(np.float32)
    common, own, noise, count = (
        _squares(x * weight)
        for x in (
            dot(here, behind),
            dot(behind, behind),
            3 * np.square(sigma),
            np.ones_like(weight),
        )
    )
    reliable = (count > SQUARE_PX**2 / 2) & (
        own > parameters.min_opacity_contrast_sigmas**2 * noise
    )
    if np.count_nonzero(reliable) < parameters.min_opacity_squares:
        return 1.0
    # I = o F + (1 - o) B: least squares in each square, F's structure being the noise.
    through, certain = common[reliable] / own[reliable], own[reliable]
    order = np.argsort(through, kind="stable")
    share = np.cumsum(certain[order]) / certain.sum()
    if (
        through[order][np.searchsorted(share, parameters.opaque_quantile)]
        < parameters.min_transparency
    ):
        return 1.0
    return float(
        np.clip(1 - through[order][np.searchsorted(share, 0.5)], parameters.min_opacity, 1)
    )


def made_opaque(frame: np.ndarray, plate: np.ndarray, opacity: float) -> np.ndarray:
    """Return the frame (H, W, 3) uint8 as if the sprite were opaque over the plate (H, W, 3)."""
    if opacity == 1:
        return frame
    whole = (frame - (1 - opacity) * plate) / opacity
    return np.clip(np.round(whole), 0, 255).astype(np.uint8)


def _squares(values: np.ndarray) -> np.ndarray:
    """Sum values (H, W) over adjacent squares; incomplete squares at the ends are left out."""
    rows, columns = (side // SQUARE_PX for side in values.shape)
    cut = values[: rows * SQUARE_PX, : columns * SQUARE_PX]
    return cut.reshape(rows, SQUARE_PX, columns, SQUARE_PX).sum(axis=(1, 3))
