"""What of the background some frame really shows, from the truth alone."""

import cv2
import numpy as np

from bench.finished import Truth

_CLEAR = 0.02  # cover of sprites up to which a pixel shows the background
_PURE = 0.9  # share of a plane from which on a pixel shows that plane


def truly_observed(truth: Truth, count: int) -> np.ndarray:
    """Tell which pixels of the plate some frame shows without a sprite before them.

    Every plane gathers on its canvas what any frame shows of it; a pixel of the plate counts by
    the plane that has the larger share in it.

    Returns
    -------
    (T, H, W) bool.
    """
    height, width = truth.plate(0).shape[:2]
    clear = np.empty((count, height, width), bool)
    for n in range(count):
        through = np.ones((height, width), np.float32)
        for k in range(1, len(truth.objects) + 1):
            through *= 1 - truth.alpha(n, k) / np.float32(255)
        clear[n] = 1 - through <= _CLEAR
    observed = np.zeros_like(clear)
    for plane in range(truth.planes):
        motion = truth.plane_motion(plane)
        corners = np.array([[(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1.0)]])
        reach = np.concatenate([cv2.perspectiveTransform(corners, m)[0] for m in motion])
        low = np.floor(reach.min(axis=0)) - 1
        size = tuple(int(v) for v in np.ceil(reach.max(axis=0)) - low + 2)
        shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1.0]])
        canvas = np.zeros(size[::-1], np.uint8)
        shares = [truth.share(n, plane) for n in range(count)]
        for n in range(count):
            shown = (clear[n] & (shares[n] >= _PURE * 255)).astype(np.uint8)
            canvas |= cv2.warpPerspective(shown, shift @ motion[n], size, flags=cv2.INTER_NEAREST)
        for n in range(count):
            seen = cv2.warpPerspective(
                canvas, shift @ motion[n], (width, height),
                flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
            )  # fmt: skip
            # What this very frame shows is observed, whatever rounding to the canvas says.
            mine = shares[n] >= 128
            observed[n] |= mine & ((seen > 0) | clear[n])
    return observed
