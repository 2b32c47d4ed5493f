"""Many pictures on one, to look at."""

from collections.abc import Sequence

import cv2
import numpy as np


def contact_sheet(
    rows: Sequence[Sequence[np.ndarray]],
    labels: Sequence[Sequence[str]] | None = None,
    *,
    cell: tuple[int, int] | None = None,
    gap: int = 4,
) -> np.ndarray:
    """Put pictures side by side in rows, all scaled to one cell size.

    Parameters
    ----------
    rows
        Rows of (H, W, 3) uint8 RGB pictures; rows may differ in length.
    labels
        Captions in the same arrangement, written into the pictures' corners; "" writes nothing.
    cell
        (width, height) of a cell, default the first picture's size. A picture of another aspect is
        centred in its cell.
    gap
        Pixels between and around the cells.

    Returns
    -------
    (H, W, 3) uint8 RGB.

    Raises
    ------
    ValueError
        If there is no picture, a picture is not (H, W, 3), or the labels are arranged otherwise
        than the pictures.
    """
    lengths = [len(row) for row in rows]
    if not lengths or min(lengths) == 0:
        raise ValueError(f"every row needs a picture, got rows of {lengths}")
    if labels is not None and [len(row) for row in labels] != lengths:
        raise ValueError(f"rows of {lengths} pictures, labels of {[len(row) for row in labels]}")
    first = rows[0][0]
    width, height = cell or (first.shape[1], first.shape[0])
    sheet_size = (len(rows) * (height + gap) + gap, max(lengths) * (width + gap) + gap, 3)
    sheet = np.full(sheet_size, 32, np.uint8)
    for r, row in enumerate(rows):
        for c, picture in enumerate(row):
            fitted = _fit(picture, (width, height))
            if labels is not None:
                _caption(fitted, labels[r][c])
            top = gap + r * (height + gap) + (height - fitted.shape[0]) // 2
            left = gap + c * (width + gap) + (width - fitted.shape[1]) // 2
            sheet[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return sheet


def _fit(picture: np.ndarray, cell: tuple[int, int]) -> np.ndarray:
    """Return a copy of the picture scaled to the largest size inside the cell (width, height)."""
    if picture.ndim != 3 or picture.shape[2] != 3:
        raise ValueError(f"a picture must have shape (H, W, 3), got {picture.shape}")
    height, width = picture.shape[:2]
    scale = min(cell[0] / width, cell[1] / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size == (width, height):
        return picture.copy()
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, size, interpolation=way)


def _caption(picture: np.ndarray, text: str) -> None:
    """Write a caption into the picture's upper left corner, in white with a dark rim."""
    scale = max(0.35, picture.shape[0] / 540.0)
    x, y, rim = round(10 * scale), round(26 * scale), max(1, round(1.5 * scale))
    # The rim is the same text beside itself: OpenCV's bolder letters are wider and would not match.
    for dx, dy in ((-rim, 0), (rim, 0), (0, -rim), (0, rim), (0, 0)):
        colour = (20, 20, 20) if dx or dy else (255, 255, 255)
        at = (x + dx, y + dy)
        cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv2.LINE_AA)
