"""Clean plates: every plane of the background at the resolution of the source.

The planes are gathered from back to front, because the outline of a plane is solved over the
background that moves behind it. Places that no frame shows are filled in and marked as such.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import computed_once
from toondecompose.core.sampling import sample
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import Plane
from toondecompose.planes.tiles import divide
from toondecompose.plates.gathering import gather_texture
from toondecompose.plates.parameters import Parameters
from toondecompose.plates.push_pull import push_pull
from toondecompose.plates.super_resolution import DETAIL_STEPS, super_resolve
from toondecompose.plates.triangulation import solve_outline
from toondecompose.plates.visibility import region_depths, softened_alpha, unoccluded, visibility

OPAQUE_ALPHA, TILE_PX = 0.9999, 128
"""Alpha of a plane above which nothing behind it is rendered, in tiles of so many pixels: the rest
is less than the rounding of a grey level."""


@dataclass(frozen=True)
class Plate:
    """A plane at the resolution of the source.

    Attributes
    ----------
    homographies : (T, 3, 3), frame pixel to canvas pixel.
    paint : (h, w, 4) float32 on the canvas: premultiplied RGB 0..255 and alpha 0..1.
    facts : (h, w, 3) float32: 1 where some frame shows the place and 0 where it is filled in; how
        many frames show it; how much these frames differ, in grey levels.
    detail : (2h, 2w, 3) int16, see `toondecompose.plates.super_resolution`; None for none.
    """

    homographies: np.ndarray
    paint: np.ndarray
    facts: np.ndarray
    detail: np.ndarray | None = None

    @property
    def observed(self) -> np.ndarray:
        """Where some frame shows the plane, (h, w) bool."""
        return self.facts[..., 0] > 0

    def picture(self) -> np.ndarray:
        """Return the canvas as straight RGBA, (h, w, 4) uint8."""
        alpha = self.paint[..., 3:]
        colour = self.paint[..., :3] / np.maximum(alpha, 1e-3)
        return np.round(np.clip(np.dstack([colour, 255 * alpha]), 0, 255)).astype(np.uint8)

    @computed_once
    def fine(self) -> tuple[np.ndarray, np.ndarray]:
        """The paint for rendering, and (3, 3) canvas to it; see
        `toondecompose.core.geometry.finer`.
        """
        fine, to_fine = geometry.finer(self.paint)
        if self.detail is not None:
            for row, more in zip(fine, self.detail, strict=True):
                row[:, :3] += more * np.float32(1 / DETAIL_STEPS)
        return fine, to_fine

    @property
    def canvas(self) -> Size:
        """Width and height of the canvas."""
        return (self.paint.shape[1], self.paint.shape[0])


@dataclass(frozen=True)
class View:
    """The clean background as one frame sees it.

    Attributes
    ----------
    colour : (H, W, 3) float32, 0..255.
    observed : (H, W) bool, false where it is filled in.
    observation_count : (H, W) float32, how many frames show the place.
    spread : (H, W) float32, how much these frames differ, in grey levels.
    """

    colour: np.ndarray
    observed: np.ndarray
    observation_count: np.ndarray
    spread: np.ndarray


Box = tuple[slice, slice]
"""Rows and columns."""

ViewRenderer = Callable[[int, Box], View]
"""Returns the clean background of a frame in a box of it."""


def render_plates(
    plates: Sequence[Plate],
    t: int,
    size: Size,
    *,
    light: np.ndarray | float = 0.0,
    grid: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> View:
    """Render plates, front to back, as frame t sees them in the camera's light (H, W, 3).

    grid (3, 3) maps pixels of the view, and of the light, to pixels of the frame; default:
    identity.
    """
    parameters = tuning[Parameters]
    if not plates:
        raise ValueError("a view needs one plate at least, got none")
    colour, facts = _composed(plates, t, size, grid=np.eye(3) if grid is None else grid)
    colour += light
    observed, counts, spread = cv2.split(facts)
    return View(
        np.clip(colour, 0, 255, out=colour),
        observed > parameters.min_observed_share,
        counts,
        spread,
    )


def _composed(
    plates: Sequence[Plate], t: int, size: Size, *, grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return colour and facts (H, W, 3) of plates, front to back; see `render_plates`."""
    plate, *behind = plates
    place = plate.homographies[t] @ grid
    fine, to_fine = plate.fine
    paint = geometry.to_frame(fine, to_fine @ place, size, cubic=True)
    colour, facts = paint[..., :3].copy(), geometry.to_frame(plate.facts, place, size)
    if not behind:  # The last plane is opaque.
        return colour, facts
    alpha = np.clip(paint[..., 3:], 0, 1)
    for x, y, width, height in divide(size, TILE_PX, TILE_PX, wanted=alpha[..., 0] < OPAQUE_ALPHA):
        at = grid @ geometry.translation(x, y)
        farther, known = _composed(behind, t, (width, height), grid=at)
        here = np.s_[y : y + height, x : x + width]
        # C = aN + (1 - a) C_behind, and likewise for what is known of it.
        colour[here] += (1 - alpha[here]) * farther
        facts[here] = known + alpha[here] * (facts[here] - known)
    return colour, facts


def view_renderer(
    plates: Sequence[Plate], light: np.ndarray, *, tuning: Tuning = DEFAULT
) -> ViewRenderer:
    """Return a function that renders the background of a frame in a box (rows, columns)."""

    def render_view(t: int, box: Box) -> View:
        rows, columns = box
        size = (columns.stop - columns.start, rows.stop - rows.start)
        grid = geometry.translation(columns.start, rows.start)
        return render_plates(plates, t, size, light=light[box], grid=grid, tuning=tuning)

    return render_view


def compose_plates(plates: Sequence[Plate], t: int, size: Size) -> np.ndarray:
    """Compose plates, front to back, as frame t sees them: (H, W, 4) float32, premultiplied."""
    result = np.zeros((size[1], size[0], 4), np.float32)
    for plate in reversed(plates):
        fine, to_fine = plate.fine
        paint = geometry.to_frame(fine, to_fine @ plate.homographies[t], size, cubic=True)
        paint = np.clip(paint, 0, [255, 255, 255, 1])
        result = paint + (1 - paint[..., 3:]) * result
    return result


def sample_plates(
    plates: Sequence[Plate], t: int, places: np.ndarray, *, tuning: Tuning = DEFAULT
) -> tuple[np.ndarray, np.ndarray]:
    """Return colour (N, 3) and whether it was observed (N,) at places (N, 2) of frame t."""
    parameters = tuning[Parameters]
    colour, observed = np.zeros((len(places), 3), np.float32), np.zeros(len(places), np.float32)
    for plate in reversed(plates):
        at = geometry.apply(plate.homographies[t], places)
        paint = sample(plate.paint, at, cubic=True)
        alpha = np.clip(paint[:, 3], 0, 1)
        colour = paint[:, :3] + (1 - alpha)[:, None] * colour
        observed += alpha * (sample(plate.facts, at)[:, 0] - observed)
    return colour, observed > parameters.min_observed_share


def gather_plates(
    frames: Sequence[np.ndarray],
    free: Sequence[Sequence[np.ndarray]],
    planes: Sequence[Plane],
    *,
    outline_error: float,
    tuning: Tuning = DEFAULT,
) -> tuple[Plate, ...]:
    """Gather all plates.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    free : lists of T images (H, W) bool, true where no sprite is. The first list keeps far away
        from sprites; the next ones come nearer, and serve only where the earlier ones show nothing.
    planes : front to back, at the size of the frames; their textures are not used.
    outline_error : pixels by which the outline of a plane's alpha may be wrong.
    """
    plates: list[Plate] = []
    visible = visibility(
        planes, (frames[0].shape[1], frames[0].shape[0]), outline_error, tuning=tuning
    )
    open_to = unoccluded(planes, free[0], outline_error, tuning=tuning)
    for i in reversed(range(len(planes))):
        seen = [masks[i] for masks in visible]
        plates.insert(
            0,
            gather_plate(
                frames,
                seen,
                free,
                open_to=open_to[i],
                plane=planes[i],
                behind=plates,
                outline_error=outline_error,
                tuning=tuning,
            ),
        )
    return tuple(plates)


def gather_plate(
    frames: Sequence[np.ndarray],
    visible: Sequence[Sequence[np.ndarray]],
    free: Sequence[Sequence[np.ndarray]],
    *,
    open_to: Sequence[np.ndarray],
    plane: Plane,
    behind: Sequence[Plate],
    outline_error: float,
    sharp: bool = True,
    tuning: Tuning = DEFAULT,
) -> Plate:
    """Gather one plate: texture where the plane is certain, solved outline, and the rest filled in.

    visible is where the frames show the plane if there were no sprites, lists of T masks (H, W)
    bool: first where that is certain, then nearer to outlines. free is where no sprite is, see
    `gather_plates`. open_to, T masks, is where no nearer plane is either: there alpha is solved.
    sharp: whether super-resolution is applied.
    """
    texture = gather_texture(frames, visible, free, plane=plane, tuning=tuning)
    alpha = np.clip(plane.alpha, 0, 1)
    possible, sure = region_depths(alpha, outline_error, tuning=tuning)
    inside = sure > 0
    counts = np.where(inside, texture.seen, 0).astype(np.float32)
    colour, known = texture.colour, np.minimum(counts, 1)
    band = (possible >= 0) & ~inside
    if behind and band.any():
        noise = max(1.0, float(np.median(texture.spread[counts > 0]))) if known.any() else 1.0
        found, paint, count = solve_outline(
            frames, open_to, partial(sample_plates, behind, tuning=tuning),
            homographies=plane.homographies,
            label=softened_alpha(alpha, outline_error), band=band, noise=noise, tuning=tuning,
        )  # fmt: skip
        evident = count > 0
        # Without a known background alpha cannot be solved: the label decides.
        own = np.where(alpha[band] >= 0.5, texture.seen[band], 0)
        alpha[band] = np.where(evident, found, alpha[band])
        counts[band] = np.where(evident, count, own)
        solved = np.clip(paint / np.maximum(found, 0.02)[:, None], 0, 255)
        colour[band] = np.where(evident[:, None], solved, colour[band])
        # A transparent place has no colour of its own: it is filled in from the plane around.
        known[band] = np.where(evident, np.clip(2 * found - 0.2, 0, 1), own > 0)
    filled, detail = push_pull(colour, known), None
    if sharp:
        near = free[:2][-1]  # The nearest ones may touch a sprite.
        surely = [seen & mask for seen, mask in zip(visible[0], near, strict=True)]
        filled, detail = super_resolve(
            frames,
            surely,
            plane.homographies,
            colour=filled,
            known=inside & (counts > 0),
            tuning=tuning,
        )
    painted = filled * alpha[..., None]
    if behind and band.any():
        # The solved premultiplied colour reproduces the frames, whatever alpha is.
        painted[band] = np.where(evident[:, None], np.clip(paint, 0, 255), painted[band])
    paint = np.dstack([painted, alpha]).astype(np.float32)
    facts = np.dstack([np.minimum(counts, 1), counts, texture.spread]).astype(np.float32)
    return Plate(plane.homographies, paint, facts, detail)
