"""Preview stage: its pictures, its video, and that a second run gives the same bytes."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from toondecompose.core.cast import Cast
from toondecompose.pipeline.settings import PreviewSettings
from toondecompose.pipeline.terminal import Progress
from toondecompose.stages import preview
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import write_cast
from toondecompose.viz.pictures import stripes

COUNT, HEIGHT, WIDTH = 4, 48, 64


def run(root: Path) -> ClipFolder:
    """Run the stage on four frames with an object in the right half; both objects move."""
    clip = ClipFolder(root=root)
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (COUNT, HEIGHT, WIDTH, 3), dtype=np.uint8)
    clip.write_npy("frame/all_frames.npy", frames)
    clip.write_json("frame/info.json", {"fps_fraction": [24000, 1001]})
    alpha = np.zeros((COUNT, HEIGHT, WIDTH), np.uint8)
    alpha[:, :, WIDTH // 2 :] = 255
    clip.write_npy("model/alpha.0.npy", 255 - alpha)
    clip.write_npy("model/alpha.1.npy", alpha)
    write_cast(clip, Cast(((0,),), 1))
    for k, speed in enumerate((3.0, -2.0)):
        moving = np.repeat(np.eye(3)[None], COUNT, axis=0)
        moving[:, 0, 2] = speed * np.arange(COUNT)
        clip.write_npy(f"model/homo_matrix.{k}.npy", moving)
    settings = PreviewSettings()
    preview.main(clip, settings, Progress(stage="preview", clip="test"))
    return clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> ClipFolder:
    return run(tmp_path_factory.mktemp("clip"))


def test_files(clip: ClipFolder) -> None:
    expected = {f"preview_vis/{n}.png" for n in range(COUNT)} | {"preview_position.mp4"}
    assert set(clip.owned("preview")) == expected <= set(clip.written)


def test_picture_is_the_frame_beside_each_objects_stripes(clip: ClipFolder) -> None:
    frames, half = clip.read_npy("frame/all_frames.npy"), WIDTH // 2
    for n in range(COUNT):
        picture = clip.read_png(f"preview_vis/{n}.png")
        assert picture.shape == (HEIGHT, 2 * WIDTH, 3)
        np.testing.assert_array_equal(picture[:, :WIDTH], frames[n])
        for k, part in ((0, np.s_[:, :half]), (1, np.s_[:, half:])):
            homography = clip.read_npy(f"model/homo_matrix.{k}.npy")[n]
            drawn = stripes(homography, (WIDTH, HEIGHT), index=k)
            np.testing.assert_array_equal(picture[:, WIDTH:][part], drawn[part])


def test_soft_alpha_mixes_the_stripes() -> None:
    alphas = [np.full((8, 8), 51, np.uint8), np.full((8, 8), 204, np.uint8)]
    found = preview.position_picture([np.eye(3)] * 2, alphas)
    below, above = (stripes(np.eye(3), (8, 8), index=k).astype(float) for k in (0, 1))
    np.testing.assert_allclose(found, 0.2 * below + 0.8 * above, atol=0.51)


def test_video_shows_the_pictures_at_the_clips_rate(clip: ClipFolder) -> None:
    video = cv2.VideoCapture(str(clip.path("preview_position.mp4")))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(24000 / 1001)
    shown = []
    while (frame := video.read())[0]:
        shown.append(frame[1][..., ::-1].astype(int))
    assert len(shown) == COUNT
    for n, frame in enumerate(shown):
        stripes_side = clip.read_png(f"preview_vis/{n}.png")[:, WIDTH:]
        # The noise beside it costs most of the bits: the stripes are recognisable, not exact.
        assert np.abs(frame[:, WIDTH:] - stripes_side).mean() < 25


def test_a_second_run_gives_the_same_bytes(clip: ClipFolder, tmp_path: Path) -> None:
    assert run(tmp_path).written == clip.written
