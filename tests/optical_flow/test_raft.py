"""RAFT: checkpoints and their names, the network against torchvision's, batches, the choice."""

from __future__ import annotations

import os
import pickle
import re
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from optical_flow.test_optical_flow import noise
from torchvision.models.optical_flow import raft_large, raft_small
from torchvision.models.optical_flow.raft import RAFT

from third_party.raft.keys import is_original, torchvision_names
from third_party.raft.table import checkpoints
from toondecompose.core.errors import UserError
from toondecompose.optical_flow import RaftOptions, choice, estimate_flow, pairs
from toondecompose.optical_flow.checkpoint import load_network
from toondecompose.optical_flow.choice import choose
from toondecompose.optical_flow.raft import cut_batches, padding
from toondecompose.optical_flow.raft_network import Correlation, RaftNetwork
from toondecompose.pipeline.settings import load_clips

NETWORKS = {"large": raft_large, "small": raft_small}

BACK = (
    (r"^feature_encoder\.", "fnet."),
    (r"^context_encoder\.", "cnet."),
    (r"^(.net)\.convnormrelu\.0\.", r"\1.conv1."),
    (r"^(.net)\.convnormrelu\.1\.", r"\1.norm1."),
    (r"^(.net)\.conv\.", r"\1.conv2."),
    (r"\.convnormrelu(\d)\.0\.", r".conv\1."),
    (r"\.convnormrelu(\d)\.1\.", r".norm\1."),
    (r"\.motion_encoder\.convcorr(\d)\.0\.", r".encoder.convc\1."),
    (r"\.motion_encoder\.convflow(\d)\.0\.", r".encoder.convf\1."),
    (r"\.motion_encoder\.conv\.0\.", ".encoder.conv."),
    (r"^mask_predictor\.convrelu\.0\.", "update_block.mask.0."),
    (r"^mask_predictor\.conv\.", "update_block.mask.2."),
)
"""From torchvision's names to the original code's, but for the recurrent units."""


def make_network(kind: str) -> RAFT:
    """A network of random weights, its batch norms included."""
    torch.manual_seed(0)
    network = NETWORKS[kind](weights=None, progress=False).eval()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.1)
    return network


def original_names(network: RAFT, kind: str) -> OrderedDict[str, torch.Tensor]:
    """The tensors as the original code saves them."""
    renamed = OrderedDict()
    for name, tensor in network.state_dict().items():
        for pattern, replacement in BACK:
            name = re.sub(pattern, replacement, name)
        unit = r"\1" if kind == "large" else ""
        name = re.sub(
            r"\.recurrent_block\.convgru(\d)\.conv([zrq])\.", rf".gru.conv\2{unit}.", name
        )
        renamed[f"module.{name}"] = tensor
        # The norm of a shortcut is saved twice.
        twin = re.sub(r"\.downsample\.1\.", ".norm3." if kind == "large" else ".norm4.", name)
        renamed[f"module.{twin}"] = tensor
    return renamed


@pytest.fixture(scope="module", params=["large", "small"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, kind: str) -> dict[str, Path]:
    """The same random weights in both layouts."""
    folder = tmp_path_factory.mktemp("weights")
    network = make_network(kind)
    saved = {"torchvision": network.state_dict(), "original": original_names(network, kind)}
    for layout, tensors in saved.items():
        torch.save(tensors, folder / f"{layout}.pth")
    return {layout: folder / f"{layout}.pth" for layout in saved}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "small.pth"
    torch.save(make_network("small").state_dict(), path)
    return path


@pytest.fixture(scope="module")
def panning() -> np.ndarray:
    """Seven frames of 150 x 131: sides that are no multiples of 8."""
    canvas = noise(160, 190)
    return np.stack([canvas[t : 131 + t, 20 - 3 * t : 170 - 3 * t] for t in range(7)])


def torchvision_flow(network: RAFT, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The flow as torchvision computes it for a pair, padded by hand."""
    top, bottom, left, right = padding(first.shape[:2])
    images = []
    for frame in (first, second):
        padded = np.pad(frame, ((top, bottom), (left, right), (0, 0)), mode="edge")
        images.append(torch.from_numpy(padded).permute(2, 0, 1)[None] / 127.5 - 1)
    with torch.inference_mode():
        flow = network(*images, num_flow_updates=4)[-1][0].permute(1, 2, 0).numpy()
    return flow[top : flow.shape[0] - bottom, left : flow.shape[1] - right]


# Checkpoints


@pytest.mark.slow
def test_both_layouts_load_the_same(files: dict[str, Path], kind: str) -> None:
    wanted = make_network(kind).state_dict()
    for layout, path in files.items():
        found = load_network(path).state_dict()
        assert list(found) == list(wanted), layout
        assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_only_the_original_is_renamed(files: dict[str, Path]) -> None:
    assert is_original(torch.load(files["original"], weights_only=True))
    assert not is_original(torch.load(files["torchvision"], weights_only=True))


def test_shortcut_norms_are_taken_once() -> None:
    names = {"cnet.layer2.0.conv1.weight": 0, "cnet.layer2.0.conv2.weight": 0}
    names |= {"cnet.layer2.0.norm3.weight": 1, "cnet.layer2.0.downsample.1.weight": 1}
    assert "context_encoder.layer2.0.downsample.1.weight" in torchvision_names(names)
    assert len(torchvision_names(names)) == 3


@pytest.mark.parametrize("wrapper", ["model", "state_dict"])
def test_weights_beside_an_optimiser_are_found(small: Path, tmp_path: Path, wrapper: str) -> None:
    inner = torch.load(small, weights_only=True)
    torch.save({wrapper: inner, "epoch": 3}, tmp_path / "training.pth")
    assert load_network(tmp_path / "training.pth").mask_predictor is None


class _Code:
    def __reduce__(self) -> tuple:
        return os.system, ("touch executed",)


def test_what_is_no_checkpoint_is_refused(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    whole, tensors = small.read_bytes(), torch.load(small, weights_only=True)
    name = next(iter(tensors))
    (tmp_path / "short.pth").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.pth").write_bytes(b"")
    (tmp_path / "text.pth").write_text("<html>not found</html>")
    (tmp_path / "code.pth").write_bytes(pickle.dumps({"model": _Code()}))
    torch.save({"model": _Code()}, tmp_path / "code2.pth")
    torch.save({k: v for k, v in tensors.items() if k != name}, tmp_path / "lacks.pth")
    torch.save(tensors | {"extra": tensors[name]}, tmp_path / "more.pth")
    torch.save(tensors | {name: torch.zeros(2)}, tmp_path / "shape.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save({"a": 1}, tmp_path / "numbers.pth")
    for file, words in {
        "short": "is no whole checkpoint",
        "empty": "is no whole checkpoint",
        "text": "is damaged or holds more",
        "code": "refused",
        "code2": "refused",
        "lacks": f"lacks {name}",
        "more": "has besides extra",
        "shape": f"{name} is \\(2,\\)",
        "list": "it holds a list",
        "numbers": "a is a int",
        "absent": "there is no checkpoint",
    }.items():
        with pytest.raises(UserError, match=words) as caught:
            load_network(tmp_path / f"{file}.pth")
        assert f"{file}.pth" in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "executed").exists()


# The network


@pytest.mark.slow
def test_flow_is_torchvisions(files: dict[str, Path], kind: str, panning: np.ndarray) -> None:
    network, options = make_network(kind), RaftOptions(checkpoint=files["original"], updates=4)
    listed = [(0, 1), (1, 0), (0, 3), (5, 4), (2, 1)]
    for (a, b), flow in estimate_flow(panning, listed, options):
        expected = torchvision_flow(network, panning[a], panning[b])
        assert flow.shape == (131, 150, 2) and flow.dtype == np.float32
        assert np.abs(expected).mean() > 0.1
        np.testing.assert_allclose(flow, expected, atol=1e-4)


def test_correlation_beyond_the_frame_is_zero() -> None:
    torch.manual_seed(0)
    first, second = torch.rand(1, 4, 3, 5), torch.rand(1, 4, 6, 7)
    correlation = Correlation.of(first, second)
    y, x = torch.meshgrid(torch.arange(3.0), torch.arange(5.0), indexing="ij")
    far = correlation.around(torch.stack([x, y])[None] + 100, radius=2)
    assert far.shape == (15, 25) and not far.any()
    # On the grid: the step in x is the slower of the window's two.
    near = correlation.around(torch.stack([x, y])[None], radius=1).reshape(3, 5, 3, 3)
    expected = (first[0, :, 1, 2] * second[0, :, 2, 1]).sum() / 2
    torch.testing.assert_close(near[1, 2, 0, 2], expected)
    assert not near[0, 0, 0].any()


@pytest.mark.slow
def test_each_frame_is_encoded_once(
    small: Path, panning: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, known, encode, flow = [], [], RaftNetwork.encode, RaftNetwork.flow

    def counted(self: RaftNetwork, image: torch.Tensor) -> object:
        count.append(image)
        return encode(self, image)

    def watched(self: RaftNetwork, first: list, second: list, updates: int) -> torch.Tensor:
        known.append(len({id(one) for one in first + second}))
        return flow(self, first, second, updates)

    monkeypatch.setattr(RaftNetwork, "encode", counted)
    monkeypatch.setattr(RaftNetwork, "flow", watched)
    monkeypatch.setattr("toondecompose.optical_flow.raft.LARGEST_BATCH", 3)
    listed = pairs(7, (-1, 1))
    assert len(list(estimate_flow(panning, listed, RaftOptions(checkpoint=small, updates=1)))) == 14
    assert len(count) == 7
    assert max(known) <= 5


@pytest.mark.slow
def test_a_part_of_the_pairs_has_the_same_bytes(small: Path, panning: np.ndarray) -> None:
    options, listed = RaftOptions(checkpoint=small, updates=2), pairs(7)
    every = dict(estimate_flow(panning, listed, options))
    wanted = [pair for pair in listed if pair[0] > 3]
    for pair, flow in estimate_flow(panning, listed, options, wanted=wanted):
        np.testing.assert_array_equal(flow, every[pair])


def test_held_pairs_never_reach_the_network(panning: np.ndarray, tmp_path: Path) -> None:
    absent = RaftOptions(checkpoint=tmp_path / "absent.pth")
    frames = np.stack([panning[0], panning[0]])
    assert all(not flow.any() for _, flow in estimate_flow(frames, pairs(2), absent))
    with pytest.raises(UserError, match="there is no checkpoint"):
        list(estimate_flow(panning, [(0, 1)], absent))


def test_batches_fit_the_memory() -> None:
    listed = pairs(20)
    assert [len(b) for b in cut_batches(listed, (256, 456), "cpu")][:2] == [8, 8]
    assert sum(cut_batches(listed, (256, 456), "cpu"), []) == listed
    assert len(cut_batches(listed, (1088, 1936), "cpu")[0]) == 1


@pytest.mark.parametrize("size", [(256, 456), (251, 453), (1, 1), (129, 120), (64, 2000)])
def test_padded_sides_fit_the_network(size: tuple[int, int]) -> None:
    top, bottom, left, right = padding(size)
    for side, before, after in zip(size, (top, left), (bottom, right), strict=True):
        whole = side + before + after
        assert whole % 8 == 0 and whole >= 128 and 0 <= after - before <= 1
        assert whole == max(128, side + (-side % 8))


# The choice


def settings(**flow: object) -> dict[str, object]:
    return load_clips({"clips": {"a": {"input": "x", "flow": flow, "device": "cuda"}}})["a"]


def test_auto_takes_the_best_checkpoint_that_is_there(tmp_path: Path) -> None:
    none = choose(settings(), tmp_path)
    assert none.settings["flow.backend"] == "dis" and none.checkpoint is None
    assert "DIS" in none.line and "toondecompose fetch-raft" in none.line
    *_, worst = checkpoints()
    for one in (worst, checkpoints()[3]):
        (tmp_path / one.file).touch()
        found = choose(settings(), tmp_path)
        assert found.settings["flow.backend"] == "raft" and found.settings["device"] == "cuda"
        assert found.checkpoint == tmp_path / one.file and one.file in found.line
    assert choose(settings(backend="dis"), tmp_path).line == "flow: DIS"


def test_without_torchvision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint is there, but the extra that RAFT needs is not installed."""
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    assert choose(settings(), tmp_path).line.startswith("flow: DIS; for RAFT get a checkpoint")
    (tmp_path / checkpoints()[0].file).touch()
    found = choose(settings(), tmp_path)
    assert found.settings["flow.backend"] == "dis" and found.checkpoint is None
    assert found.line == (
        "flow: DIS; for RAFT install torchvision: pip install 'toondecompose[raft]'"
    )
    with pytest.raises(UserError, match="ask for RAFT, but torchvision is not installed"):
        choose(settings(backend="raft"), tmp_path)


def test_what_dis_does_not_read_changes_nothing(tmp_path: Path) -> None:
    one, other = (choose(settings(updates=n), tmp_path).settings for n in (3, 4))
    assert one == other
    (tmp_path / checkpoints()[0].file).touch()
    one, other = (choose(settings(updates=n), tmp_path).settings for n in (3, 4))
    assert one != other


def test_a_checkpoint_can_be_named(tmp_path: Path) -> None:
    own = tmp_path / "own.pth"
    own.touch()
    assert choose(settings(checkpoint=str(own)), tmp_path).checkpoint == own
    (tmp_path / "raft-kitti.pth").touch()
    assert choose(settings(checkpoint="raft-kitti"), tmp_path).checkpoint.name == "raft-kitti.pth"
    for flow in ({"backend": "raft", "checkpoint": "raft-things"}, {"checkpoint": "raft-things"}):
        with pytest.raises(UserError, match="raft-things.*no such checkpoint.*fetch"):
            choose(settings(**flow), tmp_path)
    with pytest.raises(UserError, match="backend is raft"):
        choose(settings(backend="raft"), tmp_path / "empty")
