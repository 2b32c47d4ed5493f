"""ProRes and WebM: alpha and rate, read by the distribution's ffmpeg where there is one."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from export.synthetic import FRAMES, SIZE
from report.browser import CHROMIUM, browser

from toondecompose.core.errors import UserError
from toondecompose.export import prores, webm
from toondecompose.export.scene import Scene
from toondecompose.reading.video_probe import ffmpeg
from toondecompose.store.artifacts import ClipFolder

READER = shutil.which("ffmpeg") or ffmpeg()


def read(path: Path, *options: str) -> np.ndarray:
    """Frames (T, H, W, 4) uint8 of the synthetic clip's size."""
    command = [READER, "-v", "error", *options, "-i", str(path), "-fps_mode", "passthrough"]
    command += ["-pix_fmt", "rgba", "-f", "rawvideo", "-"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, 37, 53, 4)


def said(path: Path) -> str:
    return subprocess.run([READER, "-i", str(path)], capture_output=True, text=True).stderr


def test_prores(scene: Scene, target: ClipFolder) -> None:
    prores.write(scene, target)
    prores.check(scene, target)
    for name, layer in scene.stack:
        path = target.path(f"{name}.mov")
        frames = read(path)
        assert len(frames) == 5
        for t, frame in enumerate(frames):
            wanted = layer.rgba(t).astype(int)
            assert np.abs(frame[..., 3] - wanted[..., 3]).max() <= 1
            solid = wanted[..., 3] == 255
            if solid.any():  # noise, the worst there is for a codec
                assert np.abs(frame[solid].astype(int) - wanted[solid])[:, :3].mean() < 12
        words = said(path)
        assert "prores (4444)" in words and "yuva444p" in words
        assert "(tv, bt709, progressive)" in words, "matrix, primaries and transfer"
        assert re.search(r"23\.98 fps", words)


def test_webm(scene: Scene, target: ClipFolder) -> None:
    webm.write(scene, target)
    webm.check(scene, target)
    assert "(tv, bt709, progressive)" in said(target.path("B.webm"))
    frames = read(target.path("B.webm"), "-c:v", "libvpx-vp9")
    for t, frame in enumerate(frames):
        alpha = scene.layers.sprites[0].alpha(t)
        assert np.abs(frame[..., 3].astype(int) - alpha).mean() < 3
    assert len(frames) == 5 and re.search(r"23\.98 fps", said(target.path("B.webm")))


def test_the_same_bytes_again(scene: Scene, target: ClipFolder, tmp_path: Path) -> None:
    again = ClipFolder(root=tmp_path / "again")
    for kind in (prores, webm):
        kind.write(scene, target)
        kind.write(scene, again)
    for name in ("A.mov", "A.webm"):
        assert target.read_bytes(name) == again.read_bytes(name)


def test_another_alpha_is_found(scene: Scene, target: ClipFolder) -> None:
    prores.write(scene, target)
    target.path("A.mov").write_bytes(target.read_bytes("B.mov"))
    with pytest.raises(UserError, match="exported A.mov has an alpha .* levels away"):
        prores.check(scene, target)


SHOW = """(async () => {
  const video = document.createElement("video"), canvas = document.createElement("canvas");
  video.muted = true;
  video.src = "data:video/webm;base64,__DATA__";
  await new Promise((done, failed) => { video.onloadeddata = done; video.onerror = failed; });
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext("2d", { willReadFrequently: true }), frames = [];
  for (const time of __TIMES__) {
    video.currentTime = time;
    await new Promise((done) => { video.onseeked = done; });
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(video, 0, 0);
    frames.push([...context.getImageData(0, 0, canvas.width, canvas.height).data]);
  }
  return frames;
})()"""
"""Plays a video in a page; gives RGBA of the frames at some times."""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_a_browser_shows_the_alpha(scene: Scene, target: ClipFolder) -> None:
    webm.write(scene, target)
    times = [(t + 0.5) / float(scene.layers.fps) for t in range(FRAMES)]
    with browser() as page:
        page.open("about:blank", (400, 300))
        for name, layer in scene.stack:
            data = base64.b64encode(target.path(f"{name}.webm").read_bytes()).decode()
            frames = page.run(SHOW.replace("__DATA__", data).replace("__TIMES__", str(times)))
            for t, pixels in enumerate(frames):
                found = np.array(pixels, np.uint8).reshape(SIZE[1], SIZE[0], 4)[..., 3]
                error = np.abs(found.astype(int) - layer.alpha(t))
                assert error.mean() < 1 and error.max() <= 24, (name, t)
