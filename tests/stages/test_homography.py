"""Homography stage: the motion of planes and objects of drawn clips, their alphas given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scenes import Disc, camera, dis_flows, draw, exact_flows, path, violet, write_flows

from bench.metrics import corner_error
from toondecompose.core import geometry
from toondecompose.core.cast import Cast
from toondecompose.motion.matches import Flows
from toondecompose.motion.solve import PARAMETERS
from toondecompose.pipeline.settings import HomographySettings
from toondecompose.pipeline.terminal import Progress
from toondecompose.planes.background import Background, opaque_plane
from toondecompose.planes.cutting import gather_planes
from toondecompose.stages import homography
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import write_cast
from toondecompose.store.planes import write_background

SIZE = (128, 80)
COUNT = 10


def run(
    root: Path,
    frames: np.ndarray,
    alphas: np.ndarray,
    planes: Background,
    flows: Flows | None = None,
) -> ClipFolder:
    """Write the stage's inputs, alphas (K - 1, T, H, W) of the sprites among them, and run it.

    Flows that are not given are estimated.
    """
    clip = ClipFolder(root=root)
    clip.write_npy("frame/all_frames.npy", frames)
    clip.write_npy("frame/gain.npy", np.ones(len(frames), np.float32))
    clip.write_json("frame/info.json", {"frames": len(frames)})
    write_flows(clip, frames, flows or dis_flows(frames))
    for k, alpha in enumerate([1 - alphas.sum(axis=0), *alphas]):
        clip.write_npy(f"model/alpha.{k}.npy", np.round(255 * alpha).astype(np.uint8))
    write_background(clip, "model/planes", planes)
    write_cast(clip, Cast((tuple(range(len(planes))),), len(alphas)))
    clip.written.clear()
    # The small pictures hold no more structure than this.
    settings = HomographySettings(seed=0, tuning={"motion": {"solve_points": 6_000}})
    homography.main(clip, settings, Progress(stage="homography", clip="test"))
    return clip


def wavering(motion: np.ndarray) -> np.ndarray:
    """Shift every frame by up to a pixel: a start that is roughly right."""
    shifts = np.random.default_rng(5).uniform(-1, 1, (len(motion), 2))
    return np.stack([geometry.translation(*s) for s in shifts]) @ motion


@pytest.mark.slow
def test_violet(tmp_path: Path) -> None:
    truth = violet()
    size = (truth.frames.shape[2], truth.frames.shape[1])
    free = truth.alphas < 0.01
    planes = gather_planes(truth.frames, free, (wavering(truth.near), wavering(truth.far)))
    assert corner_error(planes[0].homographies, truth.near, size).mean > 0.5
    clip = run(tmp_path, truth.frames, truth.alphas[None], planes)
    found = clip.read_npy("model/homo_matrix.0.npy")
    assert found.shape == truth.near.shape and found.dtype == np.float64
    np.testing.assert_array_equal(found[:, 2, 2], 1)
    error = corner_error(found, truth.near, size)
    assert error.mean < 0.2 and error.max < 0.6
    np.testing.assert_array_equal(clip.read_npy("model/plane_motion.0.npy"), found)
    far = corner_error(clip.read_npy("model/plane_motion.1.npy"), truth.far, size)
    assert far.mean < 0.6 and far.max < 2


def test_every_object_moves_by_itself(tmp_path: Path) -> None:
    motion = camera(COUNT, (2.4, 0.3), SIZE)
    discs = [
        Disc(path(COUNT, (30, 24), (44, 20)), 15, (230, 60, 40)),
        Disc(path(COUNT, (94, 50), (85, 54)), 18, (40, 70, 240)),
    ]
    scene = draw(motion, SIZE, discs=discs)
    free = scene.alphas.sum(axis=0) < 0.01
    planes = (opaque_plane(scene.frames, free, wavering(motion)),)
    flows = exact_flows(motion, SIZE, discs, scene.alphas)
    clip = run(tmp_path, scene.frames, scene.alphas, planes, flows)
    truths = [motion] + [np.stack([geometry.translation(*-c) for c in d.centres]) for d in discs]
    for k, (expected, bound) in enumerate(zip(truths, (0.3, 0.1, 0.1), strict=True)):
        found = clip.read_npy(f"model/homo_matrix.{k}.npy")
        assert corner_error(found, expected, SIZE).max < bound
        landed = geometry.apply(found[:, None], geometry.corners(SIZE))
        assert landed.min() > -1  # canvases start at (0, 0)
    models = clip.read_json("model/motion.json")
    assert models["object 1"] == models["object 2"] == "translation"
    assert list(models) == ["object 1", "object 2", "plane 0"]
    assert set(models.values()) <= set(PARAMETERS)
    assert set(clip.written) == set(clip.owned("homography"))


def test_object_zero_moves_with_the_plane_that_covers_most(tmp_path: Path) -> None:
    near, far = camera(COUNT, (2.4, 0.0), SIZE), camera(COUNT, (1.2, 0.0), SIZE)
    scene = draw(near, SIZE, far=far)
    masks = [scene.near > 0.9, scene.near < 0.1]
    assert masks[0].sum() > masks[1].sum()
    planes = gather_planes(scene.frames, np.ones(scene.near.shape, bool), (near, far))
    assert homography.main_plane((0, 1), masks) == 0
    assert homography.main_plane((0, 1), masks[::-1]) == 1
    assert homography.main_plane((0,), masks[::-1]) == 0
    clip = run(tmp_path, scene.frames, np.zeros((0, *scene.near.shape)), planes)
    found = clip.read_npy("model/homo_matrix.0.npy")
    assert corner_error(found, near, SIZE).max < 0.5 < corner_error(found, far, SIZE).mean
    assert corner_error(clip.read_npy("model/plane_motion.1.npy"), far, SIZE).max < 1
    assert "model/homo_matrix.1.npy" not in clip.written


def test_two_frames_are_enough(tmp_path: Path) -> None:
    motion = camera(2, (2.0, 0.0), SIZE)
    scene = draw(motion, SIZE, discs=[Disc(path(2, (40, 40), (42, 40)), 14, (230, 60, 40))])
    plane = opaque_plane(scene.frames, scene.alphas[0] < 0.01, motion)
    clip = run(tmp_path, scene.frames, scene.alphas, (plane,))
    assert corner_error(clip.read_npy("model/homo_matrix.0.npy"), motion, SIZE).max < 0.3
    assert clip.read_npy("model/homo_matrix.1.npy").shape == (2, 3, 3)


def test_a_sprite_of_one_drawing_moves_as_its_pictures_do(tmp_path: Path) -> None:
    """Flows that lead astray on the disc, and two frames in which it is not there."""
    size, motion = (220, 130), camera(COUNT, (2.4, 0.3), (220, 130))
    discs = [Disc(path(COUNT, (60, 54), (124, 70)), 42, (230, 60, 40))]
    scene = draw(motion, size, discs=discs)
    flows = exact_flows(motion, size, discs, scene.alphas)
    for a, b in flows:
        astray = 0.5 * (b - a) * scene.alphas[0, a][..., None]
        flows[a, b] = (flows[a, b] + astray).astype(np.float32)
    alphas = scene.alphas.copy()
    alphas[0, -2:] = 0
    plane = opaque_plane(scene.frames, scene.alphas[0] < 0.01, motion)
    clip = run(tmp_path, scene.frames, alphas, (plane,), flows)
    found = clip.read_npy("model/homo_matrix.1.npy")
    truth = np.stack([geometry.translation(*-c) for c in discs[0].centres])
    # Blotches without soft edges are placed to half a pixel; the flows lead four pixels astray.
    assert corner_error(found[:-2], truth[:-2], size).max < 0.8
    np.testing.assert_array_equal(found[-2:], [found[-3]] * 2)
