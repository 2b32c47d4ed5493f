"""Nuke: ``transforms.nk`` places plates and cels by CornerPin2D, with a key in every frame.

The pictures are straight; a Premult follows each Read. They are read raw and mixed in the values
of the files, as the clip was painted; the last node makes them linear. Nuke counts y upwards, and
pixels from their outer corners.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from toondecompose.export.formats import Format, require
from toondecompose.export.scene import Scene
from toondecompose.export.transforms import Placed, placed
from toondecompose.store.artifacts import ClipFolder

FILE = "transforms.nk"

CORNERS = (3, 2, 1, 0)
"""Nuke's corners 1 to 4, from the lower left one counter-clockwise, among those of `Placed`."""

NO_LIGHT = "# Without the light over all: it is in light/, and transforms.json says how it acts."


def script(scene: Scene) -> str:
    """Return the script: for each layer a branch, merged from back to front."""
    width, height = scene.layers.size
    last, rate = len(scene.layers), float(scene.layers.fps)
    frame_format = f"{width} {height} 0 0 {width} {height} 1 toondecompose_frame"
    lines = [
        "#! Nuke",
        "# Open it from its folder; paths are relative to the script.",
        *([] if scene.layers.lighting.light is None else [NO_LIGHT]),
        _node(
            "Root",
            ["inputs 0", f'format "{frame_format}"', f"first_frame 1\n last_frame {last}"]
            + [f"fps {rate:.6g}", 'project_directory "\\[python {nuke.script_directory()}]"'],
        ),
        _node("Constant", ["inputs 0", "channels rgba", f'format "{frame_format}"', "name Frame"]),
    ]
    for one in placed(scene):
        lines += _branch(one, height, scene.gains)
    lines.append(
        _node("Colorspace", ["colorspace_in sRGB", "colorspace_out linear", "name Linear"])
    )
    lines.append(_node("Viewer", [f"frame_range 1-{last}", f"fps {rate:.6g}"]))
    return "\n".join(lines) + "\n"


def write(scene: Scene, target: ClipFolder) -> None:
    """Write the script."""
    target.write_bytes(FILE, script(scene).encode())


def check(scene: Scene, target: ClipFolder) -> None:
    """Check that braces are closed and each layer has its pins."""
    text = target.read_bytes(FILE).decode()
    require(text.count("{") == text.count("}"), FILE, "has a brace that is not closed")
    pins = text.count("\nCornerPin2D {")
    require(pins == sum(1 for _ in placed(scene)), FILE, f"has {pins} corner pins")


def _branch(one: Placed, height: int, gains: np.ndarray) -> Iterator[str]:
    name = one.name
    width, tall = one.size
    if one.sheet is None:
        read = [f'file "{one.name}.png"', "first 1\n last 1", "on_error error"]
    else:
        count = int(one.sheet.max()) + 1
        read = [f'file "cels/{one.name}/{one.name}.%04d.png"', f"first 1\n last {max(count, 1)}"]
        read.append("on_error black")
    size = f'format "{width} {tall} 0 0 {width} {tall} 1 toondecompose_{name}"'
    yield f"set Below_{name} [stack 0]"  # what was merged so far
    yield _node("Read", ["inputs 0", *read, size, "raw true", f"name Read_{name}"])
    if one.sheet is not None:
        drawings = _curve(np.maximum(one.sheet, 0) + 1)
        yield _node("TimeWarp", [f"lookup {{{drawings}}}", "filter none", f"name Timing_{name}"])
    yield _node("Premult", [f"name Premult_{name}"])
    yield _node("CornerPin2D", [*_pins(one, height), f"name Pin_{name}"])
    if (gains != 1).any():
        fade = f"value {{{_curve(gains)}}}"
        yield _node("Multiply", ["channels rgb", fade, f"name Fade_{name}"])
    yield f"push $Below_{name}"  # the first input, B, is the topmost of the stack
    mix = f"mix {{{_curve(one.opacity)}}}"
    yield _node("Merge2", ["inputs 2", "bbox B", mix, f"name Over_{name}"])


def _pins(one: Placed, height: int) -> Iterator[str]:
    pins = np.stack([one.pins(t) for t in range(len(one.to_frame))]) + 0.5
    pins[..., 1] = height - pins[..., 1]
    width, tall = one.size
    source = [(0, 0), (width, 0), (width, tall), (0, tall)]
    for i, corner in enumerate(CORNERS):
        x, y = (_curve(pins[:, corner, axis]) for axis in (0, 1))
        yield f"to{i + 1} {{{x} {y}}}"
        yield f"from{i + 1} {{{source[i][0]} {source[i][1]}}}"
    yield "filter Cubic"


def _curve(values: np.ndarray) -> str:
    keys = (f"x{t + 1} {value:.6f}" for t, value in enumerate(values.tolist()))
    return "{curve " + " ".join(keys) + "}"


def _node(kind: str, knobs: Iterable[str]) -> str:
    return "\n".join([f"{kind} {{", *(f" {knob}" for knob in knobs), "}"])


FORMAT = Format("nuke", "transforms.nk, plates and cels pinned in Nuke", write, check, (), ("png",))
