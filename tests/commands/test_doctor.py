"""What is understood of an input, told before anything is computed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
import torch
import yaml
from conftest import draw_clip
from PIL import Image

from toondecompose.cli import main
from toondecompose.commands.doctor import describe_machine, diagnose
from toondecompose.core.errors import UserError


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    draw_clip(tmp_path / "clip", frames=6)
    return tmp_path / "clip"


def test_a_folder_of_images(clip: Path) -> None:
    (clip / "3.png").unlink()
    assert diagnose(str(clip)) == [
        "kind: 5 images, 0.png to 5.png",
        "size: 192x128, square pixels",
        "time: 24 frames per second, 6 frames, 0.25 s, the rate as the key 'fps' says",
        "colour: as sRGB, without alpha",
        "numbers: 0 to 5, 1 missing",
        "the number 3 is missing: the frame before is held",
        "cost: about 0.7 GB of memory, 0.0 GB of disk and 29 s on two cores for 6 frames of "
        "192x128",
    ]


def test_the_alpha_of_an_input(tmp_path: Path) -> None:
    (tmp_path / "clear").mkdir()
    for n in range(2):
        Image.new("RGBA", (64, 48), (9, 9, 9, 99)).save(tmp_path / f"clear/{n}.png")
    said = [line for line in diagnose(str(tmp_path / "clear")) if line.startswith("alpha: ")]
    assert len(said) == 1 and "of all sprites together" in said[0]
    config = tmp_path / "config.yaml"
    own = {"input": str(tmp_path / "clear"), "transparency": "ignore"}
    config.write_text(yaml.safe_dump({"clips": {"mine": own}}))
    assert any(line.startswith("alpha: left out") for line in diagnose("mine", config))


def test_the_example_before_it_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("clips: {violet: {input: data/violet/frames}}")
    assert diagnose("violet")[1].endswith("--cores 1 workers/violet/vis.mp4")


def test_a_video(clip: Path) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-framerate", "25"]
    command += ["-i", str(clip / "%d.png"), "-vf", "setsar=4/3,setfield=tff", "-c:v", "ffv1"]
    tags = ("-colorspace", "bt709", "-color_range", "tv")
    subprocess.run([*command, "-pix_fmt", "yuv422p10le", *tags, str(clip / "a.mkv")], check=True)
    said = diagnose(str(clip / "a.mkv"))
    assert said[:5] == [
        "kind: video, ffv1, stream 0 of 1",
        "size: 192x128, pixels 4:3",
        "time: 25 frames per second, 6 frames, 0.24 s",
        "colour: yuv422p10le, tags: matrix bt709, range tv",
        "fields: flagged as interlaced (top field first)",
    ]
    assert any("scaled to 256x128 square pixels" in line for line in said[5:])


def test_a_clip_of_the_config_with_its_settings(clip: Path) -> None:
    config = clip.parent / "config.yaml"
    own = {"input": f"{clip} 1:4", "fps": 12}
    config.write_text(yaml.safe_dump({"clips": {"mine": own}}))
    assert "time: 12 frames per second, 4 frames, 0.33 s" in diagnose("mine", config)[2]
    with pytest.raises(UserError, match="no file or folder 'yours', and no clip of that name"):
        diagnose("yours", config)


def test_mistakes_are_one_sentence(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", str(clip)])
    assert ended.value.code == 0 and capsys.readouterr().out.startswith("kind: 6 images")
    with pytest.raises(SystemExit) as ended:
        main(["doctor", str(clip / "none")])
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert said.startswith("error: there is no file or folder") and said.count("\n") == 1


def test_a_near_name_is_offered(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clip.parent)
    Path("config.yaml").write_text("clips: {violet: {input: clip}}")
    with pytest.raises(UserError, match=r"'violett', and no .* in config.yaml; .* 'violet'\?$"):
        diagnose("violett")
    with pytest.raises(UserError, match=r"did you mean 'clip'\?$"):
        diagnose("klip")


def test_the_help_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["doctor", "--help"])
    said = capsys.readouterr().out
    assert "`" not in said and "  toondecompose doctor mine" in said


def test_the_machine() -> None:
    lines = describe_machine()
    names = ["version", "processor", "memory", "disk", "device", "ffmpeg", "flow", "workflow"]
    names += ["upscale"]
    assert [line.split(":")[0] for line in lines] == names
    assert f"torch {torch.__version__}" in lines[4]
    assert "snakemake 9" in lines[7]
