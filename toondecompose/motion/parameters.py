"""Parameters of the package `motion`; see `toondecompose.core.tuning`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters of motion: each with its unit and effect."""

    max_proposals: int = 4
    """Motions that each pair of frames proposes, at most."""

    inlier_px: float = 0.35
    """Distance in pixels up to which a match supports a motion."""

    claimed_px: float = 1.0
    """Distance in pixels from a proposed motion up to which a match proposes no further one."""

    min_matches: int = 12
    """Matches below which nothing is proposed."""

    cells: tuple[int, int] = (16, 9)
    """Columns and rows of the cells in which support is counted."""

    min_cell_matches: int = 4
    """Matches that a cell needs to support or oppose a motion."""

    border_cell_weight: float = 2.0
    """Weight of a cell at the border of the picture."""

    unchanged_cells: tuple[float, float, float] = (6, 0.95, 0.5)
    """Cells without structure: grey levels up to which a pixel is unchanged, share of unchanged
    pixels from which a cell is, and its support for standing still."""

    jerk_cost: float = 0.03
    """Support, as a share of the cells, that outweighs a change of speed by one pixel per frame."""

    max_jerk_px: float = 4.0
    """Change of speed in pixels per frame above which the cost is constant: cameras start and
    stop."""

    little_support: float = 0.25
    """Support, as a share of the cells, below which motions are searched beyond those of flows."""

    min_fast_share: float = 0.04
    """Length of the median match, as a share of the width, from which on a picture moves so fast
    that blur makes flows imprecise."""

    fast_error_share: float = 0.03
    """Error of the flow of a fast picture, as a share of its length."""

    max_step_zoom: float = 1.5
    """Zoom from one frame to the next that a camera can make."""

    lost_support: float = 0.3
    """Support of the best motion of a fast picture below which the camera is lost."""

    doubtful_ratio: float = 1.5
    """Foreground of a blurred frame, relative to that of slow ones, from which it is in doubt."""

    doubtful_share: float = 0.05
    """Share of the picture by which it must be more, besides."""

    min_order_weight: float = 0.25
    """Weight of a point from which it has structure that can be covered."""

    min_order_share: float = 0.05
    """Share of the structured points that must have the second motion for an order to be sought."""

    parted_px: float = 6.0
    """Distance in pixels that two motions must have parted for one to cover the other."""

    min_order_ratio: float = 8.0
    """How many times more often the second motion's points must be covered than the first's."""

    agreeing_px: float = 2.0
    """Distance in pixels from the chained motion up to which a match enters the global solve."""

    camera_scales_px: tuple[float, ...] = (0.5, 0.25, 0.25, 0.25)
    """Robust scales in pixels of the camera's global solve, one per iteration. Larger ones let a
    figure with most matches pull the camera along."""

    drift_offsets: tuple[int, ...] = (8, 24)
    """Distances in frames at which a moving camera's drift is measured, one after the other."""

    drift_points: int = 400
    """Points matched between two such frames."""

    min_spanned_share: float = 0.5
    """Share of the picture that matches must span, on average, for the global solve: fewer lie on
    a figure over an even background."""

    still_camera_px: float = 0.35
    """Travel of the corners in pixels below which a camera stands still."""

    link_points: int = 600
    """Points of every frame that are matched to the texture."""

    min_link_observations: int = 3
    """Frames that must show a place of the texture for it to be matched."""

    max_gradient_levels: float = 60.0
    """Gradient in Sobel units above which motion is fully visible."""

    min_confidence: float = 0.02
    """Lowest weight of a flow: unconfirmed flows count where there are no others."""

    solve_points: int = 90_000
    """Matches from all flows of the clip that enter a solve."""

    max_passes: int = 2
    """Times, at most, that the texture is gathered and the frames are matched to it."""

    settled_px: float = 0.3
    """A pass that moves no corner of a frame by more pixels is the last."""

    min_homography_share: float = 0.3
    """Share of the picture below which a plane moves by a similarity at most."""

    min_solve_matches: int = 40
    """Matches of the whole clip below which no motion is solved."""

    held_out_share: float = 0.25
    """Share of the matches that only judge the motion models."""

    judging_matches: int = 15_000
    """Matches of either kind on which the models are compared."""

    min_model_gain: float = 0.04
    """Share by which a richer model must lower the error to be selected."""

    outlier_px: float = 1.0
    """Limit in pixels of the error of one match."""

    robust_scales_px: tuple[float, ...] = (2.0, 1.0, 0.5, 0.25, 0.25, 0.25)
    """Residual in pixels at which a match loses half its weight, one per iteration."""

    smoothness: float = 1e-3
    """Weight of second differences in time: decides only where no frame has matches."""
