"""Rain and snow over all are found, taken out and kept; grain, dust and sparkles are not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from scenes import Disc, bytes_of, camera, dis_flows, draw

from toondecompose.core.reduction import median_of_few
from toondecompose.motion.matches import Flows
from toondecompose.optical_flow.confidence import confidence
from toondecompose.screen.search import ScreenLayers, find_screen_layers
from toondecompose.screen.weather import weather_of
from toondecompose.screen.weather_search import find_weather, remove_weather
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.layer_parts import AnimatedOverlay
from toondecompose.store.layers import Layers
from toondecompose.store.placement import Placements, name_layers
from toondecompose.store.screen import read_clean_source, read_lighting, write_overlays

SIZE, COUNT = (256, 144), 12
FINE = 4
PAN = camera(COUNT, (3.0, 0.2), SIZE)
STILL = np.repeat(np.eye(3)[None], COUNT, axis=0)
WALKER = Disc(np.repeat(np.stack([np.linspace(70, 170, 6), [80] * 6], 1), 2, axis=0), 24,
              (200, 60, 40))  # fmt: skip
"""A disc on twos."""


def rain(t: int, *, hold: int = 1, streaks: int = 90) -> np.ndarray:
    """Alpha (H, W) of rain: slanting streaks, thinner than two pixels."""
    random = np.random.default_rng((3, t // hold))
    cover = np.zeros((SIZE[1] * FINE, SIZE[0] * FINE), np.uint8)
    for start in random.uniform((-10, -20), SIZE, (streaks, 2)):
        end = start + random.uniform(9, 22) * np.array([0.2, 1.0])
        ends = np.rint(np.stack([start, end]) * FINE).astype(np.int32)
        cv2.polylines(cover, [ends], False, int(random.uniform(100, 180)), 5)
    return cv2.resize(cover, SIZE, interpolation=cv2.INTER_AREA) / 255.0


def snow(t: int, *, flakes: int = 150) -> np.ndarray:
    """Alpha (H, W) of snow: flakes of 2 to 4 px that fall by 3 to 6 px a frame."""
    random = np.random.default_rng(4)
    places, steps = random.uniform((0, 0), SIZE, (flakes, 2)), random.uniform(3, 6, flakes)
    radius, strength = random.uniform(1, 2, flakes), random.uniform(150, 230, flakes)
    cover = np.zeros((SIZE[1] * FINE, SIZE[0] * FINE), np.uint8)
    for (x, y), step, own, level in zip(places, steps, radius, strength, strict=True):
        at = (int((x - 1.5 * t) % SIZE[0] * FINE), int((y + step * t) % SIZE[1] * FINE))
        cv2.circle(cover, at, round(own * FINE), int(level), -1)
    return cv2.resize(cover, SIZE, interpolation=cv2.INTER_AREA) / 255.0


CLIPS = {
    "rain": (PAN, rain, (225, 232, 245)),
    "held": (STILL, lambda t: rain(t, hold=2), (225, 232, 245)),
    "snow": (PAN, snow, (250, 250, 255)),
    "dark": (PAN, rain, (20, 24, 40)),
}


@cache
def clip(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Flows]:
    """Return the frames, those without weather, alpha (T, H, W), the camera and the flows."""
    motion, alphas, colour = CLIPS[name]
    dry = draw(motion, SIZE, discs=[WALKER]).frames
    alpha = np.stack([alphas(t) for t in range(COUNT)])
    share = alpha[..., None]
    frames = bytes_of((1 - share) * dry + share * np.array(colour, float))
    return frames, dry, alpha, motion, dis_flows(frames)


@pytest.mark.parametrize("name", list(CLIPS))
def test_weather_is_found_and_taken_out(name: str) -> None:
    frames, dry, alpha, motion, flows = clip(name)
    weather = find_weather(frames, motion, flows)
    assert weather is not None and weather.sign == (-1 if name == "dark" else 1)
    assert np.abs(weather.colour - CLIPS[name][2]).mean() < 30
    layers, clean = remove_weather(frames, motion, flows, weather=weather)
    found = np.stack(layers)[..., 3] / 255
    covered = alpha > 0.2
    assert np.abs(found - alpha)[covered].mean() < 0.2
    assert (found[alpha == 0] > 0.1).mean() < 0.01
    before, after = (np.abs(one.astype(float) - dry)[covered] for one in (frames, np.stack(clean)))
    assert after.mean() < 0.35 * before.mean()
    # What is in no layer of the weather is the frame, bit by bit.
    np.testing.assert_array_equal(np.stack(clean)[found == 0], frames[found == 0])
    # Laid over the clean frames, the layers give the frames.
    again = [layer[..., 3:] / 255 * layer[..., :3] + (1 - layer[..., 3:] / 255) * under
             for layer, under in zip(layers, clean, strict=True)]  # fmt: skip
    assert np.abs(np.stack(again) - frames).mean() < 0.5


def test_a_held_drawing_stays_one() -> None:
    # On twos the disc is the same in two frames; the rain over it is not.
    frames, _, _, motion, flows = clip("rain")
    weather = find_weather(frames, motion, flows)
    assert weather is not None
    _, clean = remove_weather(frames, motion, flows, weather=weather)
    inside = Disc(WALKER.centres, 20, (0, 0, 0))
    differ = [
        [np.abs(one[t].astype(int) - one[t + 1])[inside.alpha(t, SIZE) == 1] for one in
         (frames, clean)] for t in range(0, COUNT, 2)
    ]  # fmt: skip
    with_rain, without = (np.mean([(np.max(d[i], axis=1) > 12).mean() for d in differ])
                          for i in (0, 1))  # fmt: skip
    assert with_rain > 0.1 and without < 0.5 * with_rain


def test_clips_without_weather_have_none() -> None:
    scene = draw(PAN, SIZE, discs=[WALKER])
    flows, random = dis_flows(scene.frames), np.random.default_rng(5)
    grain = bytes_of(scene.frames + random.normal(0, 9, (COUNT, *SIZE[::-1], 1)))
    dust = scene.frames.copy()
    for t in range(COUNT):
        for x, y in random.integers((3, 3), (SIZE[0] - 3, SIZE[1] - 3), (12, 2)):
            dust[t, y : y + 2, x : x + 2] = 250
    sparkles = scene.frames.copy()
    for t in range(COUNT):
        for x, y in WALKER.centres[t] + random.uniform(-16, 16, (60, 2)):
            sparkles[t, round(y) : round(y) + 2, round(x) : round(x) + 2] = 255
    for frames in (scene.frames, grain, dust, sparkles):
        assert find_weather(frames, PAN, flows) is None


def test_weather_of_few_frames_is_not_looked_for() -> None:
    frames, _, _, motion, flows = clip("rain")
    few = {pair: flow for pair, flow in flows.items() if max(pair) < 4}
    assert find_weather(frames[:4], motion[:4], few) is None


def test_colour_is_where_the_lines_meet() -> None:
    random = np.random.default_rng(6)
    behind = random.integers(0, 200, (20, 20, 3)).astype(np.uint8)
    share = random.uniform(0.3, 0.8, (20, 20, 1))
    frame = bytes_of((1 - share) * behind + share * np.array([230.0, 210.0, 180.0]))
    found = weather_of([frame], [behind], [np.ones((20, 20), bool)], sign=1)
    np.testing.assert_allclose(found.colour, (230, 210, 180), atol=6)
    assert 0.75 < found.opacity < 0.85


@pytest.fixture(scope="module")
def screen() -> ScreenLayers:
    frames, _, _, motion, flows = clip("snow")
    trust = np.stack([
        median_of_few([confidence(flow, flows[b, a], frames[t]) for (a, b), flow in flows.items()
                       if a == t and b != t]) for t in range(COUNT)
    ])  # fmt: skip
    return find_screen_layers(frames, motion, flows, trust=trust)


def test_weather_is_a_layer_over_the_whole_picture(screen: ScreenLayers) -> None:
    frames, _, alpha, *_ = clip("snow")
    assert screen and screen.weather is not None and screen.light is None and not screen.regions
    assert any("rain or snow" in line for line in screen.lines())
    free = screen.uncovered()
    assert free[alpha > 0.6].mean() < 0.1 and free.mean() > 0.7
    assert (screen.frames[free] == frames[free]).all()


def test_weather_is_stored_and_read(screen: ScreenLayers, tmp_path: Path) -> None:
    frames, dry, alpha, _, flows = clip("snow")
    double = (SIZE[0] * 2, SIZE[1] * 2)
    large = np.stack([cv2.resize(frame, double, interpolation=cv2.INTER_CUBIC) for frame in frames])
    folder = ClipFolder(root=tmp_path)
    folder.write_npy("frame/gain.npy", np.ones(COUNT, np.float32))
    sizes = {"working_size": list(SIZE), "source_size": list(double)}
    folder.write_json("frame/info.json", {"frames": COUNT, **sizes})
    for t, frame in enumerate(large):
        folder.write_png(f"source/{t}.png", frame)
    write_overlays(folder, screen, flows)
    layers = Layers(folder)
    (weather,) = layers.overlays
    assert isinstance(weather, AnimatedOverlay) and weather.shown.all()
    wide = cv2.resize(alpha[5], double)
    assert np.abs(weather.rgba(5)[..., 3] / 255 - wide)[wide > 0.3].mean() < 0.2
    clean = read_clean_source(folder, read_lighting(folder), 5)
    truth = cv2.resize(dry[5], double, interpolation=cv2.INTER_CUBIC).astype(float)
    before, after = (np.abs(one - truth)[wide > 0.3].mean() for one in (large[5], clean))
    assert after < 0.35 * before


def test_weather_has_a_name_and_a_picture_for_each_frame(
    screen: ScreenLayers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Named(Layers):
        @property
        def order(self) -> np.ndarray:
            return np.zeros((COUNT, 1), np.uint8)

    folder = ClipFolder(root=tmp_path)
    folder.write_npy("frame/gain.npy", np.ones(COUNT, np.float32))
    sizes = {"working_size": list(SIZE), "source_size": list(SIZE)}
    folder.write_json("frame/info.json", {"frames": COUNT, **sizes})
    for t, frame in enumerate(clip("snow")[0]):
        folder.write_png(f"source/{t}.png", frame)
    write_overlays(folder, screen, clip("snow")[4])
    folder.write_json("model/objects.json", {"objects": [{"kind": "background", "planes": [0]}]})
    folder.write_npy("model/full_plane_motion.0.npy", STILL)
    named = name_layers(Named(folder))
    assert [one.name for one in named] == ["plate", "weather"]
    placed = Placements(Named(folder))
    assert [one.name for one in placed.pictures][1:] == [f"weather.{t + 1:04d}" for t in
                                                         range(COUNT)]  # fmt: skip
    front = [placed.pictures[frame[-1].picture].path for frame in placed.frames]
    assert front == [f"overlay/weather.{t}.png" for t in range(COUNT)]
