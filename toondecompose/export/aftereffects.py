"""After Effects: ``transforms.jsx`` builds a composition of plates and cels with Corner Pin.

File > Scripts > Run Script File. The pictures are taken as straight. Cels are shown by time
remapping with keys that hold. After Effects counts pixels from their outer corners.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from toondecompose.export.formats import Format, require
from toondecompose.export.scene import Scene, cel
from toondecompose.export.transforms import Placed, placed
from toondecompose.store.artifacts import ClipFolder

FILE = "transforms.jsx"

SCRIPT = r"""// Builds the composition of the clip from the plates and cels beside this script.
(function () {
    var data = __DATA__;
    var folder = new File($.fileName).parent;
    var duration = data.frames / data.fps;

    function load(layer) {
        var options = new ImportOptions(new File(folder.fsName + "/" + layer.file));
        options.sequence = layer.drawings > 1;
        var footage = app.project.importFile(options);
        footage.name = layer.name;
        footage.mainSource.alphaMode = AlphaMode.STRAIGHT;
        if (layer.drawings > 1) { footage.mainSource.conformFrameRate = data.fps; }
        return footage;
    }

    function holdAll(property) {
        for (var i = 1; i <= property.numKeys; i++) {
            property.setInterpolationTypeAtKey(i, KeyframeInterpolationType.HOLD);
        }
    }

    // One value for each frame; a value that stays is set once.
    function animate(property, values) {
        var stays = true;
        for (var i = 1; i < values.length; i++) {
            if (String(values[i]) !== String(values[0])) { stays = false; }
        }
        if (stays) { property.setValue(values[0]); return; }
        var times = [];
        for (var t = 0; t < values.length; t++) { times.push(t / data.fps); }
        property.setValuesAtTimes(times, values);
        holdAll(property);
    }

    function place(comp, layer) {
        var placed = comp.layers.add(load(layer), duration);
        placed.name = layer.name;
        if (layer.drawings > 1) {
            placed.timeRemapEnabled = true;
            placed.outPoint = duration;
            var remap = placed.property("ADBE Time Remapping");
            for (var t = 0; t < data.frames; t++) {
                // The middle of the drawing's frame, out of reach of rounding.
                remap.setValueAtTime(t / data.fps, (layer.shown[t] + 0.5) / data.fps);
            }
            for (var i = remap.numKeys; i >= 1; i--) {
                if (remap.keyTime(i) > (data.frames - 0.5) / data.fps) { remap.removeKey(i); }
            }
            holdAll(remap);
        }
        var transform = placed.property("ADBE Transform Group");
        transform.property("ADBE Anchor Point").setValue([0, 0]);
        transform.property("ADBE Position").setValue([0, 0]);
        animate(transform.property("ADBE Opacity"), layer.opacity);
        var pin = placed.property("ADBE Effect Parade").addProperty("ADBE Corner Pin");
        for (var c = 0; c < 4; c++) {
            animate(pin.property("ADBE Corner Pin-000" + (c + 1)), layer.pins[c]);
        }
    }

    app.beginUndoGroup("Import " + data.clip);
    var comp = app.project.items.addComp(
        data.clip, data.size[0], data.size[1], 1, duration, data.fps);
    for (var i = 0; i < data.layers.length; i++) { place(comp, data.layers[i]); }
    if (data.dark) {
        var fade = comp.layers.addSolid([0, 0, 0], "fade", data.size[0], data.size[1], 1, duration);
        animate(fade.property("ADBE Transform Group").property("ADBE Opacity"), data.dark);
    }
    comp.openInViewer();
    app.endUndoGroup();
})();
"""
"""The script; ``__DATA__`` stands for the clip."""

NO_LIGHT = "// Without the light over all: it is in light/, and transforms.json says how it acts.\n"

CORNERS = (0, 1, 3, 2)
"""Corners of the effect, in its order, among those of `Placed`: upper then lower, left to right."""


def describe(scene: Scene) -> dict[str, Any]:
    """Return what the script is given."""
    gains, fade = scene.gains, {}
    if (gains != 1).any():  # a black solid in front darkens as the fade does
        fade["dark"] = np.round(100 * (1 - gains), 4).tolist()
    return {
        **fade,
        "clip": scene.clip,
        "size": scene.layers.size,
        "fps": float(scene.layers.fps),
        "frames": len(scene.layers),
        "layers": [_layer(one) for one in placed(scene)],
    }


def write(scene: Scene, target: ClipFolder) -> None:
    """Write the script."""
    data = json.dumps(describe(scene), allow_nan=False)  # ASCII: the program guesses the encoding
    head = NO_LIGHT if scene.layers.lighting.light is not None else ""
    target.write_bytes(FILE, (head + SCRIPT.replace("__DATA__", data)).encode())


def check(scene: Scene, target: ClipFolder) -> None:
    """Read the clip back from the script."""
    text = target.read_bytes(FILE).decode()
    start = text.index("var data = ") + len("var data = ")
    read, _ = json.JSONDecoder().raw_decode(text, start)
    require(read == json.loads(json.dumps(describe(scene))), FILE, "holds another clip")


def _layer(one: Placed) -> dict[str, Any]:
    pins = np.round(np.stack([one.pins(t) for t in range(len(one.to_frame))]) + 0.5, 6)
    is_sprite = one.sheet is not None
    shown = np.zeros(len(pins), int) if one.sheet is None else np.maximum(one.sheet, 0)
    return {
        "name": one.name,
        "file": cel(one.name, 0) if is_sprite else f"{one.name}.png",
        "drawings": 0 if one.sheet is None else int(one.sheet.max()) + 1,
        "shown": shown.tolist(),
        "opacity": np.round(100 * one.opacity, 4).tolist(),
        "pins": [pins[:, corner].tolist() for corner in CORNERS],
    }


FORMAT = Format(
    "aftereffects", "transforms.jsx, the same in After Effects", write, check, (), ("png",)
)
