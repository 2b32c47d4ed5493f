"""Networks as ONNX models of one fixed input size, written operator by operator.

The size is fixed, so that a runtime plans its memory once. Models are made in memory when they are
needed, which takes less time than to read them from a file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from toondecompose.upscale.networks import AnimeVideo, Network, UpConv7

OPSET = 17
"""Version of the operators: old enough that every runtime of today knows it."""

IR_VERSION = 8
"""Version of the file format that belongs to it."""

INPUT, OUTPUT = "picture", "enlarged"
"""Names of what a model takes and gives."""


class _Graph:
    """Nodes and weights of a model under way."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str | np.ndarray, **attributes: Any) -> str:
        """Add a node; arrays among its inputs become weights. Return the name of its output."""
        name = f"{operator.lower()}_{len(self.nodes)}"
        names = [
            self._weight(f"{name}_{n}", one) if isinstance(one, np.ndarray) else one
            for n, one in enumerate(inputs)
        ]
        self.nodes.append(helper.make_node(operator, names, [name], name, **attributes))
        return name

    def numbers(self, tensor: Any) -> np.ndarray:
        """Return the numbers of a network's tensor in the precision of the model."""
        return tensor.detach().cpu().numpy().astype(self.kind)

    def _weight(self, name: str, array: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(array, name))
        return name


def make_onnx(network: Network, size: tuple[int, int], *, half: bool = False) -> bytes:
    """Return a network as an ONNX model.

    Parameters
    ----------
    network : with its weights.
    size : width and height of its input.
    half : in float16 instead of float32; input and output too.

    Returns
    -------
    The bytes of the model, from ``picture`` (1, 3, H, W) to ``enlarged``.
    """
    graph = _Graph(np.float16 if half else np.float32)
    last = (
        _add_upconv(graph, network)
        if isinstance(network, UpConv7)
        else _add_animevideo(graph, network)
    )
    graph.nodes.append(helper.make_node("Identity", [last], [OUTPUT], OUTPUT))
    kind = onnx.TensorProto.FLOAT16 if half else onnx.TensorProto.FLOAT
    shapes = [
        (1, 3, size[1], size[0]),
        (1, 3, *(network.scale * (side - network.lost) for side in size[::-1])),
    ]
    ends = [
        helper.make_tensor_value_info(name, kind, shape)
        for name, shape in zip((INPUT, OUTPUT), shapes, strict=True)
    ]
    whole = helper.make_graph(graph.nodes, "network", ends[:1], ends[1:], graph.weights)
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(
        whole, opset_imports=[opset], ir_version=IR_VERSION, producer_name="toondecompose"
    )
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _add_upconv(graph: _Graph, network: UpConv7) -> str:
    value = INPUT
    for one in network.convolutions:
        value = graph.add("Conv", value, graph.numbers(one.weight), graph.numbers(one.bias))
        value = graph.add("LeakyRelu", value, alpha=0.1)
    last = network.last
    return graph.add(
        "ConvTranspose", value, graph.numbers(last.weight), graph.numbers(last.bias),
        strides=[2, 2], pads=[3, 3, 3, 3],
    )  # fmt: skip


def _add_animevideo(graph: _Graph, network: AnimeVideo) -> str:
    value, slopes = INPUT, [*network.slopes, None]
    for one, slope in zip(network.convolutions, slopes, strict=True):
        weights = graph.numbers(one.weight), graph.numbers(one.bias)
        value = graph.add("Conv", value, *weights, pads=[1, 1, 1, 1])
        if slope is not None:
            value = graph.add("PRelu", value, graph.numbers(slope.weight)[:, None, None])
    # Channels of one colour are next to each other: CRD is the order of torch's pixel_shuffle.
    residual = graph.add("DepthToSpace", value, blocksize=network.inner, mode="CRD")
    inner = float(network.inner)
    repeated = graph.add(
        "Resize", INPUT, "", np.array([1, 1, inner, inner], np.float32), mode="nearest",
        coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    )  # fmt: skip
    large = graph.add("Add", residual, repeated)
    if network.scale == network.inner:
        return large
    factor = network.scale / network.inner
    return graph.add(
        "Resize", large, "", np.array([1, 1, factor, factor], np.float32), mode="cubic",
        coordinate_transformation_mode="half_pixel", cubic_coeff_a=-0.75,
    )  # fmt: skip
