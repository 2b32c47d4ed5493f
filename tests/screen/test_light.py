"""Light over all is found, taken out and put back; clips without keep their frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scenes import Disc, Scene, camera, dis_flows, draw, path

from toondecompose.core import geometry
from toondecompose.motion.matches import Flows
from toondecompose.screen.light import Light
from toondecompose.screen.light_fit import LightFit
from toondecompose.screen.light_search import find_light, judge, remove_light
from toondecompose.screen.lighting import Lighting
from toondecompose.screen.search import find_screen_layers
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.screen import read_clean_frames, read_lighting, write_screen

SIZE, COUNT = (160, 96), 12
TINT = np.array([1.3, 1.0, 0.7], np.float32)
CAMERA = camera(COUNT, (2.0, 0.3), SIZE)


@pytest.fixture(scope="module")
def scene() -> Scene:
    discs = [Disc(path(COUNT, (40, 40), (110, 52)), 18, (200, 60, 40))]
    found = draw(CAMERA, SIZE, discs=discs)
    # Room for the light above, but for a few places that it saturates.
    return Scene((found.frames * 0.7).astype(np.uint8), found.plates, found.alphas, found.near)


def band() -> np.ndarray:
    """A slanting band that sweeps over the picture, (T, H, W) in 0..1."""
    grid = geometry.pixel_grid(SIZE)
    across = grid[..., 0] + 0.4 * grid[..., 1]
    centres = np.linspace(-20, 200, COUNT)[:, None, None]
    return np.exp(-(((across - centres) / 24) ** 2) / 2)


def lamp() -> np.ndarray:
    """A lamp at the upper right that flickers, (T, H, W) in 0..1."""
    distance = np.linalg.norm(geometry.pixel_grid(SIZE) - (130, 20), axis=-1)
    level = np.random.default_rng(3).uniform(0, 1, COUNT)
    return level[:, None, None] * np.exp(-((distance / 50) ** 2) / 2)


def lit(frames: np.ndarray, kind: str, *, steady: bool = False) -> np.ndarray:
    """Frames in a light, or in its median over the clip: what is taken out are its changes."""
    strength = 0.5 * lamp() if kind == "multiply" else 60 * band()
    if steady:
        strength = np.repeat(np.median(strength, axis=0)[None], COUNT, axis=0)
    field = strength[..., None] * TINT
    if kind == "screen":
        picture = 255 - (255 - frames) * np.exp(-field / 100)
    else:
        picture = frames + field if kind == "add" else frames * np.exp(field)
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def found_in(frames: np.ndarray, flows: Flows) -> Light | None:
    return find_light(frames, CAMERA, flows, trust=np.ones(frames.shape[:3], np.float32))


@pytest.mark.parametrize("kind", ["add", "multiply", "screen"])
def test_light_is_found_and_taken_out(scene: Scene, kind: str) -> None:
    frames = lit(scene.frames, kind)
    light = found_in(frames, dis_flows(frames))
    assert light is not None and light.kind == kind
    np.testing.assert_allclose(light.colour, TINT, atol=0.12)
    wanted = lit(scene.frames, kind, steady=True).astype(float)
    dark = remove_light(frames, CAMERA, light)
    off = np.abs(dark - wanted).mean(axis=3)
    was = np.abs(frames - wanted).mean(axis=3)
    assert off.mean() < 0.4 * was.mean()
    on_disc = scene.alphas[0] > 0.99
    assert off[on_disc].mean() < 0.5 * was[on_disc].mean()


def test_clips_without_light_keep_their_frames(scene: Scene) -> None:
    flows = dis_flows(scene.frames)
    assert found_in(scene.frames, flows) is None
    trust = np.ones(scene.frames.shape[:3], np.float32)
    layers = find_screen_layers(scene.frames, CAMERA, flows, trust=trust)
    assert layers.frames is scene.frames and not layers and not layers.lines()


def test_a_pale_figure_is_no_light() -> None:
    # Large, grey, a little lighter than an even ground: the fit alone would take it for light.
    disc = Disc(path(COUNT, (30, 48), (130, 48)), 30, (1, 1, 1))
    ground = 70 + 0.15 * draw(CAMERA, SIZE).frames.astype(float)
    cover = np.stack([disc.alpha(t, SIZE) for t in range(COUNT)])[..., None]
    frames = np.round(ground + 25 * cover).astype(np.uint8)
    flows = dis_flows(frames)
    fit = LightFit(frames, CAMERA, "add").run(2)
    assert np.abs(fit.strength).max() > 10
    assert judge(frames, fit, flows).changed > 0.01
    assert found_in(frames, flows) is None


def test_a_vignette_that_stays_is_no_change_of_light(scene: Scene) -> None:
    distance = np.linalg.norm(geometry.pixel_grid(SIZE) - (80, 48), axis=-1)
    frames = np.round(scene.frames * (1 - 0.3 * (distance / 90) ** 2)[..., None]).astype(np.uint8)
    assert found_in(frames, dis_flows(frames)) is None


def test_a_wrong_light_makes_the_same_things_less_alike(scene: Scene) -> None:
    flows = dis_flows(scene.frames)
    strength = (60 * band()).astype(np.float32)
    verdict = judge(scene.frames, Light("add", TINT, strength), flows)
    assert verdict.left > 2 and verdict.improved < 0.3
    frames = lit(scene.frames, "add")
    verdict = judge(frames, Light("add", TINT, strength), flows)
    assert verdict.left < 0.4 and verdict.improved > 0.9


def test_the_flow_tells_the_light_on_a_sprite_that_hides_the_plate() -> None:
    # The disc keeps its place on the screen: most of the plate behind it is never seen.
    disc = Disc(path(COUNT, (80, 48), (80, 48)), 30, (230, 60, 90))
    frames = (draw(CAMERA, SIZE, discs=[disc]).frames * 0.7).astype(np.uint8)
    frames = np.clip(np.round(frames + 60 * band()[..., None]), 0, 255).astype(np.uint8)
    inside = disc.alpha(0, SIZE) > 0.5
    pairs = [(a, b) for a in range(COUNT) for b in (a - 1, a + 1) if 0 <= b < COUNT]
    moves = {p: geometry.rigid_flow(CAMERA[p[0]], CAMERA[p[1]], SIZE) for p in pairs}
    known = {pair: np.where(inside[..., None], 0, flow) for pair, flow in moves.items()}
    errors = []
    for flows in ({}, known):
        fit = LightFit(frames, CAMERA, "add")
        fit.observe_flows(frames, flows, np.ones(frames.shape[:3], np.float32))
        light = fit.run(9)
        wanted = np.stack([fit.shrink(b) for b in 60 * band()])
        error = light.strength - (wanted - np.median(wanted, axis=0))
        errors.append(float(np.abs(error[:, fit.shrink(inside) > 0.99]).mean()))
    assert errors[1] < 0.7 * errors[0]


def test_what_eight_bits_cut_off_comes_from_the_plate(scene: Scene) -> None:
    light = Light("add", np.ones(3, np.float32), (150 * band()).astype(np.float32))
    frames = np.clip(np.round(scene.frames + 150 * band()[..., None]), 0, 255).astype(np.uint8)
    cut_off = (frames == 255).any(axis=3) & (scene.alphas[0] == 0)
    assert cut_off.sum() > 500
    plain = np.stack([light.remove(frame, t) for t, frame in enumerate(frames)])
    dark = remove_light(frames, CAMERA, light)
    errors = [np.abs(f.astype(float) - scene.frames)[cut_off].mean() for f in (plain, dark)]
    assert errors[1] < 0.4 * errors[0]


@pytest.mark.parametrize("kind", ["add", "multiply", "screen"])
def test_layers_get_fade_and_light_back(kind: str) -> None:
    strength = band().astype(np.float32)[:, ::4, ::4] * (40 if kind == "add" else 0.4)
    lighting = Lighting(np.linspace(0.5, 1, COUNT), Light(kind, TINT, strength))  # type: ignore[arg-type]
    layer = np.full((*SIZE[::-1], 4), 90, np.uint8)
    for t in (0, 5, COUNT - 1):
        back = lighting.restore(layer, t)
        assert (back[..., 3] == 90).all() and back.dtype == np.uint8
        again = lighting.remove(np.ascontiguousarray(back[..., :3]), t)
        assert np.abs(again.astype(int) - 90).max() <= 3
    assert lighting.restore(layer, 5)[..., :3].max() > 95
    assert Lighting(np.ones(COUNT)).restore(layer, 0) is layer


def test_the_clip_folder_holds_the_light_and_the_frames_without_it(
    scene: Scene, tmp_path: Path
) -> None:
    clip = ClipFolder(root=tmp_path)
    clip.write_npy("frame/gain.npy", np.ones(COUNT, np.float32))
    frames = lit(scene.frames, "add")
    clip.write_npy("frame/all_frames.npy", frames)
    assert read_lighting(clip).light is None
    np.testing.assert_array_equal(read_clean_frames(clip), frames)
    trust = np.ones(frames.shape[:3], np.float32)
    layers = find_screen_layers(frames, CAMERA, dis_flows(frames), trust=trust)
    assert len(layers.lines()) == 1 and "kind: add" in layers.lines()[0]
    write_screen(clip, layers)
    np.testing.assert_array_equal(read_clean_frames(clip), layers.frames)
    light = read_lighting(clip).light
    assert light is not None and layers.light is not None and light.kind == "add"
    np.testing.assert_array_equal(light.strength, layers.light.strength)
    np.testing.assert_array_equal(light.colour, layers.light.colour)
