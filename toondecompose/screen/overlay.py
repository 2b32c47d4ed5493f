"""Overlays: pictures that stand still on the screen, in front of everything.

A burnt-in logo, a subtitle or a timecode keeps its place on the screen while the camera moves. With
its colour F, its alpha a and the background B_t that the camera sees in frame t, a frame shows

    I_t(x) = a(x) F(x) + (1 - a(x)) B_t(x)

so that a and F follow from how I_t changes with B_t: 1 - a is the slope of the regression and a F
its intercept (triangulation; Smith and Blinn, 1996). Where they are is found by
`toondecompose.screen.overlay_search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Images, Size
from toondecompose.core.parallel import each
from toondecompose.core.reduction import largest_channel
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.texture import robust_texture
from toondecompose.screen.parameters import Parameters


@dataclass(frozen=True)
class Region:
    """Where an overlay is: mask (H, W) bool, and in which frames, shown (T,) bool."""

    mask: np.ndarray
    shown: np.ndarray


@dataclass(frozen=True)
class Overlay:
    """An overlay: picture (H, W, 4) uint8, straight RGBA, and shown (T,) bool."""

    picture: np.ndarray
    shown: np.ndarray


def overlay_layer(overlays: Sequence[Overlay], t: int) -> np.ndarray:
    """Return all overlays of frame t as one layer, (H, W, 4) uint8, straight RGBA."""
    layer = np.zeros_like(overlays[0].picture)
    for overlay in overlays:  # regions do not overlap but for their soft rims
        if overlay.shown[t]:
            stronger = overlay.picture[..., 3] > layer[..., 3]
            layer = np.where(stronger[..., None], overlay.picture, layer)
    return layer


def laid_over(layers: Sequence[np.ndarray]) -> np.ndarray:
    """Return layers (H, W, 4) uint8, straight RGBA, from back to front, as one such layer."""
    result = layers[0]
    for layer in layers[1:]:
        front, under = (one[..., 3:].astype(np.float32) / 255 for one in (layer, result))
        alpha = front + (1 - front) * under
        share = np.where(alpha > 0, front / np.maximum(alpha, 1e-6), 0)
        colour = share * layer[..., :3] + (1 - share) * result[..., :3]
        result = np.dstack([np.round(colour), np.round(255 * alpha)]).astype(np.uint8)
    return result


def overlay_part(overlays: Sequence[Overlay], n: int, t: int) -> np.ndarray:
    """Return the part of `overlay_layer` that is overlay n, (H, W, 4) uint8, straight RGBA.

    No two parts have a pixel in common, so that laid over each other they are the whole.
    """
    own = overlays[n].picture.copy()
    if not overlays[n].shown[t]:
        own[:] = 0
        return own
    alpha = own[..., 3].copy()
    for m, other in enumerate(overlays):
        if m != n and other.shown[t]:
            stronger = other.picture[..., 3]
            own[stronger >= alpha if m < n else stronger > alpha, 3] = 0
    return own


class BackgroundPlate:
    """The background without overlays.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    homographies : (T, 3, 3), the camera: frame pixel to canvas pixel.
    regions : the regions that are left out.
    """

    def __init__(
        self,
        frames: Images,
        homographies: np.ndarray,
        regions: Sequence[Region],
        *,
        tuning: Tuning = DEFAULT,
    ) -> None:
        self.tuning = tuning
        parameters = tuning[Parameters]
        height, width = frames[0].shape[:2]
        self.size: Size = (width, height)
        free = np.ones((len(frames), height, width), bool)
        for region in regions:
            free[region.shown] &= ~region.mask
        self.homographies, canvas = geometry.fit_canvas(homographies, self.size)
        self.texture = robust_texture(
            frames, list(free), self.homographies, canvas=canvas, tuning=tuning
        )
        # At the border of the observed places soft rims are mixed in.
        seen = (self.texture.seen >= parameters.min_background_observations).view(np.uint8)
        self.seen = cv2.erode(seen, np.ones((3, 3), np.uint8)).astype(np.float32)

    def view(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the background in frame t, (H, W, 3) float32, and where it is known."""
        known = geometry.to_frame(self.seen, self.homographies[t], self.size) > 0.99
        return geometry.to_frame(self.texture.colour, self.homographies[t], self.size), known


def dilated(mask: np.ndarray, reach: int) -> np.ndarray:
    """Return a mask (H, W) bool, dilated by so many pixels."""
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate(mask.view(np.uint8), brush) > 0


def enlarged(region: Region, size: Size) -> Region:
    """Return a region at another size."""
    mask = cv2.resize(region.mask.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    return Region(mask > 0, region.shown)


def solve_overlays(
    frames: Images,
    homographies: np.ndarray,
    regions: Sequence[Region],
    *,
    scale: float = 1.0,
    tuning: Tuning = DEFAULT,
) -> tuple[list[Overlay], BackgroundPlate]:
    """Solve the overlays in regions that are `scale` times smaller; return the background too.

    The first solution finds the pixels of the rim that show the background, so that the background
    is known in more places for the second solution.
    """
    parameters = tuning[Parameters]
    size = (frames[0].shape[1], frames[0].shape[0])
    core = [enlarged(region, size) for region in regions]
    covered = [Region(dilated(one.mask, round(scale)), one.shown) for one in core]
    for _ in range(2):
        behind = BackgroundPlate(frames, homographies, covered, tuning=tuning)
        overlays = [
            solve_overlay(
                frames, behind, one, rim=round(parameters.overlay_rim_px * scale), tuning=tuning
            )
            for one in core
        ]
        covered = [
            Region(dilated((own.picture[..., 3] > 0) | one.mask, round(scale)), one.shown)
            for own, one in zip(overlays, core, strict=True)
        ]
    return overlays, behind


def solve_overlay(
    frames: Images, behind: BackgroundPlate, region: Region, *, rim: int, tuning: Tuning = DEFAULT
) -> Overlay:
    """Solve for colour and alpha of an overlay in its region, and in a rim of so many pixels."""
    wide = dilated(region.mask, rim)
    around = np.nonzero(dilated(wide, 2 * rim) & ~wide)
    y, x = np.nonzero(wide)
    times = [int(t) for t in np.flatnonzero(region.shown)]
    views = [behind.view(t) for t in times]
    colour, alpha = triangulate(
        np.stack([frames[t][y, x] for t in times]).astype(np.float32),
        np.stack([view[y, x] for view, _ in views]),
        np.stack([known[y, x] for _, known in views]).astype(np.float32),
        around=np.stack([frames[t][around] for t in times]).astype(np.float32),
        tuning=tuning,
    )
    picture = np.zeros((*region.mask.shape, 4), np.uint8)
    picture[y, x] = np.round(np.column_stack([colour, 255 * alpha]))
    return Overlay(picture, region.shown)


def triangulate(
    pixels: np.ndarray,
    plates: np.ndarray,
    weights: np.ndarray,
    *,
    around: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Return colour (N, 3) and alpha (N,) of pixels (T, N, 3) over plates (T, N, 3).

    weights (T, N) in 0..1 is how far each plate is known. Over a flat background alpha is
    undetermined: a pixel that looks like the background gets alpha 0, any other 1. Where no frame
    shows the background, its variation is taken from pixels around the overlay, (T, M, 3).
    """
    parameters = tuning[Parameters]
    total = np.maximum(weights.sum(axis=0), 1e-3)[:, None]
    share = weights[..., None]
    known = total > 0.5
    middle_i = np.where(known, (share * pixels).sum(axis=0) / total, pixels.mean(axis=0))
    middle_b = np.where(known, (share * plates).sum(axis=0) / total, around.mean(axis=(0, 1)))
    centred = plates - middle_b
    square = (share * centred**2).sum(axis=(0, 2))
    product = (share * centred * (pixels - middle_i)).sum(axis=(0, 2))
    alike = np.abs(middle_i - middle_b).max(axis=1) < parameters.max_unchanged_levels
    # A prior of a few grey levels: slope 1 where there seems to be nothing, else 0.
    prior = 0.75 * parameters.flat_background_levels**2 * total[:, 0]
    slope = (product + prior * alike) / (square + prior)
    usual = max(float(np.median(around.std(axis=0).mean(axis=1))), 1.0)
    slope = np.clip(np.where(known[:, 0], slope, pixels.std(axis=0).mean(axis=1) / usual), 0, 1)
    alpha = np.where(1 - slope < parameters.min_overlay_alpha, 0, 1 - slope)
    colour = (middle_i - slope[:, None] * middle_b) / np.maximum(
        alpha, parameters.min_overlay_alpha
    )[:, None]
    colour = np.where(alpha[:, None] > 0, np.clip(colour, 0, 255), 0)
    return colour.astype(np.float32), alpha.astype(np.float32)


def remove_overlays(
    frames: Images,
    behind: BackgroundPlate,
    overlays: Sequence[Overlay],
    *,
    tuning: Tuning = DEFAULT,
) -> list[np.ndarray]:
    """Return frames without the overlays: unmixed where they are thin, else filled with the
    background.

    An opaque part is inpainted where a sprite is right beside it.
    """
    parameters = tuning[Parameters]

    def clean(t: int) -> np.ndarray:
        frame = frames[t]
        own = [overlay.picture for overlay in overlays if overlay.shown[t]]
        if not own:
            return frame
        view, known = behind.view(t)
        picture, hidden = frame.astype(np.float32), np.zeros(frame.shape[:2], bool)
        for layer in own:
            alpha = layer[..., 3].astype(np.float32) / 255
            thin = (alpha > 0) & (alpha < parameters.opaque_overlay_alpha)
            share = alpha[..., None]
            unmixed = (picture - share * layer[..., :3]) / np.maximum(
                1 - share, 1 - parameters.opaque_overlay_alpha
            )
            picture = np.where(thin[..., None], unmixed, picture)
            hidden |= alpha >= parameters.opaque_overlay_alpha
        picture = np.clip(np.round(picture), 0, 255).astype(np.uint8)
        return _fill(picture, hidden, view, known=known, tuning=tuning)

    return each(clean, range(len(frames)))


def _fill(
    picture: np.ndarray,
    hidden: np.ndarray,
    view: np.ndarray,
    *,
    known: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    parameters = tuning[Parameters]
    shown = np.clip(np.round(view), 0, 255).astype(np.uint8)
    differs = (
        (largest_channel(cv2.absdiff(picture, shown)) > parameters.sprite_difference_levels)
        & ~hidden
        & known
    )
    free = cv2.blur(
        (~hidden & known).astype(np.float32), (parameters.fill_window_px, parameters.fill_window_px)
    )
    share = cv2.blur(
        differs.astype(np.float32), (parameters.fill_window_px, parameters.fill_window_px)
    ) / np.maximum(free, 1e-3)
    from_plate = hidden & known & (share < 0.5)
    picture = np.where(from_plate[..., None], shown, picture)
    left = (hidden & ~from_plate).astype(np.uint8)
    return (
        cv2.inpaint(picture, left, parameters.inpaint_radius_px, cv2.INPAINT_TELEA)
        if left.any()
        else picture
    )
