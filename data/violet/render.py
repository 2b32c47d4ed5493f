"""Render the clip to files: `python -m data.violet.render`.

Every file is written under a temporary name and then renamed, so that a render that is killed
leaves no half image; the exposure sheet comes last and marks a complete truth folder.
"""

import argparse
import json
import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data.violet.scene import Clip, ClipSpec, render_clip
from toondecompose.pipeline.terminal import Progress

_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 3]  # quick, and within a tenth of the smallest size


def write_clip(clip: Clip, out: Path, *, truth: bool) -> None:
    """Write `frames/` and, if asked, `truth/` under `out`; see README.md for the files."""
    folders = [out / "frames"]
    if truth:
        folders += [out / "truth" / name for name in ("alpha", "near_alpha", "plate")]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("[0-9]*.png"):  # left by a longer render
            if old.stem.isdigit() and int(old.stem) >= clip.spec.frames:
                old.unlink()
    progress = Progress(stage="render", clip="violet")
    for t in progress.track(range(clip.spec.frames), "drawing violet"):
        name = f"{t:03d}.png"
        _write_image(out / "frames" / name, clip.frame(t))
        if truth:
            for folder, alpha in (("alpha", clip.alpha(t)), ("near_alpha", clip.near_alpha(t))):
                levels = np.round(alpha * 255).astype(np.uint8)
                _write_image(out / "truth" / folder / name, levels)
            _write_image(out / "truth" / "plate" / name, clip.plate(t))
    if truth:
        _write_truth_tables(clip, out / "truth")


def _write_truth_tables(clip: Clip, folder: Path) -> None:
    times = range(clip.spec.frames)
    for name, matrix in (("homography", clip.homography), ("far_homography", clip.far_homography)):
        temporary = folder / f".{name}.part.npy"
        np.save(temporary, np.stack([matrix(t) for t in times]), allow_pickle=False)
        os.replace(temporary, folder / f"{name}.npy")
    sheet = {
        "fps": clip.spec.fps,
        "seed": clip.spec.seed,
        "exposure": clip.exposure,
        "offset": [clip.offset(t) for t in times],
    }
    temporary = folder / ".exposure.part.json"
    temporary.write_text(json.dumps(sheet, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, folder / "exposure.json")


def _write_image(path: Path, image: NDArray[np.uint8]) -> None:
    pixels = image if image.ndim == 2 else image[..., ::-1]  # OpenCV writes BGR
    done, data = cv2.imencode(".png", pixels, _PNG)
    if not done:
        raise OSError(f"could not encode {path} from an array of shape {image.shape}")
    temporary = path.with_name(f".{path.stem}.part.png")
    temporary.write_bytes(data.tobytes())
    os.replace(temporary, path)


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and render."""
    default = ClipSpec()
    parser = argparse.ArgumentParser(description="Draw the project's own example clip.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="target folder")
    parser.add_argument("--frames", type=int, default=default.frames)
    parser.add_argument("--width", type=int, default=default.width)
    parser.add_argument("--height", type=int, default=default.height)
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--planes", type=int, default=default.planes, help="1 or 2")
    parser.add_argument(
        "--truth", action=argparse.BooleanOptionalAction, default=True, help="write truth/ as well"
    )
    options = parser.parse_args(arguments)
    try:
        spec = ClipSpec(
            frames=options.frames, width=options.width, height=options.height,
            seed=options.seed, planes=options.planes,
        )  # fmt: skip
    except ValueError as problem:
        parser.error(str(problem))
    write_clip(render_clip(spec), options.out, truth=options.truth)


if __name__ == "__main__":
    main()
