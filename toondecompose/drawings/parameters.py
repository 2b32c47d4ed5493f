"""Parameters of the package `drawings`; see `toondecompose.core.tuning`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters of whole drawings: each with its unit and effect."""

    solid_alpha: int = 128
    """Alpha, of 255, from which a place is part of a sprite."""

    max_difference_levels: float = 24.0
    """Grey levels by which a pixel of two similar drawings may differ."""

    max_differing_share: float = 0.02
    """Share of the pixels of similar drawings that may differ by more."""

    min_common_pixels: int = 400
    """Pixels that two drawings must have in common to be compared."""

    min_slope_levels: float = 2.0
    """Slope in grey levels from which a pixel has structure to align by."""
