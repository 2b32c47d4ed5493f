"""A contact sheet of a finished clip, large enough to judge edges by.

    python -m bench.sheet workers/violet --out sheet.png --frames 0,20,40,60

One row per frame: input, labels after the alpha warmup, clean plate, every sprite on magenta.
"""

import argparse
from pathlib import Path

import numpy as np

from bench.finished import FinishedClip
from toondecompose.core.errors import UserError
from toondecompose.viz.contact_sheet import contact_sheet
from toondecompose.viz.pictures import over_colour

MAGENTA = (255, 0, 255)


def main() -> None:
    """Read the clip's artifacts and write the sheet."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.sheet",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("clip", type=Path, help="folder of the finished clip")
    parser.add_argument("--out", type=Path, required=True, help="PNG to write")
    parser.add_argument("--frames", default="", help="numbers with commas; default: six of them")
    parser.add_argument("--width", type=int, default=640, help="of a cell, pixels (%(default)s)")
    args = parser.parse_args()
    try:
        clip = FinishedClip(args.clip)
        spread = np.linspace(0, clip.count - 1, min(clip.count, 6)).astype(int).tolist()
        frames = [int(n) for n in args.frames.split(",")] if args.frames else spread
        picture = sheet(clip, frames, args.width)
        clip.folder_for(args.out).write_png(args.out.name, picture)
    except (UserError, ValueError) as error:
        parser.error(str(error))
    print(f"wrote {args.out}, {picture.shape[1]} x {picture.shape[0]}")


def sheet(clip: FinishedClip, frames: list[int], width: int) -> np.ndarray:
    """Draw the sheet, (H, W, 3) uint8 RGB, with cells of ``width`` pixels."""
    rows, labels = [], []
    for n in frames:
        sprites = [over_colour(clip.sprite(k, n), MAGENTA) for k in clip.sprites]
        rows.append([clip.input(n), clip.labels(n), clip.plate(n), *sprites])
        names = [f"object {k}" for k in clip.sprites]
        labels.append([f"frame {n}", "labels", "plate", *names])
    source_height, source_width = rows[0][0].shape[:2]
    cell = (width, round(width * source_height / source_width))
    return contact_sheet(rows, labels, cell=cell)


if __name__ == "__main__":
    main()
