"""Repairs of a labelling, each by a rule of how cartoons are made.

Holes are drawn with outlines; what moves with a plane belongs to it; what hardly moves and is
small is a remnant; and what the plate shows in a character's colours was a character that stood.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

from toondecompose.core import geometry
from toondecompose.core.parallel import add_up, each
from toondecompose.planes.background import Background
from toondecompose.segmentation import evidence

RELEASED = 0.6
"""Share of a region that moves with a plane of the background and so gives it back."""

UNCONFIRMED = 0.02
"""Confidence that every flow has: of a region whose flow nothing confirms, the few pixels that are
confirmed do not decide. What dashes is lost by the flow, all but the street that shines through."""

TINY = 0.001
"""Share of the largest character's volume below which a thing is a speck, however it moves."""

SMALL, IDLE = 0.03, 0.5
"""Shares of the largest character's volume and of its own motion below which a thing is a remnant
of the background."""

SPECK = 8
"""Holes of at most so many pixels are chance, unless the full resolution shows otherwise."""

OUTLINED, DRAWN = 12.0, 0.5
"""Grey levels per pixel from which an edge may be drawn, and the share of a hole's rim that is."""

SAME_THING = 0.5
"""Intersection over union from which regions of neighbouring frames are one thing."""

WELL_KNOWN = 0.3
"""Share of the frames in which a plate could have been seen that must have shown it."""

CERTAIN, SWAPPED = 3.0, 0.6
"""Likeness of a colour counts up to the first; of a place, on average, from the second on."""

SAME = 12.0
"""Grey levels by which the sights of one place of the street differ, at most."""

OFTEN = 0.2
"""Share of its sights that a place must show each of the two: a character passes faster."""


def fill_holes(
    foreground: np.ndarray,
    seen: np.ndarray,
    visits: np.ndarray,
    likeness: np.ndarray,
    slope: np.ndarray,
) -> np.ndarray:
    """Close holes in the characters that do not show a well-known plate.

    A gap between arm and body shows a street that other frames show as well, or colours of the
    street; a patch of hair that looks like the plate by chance, or has become part of it, has
    the characters' colours and lies where the street was nearly always hidden. And a gap is drawn
    with an outline: where none is, a white blouse before a white wall has no hole.

    Parameters
    ----------
    foreground : (H, W) float32.
    seen, visits : (H, W), numbers of frames that showed the plate, and that could have.
    likeness : (H, W), logarithm of how much likelier the colour is a character's.
    slope : (H, W), steepest change of the picture, in grey levels per pixel.
    """
    mask = (foreground > 0.5).astype(np.uint8)
    count, regions, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    height, width = mask.shape
    left, top, wide, tall = (stats[:, i] for i in range(4))
    enclosed = (left > 0) & (top > 0) & (left + wide < width) & (top + tall < height)

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(regions.ravel(), weights=values.ravel(), minlength=count)

    unknown = (total(seen) < WELL_KNOWN * total(visits)) & (total(likeness) > 0)
    rim = (mask == 0) & (cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0)
    steep = cv2.dilate(slope.astype(np.float32), np.ones((3, 3), np.uint8)) > OUTLINED
    drawn = total(rim & steep) >= DRAWN * total(rim)
    closed = enclosed & ((stats[:, cv2.CC_STAT_AREA] <= SPECK) | unknown | ~drawn)
    return np.where(closed[regions] & (mask == 0), 1, foreground).astype(np.float32)


def release_planes(foreground: np.ndarray, rigid: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Give regions back to the background that move with one of its planes.

    A plane that was never seen alone, such as a strip of sky between roofs, looks like nothing
    known and would be called a character, did it not move rigidly with the camera.
    """

    def one(t: int) -> np.ndarray:
        mask = (foreground[t] > 0.5).astype(np.uint8)
        count, regions = cv2.connectedComponents(mask)
        sure = np.maximum(confidence[t], UNCONFIRMED).ravel()
        total = np.bincount(regions.ravel(), weights=sure, minlength=count)
        moving = np.bincount(regions.ravel(), weights=sure * rigid[t].ravel(), minlength=count)
        released = moving > RELEASED * total
        return np.where(released[regions], 0, foreground[t])

    return np.stack(each(one, range(len(foreground))))


def moving_regions(foreground: np.ndarray, own_motion: np.ndarray) -> np.ndarray:
    """Return the regions that surely move by themselves, (T, H, W) bool; see `drop_remnants`.

    What is called foreground because no plate explains it yet, such as a strip of sky, does not.
    A character that stands still for a while covers what it covered in the frame before or after.
    """
    inside = foreground > 0.5
    usual = float(own_motion[inside].mean()) if inside.any() else 0.0

    def one(t: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        count, regions = cv2.connectedComponents(inside[t].astype(np.uint8))
        area = np.bincount(regions.ravel(), minlength=count)
        motion = np.bincount(regions.ravel(), weights=own_motion[t].ravel(), minlength=count)
        moving = motion > IDLE * usual * area
        moving[0] = False
        return regions, area, moving

    found = each(one, range(len(foreground)))
    for order in (found, found[::-1]):
        for (regions, area, moving), (others, their_area, theirs) in zip(
            order[1:], order, strict=False
        ):
            pair = regions.ravel().astype(np.int64) * len(their_area) + others.ravel()
            shared = np.bincount(pair, minlength=len(area) * len(their_area))
            shared = shared.reshape(len(area), len(their_area))
            same = shared > SAME_THING * (area[:, None] + their_area - shared)
            moving[1:] |= (same[1:] & theirs).any(axis=1)
    return np.stack([moving[regions] for regions, _, moving in found])


def swap_ghosts(frames: np.ndarray, foreground: np.ndarray, background: Background) -> np.ndarray:
    """Put right places where a character stood for so long that the plate shows it.

    There the frames that show the street differ from the plate, and are called foreground. The
    colours tell: what is called background looks like the characters elsewhere, and what is
    called foreground like the street. Both kinds are judged place by place on the front plane.
    """
    size = (frames.shape[2], frames.shape[1])
    inside = foreground > 0.5
    if not inside.any() or inside.all():
        return foreground
    characters = evidence.colour_density(frames, inside)
    street = evidence.colour_density(frames, ~inside)
    plane = background[0]

    def resemblance(t: int) -> np.ndarray:
        return cv2.blur(evidence.likeness(frames[t], characters, street), (3, 3))

    def judge(t: int) -> list[np.ndarray]:
        alike = np.clip(resemblance(t), -CERTAIN, CERTAIN)
        own = inside[t].astype(np.float32)
        plain = own * (alike < 0)
        grey = cv2.cvtColor(frames[t], cv2.COLOR_RGB2GRAY).astype(np.float32)
        maps = [alike * (1 - own), 1 - own, own, plain, plain * grey, plain * grey**2]
        place = plane.homographies[t]
        return [geometry.to_canvas(m.astype(np.float32), place, plane.canvas) for m in maps]

    kept, free, held, plain, grey, square = add_up(judge, range(len(frames)))
    often = np.minimum(free, plain) >= np.maximum(3, OFTEN * (free + held))
    # The street looks the same whenever it is seen; something that passes by does not.
    plain = np.maximum(plain, 1)
    same = square / plain - (grey / plain) ** 2 < SAME**2
    swapped = often & same & (kept > SWAPPED * np.maximum(free, 1))
    swapped = cv2.morphologyEx(swapped.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    if not swapped.any():
        return foreground
    near = cv2.dilate(swapped, np.ones((11, 11), np.uint8)).astype(np.float32)

    def put_right(t: int) -> np.ndarray:
        here = geometry.to_frame(near, plane.homographies[t], size) > 0.5
        return np.where(here, resemblance(t) > 0, foreground[t]).astype(np.float32)

    return np.stack(each(put_right, range(len(frames))))


def drop_remnants(foreground: np.ndarray, own_motion: np.ndarray) -> np.ndarray:
    """Give small things back to the background that hardly move by themselves.

    Regions are followed through time: a hand that enters alone belongs to the body it joins
    later. A bird is small too, but moves; a patch of sky that no plate explains yet does not, and
    the next round's plates will have it.

    Parameters
    ----------
    foreground : (T, H, W) float32.
    own_motion : (T, H, W), how surely and how far each pixel moves unlike all planes.
    """
    regions, count = ndimage.label(foreground > 0.5)
    if count < 2:
        return foreground
    inside = np.flatnonzero(regions)
    owner = regions.ravel()[inside]
    volume = np.bincount(owner, minlength=count + 1).astype(float)
    motion = np.bincount(owner, weights=own_motion.ravel()[inside], minlength=count + 1)
    motion /= np.maximum(volume, 1)
    main = int(volume[1:].argmax()) + 1
    remnant = (volume < SMALL * volume[main]) & (motion < IDLE * motion[main])
    remnant |= volume < TINY * volume[main]
    remnant[0] = False
    return np.where(remnant[regions], 0, foreground).astype(np.float32)
