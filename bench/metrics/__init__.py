"""The figures by which a result is judged, against truth and against the input.

Pictures are RGB uint8; alphas are uint8 0..255 or float 0..1, and an error in alpha is in 0..1.
Decibels refer to a peak of 255; equal pictures have a PSNR of infinity. Those of pictures are the
functions of `toondecompose evaluate`.
"""

from bench.metrics.alphas import (
    alpha_iou,
    alpha_mae,
    boundary_f,
    edge_band,
    flicker,
    fringe,
    match_objects,
)
from bench.metrics.timing import (
    ABSENT,
    CornerError,
    corner_error,
    drawing_numbers,
    exposure_accuracy,
    held_over_motion,
)
from toondecompose.evaluation.picture_metrics import (
    decibels,
    edge_psnr,
    flip,
    near_edges,
    psnr,
    ssim,
)

__all__ = [
    "ABSENT",
    "CornerError",
    "alpha_iou",
    "alpha_mae",
    "boundary_f",
    "corner_error",
    "decibels",
    "drawing_numbers",
    "edge_band",
    "edge_psnr",
    "exposure_accuracy",
    "flicker",
    "flip",
    "fringe",
    "held_over_motion",
    "match_objects",
    "near_edges",
    "psnr",
    "ssim",
]
