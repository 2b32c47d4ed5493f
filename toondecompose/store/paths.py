"""Where every artifact of a clip lies, once: paths relative to ``workers/<clip>``.

``t`` is a frame, ``k`` an object, ``i`` a plane of the background, ``d`` a drawing of a sprite; all
count from 0, see docs/conventions.md. Which stage owns a path: ``PATTERNS`` in
``toondecompose/store/artifacts.py``.
"""

from __future__ import annotations

# frames

INFO = "frame/info.json"
"""Sizes, number of frames, frame rate, and what else is known of the clip."""

ALL_FRAMES = "frame/all_frames.npy"
"""(T, H, W, 3) uint8: the frames at working resolution, with their fades."""

GAINS = "frame/gain.npy"
"""(T,) float32: the factor by which a fade darkens each frame."""

SHOTS = "shots.yaml"
"""A config with a clip for each shot, where a clip has cuts."""


SOUND = "source/sound.flac"
"""Sound of a video input, from the first frame to the end of the last; absent without sound."""


def source(t: int) -> str:
    """Frame at full resolution, RGB."""
    return f"source/{t}.png"


def source_alpha(t: int) -> str:
    """Alpha that the input brings, full resolution, gray."""
    return f"source/alpha/{t}.png"


def frame(t: int) -> str:
    """Frame at working resolution, RGB."""
    return f"frame/{t}.png"


def frame_alpha(t: int) -> str:
    """Alpha that the input brings, working resolution, gray."""
    return f"frame/alpha/{t}.png"


# flow

FLOW_INFO = "flow/info.json"
"""The offsets of the flows that were made."""


def flow(a: int, b: int) -> str:
    """(H, W, 2) float32: motion from frame a to frame b, x first, working pixels."""
    return f"flow/{a}T{b}.npy"


def flow_picture(a: int, b: int) -> str:
    """The flow as colours, for inspection."""
    return f"flow/{a}T{b}.png"


def flow_confidence(a: int, b: int) -> str:
    """How far the flow can be trusted, gray: 0 hidden in b, 1 worthless, 255 certain."""
    return f"flow/{a}T{b}.confidence.png"


# alpha

OBJECTS = "model/objects.json"
"""Which object is what."""

ORDER = "model/order.npy"
"""(T, K) uint8: the objects of each frame from back to front."""

PLANES = "model/planes"
"""Folder of the background's planes: texture, motion, alpha."""

HINT_EVIDENCE = "model/hints.npy"
"""(T, H, W) float16: log odds of hints for sprites; absent without hints."""


def alpha(k: int) -> str:
    """(T, H, W) uint8: labels of an object, a first guess."""
    return f"model/alpha.{k}.npy"


def hint(t: int) -> str:
    """(H, W) unsigned, source size: the objects that hints rule out in a frame, a bit each."""
    return f"model/hints/{t}.npy"


def label_picture(t: int) -> str:
    """The labels of a frame, for inspection."""
    return f"preview_labels/{t}.png"


# alpha, of clips in which something lies over the whole picture

CLEAN_FRAMES = "screen/frames.npy"
"""(T, H, W, 3) uint8: the working frames without it, and without their fades."""

STREAKS = "screen/streaks.npy"
"""(T, H, W) uint8: 1 where rain or snow was taken out of the working frames, else 0."""

SCREEN_LIGHT = "screen/light.json"
"""Kind and colour of light over all."""

LIGHT_STRENGTH = "screen/light.npy"
"""(T, h, w) float32: strength of light over all, on a grid."""

OVERLAYS = "overlay/info.json"
"""The frames that show each overlay, rain or snow, and flashes."""


def overlay(n: int) -> str:
    """What stands still on the screen in front of everything: straight RGBA, full resolution."""
    return f"overlay/{n}.png"


def weather(t: int) -> str:
    """Rain or snow of a frame, in front of everything: straight RGBA, full resolution."""
    return f"overlay/weather.{t}.png"


def flash(t: int) -> str:
    """Flash or impact frame as it is, in front of everything: RGBA, opaque, full resolution."""
    return f"overlay/flash.{t}.png"


def clean_source(t: int) -> str:
    """Frame at full resolution without its fade and all that lies over it but light, RGB."""
    return f"screen/source/{t}.png"


# homography

MOTION_MODELS = "model/motion.json"
"""Which motion model each plane and object has."""


def motion(k: int) -> str:
    """(T, 3, 3): pixel of a frame to pixel of the object's canvas, working size."""
    return f"model/homo_matrix.{k}.npy"


def plane_motion(i: int) -> str:
    """(T, 3, 3): pixel of a frame to pixel of the plane's canvas, working size."""
    return f"model/plane_motion.{i}.npy"


def exposure(k: int) -> str:
    """Exposure sheet of a sprite: the frames of each drawing, in order of appearance."""
    return f"model/exposure.{k}.json"


def exposure_motion(k: int) -> str:
    """(T, 3, 3): pixel of a frame to pixel of the first frame with its drawing, working size."""
    return f"model/exposure_motion.{k}.npy"


# preview

PREVIEW = "preview_position.mp4"
"""Video of labels and motions."""


def preview(t: int) -> str:
    """Frame beside stripes that move with each object."""
    return f"preview_vis/{t}.png"


# sprites

REFINED_PLANES = "model/sprites/planes"
"""Folder of the background's planes after the joint optimisation."""

LIGHT = "model/sprites/light.npy"
"""(H, W, 3) float32: what the camera adds to the background, grey levels."""

LOSS = "model/sprites/loss.json"
"""Loss per term before and after the joint optimisation."""

RECOMPOSITION = "model/sprites/recomposition.png"
"""Frames beside their recomposition, the error, and alpha before and after."""


def refined_alpha(k: int) -> str:
    """(T, H, W) uint8: labels of an object after the joint optimisation; they sum to 255."""
    return f"model/sprites/alpha.{k}.npy"


# refine


def image(t: int) -> str:
    """Frame of the result, RGB, full resolution."""
    return f"vis/{t}.img.png"


def layer(t: int, k: int) -> str:
    """Layer of an object in a frame: straight RGBA, full resolution."""
    return f"vis/{t}.obj.{k}.png"


def overlay_view(t: int) -> str:
    """All overlays of a frame, straight RGBA, full resolution; of clips that have any."""
    return f"vis/{t}.overlay.png"


def motion_picture(t: int) -> str:
    """Final motions as stripes, for inspection."""
    return f"vis/{t}.homo.png"


def plate(i: int) -> str:
    """Whole canvas of a plane: straight RGBA, full resolution."""
    return f"plate/{i}.png"


def plate_observed(i: int) -> str:
    """Where some frame shows a plane's canvas: white, else black."""
    return f"plate/{i}.observed.png"


def view_observed(t: int) -> str:
    """Where the clean plate of a frame was observed: white, else black."""
    return f"plate/observed/{t}.png"


def full_motion(k: int) -> str:
    """(T, 3, 3): pixel of a frame to pixel of the object's canvas, full resolution."""
    return f"model/full_homo_matrix.{k}.npy"


def full_plane_motion(i: int) -> str:
    """(T, 3, 3): pixel of a frame to pixel of `plate`, full resolution."""
    return f"model/full_plane_motion.{i}.npy"


def full_exposure_motion(k: int) -> str:
    """(T, 3, 3): pixel of a frame to pixel of its drawing's first frame, full resolution."""
    return f"model/full_exposure_motion.{k}.npy"


def opacity(k: int) -> str:
    """(T,): how opaque a sprite is as a whole; a factor of its alpha, which has it already."""
    return f"model/opacity.{k}.npy"


def sprite_picture(k: int, d: int) -> str:
    """Whole drawing of a sprite: straight RGBA, full resolution."""
    return f"sprite/{k}.{d}.png"


def sprite_observed(k: int, d: int) -> str:
    """White where a frame shows the drawing, grey where only another one does, black where none."""
    return f"sprite/{k}.{d}.observed.png"


def sprite_motion(k: int) -> str:
    """(T, 3, 3): pixel of a frame to pixel of its `sprite_picture`, full resolution."""
    return f"model/full_sprite_motion.{k}.npy"


# report

REPORT = "report.html"
"""One page that shows the layers and puts the frames together from them."""

# video

VIDEO = "vis.mp4"
"""Video of frames, layers and motions."""

CONTACT_SHEET = "contact_sheet.png"
"""Some frames with their layers."""

MANIFEST = "manifest.json"
"""Hash of every artifact, settings, versions, device."""


def grain(t: int) -> str:
    """Grain of a frame, RGB, 128 for none; where the clip has any."""
    return f"grain/{t}.png"


# edits

EDIT_FOLDER = "edit"
"""Folder of what the user changes: images under the names of the exports, and settings."""

EDIT_SETTINGS = "edit/edit.yaml"
"""What to change of the layers, of the time and of the camera."""

EDIT_VIDEO = "edit.mp4"
"""The clip with its edits; of no stage, because only the user asks for it."""

INBETWEEN_VIDEO = "inbetween.mp4"
"""The clip with new frames between its own; of no stage, like `EDIT_VIDEO`."""

# enlarging

UPSCALE_LAYERS = "upscale/layers.json"
"""Size, factor and engine of the enlarged pictures, and where each frame shows them."""

UPSCALE_VIDEO = "upscale.mp4"
"""The clip, enlarged; of no stage, because only the user asks for it."""


def upscaled(name: str) -> str:
    """Enlarged plate or drawing, by its name in `store.placement`: straight RGBA."""
    return f"upscale/{name}.png"


# what the runner keeps

TIMES = "benchmarks/times.js"
"""Time and memory of each stage, for the report; not an artifact, because it differs each time."""


def benchmark(stage: str) -> str:
    """Time and memory of a stage, as Snakemake measured them."""
    return f"benchmarks/{stage}.tsv"


LISTING = "records/input.json"
"""Names and hashes of the files of the input."""

HINT_LISTING = "records/hints.json"
"""Names and hashes of the user's hints."""

INPUT_SIZE = "records/size.json"
"""Size and length of the input, for the estimate."""

OWN_SETTINGS = "records/config.json"
"""The clip's settings, as its config gives them."""


def record(stage: str) -> str:
    """What a stage made, and from what."""
    return f"records/{stage}.json"


def note(stage: str) -> str:
    """Input of a stage that changes when one of its artifacts is gone or damaged."""
    return f"records/{stage}.note"


def lock(stage: str) -> str:
    """Lock file of a stage that runs."""
    return f"records/{stage}.lock"


def ledger(stage: str) -> str:
    """What a stage that was stopped had made."""
    return f"records/{stage}.ledger"


def made(stage: str) -> str:
    """Files that a stage has made, with size, time and hash."""
    return f"records/{stage}.made"


RUN_LOCK = "records/run.lock"
"""Lock file of the run that is at work on the clip."""
