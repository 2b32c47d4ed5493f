"""Blended pulldown is found, named and undone; other cadences are none."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from test_video_fields import psnr, read, write

from toondecompose.reading.blended_pulldown import find_blends, undo_blends

COUNT = 24


def film(hold: int = 1) -> list[np.ndarray]:
    """Frames (H, W, 3) in which a texture moves, and is held."""
    random = np.random.default_rng(1)
    wide = np.repeat(np.repeat(random.integers(30, 220, (24, 80, 3)), 4, 0), 4, 1).astype(np.uint8)
    return [wide[:, 5 * (t // hold) : 5 * (t // hold) + 180] for t in range(COUNT)]


def blended(frames: list[np.ndarray], shift: int = 0) -> list[np.ndarray]:
    """A, B, (B + C) / 2, (C + D) / 2, D of each four frames, without the first few."""
    result = []
    for t in range(0, len(frames), 4):
        a, b, c, d = (frame.astype(float) for frame in frames[t : t + 4])
        result += [np.round(one).astype(np.uint8) for one in (a, b, (b + c) / 2, (c + d) / 2, d)]
    return result[shift:]


@pytest.mark.parametrize("shift", range(5))
def test_blends_are_found_and_undone(shift: int) -> None:
    given = blended(film(), shift)
    phase = find_blends(given)
    assert phase == (1 - shift) % 5
    again = list(undo_blends(given, phase))
    # At the start a frame may be missing; all others are there, in order, to a level or two.
    true = film()[-len(again) :]
    assert len(again) >= COUNT - shift
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(again, true, strict=True)) <= 2


def test_other_cadences_are_none() -> None:
    fade = [np.full((20, 20, 3), 4 * t, np.uint8) for t in range(40)]
    still = [np.full((20, 20, 3), 90, np.uint8)] * 40
    every = film()
    mixes = [((a.astype(int) + b) // 2).astype(np.uint8)
             for a, b in zip(every, every[1:], strict=False)]  # fmt: skip
    for frames in (film(), film(2), film(3), fade, still, mixes):
        assert find_blends(frames) is None


def test_a_cadence_on_twos_is_found() -> None:
    given = blended(film(2))
    phase = find_blends(given)
    assert phase is not None
    again = list(undo_blends(given, phase))
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(again, film(2), strict=True)) <= 2


def test_a_video_says_so_and_offers_the_setting(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", blended(film()), "null", "30000/1001")
    frames, source, said = read(path)
    assert (len(frames), source.fps) == (30, Fraction(30000, 1001))
    assert "blended pulldown" in said and "deinterlace: unblend makes 23.976" in said
    frames, source, said = read(path, "unblend")
    assert (len(frames), source.fps) == (24, Fraction(24000, 1001))
    assert "undone" in said
    assert min(psnr(a, b) for a, b in zip(frames, film(), strict=True)) > 40
    plain = write(tmp_path / "b.mkv", film(), "null", "30")
    assert "blended" not in read(plain)[2]
    frames, source, said = read(plain, "unblend")
    assert "no blended pulldown is found" in said and len(frames) == COUNT
