"""The flows as later stages read them, and the loop over frames that they share."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from scenes import Painting, bytes_of

from toondecompose.core.parallel import each
from toondecompose.optical_flow import confidence, pairs
from toondecompose.optical_flow.pairs import two_way_pairs
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.flows import read_confidence, read_flows, write_confidence


def test_pairs_cut_short_are_left_out(tmp_path: Path) -> None:
    clip = ClipFolder(root=tmp_path)
    clip.write_json("flow/info.json", {"offsets": [-2, -1, 1, 2]})
    for a, b in pairs(6, (-2, -1, 1, 2)):
        clip.write_npy(f"flow/{a}T{b}.npy", np.full((2, 3, 2), 10 * a + b, np.float32))
    flows = read_flows(clip, 6)
    assert list(flows) == two_way_pairs(6, (-2, -1, 1, 2))
    assert all((b, a) in flows and a != b for a, b in flows)
    assert {(0, 1), (1, 0), (0, 2), (5, 3)} <= set(flows)
    assert not {(0, 0), (5, 5), (0, 3)} & set(flows)
    np.testing.assert_array_equal(flows[3, 5], np.full((2, 3, 2), 35))


def test_confidence_is_that_of_most_pairs(tmp_path: Path) -> None:
    frames = bytes_of(Painting(1).seen(np.repeat(np.eye(3)[None], 4, axis=0), (40, 32)))
    zero = np.zeros((32, 40, 2), np.float32)
    flows = {pair: zero.copy() for pair in two_way_pairs(4, (-3, -2, -1, 1, 2, 3))}
    flows[1, 0][:, 20:] = 8  # does not lead back: one of three pairs on the right,
    flows[2, 0][:16] = -8
    flows[3, 0][:16] = 8  # two of three pairs at the top
    clip = ClipFolder(root=tmp_path)
    clip.write_json("flow/info.json", {"offsets": [-3, -2, -1, 1, 2, 3]})
    for (a, b), flow in flows.items():
        clip.write_npy(f"flow/{a}T{b}.npy", flow)
    for t in range(4):
        write_confidence(clip, t, [b for a, b in flows if a == t], frame=frames[t])
    trust = read_confidence(clip, 4)
    assert trust.shape == (4, 32, 40) and trust.dtype == np.float32
    assert 0.05 < trust[0, 16:].min() and trust.max() <= 1
    assert trust[0, :16, :].max() < 0.01
    # What is hidden in the other frame is zero, what is only worthless is not.
    levels = clip.read_png("flow/0T2.confidence.png")
    assert (levels[:16] == 0).all() and (levels[16:] > 0).all()
    exact = confidence(flows[0, 2], flows[2, 0], frames[0])[16:]
    np.testing.assert_allclose((levels[16:] - 1) / 254, exact, atol=0.003)


def test_results_come_in_the_order_of_the_items() -> None:
    names = set()

    def slow_first(i: int) -> int:
        names.add(threading.current_thread().name)
        time.sleep(0.05 if i == 0 else 0)
        return i * i

    assert each(slow_first, range(8)) == [i * i for i in range(8)]
    assert threading.current_thread().name not in names


def test_an_error_in_one_item_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        each(lambda i: 1 / i, [1, 0, 2])
