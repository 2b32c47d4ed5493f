"""What lies over a whole shot and belongs to no object: rain, a burnt-in logo, a subtitle, light.

Every function gives a layer (H, W, 4): premultiplied RGB in 0..255, alpha in 0..1.
"""

from functools import lru_cache

import cv2
import numpy as np

from bench.clips.scene import HEIGHT, WIDTH, Image
from data.violet.paint import Colour

_FINE = 4  # samples per frame pixel, each way
_FIXED_POINT_BITS = 4
_RAIN: Colour = (222, 230, 242)
_RAIN_DRAWINGS = 4  # the rain is a cycle of so many drawings, one a frame
_LOGO_ALPHA = 0.8
_GLOW_ALPHA = 0.45
_RIM = 7  # of the subtitle's letters, samples


@lru_cache(maxsize=_RAIN_DRAWINGS)
def _rain_drawing(seed: int, drawing: int, streaks: int) -> Image:
    random = np.random.default_rng((seed, drawing))
    cover = np.zeros((HEIGHT * _FINE, WIDTH * _FINE), np.uint8)
    for _ in range(streaks):
        start = random.uniform((-20, -50), (WIDTH + 40, HEIGHT))
        length, lean = random.uniform(18, 52), random.normal(-0.22, 0.02)
        end = start + length * np.array((lean, 1.0))
        strength = int(random.uniform(90, 190))
        ends = np.rint(np.stack([start, end]) * _FINE * 2**_FIXED_POINT_BITS).astype(np.int32)
        thick = int(random.integers(3, 7))  # 0.75 to 1.5 frame pixels
        cv2.polylines(cover, [ends], False, strength, thick, cv2.LINE_8, _FIXED_POINT_BITS)
    return _coloured(cover, _RAIN)


def rain(seed: int, t: int, *, streaks: int = 230) -> Image:
    """Slanting streaks of alpha up to 0.75 all over the picture, in a cycle of four drawings."""
    return _rain_drawing(seed, t % _RAIN_DRAWINGS, streaks)


@lru_cache(maxsize=1)
def logo_and_subtitle() -> Image:
    """A station's logo at the upper right, translucent, and a subtitle of one line at the foot."""
    shape = (HEIGHT * _FINE, WIDTH * _FINE)
    ring, mark = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    centre, level = np.array((592.0, 40.0)) * _FINE, int(255 * _LOGO_ALPHA)
    middle = tuple(int(v) for v in centre)
    cv2.circle(ring, middle, 25 * _FINE, level, 5 * _FINE, cv2.LINE_8)
    turns = np.deg2rad(-90 + 36 * np.arange(10))
    reach = np.where(np.arange(10) % 2, 7.0, 17.0) * _FINE
    star = centre + np.stack([np.cos(turns), np.sin(turns)], axis=1) * reach[:, None]
    cv2.fillPoly(mark, [np.rint(star).astype(np.int32)], level, cv2.LINE_8)
    words, font, size = "We will be home before it rains.", cv2.FONT_HERSHEY_DUPLEX, 0.62 * _FINE
    (width, _), _ = cv2.getTextSize(words, font, size, 2 * _FINE)
    corner = ((shape[1] - width) // 2, 344 * _FINE)
    text = np.zeros(shape, np.uint8)
    cv2.putText(text, words, corner, font, size, 255, 2 * _FINE, cv2.LINE_8)
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _RIM + 1, 2 * _RIM + 1))
    rim = cv2.dilate(text, brush)
    layer = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    for cover, tone in ((ring, (250, 250, 252)), (mark, (240, 96, 72)), (rim, (24, 22, 30)),
                        (text, (250, 248, 236))):  # fmt: skip
        piece = _coloured(cover, tone)
        layer = piece + (1 - piece[..., 3:]) * layer
    return layer


def glow(t: int, frames: int) -> Image:
    """A slanting band of white light, screened over the picture, that sweeps over it once."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    middle = WIDTH * (-0.1 + 1.5 * t / (frames - 1))
    alpha = _GLOW_ALPHA * np.exp(-(((x + 0.45 * y - middle) / (0.1 * WIDTH)) ** 2) / 2)
    colour = np.full(3, 255, np.float32)
    return np.concatenate([alpha[..., None] * colour, alpha[..., None]], axis=-1)


def _coloured(cover: np.ndarray, colour: Colour) -> Image:
    """Layer of one colour from the cover (h, w) uint8 of fine samples."""
    alpha = cv2.resize(cover, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    alpha = alpha.astype(np.float32)[..., None] / 255
    return np.concatenate([alpha * np.array(colour, np.float32), alpha], axis=-1)
