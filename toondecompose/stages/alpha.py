"""Alpha warmup: which object each pixel of each frame shows, by motion and colour.

Reads ``frame/all_frames.npy`` and the flows; writes ``model/objects.json``, which object is what,
``model/alpha.<K>.npy`` (T, H, W) uint8 of every object, ``model/order.npy`` (T, K), the objects of
each frame from back to front, ``model/planes/``, the background's planes, and
``preview_labels/<N>.png``.
"""

from __future__ import annotations

import numpy as np

from toondecompose.artifacts import ClipFolder
from toondecompose.cast import ORDER, Cast, cast_objects, share_background, write_cast
from toondecompose.fades import read_frames
from toondecompose.flows import read_confidence, read_flows
from toondecompose.labelling.foreground import background_noise, separate
from toondecompose.labelling.sprites import count_apart, split_sprites
from toondecompose.motion.matches import Flows, gradient_weight
from toondecompose.pictures import label_picture
from toondecompose.planes.background import Background
from toondecompose.planes.estimate import find_planes
from toondecompose.planes.storage import write_background
from toondecompose.settings import AlphaSettings
from toondecompose.stage import run_stage, threads
from toondecompose.terminal import Progress

LEAST_CONFIDENCE = 0.02
"""Flows that nothing confirms still vote a little where nothing else does."""


def warm_up(
    frames: np.ndarray,
    flows: Flows,
    trust: np.ndarray,
    settings: AlphaSettings,
    progress: Progress,
) -> tuple[Background, Cast, np.ndarray, np.ndarray]:
    """Find background and objects; trust (T, H, W) says how far the flows can be trusted.

    Returns the background's planes, which object is what, the alphas (K, T, H, W) float32, which
    sum to one, and the objects of each frame from back to front, (T, K) int.
    """
    seen = np.stack([gradient_weight(frame) for frame in frames])
    weights = seen * np.maximum(trust, LEAST_CONFIDENCE)
    background = find_planes(frames, flows, weights, np.random.default_rng(settings.seed))
    progress.say(f"background: {len(background)} plane{'s' if len(background) > 1 else ''}")
    separation = separate(frames, flows, trust, background, say=progress.say)
    foreground, background = separation.foreground, separation.background
    asked = None if settings.objects == "auto" else int(settings.objects)
    apart = count_apart(foreground > 0.5)
    cast = cast_objects(asked, len(background), apart)
    if asked is None:
        progress.say(
            f"{cast.objects} objects: {len(background)} of the background's, "
            f"{apart} sprites that stand apart"
        )
    if not cast.sprites:
        foreground = np.zeros_like(foreground)
    size = (frames.shape[2], frames.shape[1])
    covers = [plane.coverages(size) for plane in background[:-1]]
    alphas = share_background(cast, 1 - foreground, covers)
    order = np.tile(np.arange(cast.objects), (len(frames), 1))
    if cast.sprites:
        noise = background_noise(frames, background, foreground > 0.5)
        split = split_sprites(frames, foreground, flows, cast.sprites, noise, progress.say)
        alphas += list(split.alphas)
        order[:, len(cast.planes) :] = len(cast.planes) + split.order
    return background, cast, np.stack(alphas), order


def main(clip: ClipFolder, settings: AlphaSettings, progress: Progress) -> None:
    """Read frames and flows, write alphas, planes and label pictures."""
    frames = read_frames(clip)
    flows, trust = read_flows(clip, len(frames)), read_confidence(clip, len(frames))
    background, cast, alphas, order = warm_up(frames, flows, trust, settings, progress)
    write_background(clip, "model/planes", background)
    write_cast(clip, cast)
    clip.write_npy(ORDER, order.astype(np.uint8))
    levels = np.round(alphas * 255).astype(np.uint8)
    for k, alpha in enumerate(levels):
        clip.write_npy(f"model/alpha.{k}.npy", alpha)

    def write_labels(t: int) -> None:
        clip.write_png(f"preview_labels/{t}.png", label_picture(levels[:, t]))

    progress.map(write_labels, range(len(frames)), "labels", workers=threads())


if __name__ == "__main__":
    run_stage("alpha", main, AlphaSettings)
