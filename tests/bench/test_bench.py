"""The commands that measure: on a finished clip made by hand, with known faults."""

import sys
from pathlib import Path

import numpy as np
import pytest

from bench import evaluate, measure, sheet
from bench.finished import FinishedClip, Truth, composite
from toondecompose.store.artifacts import ClipFolder

COUNT, WIDTH, HEIGHT = 4, 64, 48


@pytest.fixture
def folders(tmp_path: Path) -> tuple[ClipFolder, ClipFolder]:
    """A perfect result, (clip, truth): a square that walks over a pan, worked on at half size."""
    clip, truth = ClipFolder(root=tmp_path / "clip"), ClipFolder(root=tmp_path / "truth")
    canvas = np.random.default_rng(0).integers(0, 256, (HEIGHT, 100, 3), dtype=np.uint8)
    info = {"frames": COUNT, "working_size": [WIDTH // 2, HEIGHT // 2]}
    clip.write_json("frame/info.json", info)
    for n in range(COUNT):
        plate = canvas[:, 5 * n : 5 * n + WIDTH]
        alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
        alpha[10:30, 8 + n : 28 + n] = 255
        sprite = np.dstack([np.full((HEIGHT, WIDTH, 3), 90, np.uint8), alpha])
        clip.write_png(f"source/{n}.png", composite(plate, [sprite]))
        clip.write_png(f"preview_labels/{n}.png", np.dstack([alpha[::2, ::2]] * 3))
        clip.write_png(f"vis/{n}.obj.0.png", np.dstack([plate, np.full_like(alpha, 255)]))
        clip.write_png(f"vis/{n}.obj.1.png", sprite)
        clip.write_png(f"plate/observed/{n}.png", np.full_like(alpha, 255))
        truth.write_png(f"alpha/{n:03d}.png", alpha)
        truth.write_png(f"plate/{n:03d}.png", np.ascontiguousarray(plate))
    pan = np.repeat(np.eye(3)[None], COUNT, axis=0)
    pan[:, 0, 2] = 5.0 * np.arange(COUNT)
    truth.write_npy("homography.npy", pan)
    pan[:, 0, 2] /= 2
    clip.write_npy("model/homo_matrix.0.npy", pan)
    return clip, truth


def table(folders: tuple, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> dict:
    """Run bench.evaluate; return the value column by figure."""
    monkeypatch.setattr(sys, "argv", ["evaluate", *(str(f.root) for f in folders)])
    evaluate.main()
    lines = capsys.readouterr().out.splitlines()[2:]
    return dict(line.strip("| ").split(" | ")[:2] for line in lines)


def test_evaluate_a_perfect_result(
    folders: tuple, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    found = table(folders, monkeypatch, capsys)
    assert found["alpha IoU, object 1, mean over frames"] == "1.0000"
    assert found["plate PSNR, observed pixels"] == "100.00 dB"
    assert found["background corner error, mean / max, working px"] == "0.000 / 0.000"
    assert found["recomposition PSNR, worst frame"] == "100.00 dB (frame 0)"


def test_evaluate_shows_each_fault(
    folders: tuple, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    clip, _ = folders
    sprite = clip.read_png("vis/2.obj.1.png")
    sprite[10:20, :, 3] = 0  # The upper half of the square is lost in frame 2,
    clip.write_png("vis/2.obj.1.png", sprite)
    plate = clip.read_png("vis/1.obj.0.png")
    # The square always covers two columns of the canvas, 21 and 22 in frame 1: there the plate is
    # 16 levels off, and 4 in four columns that are seen,
    plate[10:30, 21:23, :3] ^= 16
    plate[:, 60:, :3] ^= 4
    clip.write_png("vis/1.obj.0.png", plate)
    unseen = np.full((HEIGHT, WIDTH), 255, np.uint8)
    unseen[10:30, 21:23] = 0
    clip.write_png("plate/observed/1.png", unseen)
    homographies = clip.read_npy("model/homo_matrix.0.npy").copy()
    homographies[3, 1, 2] += 2  # and the last frame slips by two working pixels.
    clip.write_npy("model/homo_matrix.0.npy", homographies)

    found = table(folders, monkeypatch, capsys)
    assert found["alpha IoU, object 1, mean over frames"] == "0.8750"
    assert found["alpha IoU, worst frame"] == "0.5000 (frame 2)"
    assert found["alpha MAE"] == f"{200 / (COUNT * WIDTH * HEIGHT):.5f}"
    pixels, hidden = COUNT * WIDTH * HEIGHT, COUNT * 2 * 20
    seen = 16 * 4 * HEIGHT / (pixels - hidden)
    assert found["plate PSNR, observed pixels"] == f"{10 * np.log10(255**2 / seen):.2f} dB"
    assert found["hidden PSNR"] == f"{10 * np.log10(255**2 / (256 / 4)):.2f} dB"
    assert found["pixels never observed"] == f"{hidden / pixels:.2%}"
    passed = "of all pixels, never observed but passed for observed"
    assert found[passed] == f"{0.75 * hidden / pixels:.2%}"
    assert found["exposure accuracy"] == "not made"
    assert found["background corner error, mean / max, working px"] == "1.000 / 2.000"
    assert found["recomposition PSNR, worst frame"].endswith("(frame 2)")


def test_evaluate_names_a_missing_file(
    folders: tuple, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    folders[0].path("vis/3.obj.1.png").unlink()
    with pytest.raises(SystemExit):
        table(folders, monkeypatch, capsys)
    assert "3.obj.1.png" in capsys.readouterr().err


def test_truth_in_working_pixels_keeps_pixel_centres_at_integers(folders: tuple) -> None:
    """At half size working pixel (0, 0) covers four source pixels, with the middle (0.5, 0.5)."""
    found = Truth(folders[1].root).homographies((WIDTH // 2, HEIGHT // 2))
    np.testing.assert_allclose(found[0] @ [0, 0, 1], [0.5, 0.5, 1])
    np.testing.assert_allclose(found[1] @ [3, 1, 1], [6.5 + 5, 2.5, 1])


def test_sheet_has_a_row_per_frame(folders: tuple) -> None:
    picture = sheet.sheet(FinishedClip(folders[0].root), [0, 3], 64)
    assert picture.shape == (2 * 48 + 3 * 4, 4 * 64 + 5 * 4, 3)
    sprite = picture[4:52, 208:272]
    np.testing.assert_array_equal(sprite[40, 32], (255, 0, 255))
    np.testing.assert_array_equal(sprite[25, 18], (90, 90, 90))


def test_measure_counts_the_children() -> None:
    grandchild = "import time; block = bytearray(b'x') * (150 << 20); time.sleep(0.8)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
    status, seconds, peak = measure.measure([sys.executable, "-c", child])
    assert status == 0
    assert 0.8 < seconds < 10
    assert 150 << 20 < peak < 400 << 20
    assert measure.measure([sys.executable, "-c", "raise SystemExit(3)"])[0] == 3
