"""Homography warmup: the motion of every object, solved globally over the clip.

Reads the frames, flows, alphas and planes; writes ``model/homo_matrix.<K>.npy`` (T, 3, 3), frame
pixels to the object's canonical pixels at working resolution, and ``model/motion.json``, the
motion model that each object needs. An object of several planes moves with the one that covers
most; ``model/plane_motion.<i>.npy`` holds the motion of each plane.

Then, for every object but the background, ``model/exposure.<K>.json``: ``drawings`` lists the
frames that show each drawing, in order of appearance, and ``model/exposure_motion.<K>.npy``
(T, 3, 3), frame pixels to pixels of the first frame that shows the same drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.cast import Cast
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.exposure.objects import expose
from toondecompose.exposure.parameters import Parameters
from toondecompose.exposure.sheet import Exposure
from toondecompose.motion.matches import Flows, match_weights
from toondecompose.pipeline.settings import HomographySettings
from toondecompose.pipeline.stage import run_stage
from toondecompose.pipeline.terminal import Progress
from toondecompose.pipeline.tuning import read_tuning
from toondecompose.planes.background import Background, plane_masks
from toondecompose.planes.object_motion import solve_plane, solve_sprite
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import read_cast
from toondecompose.store.flows import read_confidence, read_flows
from toondecompose.store.frames import read_ground
from toondecompose.store.planes import read_background
from toondecompose.store.screen import read_clean_frames, read_streaks


@dataclass(frozen=True)
class Motions:
    """What the stage finds.

    Attributes
    ----------
    models : the motion model of each plane and object, by "plane <i>" and "object <k>".
    planes : (T, 3, 3) of each plane, working pixel to pixel of its canvas.
    objects : (T, 3, 3) of each object, working pixel to canonical pixel.
    exposures : the drawings of each sprite.
    """

    models: dict[str, str]
    planes: list[np.ndarray]
    objects: list[np.ndarray]
    exposures: list[Exposure]


def main_plane(numbers: Sequence[int], masks: list[np.ndarray]) -> int:
    """Return which of some planes covers most of the clip."""
    return max(numbers, key=lambda i: int(masks[i].sum()))


def one_motion(
    exposure: Exposure, solved: np.ndarray, masks: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray | None:
    """Return the motion (T, 3, 3) of a sprite with one drawing if the solved one drifts from it.

    Flows lose what is fast or hidden; the pictures of one drawing do not, and lie on each other
    wherever they are. Frames without it get the motion of the nearest frame that has it. None for
    a sprite of several drawings, and where solved agrees; masks (T, H, W) is where the sprite is.
    """
    there = np.nonzero(exposure.shown >= 0)[0]
    if exposure.shown.max() != 0:
        return None
    apart = []
    for t in there:
        x, y, width, height = cv2.boundingRect(masks[t].astype(np.uint8))
        box = geometry.corners((width, height)) + (x, y)
        at = [
            geometry.apply(np.linalg.inv(m[there[0]]) @ m[t], box)
            for m in (solved, exposure.motion)
        ]
        apart.append(np.linalg.norm(at[0] - at[1], axis=-1).mean())
    if max(apart) < tuning[Parameters].max_drift_px:
        return None
    times = np.arange(len(exposure.shown))
    return exposure.motion[there[np.abs(times[:, None] - there).argmin(axis=1)]]


def solve_motions(
    frames: np.ndarray,
    flows: Flows,
    trust: np.ndarray,
    *,
    background: Background,
    cast: Cast,
    alphas: Sequence[np.ndarray],
    settings: HomographySettings,
    empty: bool = False,
    streaks: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> Motions:
    """Solve the motion of every plane and object, and find the drawings of every sprite.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    flows : by pair of frames, (H, W, 2) float32 each.
    trust : (T, H, W) float32 in 0..1, how far the flows of each frame can be trusted.
    background : its planes.
    cast : which object is what.
    alphas : (T, H, W) uint8 of each object.
    settings : of the stage.
    empty : whether the background is empty, as that of a transparent input; it stands still.
    streaks : (T, H, W) bool, where rain or snow was taken out; None without any.
    """
    weights = match_weights(frames, trust, tuning=tuning)
    free = np.sum(alphas[: len(cast.planes)], axis=0) > 128
    planes = plane_masks(background, free)
    rng = np.random.default_rng(settings.seed)
    models: dict[str, str] = {}
    moved = []
    for i, plane in enumerate(background):
        start = ("translation", plane.homographies)
        models[f"plane {i}"], motion = (
            start
            if empty
            else solve_plane(
                frames, flows, weights, plane=plane, masks=planes[i], rng=rng, tuning=tuning
            )
        )
        moved.append(replace(plane, homographies=motion))
    objects = [moved[main_plane(numbers, planes)].homographies for numbers in cast.planes]
    masks = np.zeros((cast.sprites, *free.shape), bool)
    for k, mask in zip(cast.sprite_numbers, masks, strict=True):
        mask[:] = alphas[k] > 128
        models[f"object {k}"], motion = solve_sprite(flows, weights, mask, rng=rng, tuning=tuning)
        objects.append(motion)
    exposures = expose(frames, tuple(moved), masks, flows=flows, streaks=streaks, tuning=tuning)
    for k, exposure, mask in zip(cast.sprite_numbers, exposures, masks, strict=True):
        motion = one_motion(exposure, objects[k], mask, tuning=tuning)
        if motion is not None:
            slides = np.allclose(motion[:, :2, :2], np.eye(2))
            models[f"object {k}"] = "translation" if slides else "similarity"
            objects[k] = geometry.shift_to_origin(motion, (free.shape[2], free.shape[1]))
    return Motions(models, [plane.homographies for plane in moved], objects, list(exposures))


def main(clip: ClipFolder, settings: HomographySettings, progress: Progress) -> None:
    """Solve and write the motion of every plane and object."""
    tuning = read_tuning(settings.tuning)
    frames, cast = read_clean_frames(clip), read_cast(clip)
    count = len(frames)
    found = solve_motions(
        frames,
        read_flows(clip, count),
        read_confidence(clip, count),
        background=read_background(clip, paths.PLANES),
        cast=cast,
        alphas=[clip.read_npy(paths.alpha(k)) for k in range(cast.objects)],
        settings=settings,
        empty=read_ground(clip) is not None,
        streaks=read_streaks(clip),
        tuning=tuning,
    )
    for i, motion in enumerate(found.planes):
        progress.say(f"background plane {i}: {found.models[f'plane {i}']}")
        clip.write_npy(paths.plane_motion(i), motion)
    for k, motion in enumerate(found.objects):
        clip.write_npy(paths.motion(k), motion)
    for k, exposure in zip(cast.sprite_numbers, found.exposures, strict=True):
        drawings = exposure.drawings
        progress.say(f"object {k}: {found.models[f'object {k}']}")
        count = f"{len(drawings)} drawing{'s' * (len(drawings) != 1)}"
        progress.say(f"object {k}: {count} in {sum(map(len, drawings))} frames")
        clip.write_json(paths.exposure(k), {"drawings": drawings})
        clip.write_npy(paths.exposure_motion(k), exposure.motion)
    clip.write_json(paths.MOTION_MODELS, found.models)


if __name__ == "__main__":
    run_stage("homography", main, HomographySettings)
