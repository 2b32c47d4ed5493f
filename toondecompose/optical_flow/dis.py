"""Dense inverse search (Kroeger et al., 2016) from OpenCV: fast, and needs no weights.

OpenCV cuts the frame into a fixed number of stripes, so its own threads do not change the flow.
"""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.optical_flow.pairs import Pair

PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}

SMALLEST_SIDE = 32


@dataclass(frozen=True, kw_only=True)
class DisOptions:
    """Options of DIS.

    ``preset`` is ultrafast, fast or medium (slowest, best); ``workers`` is the number of threads
    that estimate flows side by side and does not change the flows.
    """

    preset: str = "medium"
    workers: int = 2

    def __post_init__(self) -> None:
        """Refuse an unknown preset."""
        if self.preset not in PRESETS:
            raise UserError(
                f"flow setting 'preset' is {self.preset!r}; choose one of {', '.join(PRESETS)}"
            )


def dis_flows(
    frames: np.ndarray, pairs: Sequence[Pair], options: DisOptions
) -> Iterator[np.ndarray]:
    """Yield the flow of each pair, in order.

    Parameters
    ----------
    frames
        (T, H, W, 3) uint8 RGB. DIS uses their luminance only.
    pairs
        Frame numbers (A, B).
    options
        Preset and number of threads.

    Yields
    ------
    (H, W, 2) float32 from A to B, x then y, pixels.
    """
    # OpenCV crashes (segmentation fault) on some frames with a side below 32 pixels: these are
    # extended, and their flow cut back.
    margin_y, margin_x = (max(0, SMALLEST_SIDE - side) for side in frames.shape[1:3])
    local = threading.local()

    def luminance(index: int) -> np.ndarray:
        gray = cv2.cvtColor(frames[index], cv2.COLOR_RGB2GRAY)
        return cv2.copyMakeBorder(gray, 0, margin_y, 0, margin_x, cv2.BORDER_REPLICATE)

    def estimate(pair: Pair) -> np.ndarray:
        # A DIS object keeps its pyramids between calls, so no two threads may share one.
        if not hasattr(local, "dis"):
            local.dis = cv2.DISOpticalFlow.create(PRESETS[options.preset])
        flow = local.dis.calc(luminance(pair[0]), luminance(pair[1]), None)
        return flow[: frames.shape[1], : frames.shape[2]]

    with ThreadPoolExecutor(options.workers) as pool:
        # A short queue: the memory does not grow with the clip when the caller is the slower one.
        queue = deque()
        for pair in pairs:
            queue.append(pool.submit(estimate, pair))
            if len(queue) > 2 * options.workers:
                yield queue.popleft().result()
        while queue:
            yield queue.popleft().result()
