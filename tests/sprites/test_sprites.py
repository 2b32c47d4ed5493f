"""The joint model: sampler, motion, light, soft edges, and the whole step on tiny clips."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from bench import metrics
from toondecompose.core import geometry
from toondecompose.core.cast import Cast
from toondecompose.motion.solve import correction
from toondecompose.pipeline.settings import SpritesSettings
from toondecompose.pipeline.stage import make_torch_repeatable
from toondecompose.pipeline.terminal import Progress
from toondecompose.planes.background import Background, Plane, compose_view, opaque_plane
from toondecompose.planes.texture import Texture
from toondecompose.segmentation.parameters import Parameters as SegmentationParameters
from toondecompose.sprites import edges, joint, learn, sampling
from toondecompose.sprites.light import GRID, solve_light, upsample, upsampling
from toondecompose.sprites.model import BackgroundModel, filled
from toondecompose.stages import sprites as stage
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import write_cast
from toondecompose.store.planes import read_background, write_background

SIZE = (64, 48)
FRAMES = 8


@dataclass(frozen=True)
class Clip:
    """A drawn clip and its truth; the warmup's motion is off by a fraction of a pixel."""

    frames: np.ndarray
    objects: np.ndarray
    truth: np.ndarray
    background: Background


def blotches(width: int, height: int, seed: int) -> np.ndarray:
    """Draw a smooth, colourful texture (height, width, 3) float32."""
    noise = np.random.default_rng(seed).uniform(30, 220, (height // 5, width // 5, 3))
    return cv2.resize(noise.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)


def draw(*, light: np.ndarray | float = 0.0, figure: bool = True) -> Clip:
    """Draw a disc that walks before a panning wall, and start from a wrong motion."""
    wall = blotches(100, SIZE[1] + 6, 0)
    truth = np.stack([geometry.translation(3.3 * t + 1, 2 + 0.2 * t) for t in range(FRAMES)])
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    frames, objects = [], []
    for t in range(FRAMES):
        view = geometry.to_frame(wall, truth[t], SIZE) + light
        distance = np.hypot(x - 20 - 3 * (t // 2), y - 24)
        alpha = np.clip(11.5 - distance, 0, 1)[..., None] * figure
        frames.append(alpha * np.array([235, 40, 30]) + (1 - alpha) * view)
        objects.append(alpha[..., 0] > 0.5)
    clip = np.clip(np.round(frames), 0, 255).astype(np.uint8)
    shake = np.random.default_rng(1).normal(0, 0.35, (FRAMES, 2))
    start = np.stack([truth[t] @ geometry.translation(*shake[t]) for t in range(FRAMES)])
    mask = ~np.stack([cv2.dilate(o.astype(np.uint8), np.ones((5, 5))) > 0 for o in objects])
    return Clip(clip, np.stack(objects), truth, (opaque_plane(clip, mask, start),))


def refine(clip: Clip, *, iterations: int = 50, seed: int = 0) -> joint.Sprites:
    """Refine on the CPU without showing anything."""
    return joint.refine(
        clip.frames,
        clip.background,
        clip.objects,
        iterations=iterations,
        device=torch.device("cpu"),
        seed=seed,
        track=lambda steps, text, count: steps,
    )


def write(folder: Path, clip: Clip, objects: int = 2) -> ClipFolder:
    """Write what the stage reads, with the disc cut in halves when there are three objects."""
    out = ClipFolder(root=folder)
    out.write_npy("frame/all_frames.npy", clip.frames)
    out.write_npy("frame/gain.npy", np.ones(len(clip.frames), np.float32))
    out.write_json("frame/info.json", {"frames": len(clip.frames)})
    write_background(out, "model/planes", clip.background)
    for i, plane in enumerate(clip.background):
        out.write_npy(f"model/plane_motion.{i}.npy", plane.homographies)
    alpha = np.where(clip.objects, 255, 0).astype(np.uint8)
    write_cast(out, Cast((tuple(range(len(clip.background))),), objects - 1))
    owner = np.arange(SIZE[0]) * max(objects - 1, 1) // SIZE[0]
    out.write_npy("model/alpha.0.npy", 255 - (alpha if objects > 1 else np.zeros_like(alpha)))
    for k in range(1, objects):
        out.write_npy(f"model/alpha.{k}.npy", np.where(owner == k - 1, alpha, 0).astype(np.uint8))
    return out


def settings(**changes: object) -> SpritesSettings:
    """Settings of a short run on the CPU."""
    values = {"iterations": 4, "device": "cpu", "seed": 0} | changes
    return SpritesSettings(**values)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Let torch repeat itself, with one thread: on a tiny clip more only wait for each other."""
    make_torch_repeatable()
    torch.set_num_threads(1)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture(scope="module")
def drawn() -> Clip:
    """The clip with a figure and without a light."""
    return draw()


def test_sampler_equals_grid_sample() -> None:
    generator = torch.Generator().manual_seed(0)
    texture = torch.rand(7, 9, 3, generator=generator, dtype=torch.float64)
    points = torch.rand(200, 2, generator=generator, dtype=torch.float64) * 14 - 3
    grid = points / torch.tensor([4.0, 3.0], dtype=torch.float64) - 1
    expected = torch.nn.functional.grid_sample(
        texture.permute(2, 0, 1)[None], grid[None, None], padding_mode="border", align_corners=True
    )
    assert torch.allclose(sampling.sample(texture, points), expected[0, :, 0].T, atol=1e-12)


def test_sampler_has_the_right_gradient() -> None:
    generator = torch.Generator().manual_seed(0)
    texture = torch.rand(4, 5, 2, generator=generator, dtype=torch.float64, requires_grad=True)
    points = torch.rand(6, 2, generator=generator, dtype=torch.float64) * 0.8 + 0.1
    points = (points + torch.tensor([[0, 0], [1, 2], [3, 2], [2, 1], [-3, 1], [9, 9]])).detach()
    assert torch.autograd.gradcheck(sampling.sample, (texture, points.requires_grad_()))


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_sampler_takes_thin_textures(shape: tuple[int, int]) -> None:
    texture = torch.arange(5.0)[: max(shape)].reshape(*shape, 1)
    points = torch.tensor([[0.0, 0.0], [9.0, 9.0]])
    assert sampling.sample(texture, points).flatten().tolist() == [0.0, max(shape) - 1.0]


def test_sampler_names_wrong_shapes() -> None:
    with pytest.raises(ValueError, match=r"\(4, 4\) and \(3, 2\)"):
        sampling.sample(torch.zeros(4, 4), torch.zeros(3, 2))


def test_sampler_gradient_is_repeatable() -> None:
    texture = torch.rand(8, 8, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    points = torch.rand(20_000, 2, generator=torch.Generator().manual_seed(1)) * 7

    def gradient() -> torch.Tensor:
        return torch.autograd.grad(sampling.sample(texture, points).square().sum(), texture)[0]

    assert torch.equal(gradient(), gradient())


@pytest.mark.parametrize(("model", "count"), [("translation", 2), ("affine", 6), ("homography", 8)])
def test_corrections_equal_those_of_the_solve(model: str, count: int) -> None:
    parameters = np.random.default_rng(0).normal(0, 3, (4, count))
    found = sampling.corrections(torch.from_numpy(parameters), SIZE).numpy()
    assert np.allclose(found, correction(model, parameters, SIZE), atol=1e-12)


def test_projection_equals_geometry() -> None:
    rng = np.random.default_rng(0)
    homographies = np.eye(3) + rng.normal(0, 1e-3, (3, 3, 3))
    points, t = rng.uniform(0, 60, (50, 2)), rng.integers(0, 3, 50)
    found = sampling.project(*(torch.from_numpy(a) for a in (homographies, t, points))).numpy()
    assert np.allclose(found, geometry.apply(homographies[t], points))


def test_torch_sees_what_opencv_sees(drawn: Clip) -> None:
    front = cv2.GaussianBlur(np.pad(np.ones((20, 30), np.float32), 40), (0, 0), 2)
    size = (front.shape[1], front.shape[0])
    texture = Texture(
        blotches(*size, 3), np.ones(size[::-1], np.uint16), np.zeros(size[::-1], np.float32)
    )
    motion = np.repeat(geometry.translation(20.3, 30.6)[None], FRAMES, axis=0)
    background = (Plane(motion, size, texture, front), *drawn.background)
    light = np.random.default_rng(0).normal(0, 3, (GRID[1], GRID[0], 3))
    light -= upsample(light, SIZE).mean(axis=(0, 1))
    model = BackgroundModel(background=background, light=light, size=SIZE)
    logits = torch.from_numpy(np.log(np.maximum(front, 1e-9) / np.maximum(1 - front, 1e-9)))
    model.planes[0].logit.data = logits.float()
    points = torch.from_numpy(geometry.pixel_grid(SIZE).reshape(-1, 2)).float()
    found = model(torch.full((len(points),), 5), points).detach().numpy().reshape(48, 64, 3)
    filled_in = tuple(replace(p, texture=replace(p.texture, colour=filled(p.texture)))
                      for p in background)  # fmt: skip
    expected = compose_view(filled_in, 5, SIZE) + upsample(light, SIZE)
    assert np.abs(found - expected).max() < 0.5


def test_upsampling_keeps_ramps() -> None:
    matrix = upsampling(9, 48)
    assert np.allclose(matrix.sum(axis=1), 1)
    assert np.allclose(matrix @ np.arange(9), np.linspace(0, 8, 48))


def test_light_and_texture_are_told_apart() -> None:
    x = np.linspace(-1, 1, SIZE[0])[None, :, None]
    light = (12 * (x**2 - (x**2).mean()) * np.ones((SIZE[1], 1, 3))).astype(np.float32)
    clip = draw(light=light, figure=False)
    # Told the true motion, for which the texture has swallowed a part of the light.
    plane = opaque_plane(clip.frames, None, clip.truth)
    views = [compose_view((plane,), t, SIZE) for t in range(FRAMES)]
    masks = [np.ones(clip.frames.shape[:3], bool)]
    residuals = clip.frames - np.stack(views)
    rng = np.random.default_rng(0)
    found = upsample(solve_light(residuals, masks, (plane,), rng=rng), SIZE)
    assert np.abs(found - light).mean() < 0.35 * np.abs(light).mean()


def test_soft_edges_beat_the_label() -> None:
    y, x = np.mgrid[:48, :64]
    truth = np.clip(14.3 - np.hypot(x - 30.2, y - 22.7), 0, 1).astype(np.float32)
    plate = blotches(64, 48, 2)
    frame = truth[..., None] * np.array([20, 30, 240]) + (1 - truth[..., None]) * plate
    alpha, colour = edges.soften_frame(np.round(frame).astype(np.uint8), plate, truth > 0.5)
    hard = metrics.alpha_mae(truth > 0.5, truth)
    assert metrics.alpha_mae(alpha, truth) < 0.4 * hard
    share = alpha[..., None] / 255
    again = share * colour + (1 - share) * plate
    assert np.abs(again - frame).mean() < 0.3


def test_labels_are_decided_again_with_the_hints(drawn: Clip) -> None:
    light = np.zeros((SIZE[1], SIZE[0], 3), np.float32)
    hint_evidence = np.zeros(drawn.objects.shape, np.float16)
    hint_evidence[3, 20:26, 20:26] = -SegmentationParameters().hint_log_odds  # on the disc
    hint_evidence[4, 5:8, 50:53] = SegmentationParameters().hard_hint_log_odds  # on the wall
    plain, hinted = (
        edges.relabel(
            drawn.frames, drawn.background, light, warmup=drawn.objects, hint_evidence=hints
        )
        for hints in (None, hint_evidence)
    )
    assert plain[3, 20:26, 20:26].all() and not plain[4, 5:8, 50:53].any()
    assert not hinted[3, 21:25, 21:25].any() and hinted[4, 5:8, 50:53].all()
    np.testing.assert_array_equal(plain[5:], hinted[5:])


def test_pixels_stay_with_the_nearest_owner() -> None:
    left, right = np.zeros((1, 4, 9), np.uint8), np.zeros((1, 4, 9), np.uint8)
    left[..., :3], right[..., 6:] = 255, 200
    alpha = np.full((1, 4, 9), 90, np.uint8)
    first, second = edges.share_out(alpha, [left, right])
    assert (first[..., :4] == 90).all() and (second[..., 5:] == 90).all()
    assert (first.astype(int) + second == alpha).all()


def test_joint_step_lowers_every_error(drawn: Clip) -> None:
    start = metrics.corner_error(drawn.background[0].homographies, drawn.truth, SIZE).mean
    result = refine(drawn)
    end = metrics.corner_error(result.background[0].homographies, drawn.truth, SIZE).mean
    assert end < 0.4 * start
    loss = result.loss
    assert loss["after"]["recomposition"] < 0.3 * loss["before"]["recomposition"]
    assert metrics.alpha_iou(result.alpha, drawn.objects) > 0.95
    assert np.abs(result.light).max() < 3


def test_no_object_and_no_steps(drawn: Clip) -> None:
    clip = draw(figure=False)
    result = refine(clip, iterations=0)
    assert not result.alpha.any()
    assert np.allclose(result.background[0].homographies, clip.background[0].homographies)
    nothing_but = replace(drawn, objects=np.ones_like(drawn.objects))
    assert refine(nothing_but, iterations=2).loss["before"] == {}


def test_two_planes_are_learnt_together(drawn: Clip) -> None:
    front = replace(drawn.background[0], alpha=np.zeros_like(drawn.background[0].alpha))
    front.alpha[:, :40] = 1
    result = refine(replace(drawn, background=(front, *drawn.background)), iterations=4)
    assert len(result.background) == 2
    assert 0 < result.background[0].alpha.mean() < 1
    assert (result.background[1].alpha == 1).all()


@pytest.mark.slow
@pytest.mark.parametrize("objects", [1, 2, 3])
def test_stage_writes_the_same_bytes_twice(tmp_path: Path, drawn: Clip, objects: int) -> None:
    written = []
    for name in ("once", "twice"):
        clip = write(tmp_path / name, drawn, objects)
        stage.main(clip, settings(), Progress(stage="sprites", clip=name))
        written.append(clip.written)
    assert written[0] == written[1]
    alphas = [clip.read_npy(f"model/sprites/alpha.{k}.npy") for k in range(objects)]
    assert all(a.dtype == np.uint8 and a.shape == drawn.frames.shape[:3] for a in alphas)
    assert (np.sum(alphas, axis=0, dtype=int) == 255).all()
    assert clip.read_npy("model/sprites/light.npy").shape == (SIZE[1], SIZE[0], 3)
    planes = read_background(clip, "model/sprites/planes")
    assert [p.canvas for p in planes] == [p.canvas for p in drawn.background]
    assert set(json.loads(clip.path("model/sprites/loss.json").read_text())) == {"before", "after"}
    assert clip.read_png("model/sprites/recomposition.png").ndim == 3


def test_another_seed_draws_other_pixels(drawn: Clip) -> None:
    first, second = (refine(drawn, iterations=4, seed=s) for s in (0, 1))
    assert not np.array_equal(
        first.background[0].texture.colour, second.background[0].texture.colour
    )


def test_pixels_of_long_clips_are_numbered_without_wrapping() -> None:
    assert learn.index_type(2**31) is np.int32, "the largest number is 2^31 - 1"
    assert learn.index_type(2**31 + 1) is np.int64


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_every_type_of_number_finds_its_pixels(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "index_type", lambda count: kind)
    frames = np.random.default_rng(0).integers(0, 256, (3, 12, 16, 3), np.uint8)
    observations = learn.Observations.collect(
        frames, np.zeros(frames.shape[:3], np.uint8), frames, device=torch.device("cpu")
    )
    texture = Texture(
        np.zeros((12, 16, 3), np.float32), np.ones((12, 16), np.uint16), np.zeros((12, 16))
    )
    still = np.repeat(np.eye(3)[None], 3, axis=0)
    plane = Plane(still, (16, 12), texture, np.ones((12, 16), np.float32))
    model = BackgroundModel(background=(plane,), light=np.zeros((*GRID, 3)), size=(16, 12))
    index = torch.tensor([5, 200, 575])
    difference = learn.recompose(model, observations, index)
    np.testing.assert_allclose(difference.detach(), frames.reshape(-1, 3)[index], atol=1e-4)
