"""Parameters of the package `exposure`; see `toondecompose.core.tuning`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters of the exposure sheet: each with its unit and effect."""

    max_points: int = 4_000
    """Pixels, at most, that are compared, spread evenly over those with structure."""

    min_gradient_sigmas: float = 2.0
    """Gradient, in standard deviations of the noise, from which a pixel has structure to align
    by."""

    softening_sigma_px: float = 0.8
    """Standard deviation in pixels of the blur of both images, which makes resampling harmless."""

    outlier_medians: float = 3.0
    """Difference, in medians of all differences, from which a pixel loses most of its weight."""

    max_steps: int = 12
    """Gauss-Newton steps, at most."""

    last_step_px: float = 0.003
    """A step that moves fewer pixels is the last."""

    min_points: int = 60
    """Pixels with structure below which nothing is aligned."""

    same_motion_px: float = 0.05
    """Distance in pixels, all over the object, up to which a motion is replaced by a simpler
    one."""

    misalignment_px: float = 0.2
    """Pixels by which an alignment may be wrong."""

    square_px: int = 5
    """Side in pixels of the squares over which a difference is averaged."""

    deep_px: int = 3
    """Depth in pixels inside a label from which a pixel is no outline, even if the label is
    wrong."""

    touching_px: int = 4
    """Distance in pixels from other objects up to which nothing is compared: labels may confuse
    them."""

    max_plate_variances: float = 3.0
    """Difference from the plate, in variances, up to which a pixel shows it."""

    max_background_residual_share: float = 0.25
    """Residual of the background's motion, as a share of the object's, below which the label is
    wrong."""

    min_object_residual_variances: float = 2.0
    """Residual of the object's motion, in variances, from which the label may be wrong."""

    max_pixel_variances: float = 400.0
    """Limit of the difference of a single pixel, in variances."""

    min_observations: int = 2
    """Frames that must show a place of the clean background for it to be known."""

    max_drift_px: float = 2.0
    """Pixels by which the motion from flows may be off before the pictures overrule it."""

    max_held_variances: float = 16.0
    """Largest difference, in variances, of frames that show the same drawing: four standard
    deviations in the mean over a square. Held drawings stay below half of it, the blink of an
    eye of ten pixels exceeds it six times."""

    min_similarity_gain: float = 0.1
    """Share by which turning and growing must lower the median squared difference to be
    accepted."""

    search_reduction: int = 8
    """Factor by which images are shrunk for the search of earlier drawings."""

    max_candidates: int = 4
    """Earlier runs that a run is compared with."""
