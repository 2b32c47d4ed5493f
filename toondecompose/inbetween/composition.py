"""Frames at new times, from layers: the background moves on, drawings get in-betweens."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.edit.clip import EditedClip
from toondecompose.edit.composition import (
    NamedImage,
    background_layers,
    overlay_layers,
    put_together,
)
from toondecompose.edit.painting import lit
from toondecompose.edit.placing import frame_at
from toondecompose.inbetween.changes import Change
from toondecompose.inbetween.engine import (
    Engine,
    Fields,
    Match,
    premultiplied,
    render,
    straight,
    within_alpha,
)
from toondecompose.inbetween.sampled_motion import Motion
from toondecompose.inbetween.tracks import Pair, Track
from toondecompose.report.composition import add_light
from toondecompose.store.placement import NamedPlane, Placements

SAME_PX = 1e-3
"""Way of the frame's corners, in pixels, below which a layer is as its frame shows it."""

KEPT_PAIRS = 16
"""Pairs of drawings whose flow is kept, because the next frame needs it again."""


class MatchedPairs:
    """The pairs of drawings of changes, matched when they are first asked for.

    Each is matched by one thread; the others wait for it. The last `KEPT_PAIRS` are kept.
    """

    def __init__(self, placements: Placements, engine: Engine) -> None:
        self._placements = placements
        self._engine = engine
        self._lock = threading.Lock()
        self._kept: dict[tuple[Track, Change], tuple[Pair, Match]] = {}

    def of(self, track: Track, change: Change) -> tuple[Pair, Match]:
        """Return the two drawings of a change, and how they match."""
        with self._lock:
            found = self._kept.pop((track, change), None)
            if found is None:
                pair = track.pair(change, self._placements)
                found = pair, pair.match(self._engine)
            self._kept[track, change] = found  # now the last
            if len(self._kept) > KEPT_PAIRS:
                del self._kept[next(iter(self._kept))]
            return found


@dataclass(frozen=True)
class BetweenClip:
    """A finished clip that can be seen at any time.

    Attributes
    ----------
    clip : the clip, without edits.
    cameras : motion of each plane of the background, by its name.
    tracks : of the sprites.
    pairs : of drawings between which there are new ones.
    """

    clip: EditedClip
    cameras: Mapping[str, Motion]
    tracks: tuple[Track, ...]
    pairs: MatchedPairs

    @property
    def ground(self) -> Motion:
        """The motion of the rearmost plane."""
        return next(iter(self.cameras.values()))

    def compose(self, time: float) -> np.ndarray:
        """Return the picture at a time in frames, (H, W, 3) uint8."""
        clip, t = self.clip, frame_at(self.clip, time)
        named = [
            *self._planes(time),
            *self._sprites(time),
            *overlay_layers(clip, t, np.eye(3)),
        ]
        return put_together(clip, t, named)

    def sprite(self, track: Track, time: float) -> np.ndarray | None:
        """Return a sprite at a time, straight RGBA (H, W, 4) uint8, from its whole drawings.

        None where it is not there.
        """
        t, size = frame_at(self.clip, time), self.clip.size
        there = track.place(time, self.ground, size)
        change = track.change_at(time)
        if change is not None:
            picture = self._between(track, change, time=time, there=there)
        else:
            one = track.placed[t]
            if one is None:
                return None
            pixels = premultiplied(self.clip.placements.read(one.picture))
            matrix = one.matrix @ np.linalg.inv(track.transforms[t]) @ there
            picture = one.opacity * within_alpha(
                cv2.warpPerspective(
                    pixels, matrix, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
                )
            )
        return lit(self.clip, straight(picture), t, seen=np.eye(3))

    def _planes(self, time: float) -> list[NamedImage]:
        """Return the planes of the background; those of a frame whose camera is where it was."""
        clip, t, size = self.clip, frame_at(self.clip, time), self.clip.size
        there = {name: camera.at(time, size) for name, camera in self.cameras.items()}
        if all(
            _same(camera.homographies[t], there[name], size)
            for name, camera in self.cameras.items()
        ):
            return background_layers(clip, t, np.eye(3))
        named = []
        for number, layer in enumerate(clip.placements.layers):
            if isinstance(layer, NamedPlane):
                picture = next(
                    i for i, one in enumerate(clip.placements.pictures) if one.layer == number
                )
                pixels = clip.placements.read(picture)
                # A cubic kernel blurs it: 0.2 to 1.3 dB less than the clip's own frames have.
                shown = cv2.warpPerspective(
                    pixels, there[layer.name], size, borderMode=cv2.BORDER_REPLICATE,
                    flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
                )  # fmt: skip
                shown = add_light(shown, clip.placements.light)
                named.append((layer.name, lit(clip, shown, t, seen=np.eye(3))))
        return named

    def _sprites(self, time: float) -> list[NamedImage]:
        """Return the sprites; those that are as a frame shows them from the frame's layers.

        A layer of a frame lacks what others hide there, so it is taken for a sprite that nothing
        is in front of, or where nothing has moved.
        """
        t = frame_at(self.clip, time)
        order = [int(k) for k in self.clip.placements.clip.order[t]]
        same = [self._as_in_frame(track, time) for track in self.tracks]
        nothing_moved = time == t and all(same)
        named = []
        for track, as_in_frame in zip(self.tracks, same, strict=True):
            in_front = order[-1] == track.layer.object
            if as_in_frame and (nothing_moved or in_front):
                rgba = self.clip.placements.clip.objects[track.layer.object].rgba(t)
            else:
                rgba = self.sprite(track, time)
            if rgba is not None:
                named.append((track.layer.name, rgba))
        return named

    def _as_in_frame(self, track: Track, time: float) -> bool:
        t, size = frame_at(self.clip, time), self.clip.size
        there = track.place(time, self.ground, size)
        return track.change_at(time) is None and _same(track.transforms[t], there, size)

    def _between(
        self, track: Track, change: Change, *, time: float, there: np.ndarray
    ) -> np.ndarray:
        """Return an in-between where it is in the frame, premultiplied (H, W, 4) float32."""
        pair, match = self.pairs.of(track, change)
        share = change.share(time)
        canvas = (
            geometry.translation(-pair.corner[0], -pair.corner[1])
            @ np.linalg.inv(track.transforms[change.start])
            @ there
        )
        picture = between(pair, match, share, canvas=canvas, size=self.clip.size)
        return ((1 - share) * pair.opacities[0] + share * pair.opacities[1]) * picture


def between(
    pair: Pair, match: Match, share: float, *, canvas: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Return an in-between of two drawings as a picture sees it.

    Parameters
    ----------
    share : how far it is from the first to the second, 0..1.
    canvas : (3, 3), pixels of the picture to those of the canvas.
    size : width and height of the picture.

    Returns
    -------
    (H, W, 4) float32, premultiplied, 0..255.
    """
    fields = match.fields(share)
    at = geometry.apply(canvas, geometry.pixel_grid(size)).astype(np.float32)
    fetch = lambda values: cv2.remap(  # noqa: E731
        values, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    seen = Fields(*map(fetch, (fields.to_first, fields.to_second, fields.first_share)))
    maps = tuple(
        geometry.apply(matrix, at + way)
        for matrix, way in zip(pair.maps, (seen.to_first, seen.to_second), strict=True)
    )
    first, second = (premultiplied(picture) for picture in pair.pictures)
    return render((first, second), seen, (maps[0], maps[1]))


def _same(homography: np.ndarray, other: np.ndarray, size: tuple[int, int]) -> bool:
    way = geometry.apply(np.linalg.inv(homography) @ other, geometry.corners(size))
    return float(np.abs(way - geometry.corners(size)).max()) < SAME_PX
