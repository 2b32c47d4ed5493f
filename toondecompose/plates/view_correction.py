"""Views of the plates where one ends before another, mended by what other frames show there.

A soft outline and what lies behind it are found together. Known too thin, with its traces in the
plate behind, an outline looks right in the frames in which that plate was gathered and wrong in
others. If a frame differs from the view there, and most frames that show the place agree with
it although sprites have moved on meanwhile, it shows the background: what they show is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.reduction import largest_channel, sum_of_channels
from toondecompose.core.sampling import sample
from toondecompose.plates.label_upsampling import WIDE
from toondecompose.plates.plates import Box, Plate, View
from toondecompose.plates.region_growing import NEAR, adjoining
from toondecompose.plates.visibility import band_of
from toondecompose.segmentation.evidence import MISALIGNMENT

STEPS = (3, 6, 9, 12, 15, 18)
"""How many frames before and after a frame those lie that are asked."""

APART = 2.0
"""Working pixels by which a sprite and the background must have moved apart meanwhile."""

DIFFERS, AGREES = 3.0, 2.5
"""Standard deviations by which a frame differs from its view, and agrees with another frame."""

CLOSER = 0.5
"""Share of its difference from the view that a frame may differ from another one."""

FEWEST = 3
"""Frames that have to agree, and half at least of those that show the place."""

FEW = 8.0
"""A place that fewer frames show is known badly."""

CLEAR, DEEP = 255, 128
"""Levels of the masks that say where no sprite is near, and where one surely is."""


@dataclass(frozen=True)
class Mender:
    """What it takes to mend the views of a clip.

    Attributes
    ----------
    frames : T images (H, W, 3) uint8.
    masks : T images (h, w) uint8 at working resolution: `CLEAR`, `DEEP`, or 0 about an outline.
    motions : (T, 3, 3) each, of the plates; frame pixel to canvas pixel.
    bands : for all plates but the last, where on the canvas their outlines are, uint8.
    sprites : (T, 3, 3) each, of the sprites.
    light : (H, W, 3) float32, the camera's own.
    noise : standard deviation of the frames about the plates, in grey levels.
    scale : pixels in a working pixel.
    """

    frames: Sequence[np.ndarray]
    masks: Sequence[np.ndarray]
    motions: Sequence[np.ndarray]
    bands: Sequence[np.ndarray]
    sprites: Sequence[np.ndarray]
    light: np.ndarray
    noise: float
    scale: float

    def mend(self, view: View, t: int, box: Box) -> View:
        """Return what frame t sees in a box (rows, columns) of it, mended; writes to the view."""
        if not self.sprites:
            return view
        grid = geometry.translation(box[1].start, box[0].start)
        doubtful = (view.spread > AGREES * self.noise) | (view.sights < FEW)
        for band, motion in zip(self.bands, self.motions, strict=False):
            near = geometry.to_frame(band, motion[t] @ grid, view.observed.shape[::-1])
            doubtful |= near > 0
            rows, columns = np.nonzero(near)
            wrong, off = self._differences(view, t, box, rows, columns)
            if not wrong.any():
                continue
            rows, columns, off = rows[wrong], columns[wrong], off[wrong]
            frame = self.frames[t][box]
            # Two frames differ by the noise of both.
            variance = 2 * (self.noise**2 + (MISALIGNMENT * slope_at(frame, rows, columns)) ** 2)
            limit = np.minimum(3 * AGREES**2 * variance, CLOSER**2 * off)
            at = np.stack([columns, rows], axis=-1) + grid[:2, 2]
            found, told = self._ask(t, motion, at, frame[rows, columns].astype(np.float32), limit)
            told &= self._mostly(told, rows, columns, near.shape)
            view.colour[rows[told], columns[told]] = found[told]
        if self.bands:
            self._go_on(view, t, box, doubtful)
        return view

    def _go_on(self, view: View, t: int, box: Box, doubtful: np.ndarray) -> None:
        """Let the view go on as the frame does beside sprites, where doubtful (H, W) bool."""
        places = [np.arange(side.start, side.stop) for side in box]
        rows, columns = (
            self._small(one, n) for one, n in zip(places, self.masks[t].shape, strict=True)
        )
        clear = self.masks[t][np.ix_(rows, columns)] == CLEAR
        x, y, width, height = cv2.boundingRect((doubtful & ~clear).view(np.uint8))
        if not width:
            return
        far = round(NEAR * self.scale)
        part = np.s_[max(y - far, 0) : y + height + far, max(x - far, 0) : x + width + far]
        frame = self.frames[t][box][part]
        where = adjoining(frame, view.colour[part], clear[part], self.noise, self.scale)
        where &= doubtful[part]
        view.colour[part][where] = frame[where]

    def _differences(
        self, view: View, t: int, box: Box, rows: np.ndarray, columns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return where a frame differs from its view (N,), and the squared difference (N,).

        What the view is invented at, and the inside of sprites, counts as no difference.
        """
        shown, expected = self.frames[t][box][rows, columns], view.colour[rows, columns]
        slope = MISALIGNMENT * slope_at(view.colour, rows, columns)
        variance = self.noise**2 + view.spread[rows, columns] ** 2 + slope**2
        off = sum_of_channels((shown - expected) ** 2)
        wrong = (off > 3 * DIFFERS**2 * variance) & (view.sights[rows, columns] >= FEWEST)
        at = np.stack([columns + box[1].start, rows + box[0].start], axis=-1)
        return wrong & (self._looked_up(t, at) != DEEP), off

    def _mostly(
        self, told: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, ...]
    ) -> np.ndarray:
        """Return where most of the pixels around are told, of those that were asked for, (N,)."""
        kind = np.zeros(shape[:2], np.float32)
        kind[rows, columns] = np.where(told, 1, -1)
        width = 2 * round(self.scale) + 1
        return cv2.boxFilter(kind, -1, (width, width), normalize=False)[rows, columns] > 0

    def _looked_up(self, t: int, at: np.ndarray) -> np.ndarray:
        """Return the mask's levels (N,) at places (N, 2) of a frame."""
        height, width = self.masks[t].shape
        return self.masks[t][self._small(at[:, 1], height), self._small(at[:, 0], width)]

    def _small(self, at: np.ndarray, length: int) -> np.ndarray:
        """Return which of the working pixels in a row or column is nearest to pixels (N,)."""
        return np.clip(np.round((at + 0.5) / self.scale - 0.5).astype(int), 0, length - 1)

    def _ask(
        self, t: int, motion: np.ndarray, at: np.ndarray, shown: np.ndarray, limit: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Ask other frames what a plane shows at places (N, 2) of frame t.

        Returns
        -------
        Their colour (N, 3) and whether they say what frame t does (N,), shown (N, 3), but for a
        squared difference up to a limit (N,).
        """
        total = np.zeros((len(at), 3), np.float32)
        agree, seen = np.zeros(len(at), np.float32), np.zeros(len(at), np.float32)
        light = sample(self.light, at)
        around = sorted(t + sign * step for step in STEPS for sign in (-1, 1))
        for s in (s for s in around if 0 <= s < len(self.frames)):
            there = _moved(motion, t, s, at)
            apart = [_moved(own, t, s, at) - there for own in self.sprites]
            far = np.min([np.hypot(*d.T) for d in apart], axis=0) >= APART * self.scale
            ends = np.array(self.frames[s].shape[1::-1]) - 1
            usable = far & ((there >= 0) & (there <= ends)).all(axis=1)
            usable &= self._looked_up(s, there) == CLEAR
            index = np.flatnonzero(usable)
            if not index.size:
                continue
            other = sample(self.frames[s], there[index], cubic=True) + light[index]
            other -= sample(self.light, there[index])
            near = sum_of_channels((other - shown[index]) ** 2) < limit[index]
            seen[index] += 1
            agree[index] += near
            total[index] += near[:, None] * other
        good = (agree >= FEWEST) & (2 * agree >= seen)
        return total / np.maximum(agree, 1)[:, None], good


def make_mender(
    frames: Sequence[np.ndarray],
    labels: Sequence[np.ndarray],
    plates: Sequence[Plate],
    sprites: Sequence[np.ndarray],
    light: np.ndarray,
    noise: float,
    scale: float,
    blur: float,
) -> Mender:
    """Prepare to mend the views of plates, front to back.

    labels are (T, h, w) uint8 each, at working resolution; blur the pixels by which the outline of
    a plane's alpha may be wrong. See `Mender` for the rest.
    """
    window = np.ones((2 * round(WIDE) + 1,) * 2, np.uint8)

    def mask(t: int) -> np.ndarray:
        label = np.max([label[t] for label in labels], axis=0) > 127
        label = label.astype(np.uint8)
        near, deep = cv2.dilate(label, window) > 0, cv2.erode(label, window) > 0
        return np.where(deep, DEEP, np.where(near, 0, CLEAR)).astype(np.uint8)

    bands = [band_of(np.clip(p.paint[..., 3], 0, 1), blur).astype(np.uint8) for p in plates[:-1]]
    masks = each(mask, range(len(frames)) if labels else ())
    return Mender(
        frames, masks, [p.homographies for p in plates], bands, sprites,
        light, noise, scale,
    )  # fmt: skip


def slope_at(image: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the steepest change of an image (H, W, C) at pixels of it, levels per pixel, (N,)."""
    height, width = image.shape[:2]
    ends = [
        (np.minimum(rows + dy, height - 1), np.minimum(columns + dx, width - 1))
        for dy, dx in ((1, 0), (0, 1))
    ]
    starts = [
        (np.maximum(rows - dy, 0), np.maximum(columns - dx, 0)) for dy, dx in ((1, 0), (0, 1))
    ]
    steps = [
        (image[end].astype(np.float32) - image[start]) / 2
        for end, start in zip(ends, starts, strict=True)
    ]
    return np.sqrt(largest_channel(steps[0] ** 2 + steps[1] ** 2))


def _moved(motion: np.ndarray, t: int, s: int, at: np.ndarray) -> np.ndarray:
    """Return where in frame s is what moves with a motion and lies at places (N, 2) of frame t."""
    return geometry.apply(np.linalg.inv(motion[s]) @ motion[t], at)
