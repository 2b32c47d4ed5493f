"""Blender: ``blender.py`` rebuilds the clip as planes before an orthographic camera.

``blender -P blender.py`` opens it. Layers show their frames, to the level. A plate has a second,
hidden plane, ``plate canvas``: one picture that the material moves by the homography of the frame,
so that a repainted ``plate.png`` follows the camera. It is a little softer, because Blender has no
sharper filter than a linear one; it has neither fade nor light over all. Colours are raw: Blender
would mix soft edges in linear light otherwise, unlike the clip.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from toondecompose.core import geometry
from toondecompose.export.formats import Format, require
from toondecompose.export.scene import Scene, sequence
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.layer_parts import OverlayLayer, Plate

FILE = "blender.py"

SCRIPT = '''"""Rebuilds a clip from the layers beside this file: blender -P blender.py"""

import json
import os

import bpy

DATA = json.loads(r"""__DATA__""")
HERE = os.path.dirname(os.path.abspath(__file__))
UNIT = 100.0  # pixels of a unit
WIDTH, HEIGHT = DATA["size"]


def set_up():
    """Make an empty scene of the clip's size, rate and length, and its camera."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.name = DATA["clip"]
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = WIDTH, HEIGHT, 100
    render.fps = max(1, round(DATA["fps"]))
    render.fps_base = render.fps / DATA["fps"]
    scene.frame_start, scene.frame_end = 1, DATA["frames"]
    scene.view_settings.view_transform = "Raw"
    render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.cycles.pixel_filter_type = "BOX"
    scene.cycles.filter_width = 0.01
    # A ray passes all layers; Cycles would stop some by chance, which is noise at soft edges.
    most = len(DATA["layers"]) + 8
    scene.cycles.transparent_max_bounces = scene.cycles.min_transparent_bounces = most
    camera = bpy.data.cameras.new("Camera")
    camera.type = "ORTHO"
    camera.ortho_scale = max(WIDTH, HEIGHT) / UNIT
    seen = bpy.data.objects.new("Camera", camera)
    seen.location = (0, 0, len(DATA["layers"]) + 1)
    scene.collection.objects.link(seen)
    scene.camera = seen
    return scene


def keys(owner, path, values):
    """Animate a property with a held key where its value changes."""
    before = None
    for frame, value in enumerate(values, 1):
        if value != before:
            setattr(owner, path, value)
            owner.keyframe_insert(path, frame=frame)
        before = value


def hold_all():
    """Let all keys hold their value."""
    for action in bpy.data.actions:
        for curve in curves(action):
            for key in curve.keyframe_points:
                key.interpolation = "CONSTANT"


def curves(action):
    """Return the curves of an action, of all versions of Blender."""
    if hasattr(action, "fcurves"):
        return list(action.fcurves)
    bags = [bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags]
    return [curve for bag in bags for curve in bag.fcurves]


def load(layer):
    """Load the picture of a layer, or its frames."""
    image = bpy.data.images.load(os.path.join(HERE, *layer["file"].split("/")))
    image.colorspace_settings.name = "Non-Color"
    image.alpha_mode = "CHANNEL_PACKED"
    if layer["rows"] is None:
        image.source = "SEQUENCE"
    return image


def material(layer):
    """Make a material that shines in the colours of the layer."""
    made = bpy.data.materials.new(layer["name"])
    made.use_nodes = True
    if hasattr(made, "surface_render_method"):
        made.surface_render_method = "BLENDED"
    else:
        made.blend_method = "BLEND"
    tree = made.node_tree
    tree.nodes.clear()

    def node(kind, **settings):
        new = tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(new, name, value)
        return new

    link = tree.links.new
    texture = node("ShaderNodeTexImage", image=load(layer), extension="CLIP")
    place = node("ShaderNodeTexCoord").outputs["UV"]
    if layer["rows"] is None:
        texture.interpolation = "Closest"
        texture.image_user.frame_duration = DATA["frames"]
        texture.image_user.frame_start = 1
        texture.image_user.use_auto_refresh = True
    else:
        texture.interpolation = "Linear"  # its Cubic blurs
        place = mapped(node, link, place, layer["rows"])
    link(place, texture.inputs["Vector"])
    shine, clear = node("ShaderNodeEmission"), node("ShaderNodeBsdfTransparent")
    mix, out = node("ShaderNodeMixShader"), node("ShaderNodeOutputMaterial")
    link(texture.outputs["Color"], shine.inputs["Color"])
    link(texture.outputs["Alpha"], mix.inputs[0])
    link(clear.outputs[0], mix.inputs[1])
    link(shine.outputs[0], mix.inputs[2])
    link(mix.outputs[0], out.inputs["Surface"])
    return made


def mapped(node, link, place, rows):
    """Map places in the frame to places in the plate by a homography a frame."""
    parts, whole = node("ShaderNodeSeparateXYZ"), node("ShaderNodeCombineXYZ")
    link(place, parts.inputs[0])
    link(parts.outputs[0], whole.inputs[0])
    link(parts.outputs[1], whole.inputs[1])
    whole.inputs[2].default_value = 1.0
    products = []
    for i in range(3):
        product = node("ShaderNodeVectorMath", operation="DOT_PRODUCT")
        link(whole.outputs[0], product.inputs[0])
        keys(product.inputs[1], "default_value", [tuple(frame[i]) for frame in rows])
        products.append(product.outputs["Value"])
    out = node("ShaderNodeCombineXYZ")
    for i in range(2):
        share = node("ShaderNodeMath", operation="DIVIDE")
        link(products[i], share.inputs[0])
        link(products[2], share.inputs[1])
        link(share.outputs[0], out.inputs[i])
    return out.outputs[0]


def plane(scene, layer):
    """Add the plane of a layer; where layers change their order it moves in depth."""
    right, top = WIDTH / UNIT / 2, HEIGHT / UNIT / 2
    mesh = bpy.data.meshes.new(layer["name"])
    corners = [(-right, -top, 0), (right, -top, 0), (right, top, 0), (-right, top, 0)]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    uv = mesh.uv_layers.new()
    for loop, at in zip(uv.data, ((0, 0), (1, 0), (1, 1), (0, 1))):
        loop.uv = at
    mesh.materials.append(material(layer))
    made = bpy.data.objects.new(layer["name"], mesh)
    scene.collection.objects.link(made)
    made.hide_render = made.hide_viewport = layer["rows"] is not None
    keys(made, "location", [(0.0, 0.0, depth) for depth in layer["depth"]])


def build():
    """Build the clip."""
    scene = set_up()
    for layer in DATA["layers"]:
        plane(scene, layer)
    hold_all()
    scene.frame_set(1)
    return scene


build()
'''
"""The script; ``__DATA__`` stands for the clip."""


def describe(scene: Scene) -> dict[str, Any]:
    """Return what the script is given."""
    order = scene.layers.order
    depth = np.empty(order.shape, np.float64)
    np.put_along_axis(depth, order.astype(int), np.arange(order.shape[1])[None] + 0.0, axis=1)
    plates = dict(scene.plates)
    layers = []
    for name, layer in scene.stack:
        front = float(len(scene.layers.objects) + layer.number)  # of an overlay
        over = isinstance(layer, OverlayLayer)
        own = np.full(len(depth), front) if over else depth[:, layer.number]
        file = sequence(name, 0)
        layers.append({"name": name, "file": file, "rows": None, "depth": own.tolist()})
        if name in plates:
            rows, before = _texture_rows(scene, plates[name]), (own + 0.5).tolist()
            canvas = {"name": f"{name} canvas", "file": f"{name}.png", "rows": rows}
            layers.append({**canvas, "depth": before})
    return {
        "clip": scene.clip,
        "size": scene.layers.size,
        "fps": float(scene.layers.fps),
        "frames": len(scene.layers),
        "layers": layers,
    }


def write(scene: Scene, target: ClipFolder) -> None:
    """Write the script."""
    data = json.dumps(describe(scene), allow_nan=False)
    target.write_bytes(FILE, SCRIPT.replace("__DATA__", data).encode())


def check(scene: Scene, target: ClipFolder) -> None:
    """Compile the script and read the clip back."""
    text = target.read_bytes(FILE).decode()
    compile(text, FILE, "exec")
    data = text.split('json.loads(r"""')[1].split('""")')[0]
    require(json.loads(data) == json.loads(json.dumps(describe(scene))), FILE, "holds another clip")


def _texture_rows(scene: Scene, plate: Plate) -> list[list[list[float]]]:
    # Texture coordinates run from 0 to 1 over a picture, from its lower left corner.
    tall, wide = plate.rgba.shape[:2]
    to_pixels = np.linalg.inv(_to_texture(scene.layers.size))
    rows = _to_texture((wide, tall)) @ plate.transforms @ to_pixels
    return np.round([geometry.normalised(one) for one in rows], 9).tolist()


def _to_texture(size: tuple[int, int]) -> np.ndarray:
    width, height = size
    flip = np.array([[1 / width, 0, 0], [0, -1 / height, 1], [0, 0, 1]])
    return flip @ geometry.translation(0.5, 0.5)


FORMAT = Format("blender", "blender.py, planes and camera in Blender", write, check, (), ("png",))
