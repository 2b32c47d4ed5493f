"""Render clips with their truth: `python -m bench.clips.render --out workers/bench/clips`.

A clip is a folder, frames numbered with three digits, objects from 1, back to front:

| file | content |
|---|---|
| `frames/<N>.png` | the clip, RGB |
| `truth/alpha/<K>/<N>.png` | coverage of object K, 8 bit, whole also where another object hides it |
| `truth/colour/<K>/<N>.png` | its straight RGB wherever that alpha is above 0 |
| `truth/plate/<N>.png` | the background as the camera sees it, without objects |
| `truth/planes/<P>/<N>.png` | share of plane P, 0 the nearest, in that plate, 8 bit; several only |
| `truth/overlay/<N>.png` | what lies over everything and is no object (rain, a logo): straight RGBA; only where there is any |
| `truth/homography.<K>.npy` | (T, 3, 3) float64, frame pixel to pixel of the drawing's sheet |
| `truth/plane_homography.<P>.npy` | the same to the pixels of plane P's canvas |
| `truth/truth.json` | all there is: `objects` with `name`, `rigid` and `drawings` (the drawing each frame shows, numbered by first appearance, null for none), `planes`, `opacity` of the fade per frame, `frames`, `size`, `seed`, `fps`, hashes of the pictures and of the code |

A frame is the plate with the objects laid over it in the order of their numbers, computed in
float from unrounded layers and rounded once. Plates and colours are faded as the frames are.
An overlay comes last; plates, colours and alphas are without it.
"""  # noqa: E501  the table's last row

import argparse
import hashlib
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from bench.clips.catalogue import GROUPS, SPECS
from bench.clips.scene import HEIGHT, WIDTH, Film, over
from bench.clips.spec import ClipSpec
from toondecompose.store.artifacts import ClipFolder

FPS = 24.0
_ROOT = Path(__file__).parents[2]


def render(spec: ClipSpec, folder: Path) -> bool:
    """Write a clip and its truth, unless the same code has done so before; tell whether it drew."""
    out, code = ClipFolder(root=folder), fingerprint(spec)
    if out.path("truth/truth.json").exists():
        if out.read_json("truth/truth.json").get("code") == code:
            return False
        out.path("truth/truth.json").unlink()  # written last: it marks a whole truth
    film = spec.draw(spec.seed)
    frames = [write_layers(film, t, out) for t in range(film.frames)]
    digest = hashlib.sha256()
    for t, picture in enumerate(filmed(film, frames, np.random.default_rng((spec.seed, 1)))):
        out.write_png(f"frames/{t:03d}.png", picture)
        digest.update(picture.tobytes())
    _write_motion(film, out)
    objects = [
        {"name": s.name, "rigid": s.rigid, "drawings": numbered(_inside(out, k, s.shown))}
        for k, s in enumerate(film.sprites, 1)
    ]
    out.write_json(
        "truth/truth.json",
        {
            "name": spec.name, "frames": film.frames, "size": [WIDTH, HEIGHT], "fps": FPS,
            "seed": spec.seed, "objects": objects, "planes": len(film.planes), "code": code,
            "opacity": [film.light(t) for t in range(film.frames)],
            "frames_sha256": digest.hexdigest(),
        },
    )  # fmt: skip
    return True


def write_layers(film: Film, t: int, out: ClipFolder) -> NDArray[np.float32]:
    """Write the truth of one frame; return the frame (H, W, 3) in 0..255, unrounded."""
    name, light = f"{t:03d}.png", film.light(t)
    plate, shares = film.background(t)
    picture = plate
    out.write_png(f"truth/plate/{name}", levels(plate * light))
    for plane, share in enumerate(reversed(shares) if len(shares) > 1 else ()):
        out.write_png(f"truth/planes/{plane}/{name}", levels(share * 255))
    for index in range(len(film.sprites)):
        layer = film.layer(index, t)
        out.write_png(f"truth/alpha/{index + 1}/{name}", levels(layer[..., 3] * 255))
        out.write_png(f"truth/colour/{index + 1}/{name}", levels(_straight(layer) * light))
        picture = over(layer, picture)
    picture = picture * light
    if film.overlay is not None:
        layer = film.overlay(t)
        straight = np.dstack([_straight(layer), layer[..., 3] * 255])
        out.write_png(f"truth/overlay/{name}", levels(straight))
        picture = over(layer, picture)
    return picture


def _straight(layer: NDArray[np.float32]) -> NDArray[np.float32]:
    """Straight RGB (H, W, 3) of a premultiplied layer (H, W, 4); 0 where it is clear."""
    colour = layer[..., :3] / np.maximum(layer[..., 3:], 1e-6)
    colour[layer[..., 3] <= 0] = 0
    return colour


def filmed(
    film: Film, frames: Sequence[NDArray[np.float32]], random: np.random.Generator
) -> list[NDArray[np.uint8]]:
    """Put grain on the pictures and send them through the codec, where the film asks for it."""
    if film.grain:
        frames = [f + random.normal(0, film.grain, (*f.shape[:2], 1)) for f in frames]
    pictures = [levels(f) for f in frames]
    return pictures if film.crf is None else through_h264(pictures, film.crf)


def through_h264(pictures: Sequence[NDArray[np.uint8]], crf: int) -> list[NDArray[np.uint8]]:
    """Encode RGB pictures (4:2:0, one thread, so that bytes repeat) and decode them again."""
    height, width, _ = pictures[0].shape
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(FPS)]
    tool = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"]
    with tempfile.TemporaryDirectory() as place:
        video = f"{place}/clip.mp4"
        codec = ["-c:v", "libx264", "-crf", str(crf), "-pix_fmt", "yuv420p", "-threads", "1"]
        data = b"".join(p.tobytes() for p in pictures)
        subprocess.run([*tool, *raw, "-i", "-", *codec, video], input=data, check=True)
        back = ["-threads", "1", "-i", video, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        data = subprocess.run([*tool, *back], check=True, capture_output=True).stdout
    return list(np.frombuffer(data, np.uint8).reshape(-1, height, width, 3))


def numbered(shown: Sequence[int | None]) -> list[int | None]:
    """Number drawings in order of appearance; None stays None."""
    order: dict[int, int] = {}
    return [None if d is None else order.setdefault(d, len(order)) for d in shown]


def levels(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Round to 0..255."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def fingerprint(spec: ClipSpec) -> str:
    """Hash of all the code a clip is drawn by, and its seed: whether to draw it again."""
    digest = hashlib.sha256(f"{spec.name} {spec.seed} {np.__version__} {cv2.__version__}".encode())
    for folder in (_ROOT / "bench/clips", _ROOT / "data/violet"):
        for path in sorted(folder.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def chosen(names: Sequence[str] = (), groups: Sequence[str] = ()) -> list[ClipSpec]:
    """The clips of these names and of these groups; without either, all of them.

    Raises
    ------
    ValueError
        If there is no such clip or group.
    """
    known = {spec.name: spec for spec in SPECS}
    for name in names:
        if name not in known:
            raise ValueError(f"there is no clip {name!r}; the clips are {', '.join(known)}")
    for group in groups:
        if group not in GROUPS:
            raise ValueError(f"there is no group {group!r}; the groups are {', '.join(GROUPS)}")
    if not names and not groups:
        return list(SPECS)
    picked = [known[name] for name in names]
    return picked + [s for s in SPECS if s.group in groups and s not in picked]


def _inside(out: ClipFolder, k: int, shown: Sequence[int | None]) -> list[int | None]:
    """Drop the drawing from frames in which the object lies outside the picture."""
    alphas = (out.read_png(f"truth/alpha/{k}/{t:03d}.png") for t in range(len(shown)))
    return [d if alpha.any() else None for d, alpha in zip(shown, alphas, strict=True)]


def _write_motion(film: Film, out: ClipFolder) -> None:
    times = range(film.frames)
    for index, sprite in enumerate(film.sprites):
        motion = np.stack([sprite.motion(t) for t in times])
        out.write_npy(f"truth/homography.{index + 1}.npy", motion)
    for plane in range(len(film.planes)):
        nearest = len(film.planes) - 1 - plane
        motion = np.stack([film.plane_matrix(nearest, t) for t in times])
        out.write_npy(f"truth/plane_homography.{plane}.npy", motion)


def main() -> None:
    """Read the command line and render."""
    parser = argparse.ArgumentParser(description="Draw the benchmark's clips with their truth.")
    parser.add_argument("--out", type=Path, default=Path("workers/bench/clips"))
    parser.add_argument("--clips", nargs="*", default=[], help="names; default: all clips")
    parser.add_argument("--groups", nargs="*", default=[], help="groups of clips")
    options = parser.parse_args()
    try:
        specs = chosen(options.clips, options.groups)
    except ValueError as problem:
        parser.error(str(problem))
    for spec in specs:
        drew = render(spec, options.out / spec.name)
        print(f"{options.out / spec.name}: {'drawn' if drew else 'there already'}", flush=True)


if __name__ == "__main__":
    main()
