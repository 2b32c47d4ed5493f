"""Parameters of the package `plates`; see `toondecompose.core.tuning`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters of clean plates: each with its unit and effect."""

    max_flat_sigmas: float = 4.0
    """Contrast of 3 x 3 pixels, in standard deviations of the noise, up to which they hold no
    edge."""

    colour_radius: float = 24.0
    """Distance in working pixels up to which known background shows the colours that it may
    continue with."""

    colour_reduction: int = 4
    """Factor by which images are shrunk to collect these colours."""

    min_draft_height_px: int = 360
    """Motion is measured at half the size of the source, but not below this height in pixels."""

    min_links: tuple[int, int] = (8, 60)
    """Matches per frame from which it may be shifted, and from which it may also turn and grow."""

    registration_scales_px: tuple[float, ...] = (1.0, 0.5, 0.25, 0.15)
    """Residuals in pixels at which a match loses half its weight, one per iteration."""

    min_possible_alpha: float = 0.05
    """Alpha from which on a plane may be there."""

    min_certain_alpha: float = 0.95
    """Alpha from which on a plane certainly is there."""

    near_outline_px: float = 0.5
    """Distance in pixels from an outline down to which a frame is used where no better one shows
    the place."""

    depth_decay: float = 2.0
    """Factor by which the weight of a pixel falls per pixel of depth in the hole: it fills from
    its rim."""

    coarsest_depth_px: float = 2.0
    """Depth in pixels of the hole at the coarsest level."""

    patch_rounds: int = 3
    """Turns of search and mean at each level; one less at the finest."""

    min_patches: int = 50
    """Known patches that a level needs."""

    max_searched_patches: int = 20000
    """Patches of the hole up to which a level searches; finer levels keep the matches of coarser
    ones."""

    usual_percentile: float = 75
    """Percentile of the differences of patches that counts as their usual size."""

    max_difference_ratio: float = 20.0
    """Limit of a difference, in usual ones, so that every pixel gets a vote."""

    covering_alpha: float = 0.98
    """Alpha of planes in front from which on nothing behind them is visible."""

    solid_alpha: float = 0.99
    """Alpha from which on a place of a plane may be copied."""

    wide_margin: float = 3.0
    """Working pixels around a sprite that are left out of plates, where other frames show the
    place."""

    narrow_margin: float = 0.75
    """Working pixels around a sprite that are left out where no frame keeps farther away."""

    least_margin: float = 0.3
    """Working pixels around a sprite that are always left out."""

    min_gap_difference_levels: float = 10.0
    """Difference in grey levels from the plane from which an observation shows something else."""

    min_gap_evidence_share: float = 0.05
    """Share of the observations of a true gap that must show something else. In true gaps it is
    an eighth at least, in others some strands that labels missed."""

    alpha_prior_sigma: float = 0.25
    """Standard deviation of alpha about the softened label."""

    outlier_sigmas: float = 3.0
    """Residual in standard deviations at which an observation loses half its weight."""

    robust_rounds: int = 3
    """Reweighted solves; outliers are frames in which something passes by."""

    outline_frames: int = 40
    """Frames, evenly spaced, from which outlines are solved."""

    outline_rounds: int = 3
    """Turns of solving outlines and gathering the planes behind."""

    band_outline_errors: float = 3.0
    """Half width of the band in which alpha is solved, in outline errors of the labels."""

    averaging_px: int = 3
    """Side in pixels of the squares in which alpha is averaged."""

    speck_px: int = 5
    """Side in pixels of the median filter that removes specks of alpha."""

    min_observed_share: float = 0.95
    """Share of a rendered pixel that must come from observed places for it to count as observed."""

    detail_frames: int = 24
    """Frames, evenly spaced, that are compared with the plate."""

    detail_rounds: int = 4
    """Turns of back-projection; each compares its share of these frames."""

    detail_prior_observations: float = 0.5
    """Observations that the texture before counts as: the noise of one frame is no detail."""

    query_offsets_frames: tuple[int, ...] = (3, 6, 9, 12, 15, 18)
    """Distances in frames of the frames that are queried, before and after."""

    min_relative_travel: float = 2.0
    """Working pixels that a sprite must have moved relative to the background meanwhile."""

    min_error_sigmas: float = 3.0
    """Difference in standard deviations from which a view is wrong."""

    max_agreement_sigmas: float = 2.5
    """Difference in standard deviations up to which two frames agree."""

    max_agreement_share: float = 0.5
    """Difference of agreeing frames, at most, as a share of the difference from the view."""

    min_agreeing_frames: int = 3
    """Frames that must agree, and half at least of those that show the place."""

    min_reliable_observations: float = 8.0
    """Frames that must show a place for its plate to be reliable."""
