"""Coordinates, homographies and warps: the one place that defines them.

Pixel centres lie at integers, x to the right and y down. A homography (3, 3) maps pixels of a
frame to pixels of the object's canonical canvas. Images are (H, W) or (H, W, C) arrays.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core.errors import UserError

Size = tuple[int, int]
"""Width and height in pixels, the order of OpenCV."""

Images = Sequence[np.ndarray] | np.ndarray
"""Pictures of one size: a sequence of them, or one array with the number of the picture first."""

WIDEST = 32767
"""OpenCV warps no picture that is wider or higher."""

MEASURABLE = 0.1
"""Pixels to which the motion of a plane can be measured from pictures, at best."""

LARGEST_CANVAS = 64_000_000
"""Pixels of a canvas, at most: one plane of that size takes about 7.5 GB while plates are made."""


class CanvasError(UserError):
    """The motion of a plane spans no canvas that can be held."""


def translation(dx: float, dy: float) -> np.ndarray:
    """Return the (3, 3) homography that adds (dx, dy) pixels."""
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy], [0.0, 0.0, 1.0]])


def normalised(homography: np.ndarray) -> np.ndarray:
    """Scale homographies (..., 3, 3) so that their last entry is 1."""
    return homography / homography[..., 2:3, 2:3]


def apply(homography: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Map points (..., 2) by homographies (3, 3) or, one for each point, (..., 3, 3)."""
    xy = np.einsum("...ij,...j->...i", homography[..., :2], points) + homography[..., 2]
    return xy[..., :2] / xy[..., 2:]


def jacobian(homography: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return d(mapped) / d(point), (..., 2, 2), of homographies (..., 3, 3) at points (..., 2)."""
    xyw = np.einsum("...ij,...j->...i", homography[..., :2], points) + homography[..., 2]
    mapped = xyw[..., :2] / xyw[..., 2:]
    numerator = homography[..., :2, :2] - mapped[..., None] * homography[..., 2:, :2]
    return numerator / xyw[..., 2:, None]


def corners(size: Size) -> np.ndarray:
    """Return the centres of the four corner pixels of an image, (4, 2)."""
    right, bottom = size[0] - 1.0, size[1] - 1.0
    return np.array([[0.0, 0.0], [right, 0.0], [right, bottom], [0.0, bottom]])


def largest_shift(before: np.ndarray, after: np.ndarray, size: Size) -> float:
    """Return how far, in pixels of the canvas, homographies (T, 3, 3) moved any frame's corner."""
    landed = [apply(h[:, None], corners(size)[None]) for h in (before, after)]
    return float(np.linalg.norm(landed[1] - landed[0], axis=-1).max())


def stands_still(homographies: np.ndarray) -> bool:
    """Tell whether homographies (T, 3, 3) are the same in all frames."""
    return bool(np.all(homographies == homographies[:1]))


def still_unless_moved(before: np.ndarray, after: np.ndarray, size: Size) -> np.ndarray:
    """Return a corrected motion (T, 3, 3), or the one before if it is still not seen to move.

    A correction within `MEASURABLE` pixels of standing still would only blur what is gathered.
    """
    if stands_still(before) and largest_shift(before, after, size) < MEASURABLE:
        return before
    return after


def pixel_grid(size: Size) -> np.ndarray:
    """Return the centre (x, y) of every pixel, (H, W, 2) float64."""
    x, y = np.meshgrid(np.arange(size[0], dtype=float), np.arange(size[1], dtype=float))
    return np.stack([x, y], axis=-1)


def rigid_flow(homography_a: np.ndarray, homography_b: np.ndarray, size: Size) -> np.ndarray:
    """Return the flow (H, W, 2) float32 that a rigid object has from frame a to frame b."""
    flow = np.empty((size[1], size[0], 2), np.float32)
    flow[..., 0], flow[..., 1] = rigid_shifts(homography_a, homography_b, size)
    return flow


def rigid_shifts(
    homography_a: np.ndarray, homography_b: np.ndarray, size: Size
) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of `rigid_flow`, float32; (H, W), or what is broadcast to it."""
    m = np.linalg.inv(homography_b) @ homography_a
    m = (m / m[2, 2]).astype(np.float32)
    x = np.arange(size[0], dtype=np.float32)[None]
    y = np.arange(size[1], dtype=np.float32)[:, None]
    shifts = []
    for row, at in zip(m, (x, y), strict=False):
        moved = _plane(row, x, y)
        if m[2, 0] or m[2, 1]:
            moved = moved / _plane(m[2], x, y)
        shifts.append(moved - at)
    return shifts[0], shifts[1]


def _plane(row: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a x + b y + c of a row (a, b, c), as a row or a column where b or a is zero."""
    a, b, c = row
    return (a * x if not b else b * y if not a else a * x + b * y) + c


def resize_homography(homography: np.ndarray, size_from: Size, size_to: Size) -> np.ndarray:
    """Express frame-to-canvas homographies (..., 3, 3) at another resolution of the same frame.

    Both the frame and the canvas are scaled; pixel edges, not centres, stay fixed:
    x_to = (x_from + 0.5) * scale - 0.5.
    """
    sx, sy = size_to[0] / size_from[0], size_to[1] / size_from[1]
    scale = np.array([[sx, 0.0, (sx - 1.0) / 2], [0.0, sy, (sy - 1.0) / 2], [0.0, 0.0, 1.0]])
    return normalised(scale @ homography @ np.linalg.inv(scale))


def fit_canvas(homographies: np.ndarray, size: Size) -> tuple[np.ndarray, Size]:
    """Shift homographies (T, 3, 3) so that all frames land on a canvas that starts at (0, 0).

    Returns the shifted homographies and the smallest canvas size with a margin of one pixel.
    The shift is a whole number of pixels, so that the canvas keeps the pixel grid of the frame
    whose homography is the identity.

    Raises
    ------
    CanvasError
        When a horizon lies in a frame, whose pixels then land on both sides of infinity, or when
        the canvas is larger than `LARGEST_CANVAS` or wider than `WIDEST`.
    """
    tilted = [t for t, one in enumerate(homographies) if horizon_in_frame(one, size)]
    if tilted:
        raise CanvasError(
            f"the motion found for a plane puts a horizon into frame {tilted[0]}, so that it fits "
            "on no canvas; leave such frames out with first_frame and last_frame"
        )
    shifted, extent = _from_origin(homographies, size)
    width, height = np.minimum(extent, 1e9).astype(int).tolist()
    if width * height > LARGEST_CANVAS or max(width, height) >= WIDEST:
        raise CanvasError(
            f"the motion found for a plane spreads frames of {size[0]}x{size[1]} over a canvas of "
            f"{width}x{height} pixels, more than can be held; take a part of the clip with "
            "first_frame and last_frame, or give a smaller working_height"
        )
    return shifted, (width, height)


def shift_to_origin(homographies: np.ndarray, size: Size) -> np.ndarray:
    """Shift homographies (T, 3, 3) as `fit_canvas` does, for motions without a canvas."""
    return _from_origin(homographies, size)[0]


def horizon_in_frame(homography: np.ndarray, size: Size) -> bool:
    """Tell whether some pixels of a frame are mapped beyond infinity: w <= 0 in (x, y, w)."""
    depth = np.column_stack([corners(size), np.ones(4)]) @ homography[2]
    return not ((depth > 0).all() or (depth < 0).all())


def limit_canvas(homographies: np.ndarray, canvas: Size) -> tuple[np.ndarray, Size, float]:
    """Make a canvas smaller that is larger than can be held.

    Returns the homographies (T, 3, 3) to the smaller canvas, its size, and the factor, 1 where
    nothing has to change. As in `resize_homography`, pixel edges stay fixed.
    """
    area, side = canvas[0] * canvas[1], max(canvas)
    factor = min(1.0, float(np.sqrt(LARGEST_CANVAS / area)), (WIDEST - 1) / side)
    if factor == 1:
        return homographies, canvas, 1.0
    width, height = (int(length * factor) for length in canvas)
    sx, sy = width / canvas[0], height / canvas[1]
    scale = np.array([[sx, 0.0, (sx - 1.0) / 2], [0.0, sy, (sy - 1.0) / 2], [0.0, 0.0, 1.0]])
    return normalised(scale @ homographies), (width, height), factor


def _from_origin(homographies: np.ndarray, size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Return shifted homographies, and width and height of what they reach; see `fit_canvas`."""
    landed = apply(homographies[:, None], corners(size)[None]).reshape(-1, 2)
    shift = 1.0 - np.floor(landed.min(axis=0))
    extent = np.ceil(landed.max(axis=0) + shift) + 2
    return normalised(translation(*shift) @ homographies), extent


def to_canvas(
    image: np.ndarray,
    homography: np.ndarray,
    canvas: Size,
    *,
    cubic: bool = False,
    beyond: int = cv2.BORDER_CONSTANT,
) -> np.ndarray:
    """Resample a frame on the canvas.

    Beyond the frame's outermost pixel centres lies zero, or with `cv2.BORDER_REPLICATE` its edge.
    """
    flags = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    return cv2.warpPerspective(image, homography, canvas, flags=flags, borderMode=beyond)


def to_frame(
    texture: np.ndarray, homography: np.ndarray, size: Size, *, cubic: bool = False
) -> np.ndarray:
    """Resample a canvas on the pixels of a frame; beyond the canvas its edge repeats."""
    flags = (cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(
        texture, homography, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )


def finer(texture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a canvas (h, w, C) at twice its resolution, and (3, 3), its pixels to the new ones.

    A cubic kernel loses detail of one or two pixels when it interpolates between pixels. It loses
    much less on a canvas that a wider kernel has enlarged once. A canvas too large for that is
    copied as it is: callers write to the result.
    """
    if 2 * max(texture.shape[:2]) >= WIDEST:
        return texture.copy(), np.eye(3)
    fine = cv2.resize(texture, None, fx=2, fy=2, interpolation=cv2.INTER_LANCZOS4)
    return fine, np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]])


def along_flow(
    image: np.ndarray, flow: np.ndarray, *, beyond: int = cv2.BORDER_REPLICATE, value: float = 0.0
) -> np.ndarray:
    """Sample the image of another frame where the flow (H, W, 2), x first, leads from each pixel.

    image is (H, W) or (H, W, C) float32; beyond its border it repeats, or is `value` with
    `cv2.BORDER_CONSTANT`.
    """
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    at = (x + flow[..., 0], y + flow[..., 1])
    return cv2.remap(image, *at, cv2.INTER_LINEAR, borderMode=beyond, borderValue=(value,) * 4)


def nearest_of(image: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Replace every unknown pixel of an image (H, W) or (H, W, C) by the nearest known one.

    known is (H, W) bool; where nothing is known, or all, the image itself is returned.
    """
    if known.all() or not known.any():
        return image
    from scipy import ndimage  # late: it takes half a second, and planning a run needs none of it

    places = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    return image[tuple(np.asarray(places))]


def shrink(image: np.ndarray, factor: float) -> np.ndarray:
    """Make an image (H, W) or (H, W, C) so many times smaller; pixels are means of areas."""
    size = tuple(max(1, round(side / factor)) for side in image.shape[1::-1])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
