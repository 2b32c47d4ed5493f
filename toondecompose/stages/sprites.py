"""Sprite learning, stage 1: planes, light and alphas together, by the error of recomposition.

Reads ``frame/all_frames.npy``, the background's planes and motions and the objects' alphas; writes
``model/sprites/``: the refined planes in ``planes/``, ``alpha.<K>.npy`` (T, H, W) uint8 of every
object, of sum 255, ``light.npy`` (H, W, 3) float32, the smooth field that the screen adds to the
background, in grey levels, ``loss.json``, the loss per term before and after, and
``recomposition.png``, frames beside their recomposition, the error, and alpha before and after.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from toondecompose.core.cast import Cast, share_background
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import evenly_spread
from toondecompose.pipeline.settings import SpritesSettings
from toondecompose.pipeline.stage import choose_device, make_torch_repeatable, run_stage
from toondecompose.pipeline.terminal import Progress
from toondecompose.pipeline.tuning import read_tuning
from toondecompose.planes.background import compose_view
from toondecompose.sprites.edges import share_out
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import read_cast
from toondecompose.store.frames import read_given_alpha, read_ground
from toondecompose.store.hints import read_evidence
from toondecompose.store.planes import read_background, write_background
from toondecompose.store.screen import read_clean_frames
from toondecompose.viz.contact_sheet import contact_sheet

if TYPE_CHECKING:
    from toondecompose.sprites.joint import Sprites

SHOWN_FRAMES = 6
"""Frames in the picture of what was done."""

ERROR_GAIN = 8
"""Factor by which the picture brightens errors."""


def main(clip: ClipFolder, settings: SpritesSettings, progress: Progress) -> None:
    """Read the warmup, refine it, write the sprites; of a transparent input nothing is refined."""
    tuning = read_tuning(settings.tuning)
    if read_ground(clip) is not None:
        write_given(clip)
        return
    make_torch_repeatable()
    # Late, because it takes seconds that bad settings should not cost.
    import torch

    from toondecompose.sprites.joint import refine

    frames = read_clean_frames(clip)
    cast = read_cast(clip)
    warmup = [clip.read_npy(paths.alpha(k)) for k in cast.sprite_numbers]
    foreground = np.zeros(frames.shape[:3], np.uint8)
    for alpha in warmup:
        foreground += alpha
    background = tuple(
        replace(plane, homographies=clip.read_npy(paths.plane_motion(i)))
        for i, plane in enumerate(read_background(clip, paths.PLANES))
    )

    def track(steps: Iterator[int], text: str, count: int) -> Iterator[int]:
        return progress.track(steps, text, total=count)

    sprites = refine(
        frames,
        background,
        foreground > 127,
        hint_evidence=read_evidence(clip),
        iterations=settings.iterations,
        device=torch.device(choose_device(settings.device)),
        seed=settings.seed,
        track=track,
        tuning=tuning,
    )
    write_background(clip, paths.REFINED_PLANES, sprites.background)
    clip.write_npy(paths.LIGHT, sprites.light)
    alphas = background_alphas(cast, sprites) + share_out(sprites.alpha, warmup)
    for k, own in enumerate(alphas):
        clip.write_npy(paths.refined_alpha(k), own)
    clip.write_json(paths.LOSS, sprites.loss)
    clip.write_png(paths.RECOMPOSITION, picture(frames, sprites, foreground))
    before, after = (
        sprites.loss[when].get("mean difference in grey levels") for when in ("before", "after")
    )
    if before is not None and after is not None:
        progress.say(f"mean error of recomposition {before:.2f} -> {after:.2f} grey levels")


def write_given(clip: ClipFolder) -> None:
    """Write the alpha of a transparent input, divided among the sprites as the warmup did."""
    cast, frames, given = read_cast(clip), read_clean_frames(clip), read_given_alpha(clip)
    write_background(clip, paths.REFINED_PLANES, read_background(clip, paths.PLANES))
    clip.write_npy(paths.LIGHT, np.zeros(frames.shape[1:], np.float32))
    warmup = [clip.read_npy(paths.alpha(k)) for k in cast.sprite_numbers]
    alphas = [255 - given, *share_out(given, warmup)]
    for k, alpha in enumerate(alphas):
        clip.write_npy(paths.refined_alpha(k), alpha)
    clip.write_json(paths.LOSS, {})
    rows = [
        [frames[t], *(np.repeat(alpha[t][..., None], 3, axis=-1) for alpha in alphas[1:])]
        for t in evenly_spread(len(frames), SHOWN_FRAMES)
    ]
    words = ["", *(f"alpha of object {k}" for k in cast.sprite_numbers)]
    clip.write_png(
        paths.RECOMPOSITION, contact_sheet(rows, [words] + [[""] * len(words)] * (len(rows) - 1))
    )


def background_alphas(cast: Cast, sprites: Sprites) -> list[np.ndarray]:
    """Return the alpha (T, H, W) uint8 of each object of the background; all sum to 255."""
    _, height, width = sprites.alpha.shape
    covers = [plane.coverages((width, height)) for plane in sprites.background[:-1]]
    free = 255 - sprites.alpha
    shares = share_background(cast, free, covers)
    levels = [np.round(share).astype(np.uint8) for share in shares[1:]]
    return [free - np.sum(levels, axis=0, dtype=np.uint8), *levels]


def picture(frames: np.ndarray, sprites: Sprites, before: np.ndarray) -> np.ndarray:
    """Show some frames: frame, recomposition, error, alpha before and after."""
    size: Size = (frames.shape[2], frames.shape[1])
    rows = []
    for t in evenly_spread(len(frames), SHOWN_FRAMES):
        alpha = sprites.alpha[t][..., None] / np.float32(255)
        plate = compose_view(sprites.background, t, size) + sprites.light
        image = np.clip(np.round(alpha * sprites.colour[t] + (1 - alpha) * plate), 0, 255)
        error = np.minimum(ERROR_GAIN * np.abs(image - frames[t]), 255)
        alphas = [np.repeat(a[..., None], 3, axis=-1) for a in (before[t], sprites.alpha[t])]
        rows.append([frames[t], image.astype(np.uint8), error.astype(np.uint8), *alphas])
    words = ["", "recomposition", f"error x {ERROR_GAIN}", "alpha before", "alpha after"]
    return contact_sheet(rows, [words] + [[""] * len(words)] * (len(rows) - 1))


if __name__ == "__main__":
    run_stage("sprites", main, SpritesSettings)
