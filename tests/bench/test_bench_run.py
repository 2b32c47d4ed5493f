"""The benchmark's own machinery: figures of results with known faults, baseline, table."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from bench import baseline, figures, run
from bench.clips.render import chosen
from bench.finished import FinishedClip, Truth
from bench.table import table
from data.violet import ClipSpec, render_clip
from data.violet.render import write_clip
from toondecompose.core.errors import UserError
from toondecompose.store.artifacts import ClipFolder

COUNT, WIDTH, HEIGHT = 6, 96, 64


def blotches(width: int, seed: int) -> np.ndarray:
    """Return a smooth, blotchy picture (HEIGHT, width, 3)."""
    noise = np.random.default_rng(seed).uniform(60, 200, (8, width // 8, 3)).astype(np.float32)
    wide = cv2.resize(noise, (width, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(wide, 0, 255).astype(np.uint8)


@pytest.fixture
def clip(tmp_path: Path) -> tuple[FinishedClip, Truth]:
    """A perfect result and its truth: two squares, one before the other, on a pan of two planes.

    The result numbers the squares the other way round where that shows the same.
    """
    out, real = ClipFolder(root=tmp_path / "clip"), ClipFolder(root=tmp_path / "truth")
    near, far = blotches(WIDTH + 48, 0), blotches(WIDTH + 48, 1)
    far[..., 0] //= 2
    out.write_json("frame/info.json", {"frames": COUNT, "working_size": [WIDTH, HEIGHT]})
    pan = np.repeat(np.eye(3)[None], COUNT, axis=0)
    pan[:, 0, 2] = 4.0 * np.arange(COUNT)
    half = pan.copy()
    half[:, 0, 2] /= 2
    for n in range(COUNT):
        share = np.full((HEIGHT, WIDTH), 255, np.uint8)
        share[:20] = 0
        plate = np.where(
            share[..., None] > 0, near[:, 4 * n : 4 * n + WIDTH], far[:, 2 * n : 2 * n + WIDTH]
        )
        back, front = (np.zeros((HEIGHT, WIDTH, 4), np.uint8) for _ in range(2))
        back[24:54, 10 + 2 * n : 50 + 2 * n] = (250, 20, 20, 255)
        front[30:60, 70 - 8 * (n // 2) : 90 - 8 * (n // 2)] = (20, 30, 240, 255)
        real.write_png(f"plate/{n:03d}.png", plate)
        real.write_png(f"planes/0/{n:03d}.png", share)
        real.write_png(f"planes/1/{n:03d}.png", 255 - share)
        picture = plate
        for k, sprite in enumerate((back, front), 1):
            real.write_png(f"alpha/{k}/{n:03d}.png", np.ascontiguousarray(sprite[..., 3]))
            real.write_png(f"colour/{k}/{n:03d}.png", np.ascontiguousarray(sprite[..., :3]))
            picture = np.where(sprite[..., 3:] > 0, sprite[..., :3], picture)
            out.write_png(f"vis/{n}.obj.{k}.png", sprite)
        out.write_png(f"source/{n}.png", picture)
        out.write_png(f"vis/{n}.obj.0.png", np.dstack([plate, np.full_like(share, 255)]))
        out.write_png(f"plate/observed/{n}.png", np.full_like(share, 255))
        out.write_png(f"preview_labels/{n}.png", picture)
    slide = np.repeat(np.eye(3)[None], COUNT, axis=0)
    slide[:, 0, 2] = -2.0 * np.arange(COUNT)
    for k, motion in enumerate((pan, slide, np.repeat(np.eye(3)[None], COUNT, axis=0))):
        out.write_npy(f"model/homo_matrix.{k}.npy", motion)
        real.write_npy("plane_homography.0.npy" if k == 0 else f"homography.{k}.npy", motion)
    real.write_npy("plane_homography.1.npy", half)
    drawings = [n // 2 for n in range(COUNT)]
    objects = [
        {"name": "box", "rigid": True, "drawings": [0] * COUNT},
        {"name": "boy", "rigid": False, "drawings": drawings},
    ]
    real.write_json("truth.json", {"objects": objects, "planes": 2, "frames": COUNT})
    return FinishedClip(out.root), Truth(real.root)


def test_a_perfect_result_has_perfect_figures(clip: tuple[FinishedClip, Truth]) -> None:
    found = figures.measure(*clip)
    assert [(o["name"], o["found"]) for o in found["objects"]] == [("box", 1), ("boy", 2)]
    for item in found["objects"]:
        assert item["alpha_iou_min"] == item["boundary_f_min"] == 1.0
        assert item["alpha_mae"] == item["flicker"] == item["fringe"] == item["edge_mae"] == 0.0
        assert item["exposure"] is None  # nobody has made the sheets
    box, boy = found["objects"]
    assert box["corner_max"] < 1e-9 and boy["corner"] is None
    assert found["plate_psnr"] == found["hidden_psnr"] == found["recomposition_psnr_min"] == 100
    assert found["corner_max"] < 1e-9


def test_objects_are_found_by_any_number(clip: tuple[FinishedClip, Truth]) -> None:
    """The two change numbers, and the one behind keeps only what is seen of it."""
    folder = clip[0].folder
    for n in range(COUNT):
        back, front = clip[0].sprite(1, n), clip[0].sprite(2, n)
        back[front[..., 3] > 0] = 0
        folder.write_png(f"vis/{n}.obj.1.png", front)
        folder.write_png(f"vis/{n}.obj.2.png", back)
    for item, number in zip(figures.measure(*clip)["objects"], (2, 1), strict=True):
        assert item["found"] == number
        assert item["alpha_iou_min"] == 1.0 and item["fringe"] == 0.0


def test_faults_of_a_sprite_show(clip: tuple[FinishedClip, Truth]) -> None:
    folder = clip[0].folder
    for n in range(COUNT):
        front = clip[0].sprite(2, n)
        front[..., :3] = np.where(front[..., 3:] > 0, 120, 0)  # another colour,
        front[:, :, 3] //= 2  # and half as much of it
        folder.write_png(f"vis/{n}.obj.2.png", front)
    slip = clip[0].homographies(1).copy()
    slip[3, 1, 2] += 3
    folder.write_npy("model/homo_matrix.1.npy", slip)
    folder.write_json("model/exposure.2.json", {"drawings": [[0, 1], [2, 3, 4], [5]]})
    box, boy = figures.measure(*clip)["objects"]
    assert boy["alpha_iou"] == 0.0
    inside = boy["edge_mae"] / (128 / 255)
    assert 0.3 < inside < 0.7  # half of the band lies inside, where the alpha is half as much
    assert boy["fringe"] > 20
    assert boy["exposure"] == pytest.approx(3 / 5)
    assert box["corner_max"] == pytest.approx(3)


def test_a_missing_object_counts_as_empty(clip: tuple[FinishedClip, Truth]) -> None:
    for n in range(COUNT):
        clip[0].folder.path(f"vis/{n}.obj.2.png").unlink()
    items = figures.measure(*clip)["objects"]
    (lost,) = (item for item in items if item["found"] is None)
    assert lost["alpha_iou"] == 0.0 and lost["exposure"] is None


@pytest.mark.parametrize("plane", [0, 1])
def test_a_plane_may_be_an_object(clip: tuple[FinishedClip, Truth], plane: int) -> None:
    """At one object more, a plane of the background is found, behind the sprites."""
    folder, truth = clip[0].folder, clip[1]
    for n in range(COUNT):
        for k in (2, 1):
            folder.write_png(f"vis/{n}.obj.{k + 1}.png", clip[0].sprite(k, n))
        folder.write_png(f"vis/{n}.obj.1.png", np.dstack([truth.plate(n), truth.share(n, plane)]))
        clear = (truth.share(n, plane) == 0)[..., None]
        rest = np.where(clear, truth.plate(n), 0)  # nothing is known behind it
        folder.write_png(f"vis/{n}.obj.0.png", np.dstack([rest, np.full_like(rest[..., 0], 255)]))
    for k in (2, 1):
        folder.write_npy(f"model/homo_matrix.{k + 1}.npy", clip[0].homographies(k))
    folder.write_npy("model/homo_matrix.1.npy", truth.plane_motion(plane))
    folder.write_npy("model/homo_matrix.0.npy", truth.plane_motion(1 - plane))
    found = figures.measure(*clip)
    assert [(o["name"], o["found"]) for o in found["objects"]] == [
        (f"plane {plane}", 1), ("box", 2), ("boy", 3),
    ]  # fmt: skip
    assert found["objects"][0]["alpha_iou_min"] == 1.0
    assert found["plate_psnr"] == 100
    assert max(found["corner_max"], found["objects"][0]["corner_max"]) < 1e-9


def test_observed_is_what_some_frame_shows(clip: tuple[FinishedClip, Truth]) -> None:
    from bench.observed import truly_observed

    seen = truly_observed(clip[1], COUNT)
    assert seen[:, :24].all()  # above the squares
    # The canvas pixels that both squares leave never: the box moves 6 to the right per frame on
    # the canvas, 40 wide, so columns 40 to 50 stay behind it.
    assert not seen[0, 40, 41:49].any()
    assert seen[0, 40, :40].all()


def test_the_example_clips_truth_is_read_as_well(tmp_path: Path) -> None:
    """The layout of ``data.violet``: one object without colours, two planes."""
    write_clip(render_clip(ClipSpec(frames=4, width=160, height=96)), tmp_path, truth=True)
    baseline.run(tmp_path / "frames", 2, tmp_path / "result")
    truth = Truth(tmp_path / "truth")
    found = figures.measure(FinishedClip(tmp_path / "result"), truth)
    (figure,) = found["objects"]
    assert figure["name"] == "figure" and figure["found"] == 1
    assert figure["fringe"] is figure["edge_mae"] is figure["corner"] is None
    assert 0 < figure["alpha_mae"] < 1 and 0 < found["hidden_share"] < 1
    assert truth.planes == 2 and truth.drawings(1).tolist() == [0, 0, 1, 1]
    assert (truth.share(0, 0) + truth.share(0, 1) == 255).all()


def test_baseline_on_an_easy_clip(tmp_path: Path) -> None:
    """A red square walks over a pan: the obvious way finds it."""
    tiles = np.random.default_rng(3).integers(40, 160, (16, 60, 3), np.uint8)
    canvas = cv2.resize(tiles, (480, 128), interpolation=cv2.INTER_NEAREST)
    frames = np.stack([canvas[:, 6 * n : 6 * n + 256] for n in range(9)])
    truth = np.zeros(frames.shape[:3], bool)
    for n in range(9):
        truth[n, 40:90, 20 + 22 * n : 50 + 22 * n] = True
    frames[truth] = (255, 0, 0)
    out = ClipFolder(root=tmp_path)
    baseline.take_apart(frames, 2, out)
    found = np.stack([out.read_png(f"vis/{n}.obj.1.png")[..., 3] > 0 for n in range(9)])
    assert (found & truth).sum() / (found | truth).sum() > 0.8
    motion = FinishedClip(tmp_path).homographies(0)
    shift = np.linalg.inv(motion[0]) @ motion[8]
    assert shift[0, 2] / shift[2, 2] == pytest.approx(48 * 2, abs=1)  # working pixels


def test_baseline_keeps_sprites_apart() -> None:
    parts = []
    for n in range(3):
        masks = np.zeros((2, 20, 60), bool)
        masks[0, :10, 5 + 2 * n : 15 + 2 * n] = True
        masks[1, :, 45 - 2 * n : 55 - 2 * n] = True
        parts.append(baseline.components(masks.any(axis=0)))
    cuts, centres = baseline.track(parts, 2, (20, 60))
    assert cuts.sum(axis=(2, 3)).tolist() == [[100, 200]] * 3
    np.testing.assert_allclose(centres[2], [(13.5, 4.5), (45.5, 9.5)])
    assert baseline.track([[], []], 2, (20, 60))[0].sum() == 0


RESULT = {
    "objects": [
        {"alpha_iou": iou, "alpha_iou_min": iou - 0.1, "exposure": None, "corner": None}
        for iou in (0.9, 0.7)
    ],
    "plate_psnr": 40.0, "seconds": 12.3,
}  # fmt: skip


def test_table_has_a_row_per_clip_and_the_mean() -> None:
    better = RESULT | {"plate_psnr": 44.0, "hidden_psnr": 20.0}
    rows = {
        "one": {"hard_for": "this", "objects": 3, "ours": RESULT, "baseline": {"error": "a|b"}},
        "two": {"hard_for": "that", "objects": 2, "ours": better, "baseline": RESULT},
        "bad": {"hard_for": "all", "objects": 2, "ours": {"error": "it broke"}},
    }
    text = table(rows, {"two": {"hard_for": "that", "objects": 2, "ours": RESULT}})
    other = {"two": {"hard_for": "that", "objects": 2, "ours": RESULT, "pictures": "others"}}
    assert "failed: the clip has been redrawn since" in table(rows, other)
    ours, before, plain = text.split("### ")[1:]
    cells = [[c.strip() for c in line.split("|")[1:-1]] for line in ours.splitlines()[2:] if line]
    head, _, one, two, bad, mean = cells
    column = head.index("plate PSNR")
    assert [row[column] for row in (one, two, mean)] == ["40.00", "44.00", "42.00"]
    assert one[head.index("alpha IoU")] == "0.8000"
    assert one[head.index("worst frame")] == "0.600"
    assert one[head.index("exposure")] == "not made"
    assert [row[head.index("hidden PSNR")] for row in (one, two, mean)] == ["-", "20.00", "20.00"]
    assert bad[3] == "failed: it broke" and len(bad) == len(head)
    assert mean[0] == "**mean of 2**"
    assert "40.00" in before and "one" not in before
    assert "failed: a/b" in plain and "failed: not run" in plain


def test_table_has_a_mean_per_group() -> None:
    better = RESULT | {"plate_psnr": 44.0}
    rows = {
        name: {"hard_for": name, "objects": 2, "ours": result} | group
        for name, result, group in (
            ("one", RESULT, {}),  # written before there were groups
            ("two", better, {"group": "moving"}),
            ("three", RESULT, {"group": "limited"}),
        )
    }
    ours = table(rows, {}).split("### ")[1].strip().splitlines()
    cells = [[c.strip() for c in line.split("|")[1:-1]] for line in ours[2:]]
    column = cells[0].index("plate PSNR")
    assert [(row[0], row[column]) for row in cells[-3:]] == [
        ("**mean of 2, moving**", "42.00"),
        ("**mean of 1, limited**", "40.00"),
        ("**mean of 3**", "41.33"),
    ]
    assert "moving" not in table({"two": rows["two"]}, {})


def test_only_the_number_of_objects_differs_between_clips(tmp_path: Path) -> None:
    import yaml

    runs = [run.Run(spec, k) for spec in chosen([]) for k in spec.objects]
    run.configure(runs, tmp_path)
    clips = yaml.safe_load((tmp_path / "config.yaml").read_text())["clips"]
    assert {"parallax.2", "parallax.3", "crossing"} < set(clips)
    assert {tuple(sorted(clip)) for clip in clips.values()} == {("input", "objects")}


def test_a_failing_clip_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise UserError("no motion at all")

    monkeypatch.setattr(run, "pipeline", broken)
    monkeypatch.setattr(run.baseline, "run", broken)
    (spec,) = chosen(["static"])
    truth = ClipFolder(root=tmp_path / "clips" / "static")
    truth.write_json("truth/truth.json", {"frames_sha256": "abc"})
    result = run.one(run.Run(spec, 2), tmp_path, 1)
    assert result["ours"] == result["baseline"] == {"error": "no motion at all"}
    assert "failed: no motion at all" in table({"static": result}, {})


def test_sheet_shows_result_beside_truth(clip: tuple[FinishedClip, Truth], tmp_path: Path) -> None:
    run.sheet(*clip, tmp_path / "sheet.png")
    picture = ClipFolder(root=tmp_path).read_png("sheet.png")
    assert picture.shape == (5 * 270 + 6 * 4, 7 * 480 + 8 * 4, 3)
    found, real = (picture[140:270, 4 + 484 * c : 484 + 484 * c] for c in (3, 4))
    assert np.abs(found.astype(int) - real).mean() < 1
    assert (found == (255, 0, 255)).all(axis=-1).mean() > 0.3
