"""Correction of rendered plates near the outlines of planes, from what other frames show there.

A soft outline and the plane behind it are solved together. An outline that is too thin, with its
traces in the plate behind, looks right in the frames from which that plate was gathered, and wrong
in others. If a frame differs from the rendered view there, and most frames that show the place
agree with it although sprites have moved on meanwhile, then the frame shows the background: the
view takes their colour.
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
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.plates.parameters import Parameters
from toondecompose.plates.plates import Box, Plate, View
from toondecompose.plates.region_growing import grow_background
from toondecompose.plates.visibility import unknown_band
from toondecompose.segmentation.parameters import Parameters as SegmentationParameters

CLEAR, DEEP = 255, 128
"""Levels of the masks: no sprite is near; the inside of a sprite."""


@dataclass(frozen=True)
class ViewCorrector:
    """Inputs of the correction of one clip.

    Attributes
    ----------
    frames : T images (H, W, 3) uint8.
    masks : T images (h, w) uint8 at working resolution: `CLEAR`, `DEEP`, or 0 near an outline.
    motions : (T, 3, 3) each, of the plates; frame pixel to canvas pixel.
    bands : for all plates but the last, where on the canvas the outlines are, uint8.
    sprites : (T, 3, 3) each, of the sprites.
    light : (H, W, 3) float32, the camera's light.
    noise : standard deviation of the frames about the plates, in grey levels.
    scale : pixels per working pixel.
    """

    frames: Sequence[np.ndarray]
    masks: Sequence[np.ndarray]
    motions: Sequence[np.ndarray]
    bands: Sequence[np.ndarray]
    sprites: Sequence[np.ndarray]
    light: np.ndarray
    noise: float
    scale: float
    tuning: Tuning = DEFAULT

    def correct_view(self, view: View, t: int, box: Box) -> View:
        """Return the view of frame t in a box (rows, columns), corrected in place."""
        parameters = self.tuning[Parameters]
        if not self.sprites:
            return view
        grid = geometry.translation(box[1].start, box[0].start)
        doubtful = (view.spread > parameters.max_agreement_sigmas * self.noise) | (
            view.observation_count < parameters.min_reliable_observations
        )
        for band, motion in zip(self.bands, self.motions, strict=False):
            near = geometry.to_frame(band, motion[t] @ grid, view.observed.shape[::-1])
            doubtful |= near > 0
            rows, columns = np.nonzero(near)
            wrong, off = self._differences(view, t, box, rows=rows, columns=columns)
            if not wrong.any():
                continue
            rows, columns, off = rows[wrong], columns[wrong], off[wrong]
            frame = self.frames[t][box]
            # Two frames differ by the noise of both.
            misalignment = self.tuning[SegmentationParameters].plate_misalignment_px
            slope = misalignment * slope_at(frame, rows, columns)
            variance = 2 * (self.noise**2 + slope**2)
            limit = np.minimum(
                3 * parameters.max_agreement_sigmas**2 * variance,
                parameters.max_agreement_share**2 * off,
            )
            at = np.stack([columns, rows], axis=-1) + grid[:2, 2]
            found, agreed = self._query_frames(
                t, motion, at, shown=frame[rows, columns].astype(np.float32), limit=limit
            )
            agreed &= self._majority(agreed, rows, columns, shape=near.shape)
            view.colour[rows[agreed], columns[agreed]] = found[agreed]
        if self.bands:
            self._grow_background(view, t, box, doubtful=doubtful)
        return view

    def _grow_background(self, view: View, t: int, box: Box, *, doubtful: np.ndarray) -> None:
        """Continue the background beside sprites, where doubtful (H, W) bool, into the view."""
        parameters = self.tuning[Parameters]
        places = [np.arange(side.start, side.stop) for side in box]
        rows, columns = (
            self._working_index(one, n) for one, n in zip(places, self.masks[t].shape, strict=True)
        )
        clear = self.masks[t][np.ix_(rows, columns)] == CLEAR
        x, y, width, height = cv2.boundingRect((doubtful & ~clear).view(np.uint8))
        if not width:
            return
        far = round(parameters.colour_radius * self.scale)
        part = np.s_[max(y - far, 0) : y + height + far, max(x - far, 0) : x + width + far]
        frame = self.frames[t][box][part]
        where = grow_background(
            frame,
            view.colour[part],
            clear[part],
            noise=self.noise,
            scale=self.scale,
            tuning=self.tuning,
        )
        where &= doubtful[part]
        view.colour[part][where] = frame[where]

    def _differences(
        self, view: View, t: int, box: Box, *, rows: np.ndarray, columns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return where a frame differs from its view (N,) bool, and the squared difference (N,).

        Places that are filled in, and the inside of sprites, never count as different.
        """
        parameters = self.tuning[Parameters]
        shown, expected = self.frames[t][box][rows, columns], view.colour[rows, columns]
        misalignment = self.tuning[SegmentationParameters].plate_misalignment_px
        slope = misalignment * slope_at(view.colour, rows, columns)
        variance = self.noise**2 + view.spread[rows, columns] ** 2 + slope**2
        off = sum_of_channels((shown - expected) ** 2)
        wrong = (off > 3 * parameters.min_error_sigmas**2 * variance) & (
            view.observation_count[rows, columns] >= parameters.min_agreeing_frames
        )
        at = np.stack([columns + box[1].start, rows + box[0].start], axis=-1)
        return wrong & (self._mask_level(t, at) != DEEP), off

    def _majority(
        self, agreed: np.ndarray, rows: np.ndarray, columns: np.ndarray, *, shape: tuple[int, ...]
    ) -> np.ndarray:
        """Return where most of the queried pixels around agree, (N,) bool."""
        kind = np.zeros(shape[:2], np.float32)
        kind[rows, columns] = np.where(agreed, 1, -1)
        width = 2 * round(self.scale) + 1
        return cv2.boxFilter(kind, -1, (width, width), normalize=False)[rows, columns] > 0

    def _mask_level(self, t: int, at: np.ndarray) -> np.ndarray:
        """Return the levels (N,) of the mask at places (N, 2) of a frame."""
        height, width = self.masks[t].shape
        return self.masks[t][
            self._working_index(at[:, 1], height), self._working_index(at[:, 0], width)
        ]

    def _working_index(self, at: np.ndarray, length: int) -> np.ndarray:
        """Return the index (N,) of the nearest working pixel in a row or column."""
        return np.clip(np.round((at + 0.5) / self.scale - 0.5).astype(int), 0, length - 1)

    def _query_frames(
        self, t: int, motion: np.ndarray, at: np.ndarray, *, shown: np.ndarray, limit: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Query other frames for the colour of a plane at places (N, 2) of frame t.

        shown (N, 3) are the colours of frame t, limit (N,) the squared difference at which they
        agree.

        Returns
        -------
        The mean colour (N, 3) of the frames that agree, and whether enough agree (N,).
        """
        parameters = self.tuning[Parameters]
        total = np.zeros((len(at), 3), np.float32)
        agree, seen = np.zeros(len(at), np.float32), np.zeros(len(at), np.float32)
        light = sample(self.light, at)
        around = sorted(
            t + sign * step for step in parameters.query_offsets_frames for sign in (-1, 1)
        )
        for s in (s for s in around if 0 <= s < len(self.frames)):
            there = _moved(motion, t, s, at=at)
            apart = [_moved(own, t, s, at=at) - there for own in self.sprites]
            far = (
                np.min([np.hypot(*d.T) for d in apart], axis=0)
                >= parameters.min_relative_travel * self.scale
            )
            ends = np.array(self.frames[s].shape[1::-1]) - 1
            usable = far & ((there >= 0) & (there <= ends)).all(axis=1)
            usable &= self._mask_level(s, there) == CLEAR
            index = np.flatnonzero(usable)
            if not index.size:
                continue
            other = sample(self.frames[s], there[index], cubic=True) + light[index]
            other -= sample(self.light, there[index])
            near = sum_of_channels((other - shown[index]) ** 2) < limit[index]
            seen[index] += 1
            agree[index] += near
            total[index] += near[:, None] * other
        good = (agree >= parameters.min_agreeing_frames) & (2 * agree >= seen)
        return total / np.maximum(agree, 1)[:, None], good


def make_view_corrector(
    frames: Sequence[np.ndarray],
    labels: Sequence[np.ndarray],
    plates: Sequence[Plate],
    *,
    sprites: Sequence[np.ndarray],
    light: np.ndarray,
    noise: float,
    scale: float,
    outline_error: float,
    tuning: Tuning = DEFAULT,
) -> ViewCorrector:
    """Prepare to correct the views of plates, front to back.

    labels are (T, h, w) uint8 each, at working resolution; outline_error is in pixels, the error to
    expect in the outline of a plane's alpha. See `ViewCorrector` for the rest.
    """
    parameters = tuning[Parameters]
    window = np.ones((2 * round(parameters.wide_margin) + 1,) * 2, np.uint8)

    def mask(t: int) -> np.ndarray:
        label = np.max([label[t] for label in labels], axis=0) > 127
        label = label.astype(np.uint8)
        near, deep = cv2.dilate(label, window) > 0, cv2.erode(label, window) > 0
        return np.where(deep, DEEP, np.where(near, 0, CLEAR)).astype(np.uint8)

    bands = [
        unknown_band(np.clip(p.paint[..., 3], 0, 1), outline_error, tuning=tuning).astype(np.uint8)
        for p in plates[:-1]
    ]
    masks = each(mask, range(len(frames)) if labels else ())
    return ViewCorrector(
        frames, masks, [p.homographies for p in plates], bands, sprites,
        light, noise, scale, tuning=tuning,
    )  # fmt: skip


def slope_at(image: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the steepest change of an image (H, W, C) at N pixels, levels per pixel, (N,)."""
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


def _moved(motion: np.ndarray, t: int, s: int, *, at: np.ndarray) -> np.ndarray:
    """Return where places (N, 2) of frame t lie in frame s when they move with a motion."""
    return geometry.apply(np.linalg.inv(motion[s]) @ motion[t], at)
