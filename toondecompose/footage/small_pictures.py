"""Small pictures of frames, and how far the picture has moved from one to another.

Motion is measured by the directions of edges, which light does not change, and which one figure
with strong outlines does not decide.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

WIDTH = 64
"""Width of a small picture in pixels."""

EDGE = 0.35
"""Gradient, in grey levels per pixel, from which on its direction is compared."""

MIN_EDGES = 0.02
"""Least share of the pixels in which both frames must have such gradients to be compared."""

MIN_GRADIENT = 0.75
"""Mean gradient, in grey levels per pixel, below which a frame shows no picture."""

SAME_EDGES = 0.5
"""Correlation of the gradients of two frames from which on they show the same shot."""


@dataclass(frozen=True)
class SmallPicture:
    """A small frame.

    Attributes
    ----------
    colour : (H, W, 3) float32.
    directions, places : (2H, 2W) spectra of the directions of its gradients, as complex numbers,
        and of where it has any.
    gradient : mean length of a gradient, in grey levels per pixel.
    """

    colour: np.ndarray
    directions: np.ndarray
    places: np.ndarray
    gradient: float

    @classmethod
    def of(cls, frame: np.ndarray) -> SmallPicture:
        """Shrink a frame (H, W, 3) uint8."""
        height = max(16, round(WIDTH / frame.shape[1] * frame.shape[0]))
        colour = cv2.resize(frame, (WIDTH, height), interpolation=cv2.INTER_AREA)
        grey = colour.mean(axis=2, dtype=np.float32)
        gradients = cv2.Sobel(grey, cv2.CV_32F, 1, 0) + 1j * cv2.Sobel(grey, cv2.CV_32F, 0, 1)
        lengths = np.abs(gradients) / 8
        there = lengths > EDGE
        directions = np.where(there, gradients / np.maximum(8 * lengths, 1e-6), 0)
        size = (2 * height, 2 * WIDTH)
        spectra = np.fft.fft2(directions, size), np.fft.fft2(there.astype(np.float32), size)
        return cls(colour.astype(np.float32), *spectra, float(lengths.mean()))

    def shift_to(self, other: SmallPicture) -> tuple[int, int, float]:
        """Return by how many pixels x, y the edges have moved in another frame.

        And the mean cosine between their directions there: 1 for the same, about 0 for others.
        """
        alike = np.fft.ifft2(np.conj(self.directions) * other.directions).real
        both = np.fft.ifft2(np.conj(self.places) * other.places).real
        height, width = (side // 2 for side in alike.shape)
        y, x = (np.fft.fftfreq(side, 1 / side).astype(int) for side in alike.shape)
        near = (np.abs(y) <= height // 2)[:, None] & (np.abs(x) <= width // 2)
        usable = near & (both >= MIN_EDGES * height * width)
        if not usable.any():
            return 0, 0, 0.0
        # Few edges agree by chance more easily than many.
        score = np.where(usable, alike / np.sqrt(np.maximum(both, 1)), -np.inf)
        row, column = np.unravel_index(int(score.argmax()), score.shape)
        return int(x[column]), int(y[row]), float(alike[row, column] / both[row, column])

    def edges_agree(self, other: SmallPicture) -> bool:
        """Tell whether two frames show the same shot, or one of them shows no picture."""
        if min(self.gradient, other.gradient) < MIN_GRADIENT:
            return True
        return self.shift_to(other)[2] > SAME_EDGES

    def shifted_to(self, frame: SmallPicture) -> list[tuple[np.ndarray, float]]:
        """Return the colours as they are, and as far as frame has moved; -1000 beyond the rim."""
        pictures = [(self.colour, 0.0)]
        x, y, _ = self.shift_to(frame)
        if x or y:
            motion = np.array([[1, 0, x], [0, 1, y]], np.float32)
            size = self.colour.shape[1::-1]
            moved = cv2.warpAffine(self.colour, motion, size, borderValue=(-1000, -1000, -1000))
            pictures.append((moved, float(np.hypot(x, y))))
        return pictures
