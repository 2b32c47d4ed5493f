"""Whether a clip has grain: measured from frames and layers, whatever lies in the folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from finished import COUNT, SIZE, add_noise, finished_clip

from toondecompose.core.tuning import Tuning
from toondecompose.footage.parameters import Parameters
from toondecompose.store.grain import find_grain
from toondecompose.store.layers import Layers


def test_grain_is_measured(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path)
    assert not find_grain(Layers(clip))
    add_noise(clip, deviation=4)
    assert find_grain(Layers(clip))
    for levels, wanted in ((3.0, True), (5.0, False)):
        tuning = Tuning.of(Parameters(min_grain_levels=levels))
        assert find_grain(Layers(clip), tuning=tuning) == wanted


def test_grain_of_an_earlier_run_is_not_read(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path)
    for t in range(COUNT):
        clip.write_png(f"grain/{t}.png", np.full((*SIZE[::-1], 3), 160, np.uint8))
    assert not find_grain(Layers(clip))
