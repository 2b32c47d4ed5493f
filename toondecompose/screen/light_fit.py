"""Fit the light of a clip: a smooth field per frame, in turns with the plate that it falls on.

Two observations determine the strength S_t of the light. The background shows the same plate P in
all frames, so the difference of a frame from it is light: y_t - P(H_t x) = S_t(x) c, where y is the
frame on the scale of the light (`light.to_scale`). And the flow f leads to the same thing in
another light in the next frame, on sprites as well: y_t+1(x + f) - y_t(x) = S_t+1(x + f) c -
S_t(x) c. The second determines the light on a sprite. Both are averaged locally with robust
weights, from coarse to fine (normalised convolution; Knutsson and Westin, 1993). Sprites differ
from the plate in colours that the light does not have, and get little weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size, along_flow
from toondecompose.core.parallel import each
from toondecompose.core.reduction import largest_channel, squared_length
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.screen.light import SATURATED, Kind, Light, to_scale
from toondecompose.screen.parameters import Parameters


@dataclass(frozen=True)
class Steps:
    """Observations from the flow to a neighbouring frame.

    Attributes
    ----------
    difference : (h, w, 3) float32, how much lighter the same thing is there.
    weight : (h, w) float32 in 0..1.
    flow : (h, w, 2) float32, pixels of the low resolution.
    """

    difference: np.ndarray
    weight: np.ndarray
    flow: np.ndarray


class LightFit:
    """The observations of one clip for light of one kind.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    homographies : (T, 3, 3), the camera: frame pixel to canvas pixel.
    kind : how the light acts.
    """

    def __init__(
        self, frames: np.ndarray, homographies: np.ndarray, kind: Kind, *, tuning: Tuning = DEFAULT
    ) -> None:
        self.tuning = tuning
        parameters = tuning[Parameters]
        width, height = frames.shape[2], frames.shape[1]
        self.kind: Kind = kind
        adds = kind == "add"
        self.outliers = parameters.outlier_levels if adds else parameters.outlier_logs
        self.unsteady = parameters.unsteady_levels if adds else parameters.unsteady_log
        self.size: Size = (
            max(width // parameters.fit_reduction, 8),
            max(height // parameters.fit_reduction, 8),
        )
        small = np.stack(each(self.shrink, frames))
        bright = largest_channel(frames) >= SATURATED
        self.free = np.stack(each(self.shrink, bright)) < parameters.max_saturated_share
        self.values = to_scale(small, kind)
        low = geometry.resize_homography(homographies, (width, height), self.size)
        self.homographies, self.canvas = geometry.fit_canvas(low, self.size)
        self.steps: dict[tuple[int, int], Steps] = {}
        self.strength = np.zeros(small.shape[:3], np.float32)
        self.colour = np.ones(3, np.float32)

    def shrink(self, image: np.ndarray) -> np.ndarray:
        """Return an image at the resolution of the fit, float32."""
        return cv2.resize(image.astype(np.float32), self.size, interpolation=cv2.INTER_AREA)

    def observe_flows(self, frames: np.ndarray, flows: Flows, trust: np.ndarray) -> None:
        """Add flows between neighbouring frames; trust (T, H, W) is zero where they fail."""
        parameters = self.tuning[Parameters]
        full = to_scale(frames.astype(np.float32), self.kind)

        def observe(pair: tuple[int, int]) -> Steps:
            a, b = pair
            difference = along_flow(full[b], flows[pair]) - full[a]
            grey = frames[a].mean(axis=2, dtype=np.float32)
            slope = np.abs(np.gradient(grey)).sum(axis=0)
            sure = (trust[a] > 0) / (1 + (slope / np.float32(parameters.flow_slope_levels)) ** 2)
            weight = self.shrink(sure)
            mean = self.shrink(difference * sure[..., None]) / (weight[..., None] + 1e-6)
            flow = self.shrink(flows[pair]) / np.float32(parameters.fit_reduction)
            seen = self.free[a] * along_flow(self.free[b].astype(np.float32), flow)
            return Steps(mean, parameters.flow_weight * weight * seen, flow)

        pairs = [(a, b) for a, b in flows if abs(a - b) == 1]
        self.steps = dict(zip(pairs, each(observe, pairs), strict=True))

    def run(self, rounds: int) -> Light:
        """Alternate between plate and light; the first two rounds find the coarse light."""
        for number in range(rounds):
            residual, weight = self._against_plate(steady=number >= 2)

            def fit(
                t: int, number: int = number, r: np.ndarray = residual, *, w: np.ndarray = weight
            ) -> np.ndarray:
                return self._fit(t, r[t], w[t], refine=number >= 2)

            found = np.stack(each(fit, range(len(self.values))))
            # Light that is the same in all frames stays in the plates.
            self.strength = found - np.median(found, axis=0)
            self.colour = self._find_colour(residual, weight)
        return Light(self.kind, self.colour, self.strength)

    def _against_plate(self, *, steady: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return the difference of frames from the plate, (T, h, w, 3), and its weight."""
        parameters = self.tuning[Parameters]
        lit = self.strength[..., None] * self.colour
        plate, count = self._median(self.values - lit)
        known = (count >= parameters.min_plate_observations).astype(np.float32)

        def compare(t: int) -> tuple[np.ndarray, np.ndarray]:
            seen = geometry.to_frame(known, self.homographies[t], self.size) > 0.99
            shown = geometry.to_frame(plate, self.homographies[t], self.size)
            return self.values[t] - shown, (seen & self.free[t]).astype(np.float32)

        pairs = each(compare, range(len(self.values)))
        residual, weight = (np.stack(part) for part in zip(*pairs, strict=True))
        if steady:
            error = largest_channel(np.abs(residual - lit))[..., None]
            typical, _ = self._median(error)
            for t, own in enumerate(weight):
                far = geometry.to_frame(typical, self.homographies[t], self.size)
                own /= (1 + (far.reshape(own.shape) / self.unsteady) ** 2) ** 2
        return residual, weight

    def _median(self, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the median over the frames of maps (T, h, w, C) on the canvas, and their count."""

        def warp(t: int) -> np.ndarray:
            laid = geometry.to_canvas(maps[t], self.homographies[t], self.canvas)
            inside = np.ones(maps.shape[1:3], np.float32)
            inside = geometry.to_canvas(inside, self.homographies[t], self.canvas) > 0.99
            return np.where(inside[..., None], laid.reshape(*inside.shape, -1), np.float32(np.inf))

        stack = np.sort(np.stack(each(warp, range(len(maps)))), axis=0)
        count = np.isfinite(stack[..., 0]).sum(axis=0)
        middle = np.maximum(count - 1, 0) // 2
        pair = [np.take_along_axis(stack, at[None, ..., None], axis=0)[0] for at in
                (middle, np.minimum(count // 2, len(maps) - 1))]  # fmt: skip
        median = np.where(count[..., None] > 0, (pair[0] + pair[1]) / 2, 0)
        return median.astype(np.float32), count

    def _fit(self, t: int, residual: np.ndarray, weight: np.ndarray, *, refine: bool) -> np.ndarray:
        """Return the strength (h, w) of frame t from all observations."""
        parameters = self.tuning[Parameters]
        observed = [(residual, weight)]
        if refine:
            for other in (t - 1, t + 1):
                step = self.steps.get((t, other))
                if step is not None:
                    there = along_flow(self.strength[other], step.flow)[..., None] * self.colour
                    observed.append((there - step.difference, step.weight))
        strength = self.strength[t] if refine else np.zeros(self.size[::-1], np.float32)
        first, last = self.outliers
        for i, sigma in enumerate(parameters.average_sigmas_px):
            if refine and i < len(parameters.average_sigmas_px) - 2:
                continue
            limit = (
                last
                if refine
                else first * (last / first) ** (i / (len(parameters.average_sigmas_px) - 1))
            )
            for _ in range(parameters.robust_steps):
                strength = strength + self._average(observed, strength, sigma, limit=limit)
        return strength

    def _average(
        self,
        observed: list[tuple[np.ndarray, np.ndarray]],
        strength: np.ndarray,
        sigma: float,
        *,
        limit: float,
    ) -> np.ndarray:
        """Return the local robust mean of what the strength (h, w) does not explain."""
        parameters = self.tuning[Parameters]
        above, below = (np.zeros_like(strength) for _ in range(2))
        for value, weight in observed:
            error = value - strength[..., None] * self.colour
            trusted = weight / (1 + squared_length(error) / (3 * limit**2)) ** 2
            above += trusted * (error @ self.colour) / (self.colour @ self.colour)
            below += trusted
        above, below = (
            cv2.GaussianBlur(a, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
            for a in (above, below)
        )
        return above / (below + np.float32(parameters.regularisation))

    def _find_colour(self, residual: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Return the light's colour (3,) by robust regression on its strength."""
        limit = self.outliers[1]
        error = residual - self.strength[..., None] * self.colour
        trusted = weight / (1 + squared_length(error) / (3 * limit**2)) ** 2 * self.strength
        total = float((trusted * self.strength).sum())
        if total <= 0:
            return self.colour
        colour = np.array([(trusted * residual[..., i]).sum() / total for i in range(3)])
        colour = np.maximum(colour, 0)
        return (colour / max(float(colour.mean()), 1e-6)).astype(np.float32)
