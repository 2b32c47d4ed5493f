"""``inbetween.mp4`` of a small finished clip: a walker on twos before a pan."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from finished import COUNT, PAN, SIZE, finished_clip, sprite_place

from toondecompose.core import geometry
from toondecompose.core.errors import UserError
from toondecompose.inbetween.composition import BetweenClip
from toondecompose.inbetween.engine import open_engine, premultiplied, straight
from toondecompose.inbetween.video import describe, open_between, write_inbetween
from toondecompose.pipeline.settings import InbetweenSettings, clip_settings, settings_of
from toondecompose.pipeline.terminal import Progress
from toondecompose.reading.media import open_source
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.layers import load_layers
from toondecompose.store.placement import Placements


def settings(**said: object) -> InbetweenSettings:
    return settings_of("inbetween", clip_settings({"input": "-", "inbetween": said}))


def opened(clip: ClipFolder, **said: object) -> BetweenClip:
    placements = Placements(load_layers(clip.root))
    return open_between(placements, settings(**said), open_engine("flow"))


@pytest.fixture
def clip(tmp_path: Path) -> ClipFolder:
    """A clip whose sprite slides by 4 pixels to the right in each frame."""
    made = finished_clip(tmp_path / "shot")
    made.write_npy(paths.full_motion(1), made.read_npy(paths.sprite_motion(1)))
    return made


def plate_between(clip: ClipFolder, time: float) -> np.ndarray:
    """Return the plate as the camera sees it at a time."""
    plate, there = clip.read_png(paths.plate(0)), geometry.translation(PAN * time, 0)
    return geometry.to_frame(plate, there, SIZE, cubic=True)[..., :3]


def test_frames_of_the_clip_are_those_of_the_clip(clip: ClipFolder) -> None:
    seen = opened(clip, hold="keep")
    for t in range(COUNT):
        np.testing.assert_array_equal(seen.compose(t), clip.read_png(paths.source(t)))


def test_the_camera_is_in_between(clip: ClipFolder) -> None:
    seen = opened(clip, hold="keep")
    picture, truth = seen.compose(2.5), plate_between(clip, 2.5)
    beside = np.s_[:, :20]  # left of the sprite
    error = np.abs(picture[beside].astype(int) - truth[beside])
    # Another kernel; half a step of the camera away it is 15 levels in the mean.
    assert error.mean() < 1 and error.max() <= 4


def test_a_sprite_that_slides_is_in_between(clip: ClipFolder) -> None:
    seen = opened(clip, hold="keep")
    (track,) = seen.tracks
    shown = seen.sprite(track, 0.5)
    assert shown is not None
    x, y = (np.array(sprite_place(0)) + sprite_place(1)) / 2
    matrix = geometry.translation(-x, -y)
    alpha = clip.read_png(paths.sprite_picture(1, 0))[..., 3].astype(np.float32)
    truth = cv2.warpPerspective(alpha, matrix, SIZE, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    assert np.abs(shown[..., 3] - truth).mean() < 0.5


def test_two_drawings_have_one_in_between(clip: ClipFolder) -> None:
    wider = np.array([[11 / 8, 0, 15 - 15 * 11 / 8], [0, 1, 0]])
    first = premultiplied(clip.read_png(paths.sprite_picture(1, 0)))
    second = straight(cv2.warpAffine(first, wider, (30, 34)))
    clip.write_png(paths.sprite_picture(1, 1), second)
    seen = opened(clip)
    (track,) = seen.tracks
    assert [(one.start, one.end) for one in track.changes][:1] == [(0, 2)]
    assert describe(track).startswith("A: new drawings in ")
    widths = []
    for t in (0, 1, 2):
        shown = seen.sprite(track, t)
        assert shown is not None
        widths.append(shown[..., 3].sum() / 255 / 26)
    # The second drawing is 6 pixels wider; what is in between is wider than the first.
    assert widths[0] + 0.7 < widths[1] < widths[2] - 0.7


def test_what_does_not_correspond_is_held(clip: ClipFolder) -> None:
    other = np.dstack([np.random.default_rng(1).integers(0, 256, (34, 30, 3), dtype=np.uint8)])
    alpha = np.zeros((34, 30), np.uint8)
    alpha[::6], alpha[:, ::7] = 255, 255
    clip.write_png(paths.sprite_picture(1, 1), np.dstack([other, alpha]))
    (track,) = opened(clip).tracks
    assert not track.changes and len(track.held) >= 2
    assert "held, because less than 20% is found again: frame 2 (" in describe(track)


def test_the_video_lasts_as_long(clip: ClipFolder, capsys: pytest.CaptureFixture) -> None:
    progress = Progress(stage="inbetween", clip="shot")
    path = write_inbetween(clip.root, settings(factor=3), progress)
    source = open_source(str(path), fps=1)
    assert (source.fps, source.size) == (36, SIZE)
    assert len([read() for read in source.readers()]) == 3 * COUNT
    first = path.read_bytes()
    write_inbetween(clip.root, settings(factor=3), progress)
    assert path.read_bytes() == first
    write_inbetween(clip.root, settings(factor="drawing"), progress)
    source = open_source(str(path), fps=1)
    assert source.fps == 12 and len(list(source.readers())) == COUNT
    assert "A: new drawings in" in capsys.readouterr().err


def test_a_clip_without_motion_is_refused(clip: ClipFolder) -> None:
    still = np.repeat(np.eye(3)[None], COUNT, axis=0)
    clip.write_npy(paths.full_plane_motion(0), still)
    clip.write_npy(paths.full_motion(1), still)
    clip.write_npy(paths.sprite_motion(1), still)
    clip.write_json(paths.exposure(1), {"drawings": [list(range(COUNT))]})
    progress = Progress(stage="inbetween", clip="shot")
    with pytest.raises(UserError, match="shot has one drawing of each sprite, .*; take a clip"):
        write_inbetween(clip.root, settings(), progress)
    assert not clip.exists(paths.INBETWEEN_VIDEO)
