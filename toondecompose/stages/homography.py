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
from dataclasses import replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.exposure.objects import expose
from toondecompose.exposure.sheet import Exposure
from toondecompose.motion.matches import gradient_weight
from toondecompose.motion.objects import solve_plane, solve_sprite
from toondecompose.pipeline.settings import HomographySettings
from toondecompose.pipeline.stage import run_stage
from toondecompose.pipeline.terminal import Progress
from toondecompose.planes.background import plane_masks
from toondecompose.planes.storage import read_background
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import read_cast
from toondecompose.store.flows import read_confidence, read_flows
from toondecompose.store.screen import read_clean_frames

DRIFTED = 2.0
"""Pixels by which a motion from flows may be off before the pictures of a drawing overrule it."""


def main_plane(numbers: Sequence[int], masks: list[np.ndarray]) -> int:
    """Return which of some planes covers most of the clip."""
    return max(numbers, key=lambda i: int(masks[i].sum()))


def one_motion(exposure: Exposure, solved: np.ndarray, masks: np.ndarray) -> np.ndarray | None:
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
    if max(apart) < DRIFTED:
        return None
    times = np.arange(len(exposure.shown))
    return exposure.motion[there[np.abs(times[:, None] - there).argmin(axis=1)]]


def main(clip: ClipFolder, settings: HomographySettings, progress: Progress) -> None:
    """Solve and write the motion of every plane and object."""
    frames = read_clean_frames(clip)
    flows = read_flows(clip, len(frames))
    trust = read_confidence(clip, len(frames))
    weights = np.stack([gradient_weight(frame) for frame in frames]) * np.maximum(trust, 0.02)
    background = read_background(clip, "model/planes")
    cast = read_cast(clip)
    levels = [clip.read_npy(f"model/alpha.{k}.npy") for k in range(cast.objects)]
    free = np.sum(levels[: len(cast.planes)], axis=0) > 128
    masks = plane_masks(background, free)
    rng = np.random.default_rng(settings.seed)
    models: dict[str, str] = {}
    moved = []
    for i, plane in enumerate(background):
        model, motion = solve_plane(frames, flows, weights, plane, masks[i], rng)
        models[f"plane {i}"] = model
        progress.say(f"background plane {i}: {model}")
        clip.write_npy(f"model/plane_motion.{i}.npy", motion)
        moved.append(replace(plane, homographies=motion))
        for k, numbers in enumerate(cast.planes):
            if i == main_plane(numbers, masks):
                clip.write_npy(f"model/homo_matrix.{k}.npy", motion)
    masks, solved = np.zeros((cast.sprites, *free.shape), bool), {}
    for k, mask in zip(cast.sprite_numbers, masks, strict=True):
        mask[:] = levels[k] > 128
        model, motion = solve_sprite(flows, weights, mask, rng)
        models[f"object {k}"], solved[k] = model, motion
    exposures = expose(frames, tuple(moved), masks, flows)
    for k, exposure, mask in zip(cast.sprite_numbers, exposures, masks, strict=True):
        drawings, motion = exposure.drawings, one_motion(exposure, solved[k], mask)
        if motion is not None:
            slides = np.allclose(motion[:, :2, :2], np.eye(2))
            models[f"object {k}"] = "translation" if slides else "similarity"
            solved[k] = geometry.fit_canvas(motion, (free.shape[2], free.shape[1]))[0]
        progress.say(f"object {k}: {models[f'object {k}']}")
        clip.write_npy(f"model/homo_matrix.{k}.npy", solved[k])
        clip.write_json(f"model/exposure.{k}.json", {"drawings": drawings})
        clip.write_npy(f"model/exposure_motion.{k}.npy", exposure.motion)
        progress.say(f"object {k}: {len(drawings)} drawings in {sum(map(len, drawings))} frames")
    clip.write_json("model/motion.json", models)


if __name__ == "__main__":
    run_stage("homography", main, HomographySettings)
