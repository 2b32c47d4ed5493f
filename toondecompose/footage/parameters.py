"""Parameters of the package `footage`; see `toondecompose.core.tuning`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters of footage: each with its unit and effect."""

    chroma_block_px: int = 8
    """Width in pixels of the blocks in which codecs mix chroma."""

    min_chroma_pixels: int = 500
    """Pixels beside sprites below which stray chroma is not measured."""

    soft_edge_px: float = 2.0
    """Distance in pixels from a label up to which a pixel may be its soft edge."""

    chroma_quantile: float = 0.68
    """Quantile of the pixels that measures stray chroma: one standard deviation."""

    max_lightness_error_levels: float = 3.0
    """Error of lightness, in grey levels, up to which a pixel is background and not a strand."""

    fade_height_px: int = 128
    """Height in pixels at which frames are compared."""

    min_fade_level: float = 6.0
    """Grey level below which a pixel has no usable ratio."""

    min_fade_step: float = 0.006
    """Logarithm of the ratio of two frames below which there is no fade between them."""

    max_ratio_spread: float = 0.06
    """Median deviation of the logarithms of the ratios, or tenth of their median, up to which
    there is a fade."""

    min_fade: float = 0.15
    """Logarithm of the whole fade of a clip below which it is ignored."""

    full_gain_percentile: float = 90
    """Percentile of the factors that counts as full brightness."""

    min_gain: float = 0.02
    """Least factor of a frame; darker frames hold no picture."""

    grain_block_px: int = 16
    """Side in pixels of the blocks in which grain is measured."""

    grain_sigmas: float = 3.0
    """Limit of grain, in standard deviations of its block."""

    max_block_ratio: float = 3.0
    """Limit of the deviation of a block, in deviations of the usual block."""

    min_grain_levels: float = 0.7
    """Standard deviation in grey levels from which a clip has grain; rounding gives 0.4."""

    cut_window_frames: int = 3
    """Frames compared on each side of a possible cut."""

    min_cut_change: float = 0.3
    """Least share of the colours of the picture that changes at a cut."""

    min_cut_ratio: float = 2.0
    """Least ratio of the change across a cut to the changes on each side."""

    min_abrupt_share: float = 0.7
    """Least share of the change that happens between two frames."""

    max_flash_frames: int = 8
    """Longest flash in frames."""
