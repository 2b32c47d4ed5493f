"""The frames stage: sizes, cuts, repeated frames, what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import draw_clip
from PIL import Image

from toondecompose.core.errors import UserError
from toondecompose.footage.shots import colour_histogram, find_cuts, find_flashes
from toondecompose.pipeline.settings import FramesSettings, load_clips, stage_settings
from toondecompose.pipeline.shot_list import offer, split
from toondecompose.pipeline.terminal import Progress
from toondecompose.stages.frames import equal_runs, main
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.paths import OWN_SETTINGS


def decode(folder: Path, **changes: object) -> ClipFolder:
    own = {"working_height": 64, "input": str(folder / "clip")} | changes
    settings = json.loads(stage_settings("frames", load_clips({"clips": {"tiny": own}})["tiny"]))
    clip = ClipFolder(root=folder / "workers/tiny")
    main(clip, FramesSettings(**settings), Progress(stage="frames", clip="tiny"))
    return clip


def test_frames_are_kept_at_both_sizes(tmp_path: Path) -> None:
    draw_clip(tmp_path / "clip", frames=3)
    clip = decode(tmp_path)
    given = np.asarray(Image.open(tmp_path / "clip/2.png"))
    assert np.array_equal(clip.read_png("source/2.png"), given)
    frames = clip.read_npy("frame/all_frames.npy")
    assert frames.shape == (3, 64, 96, 3)
    assert np.array_equal(clip.read_png("frame/2.png"), frames[2])
    assert np.abs(frames[2].mean((0, 1)) - given.mean((0, 1))).max() < 1
    info = clip.read_json("frame/info.json")
    assert info == {
        "fps": 24.0,
        "fps_fraction": [24, 1],
        "source": str(tmp_path / "clip"),
        "source_size": [192, 128],
        "working_size": [96, 64],
        "frames": 3,
        "times": [0, 1 / 24, 2 / 24],
        "input_times": None,
        "numbers": [0, 1, 2],
        "duplicates": [],
        "flashes": [],
        "alpha": False,
        "ground": None,
    }


def test_missing_numbers_are_held_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_clip(tmp_path / "clip", frames=6)
    for number in (3, 4):
        (tmp_path / f"clip/{number}.png").unlink()
    clip = decode(tmp_path, first_frame=1)
    info = clip.read_json("frame/info.json")
    assert (info["frames"], info["numbers"]) == (5, [1, 2, 3, 4, 5])
    assert info["duplicates"] == [[1, 3]]
    assert np.array_equal(clip.read_png("source/3.png"), clip.read_png("source/1.png"))
    assert "the numbers 3 to 4 are missing: the frame before is held" in capsys.readouterr().err


def test_repeated_frames_are_found(tmp_path: Path) -> None:
    draw_clip(tmp_path / "clip", frames=3)
    for number in (3, 4):
        Image.open(tmp_path / "clip/2.png").save(tmp_path / f"clip/{number}.png", compress_level=1)
    assert decode(tmp_path).read_json("frame/info.json")["duplicates"] == [[2, 4]]
    assert equal_runs(list("aabccc")) == [[0, 1], [3, 5]]


def test_a_shot_can_be_selected(tmp_path: Path) -> None:
    draw_clip(tmp_path / "clip", frames=5)
    clip = decode(tmp_path, first_frame=1, last_frame=3)
    given = np.asarray(Image.open(tmp_path / "clip/3.png"))
    assert clip.read_json("frame/info.json")["frames"] == 3
    assert np.array_equal(clip.read_png("source/2.png"), given)


@pytest.mark.parametrize("selection", [{"first_frame": 9}, {"first_frame": 2, "last_frame": 2}])
def test_too_small_a_selection(tmp_path: Path, selection: dict[str, int]) -> None:
    draw_clip(tmp_path / "clip", frames=4)
    with pytest.raises(UserError, match="at least two; correct the keys"):
        decode(tmp_path, **selection)


def test_a_cut_is_refused_unless_allowed(tmp_path: Path) -> None:
    draw_clip(tmp_path / "clip", frames=4)
    for number in range(4, 8):
        Image.new("RGB", (192, 128), (0, 200, 90 + number)).save(tmp_path / f"clip/{number}.png")
    with pytest.raises(UserError, match=r"holds 2 shots, .* frames 3/4; .*last_frame: 3"):
        decode(tmp_path)
    assert not list(tmp_path.rglob("workers/**/*.png"))
    assert decode(tmp_path, allow_cuts=True).read_json("frame/info.json")["frames"] == 8
    assert decode(tmp_path, first_frame=4).read_json("frame/info.json")["frames"] == 4


def test_a_dissolve_is_refused_and_the_pure_parts_are_offered(tmp_path: Path) -> None:
    rooms = [wall(seed, 2 * seed)[:, 200:392].astype(float) for seed in (0, 1)]
    (tmp_path / "clip").mkdir()
    for t in range(26):
        share = np.clip((t - 9) / 8, 0, 1)
        frame = np.round((1 - share) * rooms[0] + share * rooms[1]).astype(np.uint8)
        Image.fromarray(frame).save(tmp_path / f"clip/{t}.png")
    with pytest.raises(
        UserError, match=r"holds 2 shots, with a dissolve in the frames \d+ to \d+; "
    ):
        decode(tmp_path)
    assert not list(tmp_path.rglob("workers/**/*.png"))
    assert decode(tmp_path, last_frame=7).read_json("frame/info.json")["frames"] == 8
    assert decode(tmp_path, allow_cuts=True).read_json("frame/info.json")["frames"] == 26
    assert split([4], 10, 30, between=[(12, 15)]) == [(10, 13), (14, 21), (26, 39)]


def test_shots_are_offered_as_clips_where_there_are_any(tmp_path: Path) -> None:
    clip = ClipFolder(root=tmp_path / "workers/a")
    assert offer(clip, [(0, 4), (5, 9)]) is None, "nobody has left the clip's settings"
    clip.write_json(OWN_SETTINGS, {"input": "street", "last_frame": 30, "crf": 20})
    assert offer(clip, [(4, 4), (5, 5)]) is None, "a frame is no clip"
    said = offer(clip, split([2, 3, 9], 4, 10))
    assert said.startswith("take it apart shot by shot (single frames left out: 6, 13) with: snake")
    assert said.endswith(f" --configfile {clip.root}/shots.yaml")
    clips = yaml.safe_load(clip.path("shots.yaml").read_text())["clips"]
    own = {"input": "street", "crf": 20}
    assert clips == {
        "a.1": own | {"first_frame": 4, "last_frame": 5},
        "a.3": own | {"first_frame": 7, "last_frame": 12},
    }
    assert load_clips({"clips": clips})["a.3"]["crf"] == 20


def wall(seed: int, hue: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 90, (20, 200, 3), np.uint8)
    noise[..., hue] += 120
    return np.asarray(Image.fromarray(noise).resize((1600, 160)))


def pan(picture: np.ndarray, count: int, speed: int) -> list[np.ndarray]:
    return [picture[:, speed * t : speed * t + 200] for t in range(count)]


def test_cuts_are_found() -> None:
    frames = pan(wall(0, 0), 7, 5) + pan(wall(1, 1), 2, 5) + pan(wall(2, 2), 7, 5)
    assert find_cuts(frames) == [7, 9]


def test_a_fast_pan_is_no_cut() -> None:
    street = wall(0, 0).copy()
    street[:, 800:] = wall(1, 2)[:, 800:]  # the colours change half-way
    assert find_cuts(pan(street, 15, 100)) == []


def test_drawings_on_twos_are_no_cuts() -> None:
    poses = [wall(seed, 0)[:, :200] for seed in range(6)]
    assert find_cuts([pose for pose in poses for _ in range(2)]) == []


def test_a_flash_is_no_cut() -> None:
    frames = pan(wall(0, 0), 9, 5)
    frames[4] = np.full_like(frames[4], 255)
    assert find_cuts(frames) == []


def flashes_of(frames: list[np.ndarray]) -> list[tuple[int, int]]:
    return find_flashes([colour_histogram(frame) for frame in frames])


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("kind", ["white", "negative", "drawing", "strobe", "fading"])
def test_a_flash_of_several_frames_is_no_cut(kind: str, length: int) -> None:
    frames = pan(wall(0, 0), 26, 5)
    for t in range(9, 9 + length):
        share = 1 - (t - 9) / (length + 1) if kind == "fading" else 1
        frames[t] = {
            "white": np.full_like(frames[t], 255),
            "negative": 255 - frames[t],
            "drawing": wall(4, 2)[:, :200],
            "strobe": np.full_like(frames[t], 255 * (t % 2)),
            "fading": (share * 255 + (1 - share) * frames[t]).astype(np.uint8),
        }[kind]
    assert find_cuts(frames) == []
    found = flashes_of(frames)
    assert [first for first, _ in found] == [9]
    assert found[0][1] == 8 + length or kind == "fading"


def test_shots_that_alternate_are_cut() -> None:
    first, second = pan(wall(0, 0), 16, 5), pan(wall(1, 1), 16, 5)
    frames = first[:5] + second[:5] + first[5:10] + second[5:10]
    assert find_cuts(frames) == [5, 10, 15]
    frames = first[:10] + second[:14] + first[10:]
    assert find_cuts(frames) == [10, 24], "an insert is longer than a flash"


def test_a_flash_upon_a_cut_is_a_cut() -> None:
    white = [np.full((160, 200, 3), 255, np.uint8)] * 3
    frames = pan(wall(0, 0), 9, 5) + white + pan(wall(1, 1), 9, 5)
    assert find_cuts(frames) == [9, 12]
    assert flashes_of(frames) == []


def test_a_flash_at_either_end() -> None:
    frames = pan(wall(0, 0), 12, 5)
    frames[1:4] = [np.full_like(frames[0], 255)] * 3
    assert (find_cuts(frames), flashes_of(frames)) == ([], [(1, 3)])
    frames = pan(wall(0, 0), 12, 5)
    frames[8:11] = [np.full_like(frames[0], 255)] * 3
    assert (find_cuts(frames), flashes_of(frames)) == ([], [(8, 10)])


def test_a_flash_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_clip(tmp_path / "clip", frames=12)
    for number in (5, 6, 7):
        Image.new("RGB", (192, 128), "white").save(tmp_path / f"clip/{number}.png")
    clip = decode(tmp_path)
    assert clip.read_json("frame/info.json")["flashes"] == [[5, 7]]
    said = capsys.readouterr().err
    assert "a flash or impact frames, no cut: 5 to 7; they are an overlay of their own" in said
    # Later stages see the frame before; the source is as given.
    frames = clip.read_npy("frame/all_frames.npy")
    assert all(np.array_equal(frames[t], frames[4]) for t in (5, 6, 7))
    assert not np.array_equal(frames[8], frames[4])
    assert (clip.read_png("source/6.png") == 255).all()


def test_a_fade_is_no_cut() -> None:
    frames = [(f * (1 - t / 12)).astype(np.uint8) for t, f in enumerate(pan(wall(0, 0), 12, 5))]
    assert find_cuts(frames) == []
