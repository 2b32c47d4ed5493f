"""Even and uneven frame times; holds on a grid; the length of the clip."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from conftest import draw_clip
from PIL import Image

from toondecompose.core.errors import UserError
from toondecompose.footage.timing import FrameTimes, choose_grid, even_rate
from toondecompose.pipeline.settings import FramesSettings, load_clips, stage_settings
from toondecompose.pipeline.terminal import Progress
from toondecompose.reading.clip_source import ReadingSettings
from toondecompose.reading.media import open_source
from toondecompose.reading.video_files import encode_mp4
from toondecompose.reading.video_probe import frame_times, probe
from toondecompose.stages.frames import main
from toondecompose.store.artifacts import ClipFolder

FILM = Fraction(24000, 1001)


def shown(*durations: int, unit: int = 1000) -> FrameTimes:
    """Frames that last so many units of 1/unit s."""
    ends = np.cumsum(durations).tolist()
    starts = [Fraction(t, unit) for t in [0, *ends[:-1]]]
    return FrameTimes(starts=starts, end=Fraction(ends[-1], unit), precision=Fraction(1, unit))


def paced(rate: Fraction, count: int, unit: int) -> FrameTimes:
    """Frames at an even pace, in a file that rounds times to 1/unit s."""
    times = [Fraction(round(t / rate * unit), unit) for t in range(count + 1)]
    return FrameTimes(starts=times[:-1], end=times[-1], precision=Fraction(1, unit))


@pytest.mark.parametrize("unit", [1000, 90000])
@pytest.mark.parametrize("rate", [Fraction(12), FILM, Fraction(24), Fraction(60000, 1001)])
def test_rounded_times_are_even(rate: Fraction, unit: int) -> None:
    times = paced(rate, 500, unit)
    assert even_rate(times, rate) == rate
    assert even_rate(times, Fraction(10)) == rate, "also when the file says something else"


def test_gif_delays_of_an_even_clip_are_even() -> None:
    assert even_rate(paced(Fraction(24), 100, 100), Fraction(24)) == 24


def test_soft_telecine_is_even() -> None:
    fields = shown(*[3003, 2002] * 20, unit=60000)
    assert even_rate(fields, Fraction(30000, 1001)) == FILM


@pytest.mark.parametrize(
    "times",
    [
        shown(42, 42, 83, 42),
        shown(80, 130, 90, 80, 130, 90),
        shown(8, 8, 8, 30, unit=100),  # the last frame is held
        shown(100, 500),
        shown(*[40] * 50, 80, *[40] * 50),  # one frame is missing
    ],
)
def test_uneven_frames(times: FrameTimes) -> None:
    assert even_rate(times, Fraction(24)) is None
    assert even_rate(times, Fraction(25)) is None


@pytest.mark.parametrize(
    ("times", "rate", "said", "holds"),
    [
        (shown(42, 41, 84, 83, 125, 42), 24, 24, (1, 1, 2, 2, 3, 1)),
        (shown(42, 41, 84, 83, 125, 42), 24, 1000, (1, 1, 2, 2, 3, 1)),
        (shown(40, 80, 120), 25, 25, (1, 2, 3)),
        (shown(10, 10, 50, unit=100), 10, 100, (1, 1, 5)),
        (shown(1001, 2002, 1001, unit=30000), Fraction(30000, 1001), 30, (1, 2, 1)),
    ],
)
def test_frames_are_held_on_the_coarsest_grid_that_fits(
    times: FrameTimes, rate: Fraction, said: Fraction, holds: tuple[int, ...]
) -> None:
    grid = choose_grid(times, Fraction(said), uneven_timing="hold")
    assert (grid.rate, grid.holds) == (rate, holds)
    assert f"{len(holds)} frames become {sum(holds)}" in grid.line


def test_times_on_no_grid_are_rounded_and_the_length_is_kept() -> None:
    delays = (8, 13, 9, 8, 13, 9, 8, 13, 9, 8, 13, 20)
    grid = choose_grid(shown(*delays, unit=100), Fraction(70, 3), uneven_timing="hold")
    assert abs(sum(grid.holds) / grid.rate - Fraction(131, 100)) <= Fraction(1, 100)
    lengths = [float(100 * hold / grid.rate) for hold in grid.holds]
    np.testing.assert_allclose(lengths, delays, atol=4)
    assert "frames last 80 to 200 ms; they are held on a grid of 25" in grid.line


def test_jitter_neither_drops_nor_repeats_frames() -> None:
    rng = np.random.default_rng(0)
    starts = np.arange(300) * 1001 / 30000 + rng.uniform(-0.008, 0.008, 300)
    times = FrameTimes(
        starts=[Fraction(round(90000 * t), 90000) for t in starts],
        end=Fraction(round(300 * 3003), 90000),
        precision=Fraction(1, 90000),
    )
    grid = choose_grid(times, Fraction(30000, 1001), uneven_timing="hold")
    assert (grid.rate, grid.holds) == (Fraction(30000, 1001), None)
    assert "taken as even, at 29.97 frames per second, which moves them by up to" in grid.line
    lost = FrameTimes(
        starts=[*times.starts[:100], *times.starts[103:]], end=times.end, precision=times.precision
    )
    grid = choose_grid(lost, Fraction(30000, 1001), uneven_timing="hold")
    assert grid.rate == Fraction(30000, 1001)
    assert grid.holds == (*[1] * 99, 4, *[1] * 197)


def test_each_frame_once_keeps_the_length() -> None:
    grid = choose_grid(shown(80, 130, 90), Fraction(24), uneven_timing="even")
    assert (grid.rate, grid.holds) == (10, None)
    assert "each is taken once, at 10.00 frames per second on average" in grid.line


def test_very_long_holds_are_refused() -> None:
    with pytest.raises(UserError, match="would become 2402 .* set uneven_timing: even"):
        choose_grid(shown(42, 42, 100_000), Fraction(24), uneven_timing="hold")


def save_gif(folder: Path, delays: list[int]) -> Path:
    """Write a GIF of the tiny clip with delays in ms."""
    draw_clip(folder / "drawn", frames=len(delays))
    pictures = [Image.open(folder / f"drawn/{t}.png") for t in range(len(delays))]
    pictures[0].save(folder / "a.gif", save_all=True, append_images=pictures[1:], duration=delays)
    return folder / "a.gif"


@pytest.mark.parametrize("ending", ["apng", "png", "webp"])
def test_other_animated_images_keep_their_holds(tmp_path: Path, ending: str) -> None:
    save_gif(tmp_path, [80, 120, 40, 200])
    pictures = [Image.open(tmp_path / f"drawn/{t}.png") for t in range(4)]
    kind = {"lossless": True} if ending == "webp" else {"format": "PNG"}
    path = tmp_path / f"a.{ending}"
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=[80, 120, 40, 200], **kind
    )
    source = open_source(str(path), fps=1)
    frames = [read() for read in source.readers()]
    assert (source.fps, source.count, len(frames)) == (25, 11, 11)
    for frame, number in zip(frames, [0, 0, 1, 1, 1, 2, 3, 3, 3, 3, 3], strict=True):
        assert np.array_equal(frame, np.asarray(pictures[number]))


def save_variable(folder: Path, kept: list[int]) -> Path:
    """Write a Matroska file at 24 frames per second without the frames that are not kept."""
    draw_clip(folder / "drawn", frames=max(kept) + 1)
    choice = "+".join(f"eq(n\\,{number})" for number in kept)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-framerate", "24"]
    command += ["-i", str(folder / "drawn/%d.png"), "-vf", f"select={choice}", "-fps_mode", "vfr"]
    command += ["-c:v", "libx264", "-bf", "2", str(folder / "a.mkv")]
    subprocess.run(command, check=True)
    return folder / "a.mkv"


def run_frames(folder: Path, source: Path, **own: object) -> ClipFolder:
    config = {
        "clips": {"a": {"input": str(source), "working_height": 64, "allow_cuts": True} | own}
    }
    settings = FramesSettings(**json.loads(stage_settings("frames", load_clips(config)["a"])))
    clip = ClipFolder(root=folder / "workers/a")
    main(clip, settings, Progress(stage="frames", clip="a"))
    return clip


def test_a_gif_keeps_its_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = run_frames(tmp_path, save_gif(tmp_path, [80, 120, 40, 200]))
    info = clip.read_json("frame/info.json")
    assert (info["fps_fraction"], info["frames"]) == ([25, 1], 11)
    assert info["times"] == pytest.approx(np.arange(11) / 25)
    assert info["input_times"] == pytest.approx([0, 0, *[0.08] * 3, 0.2, *[0.24] * 5])
    assert info["duplicates"] == [[0, 1], [2, 4], [6, 10]]
    assert "the frame rate is variable: frames last 40 to 200 ms" in capsys.readouterr().err


def test_a_gif_is_taken_frame_by_frame_when_asked(tmp_path: Path) -> None:
    clip = run_frames(tmp_path, save_gif(tmp_path, [80, 120, 40, 200]), uneven_timing="even")
    info = clip.read_json("frame/info.json")
    assert info["frames"] / Fraction(*info["fps_fraction"]) == Fraction(44, 100)
    assert info["input_times"] == pytest.approx([0, 0.08, 0.2, 0.24])


def test_repeated_frames_that_a_video_lacks_come_back(tmp_path: Path) -> None:
    path = save_variable(tmp_path, [0, 1, 2, 4, 6, 9])
    source = open_source(str(path), fps=1)
    frames = [read() for read in source.readers()]
    assert (source.fps, source.count, len(frames)) == (24, 10, 10)
    same = [np.array_equal(a, b) for a, b in zip(frames, frames[1:], strict=False)]
    assert same == [False, False, True, False, True, False, True, True, False]
    true = np.asarray(Image.open(tmp_path / "drawn/6.png")).astype(int)
    assert np.abs(frames[8] - true).mean() < 12


def test_selection_counts_frames_of_the_grid(tmp_path: Path) -> None:
    path = save_variable(tmp_path, [0, 1, 2, 4, 6, 9])
    info = run_frames(tmp_path, path, first_frame=3, last_frame=6).read_json("frame/info.json")
    assert info["frames"] == 4
    assert info["input_times"] == pytest.approx([0.083, 0.167, 0.167, 0.25])


def test_even_videos_are_left_alone(tmp_path: Path) -> None:
    draw_clip(tmp_path / "drawn", frames=8)
    frames = [np.asarray(Image.open(tmp_path / f"drawn/{t}.png")) for t in range(8)]
    encode_mp4(tmp_path / "a.mp4", frames, fps=FILM)
    source = open_source(str(tmp_path / "a.mp4"), fps=1)
    assert (source.fps, source.count, source.input_times, source.lines) == (FILM, None, None, ())


def test_times_of_frames_and_of_packets_agree(tmp_path: Path) -> None:
    info = probe(save_variable(tmp_path, [0, 1, 2, 4, 6, 9]))
    assert frame_times(info) == info.times
    assert len(info.times.starts) == 6


def test_every_frame_once_is_a_setting_for_reading(tmp_path: Path) -> None:
    path = save_variable(tmp_path, [0, 1, 2, 4, 6, 9])
    source = open_source(str(path), fps=1, reading=ReadingSettings(uneven_timing="even"))
    assert len(list(source.readers())) == source.count == 6
