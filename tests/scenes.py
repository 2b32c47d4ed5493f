"""Small scenes with exact truth, which the tests of motion, planes and labels draw themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from data.violet import ClipSpec, render_clip
from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.motion.matches import Flows
from toondecompose.optical_flow import estimate_flow, pairs
from toondecompose.optical_flow.pairs import OFFSETS, two_way_pairs
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.flows import write_confidence

LOWER = 26
"""Pixels by which the front plane's skyline is lower before roofs that have one, too."""


class Painting:
    """A picture that is known at every point of the plane: a sum of waves, 20 to 235."""

    def __init__(self, seed: int, *, shortest: float = 12.0, longest: float = 60.0) -> None:
        random = np.random.default_rng(seed)
        angle, length = random.uniform(0, 2 * np.pi, 16), random.uniform(shortest, longest, 16)
        self._waves = 2 * np.pi / length * np.stack([np.cos(angle), np.sin(angle)])
        self._phase = random.uniform(0, 2 * np.pi, 16)
        self._colour = random.uniform(-1, 1, (16, 1)) + random.uniform(-0.4, 0.4, (16, 3))

    def at(self, points: np.ndarray) -> np.ndarray:
        """Return the colours (..., 3) at points (..., 2)."""
        waves = np.cos(points @ self._waves + self._phase) @ self._colour
        return np.clip(128 + 22 * waves, 20, 235)

    def seen(self, homographies: np.ndarray, size: Size) -> np.ndarray:
        """Return what frames with homographies (T, 3, 3) show of it, (T, H, W, 3) float."""
        grid = geometry.pixel_grid(size)
        return np.stack([self.at(geometry.apply(h, grid)) for h in homographies])


@dataclass(frozen=True)
class Disc:
    """A two-tone disc; `centres` (T, 2) is where it is in each frame."""

    centres: np.ndarray
    radius: float
    colour: tuple[float, float, float]

    def alpha(self, t: int, size: Size) -> np.ndarray:
        """Return its coverage (H, W) in frame t, 0..1."""
        distance = np.linalg.norm(geometry.pixel_grid(size) - self.centres[t], axis=-1)
        return np.clip(self.radius - distance + 0.5, 0, 1)

    def painted(self, t: int, size: Size) -> np.ndarray:
        """Return its colours (H, W, 3) in frame t: blotches in a darker tone."""
        own = geometry.pixel_grid(size) - self.centres[t]
        dark = Painting(7, shortest=9, longest=20).at(own)[..., :1] > 140
        return np.where(dark, 0.6, 1.0) * np.array(self.colour)


@dataclass(frozen=True)
class Scene:
    """Frames (T, H, W, 3) uint8 with their truth.

    plates (T, H, W, 3) float show no disc; alphas (K, T, H, W) are those of the discs, as seen;
    near (T, H, W) is the front plane's coverage.
    """

    frames: np.ndarray
    plates: np.ndarray
    alphas: np.ndarray
    near: np.ndarray


def bytes_of(picture: np.ndarray) -> np.ndarray:
    """Round colours to uint8."""
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def camera(count: int, step: tuple[float, float], size: Size, zoom: float = 0.0) -> np.ndarray:
    """Return homographies (T, 3, 3) of a camera that pans by `step` pixels a frame.

    Over the clip it zooms out by the share `zoom`; the frame in the middle is the identity.
    """
    centre = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    result = []
    for t in np.arange(count) - count // 2:
        scale = np.diag([1 + zoom * t / count, 1 + zoom * t / count, 1.0])
        to_centre = geometry.translation(*(centre + t * np.array(step)))
        result.append(to_centre @ scale @ geometry.translation(*-centre))
    return np.stack(result)


def path(count: int, first: tuple[float, float], last: tuple[float, float]) -> np.ndarray:
    """Return points (T, 2) evenly spaced from the first to the last."""
    return np.linspace(first, last, count)


def draw(
    homographies: np.ndarray,
    size: Size,
    *,
    discs: Sequence[Disc] = (),
    far: np.ndarray | None = None,
    sky: np.ndarray | None = None,
) -> Scene:
    """Draw discs, the last one in front, before one plane or, with homographies `far`, two.

    The front plane then has a skyline: above it the far plane is seen. With homographies `sky` it
    is lower, and the far plane has one, too: above it a third plane is seen.
    """
    count = len(homographies)
    plates = Painting(1).seen(homographies, size)
    near = np.ones(plates.shape[:3])
    if far is not None:
        near = below_skyline(homographies, size, 0 if sky is None else LOWER)
        distance = 0.7 * Painting(2, shortest=8, longest=30).seen(far, size) + 75
        if sky is not None:
            roofs = below_skyline(far, size, 0)[..., None]
            distance = roofs * distance + (1 - roofs) * Painting(3, longest=30).seen(sky, size)
        plates = near[..., None] * plates + (1 - near[..., None]) * distance
    frames, alphas = plates.copy(), np.zeros((len(discs), count, size[1], size[0]))
    for k, disc in enumerate(discs):
        for t in range(count):
            cover = disc.alpha(t, size)
            alphas[:k, t] *= 1 - cover
            alphas[k, t] = cover
            frames[t] += cover[..., None] * (disc.painted(t, size) - frames[t])
    return Scene(bytes_of(frames), plates, alphas, near)


def below_skyline(homographies: np.ndarray, size: Size, drop: float) -> np.ndarray:
    """Return coverage (T, H, W) of what is below a skyline that lies lower by `drop` pixels."""
    points = [geometry.apply(h, geometry.pixel_grid(size)) for h in homographies]
    return np.stack([np.clip(p[..., 1] - drop - skyline(p[..., 0]) + 0.5, 0, 1) for p in points])


def skyline(x: np.ndarray) -> np.ndarray:
    """Height y of the roofs of the front plane at canvas x."""
    return 22 + 10 * np.sign(np.sin(x / 13.0)) + 4 * np.sin(x / 5.0)


def dis_flows(frames: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
    """Estimate the flows that the stages would read."""
    listed = set(pairs(len(frames)))
    both_ways = [(a, b) for a, b in sorted(listed) if a != b and (b, a) in listed]
    return dict(estimate_flow(frames, both_ways))


def write_flows(clip: ClipFolder, frames: np.ndarray, flows: Flows) -> None:
    """Write flows and what the flow stage writes beside them."""
    clip.write_json("flow/info.json", {"offsets": OFFSETS})
    for (a, b), flow in flows.items():
        clip.write_npy(f"flow/{a}T{b}.npy", flow)
    listed = two_way_pairs(len(frames), OFFSETS)
    for t, frame in enumerate(frames):
        write_confidence(clip, t, [b for a, b in listed if a == t], frame=frame)


def exact_flows(
    homographies: np.ndarray, size: Size, discs: Sequence[Disc] = (), alphas: np.ndarray = ()
) -> Flows:
    """Return the true flows of discs, in front of a plane, for the pairs that the stages read."""
    count = len(homographies)
    flows = {}
    for a, b in pairs(count):
        flows[a, b] = geometry.rigid_flow(homographies[a], homographies[b], size)
        for disc, alpha in zip(discs, alphas, strict=True):
            flows[a, b][alpha[a] > 0.5] = disc.centres[b] - disc.centres[a]
    return flows


@dataclass(frozen=True)
class Violet:
    """A small variant of the example clip: frames, alphas and plates with their motions."""

    frames: np.ndarray
    alphas: np.ndarray
    near: np.ndarray
    far: np.ndarray
    near_alphas: np.ndarray


@cache
def violet() -> Violet:
    """Draw every third one of 36 frames at 224 x 128; the camera pans fast in all of them."""
    clip = render_clip(ClipSpec(width=224, height=128))
    times = range(0, 36, 3)
    return Violet(
        np.stack([clip.frame(t) for t in times]),
        np.stack([clip.alpha(t) for t in times]),
        np.stack([clip.homography(t) for t in times]),
        np.stack([clip.far_homography(t) for t in times]),
        np.stack([clip.near_alpha(t) for t in times]),
    )
