"""Alpha warmup: which object each pixel of each frame shows, by motion and colour.

Reads ``frame/all_frames.npy`` and the flows; writes ``model/objects.json``, which object is what,
``model/alpha.<K>.npy`` (T, H, W) uint8 of every object, ``model/order.npy`` (T, K), the objects of
each frame from back to front, ``model/planes/``, the background's planes, and
``preview_labels/<N>.png``; of clips with something over the whole picture (light, rain, a logo or
a subtitle) also ``screen/``, the frames without it, and ``overlay/``
(``toondecompose/store/screen.py``). Reads the user's hints, if there are any, and then writes what
they require: ``model/hints.npy`` and ``model/hints/<N>.npy`` (``toondecompose/store/hints.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from toondecompose.core.cast import Cast, cast_objects, share_background
from toondecompose.core.errors import UserError
from toondecompose.core.hints import rule_out
from toondecompose.core.parallel import threads
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.fast_pans import doubtful_frames, say_doubtful
from toondecompose.motion.matches import Flows, match_weights
from toondecompose.pipeline.settings import AlphaSettings
from toondecompose.pipeline.stage import run_stage
from toondecompose.pipeline.terminal import Progress
from toondecompose.pipeline.tuning import read_tuning
from toondecompose.planes.background import Background
from toondecompose.planes.estimate import find_camera, find_planes
from toondecompose.screen.search import ScreenLayers, find_screen_layers
from toondecompose.segmentation.certainty import assumptions, confidence
from toondecompose.segmentation.clean_plates import background_noise
from toondecompose.segmentation.foreground import separate, separate_with_hints
from toondecompose.segmentation.hint_propagation import hint_evidence
from toondecompose.segmentation.instances import HintedForeground, split_sprites
from toondecompose.segmentation.sprite_count import count_separate_sprites
from toondecompose.segmentation.transparent_input import GivenAlpha, given_separation
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import write_cast
from toondecompose.store.flows import read_confidence, read_flows
from toondecompose.store.frames import read_frames, read_given_alpha, read_ground
from toondecompose.store.hints import (
    Hint,
    check_frames,
    check_objects,
    find_hints,
    read_hint,
    write_hints,
)
from toondecompose.store.planes import write_background
from toondecompose.store.screen import held_frames, write_overlays, write_screen
from toondecompose.viz.pictures import label_picture


@dataclass(frozen=True)
class WarmUp:
    """What the stage finds.

    Attributes
    ----------
    background : its planes.
    cast : which object is what.
    alphas : (K, T, H, W) float32, which sum to one.
    order : (T, K) int, the objects of each frame from back to front.
    hint_evidence : (T, H, W) float32, log odds of sprites from hints; None without any.
    regions : (T, H, W) float32 in -1..1, the value of each pixel's region.
    even : whether the background has next to no structure.
    screen : what lies over the whole picture, and the frames without it.
    """

    background: Background
    cast: Cast
    alphas: np.ndarray
    order: np.ndarray
    hint_evidence: np.ndarray | None
    regions: np.ndarray
    even: bool
    screen: ScreenLayers


def warm_up(
    frames: np.ndarray,
    flows: Flows,
    trust: np.ndarray,
    *,
    settings: AlphaSettings,
    progress: Progress,
    rule: Callable[[Cast], dict[int, np.ndarray]],
    given: GivenAlpha | None = None,
    tuning: Tuning = DEFAULT,
) -> WarmUp:
    """Find background and objects.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    flows : (H, W, 2) float32 of each pair of frames.
    trust : (T, H, W) float32 in 0..1, how far the flows can be trusted.
    settings : of the stage.
    progress : is called with lines for the user.
    rule : called with the cast; returns what hints rule out in some frames, (h, w) unsigned.
    given : the alpha of a transparent input, which replaces the search for the background.
    """
    weights = match_weights(frames, trust, tuning=tuning)
    rng = np.random.default_rng(settings.seed)
    if given is None:
        camera = find_camera(frames, flows, weights, rng=rng, say=progress.say, tuning=tuning)
        screen = find_screen_layers(frames, camera, flows, trust=trust, tuning=tuning)
        for line in screen.lines():
            progress.say(line)
        frames, trust = screen.frames, np.where(screen.uncovered(), trust, 0) if screen else trust
        background = find_planes(frames, flows, weights, rng=rng, motion=camera, tuning=tuning)
        progress.say(f"background: {len(background)} plane{'s' if len(background) > 1 else ''}")
        separation = separate(
            frames, flows, trust, background=background, say=progress.say, tuning=tuning
        )
        doubtful = doubtful_frames(camera, separation.foreground > 0.5, tuning=tuning)
        say_doubtful(doubtful, progress.say)
    else:
        separation = given_separation(given)
        screen = ScreenLayers(frames, None, [], separation.background[0].homographies)
    found, planes = separation.foreground, len(separation.background)
    asked = None if settings.objects == "auto" else int(settings.objects)
    apart = count_separate_sprites(found > 0.5, tuning=tuning)
    cast = cast_objects(asked, planes, apart)
    if asked is None:
        progress.say(
            f"{cast.objects} objects: {planes} of the background's, "
            f"{apart} sprites that stand apart"
        )
    if not cast.sprites:
        found = np.zeros_like(found)
    ruled = rule(cast)
    if ruled and not cast.sprites:
        progress.say("hints change nothing: the clip has no sprites; ask for more with 'objects'")
    hints = None
    foreground = found
    if ruled and cast.sprites:
        hints = hint_evidence(ruled, frames, flows, cast=cast, found=found, tuning=tuning)
        if given is None:
            separation = separate_with_hints(
                frames, flows, trust, found=separation, hints=hints.foreground, tuning=tuning
            )
        foreground = separation.foreground
    size = (frames.shape[2], frames.shape[1])
    covers = [plane.coverages(size) for plane in separation.background[:-1]]
    alphas = share_background(cast, 1 - foreground, covers)
    order = np.tile(np.arange(cast.objects), (len(frames), 1))
    if cast.sprites:
        hinted = None
        if hints is not None and hints.sprites is not None:
            hinted = HintedForeground(foreground, hints.sprites)
        start = foreground if hinted is None else found
        noise = background_noise(frames, separation.background, start > 0.5, tuning=tuning)
        split = split_sprites(
            frames,
            start,
            flows,
            wanted=cast.sprites,
            noise=noise,
            say=progress.say,
            hinted=hinted,
            tuning=tuning,
        )
        alphas += list(split.alphas)
        order[:, len(cast.planes) :] = len(cast.planes) + split.order
    return WarmUp(
        separation.background, cast, np.stack(alphas), order,
        None if hints is None else hints.foreground,
        separation.regions, separation.even, screen,
    )  # fmt: skip


def rule_out_objects(
    marks: Mapping[Hint, np.ndarray], cast: Cast, say: Callable[[str], None]
) -> dict[int, np.ndarray]:
    """Return what hints, (h, w) int8 each, rule out in the frames they are about, (h, w) unsigned.

    Raises
    ------
    UserError
        When a hint is about an object that the clip does not have.
    """
    check_objects(list(marks), cast.objects)
    ruled = {}
    for t in sorted({hint.frame for hint in marks}):
        own = {hint.object: mark for hint, mark in marks.items() if hint.frame == t}
        ruled[t], contradicting = rule_out(own, cast.objects)
        about = " and ".join(f"object {k}" for k in own)
        say(f"hints in frame {t} about {about}: {(ruled[t] > 0).sum()} pixels")
        if contradicting:
            say(f"hints in frame {t} contradict each other: {contradicting} pixels are left out")
    return ruled


def main(clip: ClipFolder, settings: AlphaSettings, progress: Progress) -> None:
    """Read frames and flows, write alphas, planes and label pictures."""
    tuning = read_tuning(settings.tuning)
    frames = read_frames(clip)
    hints = [] if clip.hints is None else find_hints(clip.hints)
    check_frames(hints, len(frames))
    size = tuple(clip.read_json(paths.INFO)["source_size"]) if hints else None
    marks = {hint: read_hint(hint.path, size) for hint in hints}
    flows, trust = read_flows(clip, len(frames)), read_confidence(clip, len(frames))
    ruled: dict[int, np.ndarray] = {}

    def rule(cast: Cast) -> dict[int, np.ndarray]:
        ruled.update(rule_out_objects(marks, cast, progress.say))
        return ruled

    ground = read_ground(clip)
    if ground is not None and settings.objects == 1:
        raise UserError(
            "objects is 1, the background alone, but that of a transparent input is empty; set "
            "objects to 2 or more, or transparency: ignore"
        )
    given = None if ground is None else GivenAlpha(read_given_alpha(clip), ground)
    found = warm_up(
        frames,
        flows,
        trust,
        settings=settings,
        progress=progress,
        rule=rule,
        given=given,
        tuning=tuning,
    )
    write_screen(clip, found.screen)
    if found.screen.regions or found.screen.weather or held_frames(clip):
        write_overlays(clip, found.screen, flows, tuning=tuning)
    write_background(clip, paths.PLANES, found.background)
    sprites = found.alphas[len(found.cast.planes) :]
    write_cast(clip, found.cast, [confidence(alpha, found.regions) for alpha in sprites])
    hint = f"hints/{clip.name}/{{frame}}.{{object}}.png"
    first = len(found.cast.planes)
    lines = assumptions(
        list(sprites), found.regions, first=first, even=found.even, hint=hint, tuning=tuning
    )
    for line in lines:
        progress.say(line)
    clip.write_npy(paths.ORDER, found.order.astype(np.uint8))
    if found.hint_evidence is not None:
        write_hints(clip, ruled, found.hint_evidence)
    levels = np.round(found.alphas * 255).astype(np.uint8)
    for k, alpha in enumerate(levels):
        clip.write_npy(paths.alpha(k), alpha)

    def write_labels(t: int) -> None:
        clip.write_png(paths.label_picture(t), label_picture(levels[:, t]))

    progress.map(write_labels, range(len(frames)), "labels", workers=threads())


if __name__ == "__main__":
    run_stage("alpha", main, AlphaSettings)
