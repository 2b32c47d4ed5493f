"""The obvious way, to compare with: a median plate and a threshold, no weights, no cleverness.

    python -m bench.baseline workers/bench/clips/static/frames workers/bench/baseline/static -k 2

Neighbouring frames are aligned by a similarity found with ORB features on the whole picture, the
alignments are chained; the plate is the median of the aligned frames, and what differs from it by
more than a threshold is foreground, cut into connected components. The artifacts are named like
those of the pipeline, so that ``bench.evaluate`` reads them.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

from toondecompose.core.errors import UserError
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.viz.pictures import label_picture

THRESHOLD = 30  # levels, of the channel that differs most
_WORKING_HEIGHT = 256
_SMALLEST = 0.0005  # share of the frame below which a component is a speck


def take_apart(frames: np.ndarray, objects: int, out: ClipFolder) -> None:
    """Write the artifacts of a clip, frames (T, H, W, 3) uint8 RGB, in ``objects`` layers."""
    count, height, width, _ = frames.shape
    motion = align(frames)
    plate, shift = median_plate(frames, motion)
    motion = shift @ motion
    scale = _WORKING_HEIGHT / height
    size = (round(width * scale / 8) * 8, _WORKING_HEIGHT)
    out.write_json(paths.INFO, {"frames": count, "working_size": list(size)})
    sx, sy = width / size[0], height / size[1]
    to_source = np.array([[sx, 0, 0.5 * sx - 0.5], [0, sy, 0.5 * sy - 0.5], [0, 0, 1.0]])
    out.write_npy("model/homo_matrix.0.npy", motion @ to_source)

    plates = [_seen(plate, matrix, (width, height)) for matrix in motion]
    masks = [foreground(f, p) for f, p in zip(frames, plates, strict=True)]
    cuts, centres = track([components(mask) for mask in masks], objects - 1, (height, width))
    uncovered = np.zeros(plate.shape[:2], np.uint8)
    for mask, matrix in zip(masks, motion, strict=True):
        clear = (~mask).astype(np.uint8) * 255
        uncovered |= cv2.warpPerspective(clear, matrix, plate.shape[1::-1], flags=cv2.INTER_NEAREST)
    for n in range(count):
        alphas = cuts[n].astype(np.uint8) * 255
        labels = np.concatenate([255 - alphas.max(axis=0, initial=0)[None], alphas])
        small = np.stack([cv2.resize(a, size, interpolation=cv2.INTER_AREA) for a in labels])
        out.write_png(paths.source(n), frames[n])
        out.write_png(paths.label_picture(n), label_picture(small))
        out.write_png(paths.layer(n, 0), np.dstack([plates[n], np.full_like(labels[0], 255)]))
        for k, alpha in enumerate(alphas, 1):
            sprite = np.dstack([frames[n] * (alpha[..., None] > 0), alpha])
            out.write_png(paths.layer(n, k), sprite)
        out.write_png(paths.view_observed(n), _seen(uncovered, motion[n], (width, height)))
    for k in range(objects - 1):
        shifts = np.repeat(np.eye(3)[None], count, axis=0)
        shifts[:, :2, 2] = -centres[:, k]
        out.write_npy(f"model/homo_matrix.{k + 1}.npy", shifts @ to_source)


def align(frames: np.ndarray) -> np.ndarray:
    """Chain the similarities between neighbours: (T, 3, 3), frame pixel to pixel of frame 0."""
    finder, matcher = cv2.ORB_create(1500), cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True)
    motion, before = [np.eye(3)], None
    for frame in frames:
        found = finder.detectAndCompute(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), None)
        if before is not None:
            motion.append(motion[-1] @ _similarity(matcher, found, before))
        before = found
    return np.stack(motion)


def _similarity(matcher: cv2.BFMatcher, found: tuple, before: tuple) -> np.ndarray:
    """Map the points of one frame to those of another; no motion where too little matches."""
    (points, descriptors), (earlier, described) = found, before
    if descriptors is None or described is None:
        return np.eye(3)
    pairs = matcher.match(descriptors, described)
    if len(pairs) < 4:
        return np.eye(3)
    here = np.float32([points[p.queryIdx].pt for p in pairs])
    there = np.float32([earlier[p.trainIdx].pt for p in pairs])
    matrix, _ = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=1.5)
    return np.eye(3) if matrix is None else np.vstack([matrix, [0, 0, 1]])


def median_plate(frames: np.ndarray, motion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median of the aligned frames on one canvas.

    Returns
    -------
    (h, w, 3) uint8, and (3, 3) from pixels of frame 0 to those of the canvas.
    """
    _, height, width, _ = frames.shape
    corners = np.array([[(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1.0)]])
    reach = np.concatenate([cv2.perspectiveTransform(corners, m)[0] for m in motion])
    # A chain that broke may lead anywhere; the canvas stays of a size that memory holds.
    low = np.maximum(np.floor(reach.min(axis=0)), (-2 * width, -2 * height))
    high = np.minimum(np.ceil(reach.max(axis=0)), (3 * width, 3 * height))
    size = tuple(int(v) for v in high - low + 1)
    shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1.0]])
    aligned = np.full((len(frames), size[1], size[0], 3), 255, np.uint8)
    counts = np.zeros(size[::-1], np.int64)
    for n, frame in enumerate(frames):
        whole = shift @ motion[n]
        inside = cv2.warpPerspective(np.ones((height, width), np.uint8), whole, size)
        picture = cv2.warpPerspective(frame, whole, size, flags=cv2.INTER_LINEAR)
        aligned[n][inside > 0] = picture[inside > 0]
        counts += inside > 0
    # Where a frame does not reach stands 255, which sorts to the end: the median is further ahead.
    aligned.sort(axis=0)
    middle = np.maximum(counts - 1, 0) // 2
    plate = np.take_along_axis(aligned, middle[None, ..., None], axis=0)[0]
    plate[counts == 0] = 127
    return plate, shift


def foreground(frame: np.ndarray, plate: np.ndarray) -> np.ndarray:
    """Tell where a frame differs from the plate; (H, W, 3) uint8 both, gives (H, W) bool."""
    apart = cv2.absdiff(frame, plate).max(axis=2) > THRESHOLD
    return cv2.morphologyEx(apart.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2))) > 0


def components(mask: np.ndarray) -> list[np.ndarray]:
    """Cut a mask into its connected parts, the largest first, without specks; (H, W) bool each."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[1:count, cv2.CC_STAT_AREA]
    order = [i for i in np.argsort(-areas) if areas[i] >= _SMALLEST * mask.size]
    return [labels == i + 1 for i in order]


def track(
    parts: list[list[np.ndarray]], sprites: int, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Give the parts of every frame to sprites: all to one, or the largest ones to the nearest.

    Returns
    -------
    (T, K, H, W) bool, and the centres (T, K, 2), where a sprite is lost its last one.
    """
    cuts = np.zeros((len(parts), sprites, *shape), bool)
    centres = np.zeros((len(parts), sprites, 2))
    last = np.linspace((0, shape[0] / 2), (shape[1], shape[0] / 2), max(sprites, 1) + 2)[1:-1]
    for n, found in enumerate(parts):
        if sprites == 1:
            found = [np.logical_or.reduce(found)] if found else []
        found = found[:sprites]
        middle = np.array([np.argwhere(part).mean(axis=0)[::-1] for part in found])
        if len(found) and sprites:
            way = np.linalg.norm(last[: max(sprites, 1), None] - middle[None], axis=-1)
            for k, index in zip(*linear_sum_assignment(way), strict=True):
                cuts[n, k], last[k] = found[index], middle[index]
        centres[n] = last[:sprites]
    return cuts, centres


def _seen(canvas: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.warpPerspective(
        canvas, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip


def main() -> None:
    """Read the folder of frames, write the artifacts."""
    parser = argparse.ArgumentParser(description="Take a clip apart in the obvious way.")
    parser.add_argument("frames", type=Path, help="folder of PNGs")
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("-k", "--objects", type=int, default=2, help="layers (%(default)s)")
    args = parser.parse_args()
    try:
        run(args.frames, args.objects, args.out)
    except UserError as error:
        parser.error(str(error))


def run(source: Path, objects: int, out: Path) -> None:
    """Take the PNGs of a folder apart, in the order of their names."""
    folder = ClipFolder(root=source)
    names = sorted(path.name for path in source.glob("*.png"))
    if not names:
        raise UserError(f"there is no PNG in {source}; render the clip first")
    take_apart(np.stack([folder.read_png(n) for n in names]), objects, ClipFolder(root=out))


if __name__ == "__main__":
    main()
