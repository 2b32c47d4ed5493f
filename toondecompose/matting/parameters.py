"""Parameters of the package `matting`; see `toondecompose.core.tuning`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters of mattes: each with its unit and effect."""

    draft_rounds: int = 2
    """Turns of finding sprites over the plates and gathering plates outside of them."""

    search_radius: float = 24.0
    """Distance in working pixels from a label up to which strands are searched."""

    label_error: float = 1.5
    """Working pixels by which the outlines of labels and planes may be wrong."""

    colour_noise_ratio: float = 0.03
    """Variance of the frame's noise over the variance of a sprite's colours: weight of the
    colour nearby."""

    tolerance_sigmas: float = 3.0
    """Residual in standard deviations up to which a colour explains a pixel."""

    mixture_cost: float = 3.0
    """Preference for the purer of two colours that explain a pixel, in squared normalised
    residuals."""

    undecided_sigmas: float = 4.0
    """Contrast of sprite and plate, in standard deviations, below which the outline decides
    alpha."""

    half_alpha_sigmas: float = 2.0
    """Difference from the plate, in standard deviations, at which a pixel outside keeps half of
    its alpha."""

    filled_plate_sigma_levels: float = 16.0
    """Standard deviation in grey levels of a filled plate about the true one."""

    alpha_prior_sigma: float = 0.1
    """Standard deviation of alpha from colours nearby, as a prior for triangulation."""

    match_radius_px: int = 9
    """Radius in pixels of the surroundings from which the difference is measured."""

    match_outlier_sigmas: float = 4.0
    """Difference from the plate, in standard deviations, from which a pixel shows something
    else."""

    half_match_share: float = 0.1
    """Share of the surroundings that shows the plate at which the difference counts half."""

    strand_half_length_px: int = 3
    """Pixels of a straight strand on either side of a pixel."""

    strand_gap_px: int = 2
    """Distance in pixels from the middle of a strand to what lies beside it."""

    strand_extension_px: int = 7
    """Pixels by which a strand may continue beyond its visible part."""

    hold_misalignment_px: float = 0.2
    """Pixels by which the frames of a drawing may be misaligned."""

    min_hold_pixels: int = 200
    """Pixels that each histogram of changes needs."""

    hold_label_error_share: float = 0.02
    """Share of the pixels of a histogram that the label may have on the wrong side."""

    max_hold_log_odds: float = 3.0
    """Limit of the log odds of one drawing."""

    hold_sigma_px: float = 1.0
    """Standard deviation in pixels of the average of changes."""

    min_opacity_share: float = 0.5
    """Share of a sprite's inside that must lie over a known plate for its opacity as a whole to be
    measured."""

    min_opacity_squares: int = 12
    """Squares that a measurement of opacity needs."""

    min_opacity_contrast_sigmas: float = 3.0
    """Fine structure of the plate, in standard deviations of the noise, from which a square
    counts."""

    opaque_quantile: float = 0.25
    """Quantile of the squares that decides whether a sprite is opaque."""

    min_transparency: float = 0.1
    """Share of the plate that must be visible at this quantile for a sprite that is not opaque."""

    min_opacity: float = 0.1
    """Least opacity of a sprite."""

    outline_error_reduced_px: float = 1.5
    """Outline error in pixels at the resolution at which motion blur and translucency are
    searched."""

    colour_radius_outline_errors: float = 8.0
    """Distance, in outline errors, up to which the colours of a sprite count as nearby."""

    patch_outline_errors: float = 1.5
    """Distance, in outline errors, within which all pixels must show the sprite for its colours
    to count."""

    speck_levels: int = 3
    """Alpha, of 255, up to which it is rounded to 0, and likewise to 255."""

    first_lengths_px: tuple[float, ...] = (6.0, 14.0)
    """Lengths in pixels tried first; blur of other lengths is noticed by them as well."""

    min_length_px: float = 4.0
    """Shortest blur in pixels that is searched."""

    max_length_px: float = 40.0
    """Longest blur in pixels that is searched."""

    min_noticed_gain: float = 0.01
    """Share of the variation of colour that the first lengths must remove for a closer search."""

    min_blur_gain: float = 0.06
    """Share of the variation of colour that a blur must remove: sharp drawings stay below 0, a
    blur of 13 pixels reaches 0.16 to 0.27."""

    min_divided_alpha: float = 0.25
    """Least alpha by which colours are divided when blurs are compared."""

    visible_blur_alpha: float = 0.2
    """Alpha from which on blur is visible; the fainter ends are missing in the mask."""

    max_step_levels: float = 20.0
    """Limit in grey levels of the difference of neighbours: larger ones are lines of the
    drawing."""

    colour_sigma_levels: float = 30.0
    """Standard deviation in grey levels of the sprite's colours about their average along the
    blur."""

    half_trust_contrast: float = 4.0
    """Squared contrast of colour and plate, over their variance, at which an alpha counts half."""

    blur_rounds: int = 3
    """Turns of solving alpha and colour."""

    mask_steps: int = 4
    """Gradient steps of the mask in each turn."""

    mask_step_length: float = 1.2
    """Length of these steps."""

    mask_sigma_px: float = 0.7
    """Standard deviation in pixels of the smoothing of the mask after each step."""

    mask_steepness: float = 1.3
    """Factor by which the mask is made steeper after each step."""

    min_window_fit: float = 0.7
    """Share of the variance of a window that the line must explain."""

    slope_range: tuple[float, float] = (0.1, 0.95)
    """Least and largest slope of translucency: below it is opaque, above nothing is there."""

    min_window_contrast_sigmas: float = 3.0
    """Variation of the plate, in standard deviations of the noise, from which a window counts."""

    fine_sigma_px: float = 2.0
    """Standard deviation in pixels of the blur that separates fine structure."""

    line_sigmas: float = 3.0
    """Distance in standard deviations from the line of plate and F up to which a pixel is
    translucent."""

    max_denser: float = 0.15
    """Alpha by which a pixel may exceed nine tenths of the windows: ink beside them is often as
    dark."""

    fade_out_px: int = 5
    """Pixels beyond the mask of a sprite up to which its translucent parts may fade out."""

    half_translucency_sigmas: float = 2.0
    """Difference from the plate, in standard deviations, at which an alpha counts half."""

    colour_rounds: int = 3
    """Robust fits of F."""

    max_colour_error_levels: float = 16.0
    """Grey levels, over all channels, by which F may miss half of the windows: drawn shadows are
    missed by one to eight, parts of two colours by tens."""

    prior_log_odds: float = -0.7
    """Prior log odds of a sprite: most undecided pixels are background."""

    label_log_odds: tuple[float, float] = (-3.0, 5.0)
    """Log odds of the label far outside and far inside of it: only a clear strand outweighs the
    first, and only a patch of background the second."""

    evidence_filter: tuple[int, float] = (2, 100.0)
    """Radius in pixels and regularisation in squared grey levels of the guided filter of the log
    odds."""

    measured_frames: int = 8
    """Frames in which colours and noise are measured."""

    band_px: float = 2.5
    """Distance in pixels from an outline up to which alpha is solved."""
