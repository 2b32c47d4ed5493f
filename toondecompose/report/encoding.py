"""Pictures of the page as WebP, within a budget of bytes.

Everything is tried from the best quality down; which step fits is estimated from a few pictures,
so that most are encoded once.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from toondecompose.core.parallel import each, evenly_spread

SAMPLES = 6
"""Pictures from which the size of all is estimated."""


@dataclass(frozen=True)
class Quality:
    """How pictures are encoded.

    Attributes
    ----------
    level : of WebP, 0..100; None for lossless.
    scale : of width and height.
    effort : how hard a lossless picture is packed, the quality and the method of WebP.
    """

    level: int | None
    scale: float = 1.0
    effort: tuple[int, int] = (0, 0)


DRAWING_QUALITIES = (
    *(Quality(None), Quality(None, effort=(40, 1))),
    *(Quality(92), Quality(80), Quality(60), Quality(50, 0.5)),
)
"""For plates and drawings, whose alpha is always lossless. The first takes a sixth of the time of
the second, for files that are a quarter larger."""

INPUT_QUALITIES = (
    *(Quality(90), Quality(80), Quality(65), Quality(50)),
    *(Quality(50, 0.5), Quality(30, 0.5), Quality(30, 0.25)),
)
"""For the frames that the page compares with."""


def encode_webp(pixels: np.ndarray, quality: Quality) -> bytes:
    """Encode (H, W), (H, W, 3) or (H, W, 4) uint8; straight alpha, colour kept where it is 0."""
    if quality.scale != 1:
        size = [max(1, round(side * quality.scale)) for side in pixels.shape[1::-1]]
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    data = io.BytesIO()
    picture = Image.fromarray(pixels)
    if quality.level is None:
        packing, method = quality.effort
        picture.save(data, "WEBP", lossless=True, exact=True, quality=packing, method=method)
    else:
        picture.save(data, "WEBP", quality=quality.level, exact=True, method=2)
    return data.getvalue()


def encode_all(
    read: Callable[[int], np.ndarray], count: int, qualities: Sequence[Quality], *, budget: int
) -> tuple[list[bytes], Quality]:
    """Encode pictures with the best quality at which all of them fit.

    Parameters
    ----------
    read : gives picture i, uint8.
    count : number of pictures.
    qualities : best first; the last is taken whether it fits or not.
    budget : bytes of all pictures, at most.

    Returns
    -------
    The files in the order of the pictures, and their quality.
    """
    chosen = evenly_spread(count, SAMPLES) if count else []
    for quality in qualities:
        encode = _encoder(read, quality)
        last = quality == qualities[-1]
        first = {} if last else dict(zip(chosen, each(encode, chosen), strict=True))
        if sum(map(len, first.values())) * count > budget * len(chosen):
            continue
        others = [i for i in range(count) if i not in first]
        found = first | dict(zip(others, each(encode, others), strict=True))
        files = [found[i] for i in range(count)]
        if last or sum(map(len, files)) <= budget:
            return files, quality
    raise ValueError("no quality is given")


def as_text(file: bytes) -> str:
    """Return a file in base64."""
    return base64.b64encode(file).decode("ascii")


def _encoder(read: Callable[[int], np.ndarray], quality: Quality) -> Callable[[int], bytes]:
    return lambda i: encode_webp(read(i), quality)
