"""Pictures of what the stages did: flow, labels, stripes.

Everything here is a pure function from arrays to an RGB uint8 picture (H, W, 3).
"""

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core import geometry

# A flow of this many pixels lies on the rim of the half-sphere. The scale is the same in every
# picture, and the same as the reference implementation's, so pictures compare across clips.
FLOW_SCALE = 32.0

# Objects 0 to 3 have the reference implementation's colours: at two objects the label picture is
# the foreground's matte. The others are chosen to differ in hue and in brightness.
OBJECT_COLOURS = np.array(
    [
        [0, 0, 0],
        [255, 255, 255],
        [20, 40, 200],
        [200, 40, 20],
        [30, 160, 60],
        [250, 190, 30],
        [150, 60, 190],
        [60, 200, 220],
        [245, 130, 180],
        [130, 90, 40],
    ],
    np.uint8,
)


def flow_picture(flow: np.ndarray) -> np.ndarray:
    """Show a flow as the colours of a ball's normal map ("normal-ball" encoding).

    The flow in units of ``FLOW_SCALE`` is the foot of a normal on the unit half-sphere: for
    (u, v) = flow / 32, shortened to length 1 where longer, n = (v, u, sqrt(1 - u^2 - v^2)) is
    written as RGB = 127.5 n + 127.5. No motion is light blue (127, 127, 255); green grows to the
    right, red grows downwards, blue fades with speed.

    Parameters
    ----------
    flow
        (H, W, 2) float, x then y, pixels.

    Returns
    -------
    (H, W, 3) uint8 RGB.

    Raises
    ------
    ValueError
        If the shape is not (H, W, 2).
    """
    if flow.ndim != 3 or flow.shape[2] != 2:
        raise ValueError(f"flow must have shape (H, W, 2), got {flow.shape}")
    foot = flow.astype(np.float32) / FLOW_SCALE
    foot /= np.maximum(np.hypot(foot[..., :1], foot[..., 1:]), 1.0)
    u, v = foot[..., 0], foot[..., 1]
    height = np.sqrt(np.clip(1.0 - u * u - v * v, 0.0, 1.0))
    return cv2.merge([(part * 127.5 + 127.5).astype(np.uint8) for part in (v, u, height)])


def label_picture(alphas: np.ndarray) -> np.ndarray:
    """Give every object its palette colour; soft alpha mixes the colours.

    Parameters
    ----------
    alphas
        (K, H, W) alpha of objects 0 to K - 1: uint8 0..255 or float 0..1, of sum 1 at each pixel
        (another sum is scaled to 1; where all are zero the picture shows object 0). From object
        10 on the colours repeat, without object 0's.

    Returns
    -------
    (H, W, 3) uint8 RGB.

    Raises
    ------
    ValueError
        If ``alphas`` is not of shape (K, H, W) with K >= 1.
    """
    mixed = np.tensordot(_weights(alphas), _colours(len(alphas)), axes=(0, 0))
    return np.rint(mixed).astype(np.uint8)


def label_overlay(frame: np.ndarray, alphas: np.ndarray) -> np.ndarray:
    """Show the labels on the frame: object 0 dimmed, object 1 as it is, the others tinted.

    Parameters
    ----------
    frame
        (H, W, 3) uint8 RGB.
    alphas
        (K, H, W), as in :func:`label_picture`.

    Returns
    -------
    (H, W, 3) uint8 RGB.

    Raises
    ------
    ValueError
        If the sizes of frame and alphas differ.
    """
    if frame.shape[:2] != alphas.shape[1:]:
        raise ValueError(f"frame {frame.shape[:2]} and alphas {alphas.shape[1:]} differ in size")
    # Multiplying keeps the drawing visible inside each object, so that a hole in an alpha shows
    # as a dark spot on the figure itself.
    tint = 0.3 + 0.7 * label_picture(alphas) / 255.0
    return np.rint(frame * tint).astype(np.uint8)


def stripes(homography: np.ndarray, size: tuple[int, int], *, index: int = 0) -> np.ndarray:
    """Draw stripes fixed in an object's canonical space, as its homography shows them in a frame.

    Diagonal stripes with a broken cross-line, so that a slip along a stripe shows as well. When
    the homographies are right the stripes stick to the object from frame to frame.

    Parameters
    ----------
    homography
        (3, 3), frame pixel to canonical pixel.
    size
        (width, height) of the picture.
    index
        The object's number, for its colour.

    Returns
    -------
    (height, width, 3) uint8 RGB.
    """
    h = np.asarray(homography, np.float64)
    rows = np.stack([h[0] + h[1], h[0] - h[1], np.sqrt(2.0) * h[2]]).astype(np.float32)
    x = np.arange(size[0], dtype=np.float32)[None]
    y = np.arange(size[1], dtype=np.float32)[:, None]
    along, across, depth = (row[0] * x + row[1] * y + row[2] for row in rows)
    along, across = along / depth, across / depth
    # A product of two waves, steepened and clipped: a checker of long cells with soft edges, which
    # does not shimmer when it moves by a part of a pixel.
    wave = np.sin(along * (2 * np.pi / 28.0)) * np.sign(np.sin(across * (2 * np.pi / 112.0)) + 1e-9)
    light = 115.0 * np.clip(0.5 + 2.0 * wave, 0.0, 1.0)
    colour = _colours(index + 1)[index]
    return cv2.merge([np.rint(0.55 * own + light).astype(np.uint8) for own in colour])


def motion_picture(
    motions: list[np.ndarray],
    covers: list[np.ndarray],
    order: Sequence[int],
    *,
    size: tuple[int, int],
) -> np.ndarray:
    """Draw each object's stripes inside its alpha, (H, W, 3) uint8.

    motions are (3, 3), source pixel to canvas; covers (H, W) uint8 alphas; order the objects from
    back to front. The stripes are drawn at the working size, so that they look as in the preview.
    """
    source = (covers[0].shape[1], covers[0].shape[0])
    picture = np.zeros((*covers[0].shape, 3), np.uint8)
    for k in order:
        motion = geometry.resize_homography(motions[k], source, size)
        drawn = stripes(motion, size, index=int(k))
        drawn = cv2.resize(drawn, source, interpolation=cv2.INTER_CUBIC)
        picture = lay_over(drawn, covers[k], picture)
    return picture


def checkerboard(size: tuple[int, int], *, cell: int = 16) -> np.ndarray:
    """Draw the gray checkerboard that stands for "transparent".

    ``size`` is (width, height), ``cell`` the side of a square in pixels; the result is
    (height, width, 3) uint8 RGB.
    """
    x, y = (np.arange(side) // cell % 2 for side in size)
    return cv2.merge([np.where(x[None] == y[:, None], np.uint8(204), np.uint8(153))] * 3)


def over_colour(rgba: np.ndarray, colour: Sequence[int] | np.ndarray) -> np.ndarray:
    """Lay a straight-alpha picture over a colour or over another picture.

    Parameters
    ----------
    rgba
        (H, W, 4) uint8, straight alpha.
    colour
        Three numbers 0..255, or (H, W, 3) uint8 RGB.

    Returns
    -------
    (H, W, 3) uint8 RGB.

    Raises
    ------
    ValueError
        If ``rgba`` is not (H, W, 4).
    """
    if rgba.ndim != 3 or rgba.shape[2] != 4:
        raise ValueError(f"rgba must have shape (H, W, 4), got {rgba.shape}")
    levels = colour if isinstance(colour, np.ndarray) else np.rint(colour).astype(np.uint8)
    behind = np.broadcast_to(levels, (*rgba.shape[:2], 3))
    return lay_over(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), rgba[..., 3], behind)


def lay_over(front: np.ndarray, alpha: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Lay a picture (H, W, 3) of straight alpha (H, W) over another, all uint8; see `over_colour`.

    Only pixels of the soft edge are mixed: they are few, and arithmetic takes longer than copying.
    """
    alpha = np.ascontiguousarray(alpha)
    result = cv2.copyTo(front, cv2.inRange(alpha, 255, 255), behind.copy())
    soft = np.flatnonzero(cv2.inRange(alpha, 1, 254))
    share = alpha.ravel()[soft][:, None].astype(np.float32) / 255.0
    above, pixels = front.reshape(-1, 3)[soft], result.reshape(-1, 3)
    pixels[soft] = np.rint(share * above + (1.0 - share) * pixels[soft])
    return result


def lay_all_over(
    layers: Sequence[np.ndarray], order: Sequence[int], ground: Sequence[int] | None = None
) -> np.ndarray:
    """Lay straight RGBA layers over each other.

    Parameters
    ----------
    layers
        (H, W, 4) uint8 each.
    order
        Their numbers from back to front.
    ground
        Colour behind them, RGB; None where the rearmost is opaque.

    Returns
    -------
    (H, W, 3) uint8 RGB.
    """
    back, *front = (layers[k] for k in order)
    picture = (
        cv2.cvtColor(back, cv2.COLOR_RGBA2RGB) if ground is None else over_colour(back, ground)
    )
    for layer in front:
        picture = lay_over(cv2.cvtColor(layer, cv2.COLOR_RGBA2RGB), layer[..., 3], picture)
    return picture


def _weights(alphas: np.ndarray) -> np.ndarray:
    """Return (K, H, W) float32 weights of sum 1; object 0 takes pixels that nobody has."""
    if alphas.ndim != 3 or len(alphas) == 0:
        raise ValueError(f"alphas must have shape (K, H, W) with K >= 1, got {alphas.shape}")
    weights = alphas.astype(np.float32)
    total = weights.sum(axis=0)
    weights[0] += total == 0
    return weights / np.where(total == 0, 1.0, total)


def _colours(count: int) -> np.ndarray:
    """Return (count, 3) float32 palette colours; past the palette's end object 1 starts again."""
    number = np.arange(count)
    last = len(OBJECT_COLOURS) - 1
    number = np.where(number <= last, number, (number - 1) % last + 1)
    return OBJECT_COLOURS[number].astype(np.float32)
