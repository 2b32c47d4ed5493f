"""Reads networks in the format of ncnn: a text file of layers, ``.param``, and their numbers.

A line of ``.param`` is: kind, name, counts of inputs and outputs, their names, then ``key=value``
pairs. The file ``.bin`` holds the numbers of all layers, one after the other: weights after a flag
of four bytes, which says how they are stored, biases and slopes as plain float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toondecompose.core.errors import UserError

MAGIC = "7767517"
"""First line of a ``.param`` file."""

HALF, SINGLE = 0x01306B47, 0
"""Flags before weights: stored as float16, padded to four bytes, and as float32."""

CHANNELS, KERNEL, COUNT = "0", "1", "6"
"""Keys of a convolution: output channels, side of its square kernel, count of its weights."""


@dataclass(frozen=True)
class NcnnLayer:
    """A layer of a network.

    Attributes
    ----------
    kind : ``Convolution``, ``Deconvolution``, ``PReLU``; all others have no numbers.
    options : what its line says, by key.
    weight : (out, in, k, k) float32; (channels,) slopes of a PReLU; None for none.
    bias : (out,) float32; None for none.
    """

    kind: str
    options: dict[str, str]
    weight: np.ndarray | None = None
    bias: np.ndarray | None = None


class _Numbers:
    """The numbers of a ``.bin`` file, from its beginning to its end."""

    def __init__(self, path: Path) -> None:
        self.path, self.data, self.at = path, path.read_bytes(), 0

    def take(self, count: int, kind: type = np.float32) -> np.ndarray:
        size = np.dtype(kind).itemsize * count
        if self.at + size > len(self.data):
            raise UserError(f"{self.path} ends too early; install the package of the weights again")
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += (size + 3) // 4 * 4
        return found

    def weights(self, count: int) -> np.ndarray:
        flag = int(self.take(1, np.uint32)[0])
        if flag not in (HALF, SINGLE):
            raise UserError(
                f"{self.path} stores weights in a way that is not known (flag {flag:#010x}); "
                "give float16 or float32"
            )
        return self.take(count, np.float16 if flag == HALF else np.float32).astype(np.float32)


def read_ncnn(param: Path) -> list[NcnnLayer]:
    """Return the layers of a network in their order.

    Parameters
    ----------
    param : the ``.param`` file; its ``.bin`` lies beside it.

    Raises
    ------
    UserError
        When the file is none of ncnn, or the numbers are not those of its layers.
    """
    lines = param.read_text().splitlines()
    if not lines or lines[0].strip() != MAGIC:
        raise UserError(f"{param} is no network of ncnn: its first line is not {MAGIC}")
    numbers = _Numbers(param.with_suffix(".bin"))
    layers = [_read_layer(line.split(), numbers) for line in lines[2:] if line.strip()]
    if numbers.at != len(numbers.data):
        raise UserError(f"{numbers.path} is longer than {param.name} says; install both again")
    return layers


def _read_layer(words: list[str], numbers: _Numbers) -> NcnnLayer:
    kind, first = words[0], 4 + int(words[2]) + int(words[3])
    options = dict(word.split("=", 1) for word in words[first:])
    if kind == "PReLU":
        return NcnnLayer(kind, options, numbers.take(int(options["0"])).copy())
    if kind not in ("Convolution", "Deconvolution"):
        return NcnnLayer(kind, options)
    out, side, count = (int(options[key]) for key in (CHANNELS, KERNEL, COUNT))
    weight = numbers.weights(count).reshape(out, -1, side, side)
    bias = numbers.take(out).copy() if options.get("5") == "1" else None
    return NcnnLayer(kind, options, weight, bias)
