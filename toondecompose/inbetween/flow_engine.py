"""The engine ``flow``: optical flow both ways, softmax splatting. It needs no weights.

The flow of each drawing is moved along itself to the time of the in-between, where what agrees in
colour, and lines, are in front of what does not; there it says where to fetch the colours. So
colours are interpolated once, and lines stay as sharp as one interpolation leaves them. Niklaus
and Liu (2020), Softmax Splatting for Video Frame Interpolation, splat colours instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core.geometry import along_flow
from toondecompose.inbetween.engine import Fields
from toondecompose.inbetween.splatting import splat
from toondecompose.optical_flow.dis import DisOptions, dis_flows

MAX_ERROR_PX = 1.0
"""Distance in pixels up to which a way there and back ends where it began."""

MAX_ERROR_OF_WAY = 0.1
"""The same, as a share of the way, which counts in addition."""

COLOUR_ERROR_LEVELS = 24.0
"""Difference of colour in levels at which a point has lost most of its weight."""

LINE_IMPORTANCE = 3.0
"""How much a line is in front of what is none: its weight is exp(3) times as large."""

LINE_WIDTH_PX = 9
"""Width in pixels up to which something dark between something bright is a line."""

LINE_LEVELS = 60.0
"""Levels below its surroundings at which a line is fully one."""

FILL_PX = 6.0
"""Standard deviation, in pixels, of the neighbourhood from which uncertain flow is filled."""

FAR = 20.0
"""Importance that what is transparent lacks: it only fills what nothing else covers."""


def match_by_flow(first: np.ndarray, second: np.ndarray) -> FlowMatch:
    """Match two drawings, (h, w, 4) float32 premultiplied in 0..255, by flow both ways."""
    greys = grey_codes(first, second)
    frames = np.stack([cv2.merge([grey] * 3) for grey in greys])
    there, back = dis_flows(frames, [(0, 1), (1, 0)], DisOptions(workers=1))
    return FlowMatch(
        (
            Side.make(first, second, grey=greys[0], flows=(there, back)),
            Side.make(second, first, grey=greys[1], flows=(back, there)),
        )
    )


@dataclass(frozen=True)
class FlowMatch:
    """Two drawings that were matched by flow."""

    sides: tuple[Side, Side]

    @property
    def confidence(self) -> float:
        """The share of the drawings' lines and edges that is found again in the other one."""
        return min(side.found() for side in self.sides)

    def fields(self, share: float) -> Fields:
        """Return where an in-between comes from that is a share of the way, 0..1."""
        first, second = self.sides
        flow, sure, landed = first.moved(share)
        other, other_sure, other_landed = second.moved(1 - share)
        # Where neither is sure both would show through each other: the nearer one is shown.
        either = np.maximum(sure, other_sure)
        nearest = np.float32(1.0 if share < 0.5 else 0.0)
        weights = np.array(
            [(1 - share) * landed * (sure + 1e-3), share * other_landed * (other_sure + 1e-3)]
        )
        total = weights.sum(axis=0)
        mixed = np.where(total > 0, weights[0] / np.maximum(total, 1e-9), 1 - share)
        hard = np.where((landed > 0) == (other_landed > 0), nearest, mixed)
        return Fields(
            to_first=-share * flow,
            to_second=-(1 - share) * other,
            first_share=(either * mixed + (1 - either) * hard).astype(np.float32),
        )


@dataclass(frozen=True)
class Side:
    """One of two drawings: its flow to the other, and what is known of each pixel.

    Attributes
    ----------
    alpha, grey : (h, w), 0..1 and uint8.
    flow : (h, w, 2), filled where it is not sure.
    sure : (h, w), 0..1, whether the way there and back agrees, in place and colour.
    importance : (h, w), of softmax splatting.
    """

    alpha: np.ndarray
    grey: np.ndarray
    flow: np.ndarray
    sure: np.ndarray
    importance: np.ndarray

    @classmethod
    def make(
        cls, own: np.ndarray, other: np.ndarray, *, grey: np.ndarray,
        flows: tuple[np.ndarray, np.ndarray],
    ) -> Side:  # fmt: skip
        """Judge the flow to the other drawing by the flow back."""
        flow, back = flows
        alpha = own[..., 3] / 255
        there = along_flow(back, flow)
        error = np.linalg.norm(flow + there, axis=-1)
        way = np.linalg.norm(flow, axis=-1) + np.linalg.norm(there, axis=-1)
        agrees = np.exp(-((error / (MAX_ERROR_PX + MAX_ERROR_OF_WAY * way)) ** 2))
        difference = np.abs(along_flow(other, flow, beyond=cv2.BORDER_CONSTANT) - own).max(axis=-1)
        alike = np.exp(-((difference / COLOUR_ERROR_LEVELS) ** 2))
        sure = (agrees * alike).astype(np.float32)
        line = np.clip(line_depth(grey) / LINE_LEVELS, 0, 1)
        importance = np.log(sure + 0.02) + LINE_IMPORTANCE * line - FAR * (alpha < 0.02)
        filled = fill(flow, sure * (alpha + 0.01))
        return cls(alpha, grey, filled, sure, importance)

    def found(self) -> float:
        """Return the share of lines and edges that is sure, 0..1; 1 where there are none."""
        dx, dy = cv2.spatialGradient(cv2.GaussianBlur(self.grey, (0, 0), 1.0))
        weight = cv2.magnitude(dx.astype(np.float32), dy.astype(np.float32)) * (self.alpha > 0.02)
        total = float(weight.sum())
        return float((weight * self.sure).sum()) / total if total else 1.0

    def moved(self, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return flow and certainty at a share of the way, and how many pixels land there."""
        values = np.dstack([self.flow, self.sure])
        result, landed = splat(values, share * self.flow, self.importance)
        # Cracks where the drawing grows take what is around them.
        known = (landed > 0.1).astype(np.float32)
        flow = fill(result[..., :2], known)
        sure = cv2.blur(result[..., 2] * known, (3, 3)) / np.maximum(cv2.blur(known, (3, 3)), 0.1)
        near = cv2.dilate(known, np.ones((3, 3)))
        return flow, np.where(known > 0, result[..., 2], sure), near


def grey_codes(*drawings: np.ndarray) -> list[np.ndarray]:
    """Return drawings as grey levels, (h, w) uint8, over a ground that is far from theirs.

    The flow sees their outlines so; of opaque pictures it is the luminance.
    """
    levels = [cv2.cvtColor(one[..., :3] / 255, cv2.COLOR_RGB2GRAY) * 255 for one in drawings]
    solid = [grey[one[..., 3] > 127] for grey, one in zip(levels, drawings, strict=True)]
    known = np.concatenate(solid)
    ground = 255.0 if not known.size or np.median(known) < 128 else 0.0
    return [
        np.rint(np.clip(grey + ground * (1 - one[..., 3] / 255), 0, 255)).astype(np.uint8)
        for grey, one in zip(levels, drawings, strict=True)
    ]


def line_depth(grey: np.ndarray) -> np.ndarray:
    """Return how many levels darker than its surroundings a thin line is, (h, w) uint8."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (LINE_WIDTH_PX, LINE_WIDTH_PX))
    return cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel)


def fill(flow: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """Return a flow (h, w, 2) that is what its sure neighbours say where it is not sure itself."""
    weight = (sure + 1e-4)[..., None]
    near = cv2.GaussianBlur(flow * weight, (0, 0), FILL_PX)
    near /= cv2.GaussianBlur(weight, (0, 0), FILL_PX)[..., None]
    share = np.clip(sure, 0, 1)[..., None]
    return (share * flow + (1 - share) * near).astype(np.float32)
