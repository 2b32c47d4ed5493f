"""``inbetween.mp4``: a finished clip with new frames between its own, with its sound."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from toondecompose.core.errors import UserError
from toondecompose.core.locks import writing_alone
from toondecompose.core.parallel import threads
from toondecompose.edit.clip import EditedClip
from toondecompose.edit.settings import Edit
from toondecompose.edit.video import CRF, shortened
from toondecompose.inbetween.changes import Change, new_times
from toondecompose.inbetween.composition import BetweenClip, MatchedPairs
from toondecompose.inbetween.engine import Engine, open_engine
from toondecompose.inbetween.flow_engine import match_by_flow
from toondecompose.inbetween.sampled_motion import camera_motion, step_lengths
from toondecompose.inbetween.tracks import MIN_CONFIDENCE, Pair, Track, make_track
from toondecompose.pipeline.settings import InbetweenSettings
from toondecompose.pipeline.terminal import Progress
from toondecompose.reading.video_files import encode_mp4
from toondecompose.store import paths
from toondecompose.store.layers import load_layers
from toondecompose.store.placement import NamedPlane, NamedSprite, Placements
from toondecompose.store.sound import sound_file

MAX_LISTED = 12
"""Held changes that a line names."""

AT_REST_PX = 0.05
"""Way of the frame's corners, in pixels, below which nothing moves at all."""


def write_inbetween(folder: Path, settings: InbetweenSettings, progress: Progress) -> Path:
    """Write ``inbetween.mp4`` into the folder of a clip; return its path.

    Raises
    ------
    UserError
        When the clip is not finished, nothing in it moves, or the engine lacks its checkpoint.
    """
    layers = load_layers(folder)
    engine = open_engine(
        settings.inbetween_engine,
        checkpoint=settings.inbetween_checkpoint,
        device="cuda" if settings.device == "cuda" else "cpu",
    )
    clip = open_between(Placements(layers), settings, engine)
    check_moves(clip, folder)
    for track in clip.tracks:
        progress.say(describe(track, keep=settings.inbetween_hold == "keep"))
    factor = 1 if isinstance(settings.inbetween_factor, str) else settings.inbetween_factor
    times = new_times(len(layers), factor)
    frames = progress.stream(clip.compose, times, "frames", workers=threads())
    store = layers.clip
    with (
        writing_alone(store.path(paths.INBETWEEN_VIDEO)),
        store.writing(paths.INBETWEEN_VIDEO) as part,
        sound_file(store) as sound,
    ):
        fps = Fraction(layers.fps) * factor
        encode_mp4(part, frames, fps=fps, crf=CRF, sound=sound, count=len(times))
    return store.path(paths.INBETWEEN_VIDEO)


def open_between(
    placements: Placements, settings: InbetweenSettings, engine: Engine
) -> BetweenClip:
    """Find out how a clip moves; drawings are matched by ``engine``."""
    keep = settings.inbetween_hold == "keep"
    said = settings.inbetween_motion
    smooth = not keep if said == "auto" else said == "smooth"
    size = placements.clip.size
    cameras = {
        layer.name: camera_motion(
            placements.clip.clip.read_npy(paths.full_plane_motion(layer.plane)), size
        )
        for layer in placements.layers
        if isinstance(layer, NamedPlane)
    }
    ground = next(iter(cameras.values()))
    tracks = tuple(
        make_track(
            placements, layer, ground, confidence=None if keep else confidence, smooth=smooth
        )
        for layer in placements.layers
        if isinstance(layer, NamedSprite)
    )
    plain = EditedClip(placements, Edit(), {})
    return BetweenClip(plain, cameras, tracks, MatchedPairs(placements, engine))


def confidence(pair: Pair) -> float:
    """Return how well two drawings correspond, 0..1, by their flow, whatever the engine is."""
    return pair.match(match_by_flow).confidence


def check_moves(clip: BetweenClip, folder: Path) -> None:
    """Refuse a clip in which nothing could be in between.

    Raises
    ------
    UserError
        When it has one drawing of each sprite, and nothing moves.
    """
    size = clip.clip.size
    motions = [camera.homographies for camera in clip.cameras.values()]
    motions += [track.transforms for track in clip.tracks]
    moves = any((step_lengths(motion, size) > AT_REST_PX).any() for motion in motions)
    if not moves and not any(track.changes or track.held for track in clip.tracks):
        raise UserError(
            f"{folder} has one drawing of each sprite, and neither they nor the camera move, so "
            "nothing is in between; take a clip with two drawings or more"
        )


def describe(track: Track, *, keep: bool = False) -> str:
    """Say what becomes of the drawings of a sprite, in one line."""
    name = track.layer.name
    if keep:
        return f"{name}: all drawings are kept as they are"
    made = f"{name}: new drawings in {len(track.changes)} of "
    made += f"{len(track.changes) + len(track.held)} changes of drawing"
    if not track.held:
        return made
    why = f"held, because less than {MIN_CONFIDENCE:.0%} is found again"
    return f"{made}; {why}: {_listed(track.held)}"


def _listed(held: Sequence[tuple[Change, float]]) -> str:
    return shortened([f"frame {change.end} ({found:.0%})" for change, found in held], MAX_LISTED)
