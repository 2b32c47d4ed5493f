"""Parameters of the package `planes`; see `toondecompose.core.tuning`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters of the planes: each with its unit and effect."""

    max_vote_levels: float = 20.0
    """Limit in grey levels of the vote of one observation for or against the front plane."""

    min_gain_levels: float = 1.0
    """Grey levels by which a plane must explain a place better to be visible there."""

    min_gap_gain_levels: float = 1.0
    """Grey levels by which the front plane must explain a changing place better to be there."""

    tie_cost_levels: float = 0.1
    """Gain in grey levels of the front plane at a place that both explain, once gaps are known:
    so little that the place joins its surroundings."""

    gap_outline_error_px: int = 2
    """Pixels by which the outlines of known gaps may be wrong."""

    min_gap_observations: int = 5
    """Observations that a gap needs."""

    outline_cost_levels: float = 4.0
    """Cost in grey levels of one pixel of the front plane's outline."""

    min_gap_spread_ratio: float = 3.0
    """Variation of colour, in usual variations, from which a place may be a gap."""

    min_gap_share: float = 0.005
    """Share of a frame below which gaps are ignored."""

    max_flat_slope_levels: float = 1.2
    """Slope in grey levels per pixel below which a place is flat."""

    min_changing_rim_share: float = 0.45
    """Share of the rim of a flat region that must change for the region to be a gap."""

    agreement_levels: float = 12.0
    """Distance from the median, in grey levels of every channel, up to which an observation
    enters the mean."""

    max_planes: int = 4
    """Planes of the background, at most."""

    pair_points: int = 90_000
    """Matches of the whole clip that enter the camera's solve."""

    neighbour_points: int = 3000
    """Matches of each frame with the next, which propose the camera's motion."""

    flow_agreement: tuple[float, float, float] = (0.3, 0.8, 0.35)
    """Distance up to which a flow agrees with a motion: least and most in pixels, and the share
    of its length between these."""

    max_residual_levels: float = 10.0
    """Mean difference of the surroundings from the plate, in grey levels, up to which a pixel is
    explained."""

    sweep_height_px: int = 128
    """Height in pixels at which frames are swept."""

    sweep_frames: int = 40
    """Frames, evenly spaced, that vote, at most."""

    min_flow_share: float = 0.002
    """Share of the weights of the clip's flows at a ratio from which it is tried."""

    min_ratio_flow_px: float = 2.0
    """Motion of the main plane, in pixels, from which a flow has a usable ratio."""

    max_ratio_flow_error_px: float = 0.6
    """Distance in pixels of a flow from the main plane's direction up to which it has a ratio."""

    min_ratio: float = 0.15
    """Least ratio of a plane: sprites that slide a little while the camera moves have smaller
    ones."""

    ratio_separation: float = 0.1
    """Difference of ratios below which they compete for no pixel and vote for one plane."""

    ratio_refinements: tuple[float, ...] = (
        -0.06,
        -0.045,
        -0.03,
        -0.015,
        0.0,
        0.015,
        0.03,
        0.045,
        0.06,
    )
    """Steps about a found ratio that are tried in the end."""

    max_still_levels: float = 10.0
    """Difference from the median, in grey levels, up to which the surroundings of a pixel stand
    still."""

    min_distinct_levels: float = 4.0
    """Grey levels by which every other ratio must be worse, and by a factor of two at least."""

    min_pan_share: float = 0.06
    """Pan, as a share of the frame's width, below which there is no parallax."""

    min_plane_support: float = 0.004
    """Share of all pixels of the clip that must vote for a plane."""

    min_soft_plane_share: float = 0.05
    """Share of the picture that a plane with too little texture for votes must cover, from side to
    side."""

    min_plane_spread: float = 0.1
    """Standard deviation of a plane's votes in a frame along the pan, as a share of the picture:
    planes reach across it, a sprite that slides does not."""

    min_leaving_share: float = 0.25
    """Share of the frames in which a plane's votes must reach the rim of the picture: a plane goes
    on beyond it, a sprite that slides before a pan does not."""

    rim_width: float = 0.05
    """Width of that rim, as a share of the picture."""

    min_sweep_observations: int = 5
    """Voting frames that must show a place of the canvas."""

    min_agreeing_share: float = 0.7
    """Share of the observations of a place that must agree; a place that a sprite passes has
    less."""
