"""Preview stage: the warmed-up transforms, drawn as stripes that stick to each object.

Reads ``frame/all_frames.npy``, ``frame/info.json``, ``model/objects.json``,
``model/alpha.<K>.npy`` and ``model/homo_matrix.<K>.npy``; writes ``preview_vis/<N>.png``, the
frame beside its stripes, and ``preview_position.mp4``, the same as a video.
"""

from fractions import Fraction

import numpy as np

from toondecompose.core.parallel import threads
from toondecompose.core.reduction import in_all_channels
from toondecompose.pipeline.settings import PreviewSettings
from toondecompose.pipeline.stage import run_stage
from toondecompose.pipeline.terminal import Progress
from toondecompose.reading.video_files import encode_mp4
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import read_cast
from toondecompose.viz.pictures import stripes


def main(clip: ClipFolder, settings: PreviewSettings, progress: Progress) -> None:
    """Draw and write the preview of every frame."""
    frames = clip.read_npy(paths.ALL_FRAMES, mmap=True)
    objects = range(read_cast(clip).objects)
    alphas = [clip.read_npy(paths.alpha(k), mmap=True) for k in objects]
    homographies = [clip.read_npy(paths.motion(k)) for k in objects]

    fps = Fraction(*clip.read_json(paths.INFO)["fps_fraction"])

    def draw(t: int) -> np.ndarray:
        position = position_picture([h[t] for h in homographies], [a[t] for a in alphas])
        picture = np.concatenate([frames[t], position], axis=1)
        clip.write_png(paths.preview(t), picture)
        return picture

    with clip.writing(paths.PREVIEW) as part:
        pictures = progress.stream(draw, range(len(frames)), "previews", workers=threads())
        encode_mp4(part, pictures, fps=fps)


def position_picture(homographies: list[np.ndarray], alphas: list[np.ndarray]) -> np.ndarray:
    """Draw each object's stripes inside its alpha.

    Parameters
    ----------
    homographies
        One (3, 3) per object, frame pixel to canonical pixel.
    alphas
        One (H, W) uint8 per object.

    Returns
    -------
    (H, W, 3) uint8 RGB; black where no object is.
    """
    height, width = alphas[0].shape
    mixed = np.zeros((height, width, 3), np.float32)
    for index, (homography, alpha) in enumerate(zip(homographies, alphas, strict=True)):
        weight = in_all_channels(alpha.astype(np.float32) / 255.0)
        mixed += weight * stripes(homography, (width, height), index=index)
    return np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)


if __name__ == "__main__":
    run_stage("preview", main, PreviewSettings)
