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
