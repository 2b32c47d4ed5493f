"""The planes of the background on disk: `<folder>/<number>.<part>.npy`, from front to back."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from toondecompose.planes.background import Background, Plane
from toondecompose.planes.texture import Texture
from toondecompose.store.artifacts import ClipFolder


def write_background(clip: ClipFolder, folder: str, background: Background) -> None:
    """Write every plane: homographies, alpha, and the parts of its texture."""
    clip.write_json(f"{folder}/planes.json", {"planes": len(background), "order": "front to back"})
    for i, plane in enumerate(background):
        clip.write_npy(f"{folder}/{i}.homographies.npy", plane.homographies)
        clip.write_npy(f"{folder}/{i}.alpha.npy", plane.alpha)
        for part in fields(Texture):
            clip.write_npy(f"{folder}/{i}.{part.name}.npy", getattr(plane.texture, part.name))


def read_background(clip: ClipFolder, folder: str) -> Background:
    """Read what `write_background` wrote."""
    planes = []
    for i in range(clip.read_json(f"{folder}/planes.json")["planes"]):
        parts = {f.name: clip.read_npy(f"{folder}/{i}.{f.name}.npy") for f in fields(Texture)}
        alpha = clip.read_npy(f"{folder}/{i}.alpha.npy")
        canvas = (alpha.shape[1], alpha.shape[0])
        homographies = clip.read_npy(f"{folder}/{i}.homographies.npy")
        planes.append(Plane(homographies, canvas, Texture(**parts), alpha.astype(np.float32)))
    return tuple(planes)
