"""The motion of each plane at the resolution of the source, exact enough for a sharp plate."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.links import texture_links
from toondecompose.motion.solve import Links, Pairs, solve_motion
from toondecompose.planes.background import Background, Plane
from toondecompose.planes.texture import robust_texture
from toondecompose.plates.parameters import Parameters
from toondecompose.plates.visibility import plane_masks

LOG = logging.getLogger(__name__)


def draft_size(source: Size, *, tuning: Tuning = DEFAULT) -> Size:
    """Return the size, width and height, at which motion is measured.

    >>> draft_size((1280, 720)), draft_size((320, 180))
    ((640, 360), (320, 180))
    """
    parameters = tuning[Parameters]
    scale = (
        0.5
        if source[1] >= 2 * parameters.min_draft_height_px
        else min(1.0, parameters.min_draft_height_px / source[1])
    )
    return (round(source[0] * scale), round(source[1] * scale))


def upscale_planes(planes: Background, working: Size, source: Size) -> Background:
    """Scale homographies, canvas and alpha of planes from one frame size to another.

    The textures are not scaled. The canvas keeps the pixel grid of the frame in the middle of the
    clip, so that a plane that stands still needs no resampling. A canvas too large for the memory
    is made smaller, and the log says so: after a long zoom the plate is then less sharp than the
    nearest frames, but complete.
    """
    scale = np.array([source[0] / working[0], source[1] / working[1]])

    def one(plane: Plane) -> Plane:
        homographies = geometry.resize_homography(plane.homographies, working, source)
        full = np.ceil(plane.canvas * scale).astype(int)
        homographies, (width, height), factor = geometry.limit_canvas(
            homographies, (int(full[0]), int(full[1]))
        )
        if factor < 1:
            LOG.warning(
                "a canvas of %dx%d pixels is too large: it is made at %.2f of that resolution",
                *full, factor,
            )  # fmt: skip
        alpha = cv2.resize(plane.alpha, (width, height), interpolation=cv2.INTER_CUBIC)
        corner = geometry.apply(homographies[len(homographies) // 2], np.zeros(2))
        shift = geometry.translation(*(np.round(corner) - corner))
        alpha = geometry.to_canvas(alpha, shift, (width, height), beyond=cv2.BORDER_REPLICATE)
        homographies = shift @ homographies
        return replace(plane, homographies=homographies, canvas=(width, height), alpha=alpha)

    return tuple(one(plane) for plane in planes)


def register_planes(
    frames: Sequence[np.ndarray],
    free: Sequence[np.ndarray],
    planes: Background,
    *,
    outline_error: float,
    say: Callable[[str], None] = lambda line: None,
    tuning: Tuning = DEFAULT,
) -> Background:
    """Correct the motion of every plane; see `refine_motion`.

    free are T masks (H, W) bool, true where no sprite is; outline_error is in pixels, the error to
    expect in the outlines of the planes; say gets one line per plane.
    """
    aligned = []
    size = (frames[0].shape[1], frames[0].shape[0])
    for i, own in enumerate(plane_masks(planes, free, outline_error, tuning=tuning)):
        motion = refine_motion(frames, own, planes[i], rng=np.random.default_rng(0), tuning=tuning)
        motion = geometry.still_unless_moved(planes[i].homographies, motion, size)
        moved = motion - planes[i].homographies
        say(f"plane {i}: moved by {np.hypot(moved[:, 0, 2], moved[:, 1, 2]).mean():.2f} pixels")
        aligned.append(replace(planes[i], homographies=motion))
    return tuple(aligned)


def refine_motion(
    frames: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    plane: Plane,
    *,
    rng: np.random.Generator,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Match every frame to the texture of a plane and correct the homographies.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    masks : T images (H, W) bool, where the frame shows the plane.
    plane : homographies and canvas; the texture is not used.
    rng : draws the points that are matched.

    Returns
    -------
    (T, 3, 3) homographies to the same canvas.
    """
    size = (frames[0].shape[1], frames[0].shape[0])
    texture = robust_texture(frames, masks, plane.homographies, canvas=plane.canvas, tuning=tuning)
    painted = replace(plane, texture=texture)

    def view(t: int) -> tuple[np.ndarray, np.ndarray]:
        return painted.view(t, size), painted.observation_count(t, size)

    links = texture_links(
        np.stack(frames), np.stack(masks), plane.homographies, view=view, rng=rng, tuning=tuning
    )
    return _solve(plane.homographies, links, size, tuning=tuning)


def _solve(start: np.ndarray, links: Links, size: Size, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Correct the frames that have enough matches; the others keep their motion."""
    parameters = tuning[Parameters]
    count = np.bincount(links.t, minlength=len(start))
    none = np.zeros(0, int)
    pairs = Pairs(none, none, np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0))
    few, many = parameters.min_links
    solved = start
    for model, enough in (("translation", few), ("similarity", many)):
        usable = count >= enough
        if usable.any():
            kept = links.where(usable[links.t])
            found = solve_motion(
                solved,
                pairs,
                kept,
                model=model,
                size=size,
                scales=parameters.registration_scales_px,
                tuning=tuning,
            )
            solved = np.where(usable[:, None, None], found, solved)
    return solved
