"""Arrays as a clip: what the frames stage makes of them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np

from toondecompose.pipeline.reporting import Report, Reporter
from toondecompose.pipeline.settings import clip_settings, settings_of
from toondecompose.reading.array_source import open_array
from toondecompose.stages.frames import decode
from toondecompose.store.memory import ClipMemory

COUNT, SIZE = 4, (96, 64)


def drawn(alpha: int | None) -> np.ndarray:
    """Red frames, the left half of this alpha."""
    frames = np.full((COUNT, SIZE[1], SIZE[0], 3 if alpha is None else 4), 255, np.uint8)
    frames[..., 1:3] = 0
    if alpha is not None:
        frames[:, :, : SIZE[0] // 2, 3] = alpha
    return frames


def decoded(frames: object, **settings: object) -> ClipMemory:
    own = settings_of("frames", clip_settings({"input": "<array>", **settings}))
    clip = ClipMemory(root=Path("clip"))
    decode(clip, open_array(frames, Fraction(12)), own, progress=Reporter("frames", "clip", None))
    return clip


def test_a_view_of_an_array_is_read_right() -> None:
    frames = drawn(None)[::-1, :, ::-1]
    clip = decoded(frames, working_height=64)
    assert np.array_equal(clip.read_png("source/1.png"), frames[1])
    info = clip.read_json("frame/info.json")
    assert (info["fps"], info["frames"], info["source_size"]) == (12, COUNT, list(SIZE))
    assert info["numbers"] is None and not info["alpha"]


def test_alpha_is_kept() -> None:
    clip = decoded(list(drawn(0)))
    info = clip.read_json("frame/info.json")
    assert info["alpha"] and info["ground"] is not None
    alpha, frame = clip.read_png("source/alpha/2.png"), clip.read_png("source/2.png")
    assert not alpha[:, :40].any() and (alpha[:, 50:] == 255).all()
    assert (frame[:, :40] == info["ground"]).all() and (frame[:, 50:] == (255, 0, 0)).all()


def test_opaque_alpha_is_none() -> None:
    clip = decoded(drawn(255))
    assert not clip.read_json("frame/info.json")["alpha"]
    assert not clip.exists("source/alpha/0.png")


def test_some_frames_can_be_chosen() -> None:
    frames = drawn(None)
    frames[..., 2] = np.arange(COUNT, dtype=np.uint8)[:, None, None]
    clip = decoded(frames, first_frame=1, last_frame=2)
    assert clip.read_png("source/0.png")[0, 0].tolist() == [255, 0, 1]
    assert json.loads(clip.read_bytes("frame/info.json"))["frames"] == 2


def test_progress_counts() -> None:
    reports: list[Report] = []
    reporter = Reporter("frames", "clip", reports.append)
    assert reporter.map(lambda n: 2 * n, [1, 2, 3], "doubles") == [2, 4, 6]
    assert reports == [Report("frames", "doubles", n, 3) for n in (1, 2, 3)]
