"""Parameters of the package `screen`; see `toondecompose.core.tuning`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters of the layers over the whole picture: each with its unit and effect."""

    fit_reduction: int = 4
    """Factor by which working frames are shrunk for the fit of light, which is smooth."""

    average_sigmas_px: tuple[float, ...] = (24.0, 12.0, 6.0, 4.0)
    """Standard deviations of the local averages, coarse to fine, in pixels of the fit."""

    outlier_levels: tuple[float, float] = (60.0, 10.0)
    """Robust scale of differences at the coarsest and finest average, in grey levels."""

    outlier_logs: tuple[float, float] = (0.6, 0.1)
    """The same for light that multiplies or is screened, as natural logarithms."""

    unsteady_levels: float = 4.0
    """Typical difference from the plate, in grey levels, at which a place counts a quarter."""

    unsteady_log: float = 0.04
    """The same for light that multiplies or is screened, as a natural logarithm."""

    robust_steps: int = 3
    """Updates of the robust weights at each of these averages."""

    flow_weight: float = 0.3
    """Weight of observations along the flow, relative to the plate's; flows are never exact."""

    flow_slope_levels: float = 8.0
    """Slope in grey levels per pixel at which an observation along the flow gets half its
    weight."""

    max_saturated_share: float = 0.02
    """Share of saturated pixels from which a pixel of the fit is not used."""

    min_plate_observations: int = 3
    """Frames that must show a place of the plate of the light."""

    regularisation: float = 0.01
    """Weight that pulls the light to the coarser average where nothing is observed."""

    min_light_frames: int = 6
    """Frames from which on a clip is searched for light."""

    first_light_rounds: int = 2
    """Rounds of the first fit, which most clips do not pass."""

    light_rounds: int = 9
    """Rounds of the whole fit."""

    min_light_change_levels: float = 2.0
    """Change of light between neighbouring frames, in grey levels, from which a pixel judges it."""

    min_changed_share: float = 0.01
    """Share of the pixels of all frames on which light must change."""

    max_difference_levels: float = 30.0
    """Limit in grey levels of a difference along the flow: larger ones are no light."""

    max_left_share_first: float = 0.8
    """Largest share of the differences along the flow that may be left after the first fit."""

    max_left_share: float = 0.7
    """Largest share of the differences along the flow that may be left after the whole fit."""

    first_judge_pairs: int = 12
    """Pairs of frames, at most, that judge the first fit."""

    min_improved_share: float = 0.6
    """Share of the judging pixels that must look more alike without the light."""

    nearly_saturated_level: float = 250.0
    """Grey level from which on plate and light together explain a saturated pixel."""

    overlay_rim_px: int = 3
    """Width in working pixels of the rim of an overlay in which alpha may be soft."""

    flat_background_levels: float = 8.0
    """Variation of a background over the frames, in grey levels, that determines alpha fully."""

    max_unchanged_levels: float = 10.0
    """Mean difference in grey levels from a flat background up to which a pixel is no overlay."""

    min_overlay_alpha: float = 0.06
    """Smaller alphas are noise and become 0."""

    opaque_overlay_alpha: float = 0.85
    """Alpha from which on nothing behind an overlay can be recovered."""

    sprite_difference_levels: float = 25.0
    """Difference in grey levels from the background from which a sprite is in front of it."""

    min_background_observations: int = 2
    """Frames that must show a place of the background of overlays; one frame may show a soft
    rim."""

    fill_window_px: int = 15
    """Side in pixels of the window that decides between plate and inpainting behind an overlay."""

    inpaint_radius_px: int = 4
    """Radius in pixels of the inpainting (Telea, 2004) behind an overlay in front of a sprite."""

    min_camera_travel_px: float = 8.0
    """Travel of the picture's corners in pixels: with a still camera overlays are part of the
    plate."""

    min_background_change_levels: float = 15.0
    """Change of the background between two frames, in grey levels, from which a pixel votes."""

    still_noise_levels: float = 4.0
    """Grey levels by which a still pixel may change."""

    still_share: float = 0.4
    """Share of the background's change up to which a pixel votes for standing still."""

    moving_share: float = 0.6
    """Share of the background's change from which a pixel votes against standing still."""

    weight_against: float = 4.0
    """Weight of a vote against, relative to one for: drawings are held for a few frames too."""

    min_votes: float = 5.0
    """Votes for standing still that a pixel of an overlay needs."""

    max_changed_share: float = 0.1
    """Share of the frames with an overlay in which one of its pixels may change, because of
    noise."""

    overlay_gap_px: tuple[int, int] = (13, 7)
    """Width and height in pixels of gaps inside one overlay, between letters for example."""

    min_overlay_pixels: int = 12
    """Still pixels that an overlay needs."""

    min_overlay_density: float = 0.15
    """Share of still pixels in the closed outline of an overlay; scattered ones are chance."""

    max_overlay_height_share: float = 0.25
    """Largest height of an overlay, as a share of the picture's."""

    max_overlay_area_share: float = 0.08
    """Largest area of an overlay, as a share of the picture's."""

    outer_share: float = 0.25
    """Width of the outer part of the picture, in which overlays lie, as a share of its sides."""

    surroundings_px: tuple[int, int] = (5, 9)
    """Distances in pixels between which the surroundings of an overlay lie."""

    max_background_difference_levels: float = 25.0
    """Difference in grey levels up to which the surroundings look like the background."""

    min_surrounded_share: float = 0.8
    """Share of the surroundings that must look like the background, over all frames."""

    min_moving_share: float = 0.75
    """Share of the surroundings that must mostly vote against standing still."""

    min_overlay_frames: int = 4
    """Frames that must show an overlay."""

    min_weather_frames: int = 6
    """Frames from which on a clip is searched for rain and snow."""

    first_weather_frames: int = 5
    """Frames of the first look, which most clips do not pass."""

    weather_frames: int = 12
    """Frames, at most, that decide about rain and snow and give their colour."""

    weather_window_share: float = 0.08
    """Side of the window in which a frame must look like its reference, as a share of the
    picture's height."""

    weather_difference_levels: float = 12.0
    """Difference in grey levels from which a pixel does not look like its reference."""

    max_weather_cover: float = 0.35
    """Share of a window that streaks may cover; where more differs, the reference is not used."""

    streak_width_share: float = 0.035
    """Width of a streak or flake that is thin, at most, as a share of the picture's height."""

    min_streak_levels: float = 10.0
    """Grey levels by which a streak is brighter, in each channel, than the references near it."""

    weak_streak_levels: float = 4.0
    """The same for soft ends of a streak, at the same pixel."""

    stand_out_levels: float = 2.0
    """Grey levels by which the surest pixels of a streak exceed the references within a pixel:
    inexact motion seldom does."""

    min_streak_votes: float = 0.65
    """Share of the references, by weight, that must lack a streak: some may have one there too."""

    plate_weight: float = 1.5
    """Weight of the plate among the references of a frame; that of a neighbouring frame is 1."""

    min_reference_weight: float = 2.0
    """Weight of the references that a pixel needs to be evidence for rain or snow."""

    opacity_margin: float = 0.1
    """Alpha above that of the most opaque streaks from which on a pixel is none."""

    max_colour_deviation: float = 0.4
    """Share of a pixel's change that a streak's colour may leave unexplained."""

    min_streaks: float = 40.0
    """Separate streaks that the median frame must have."""

    min_streak_cells: float = 0.65
    """Share of the cells of the picture in which the median frame must have streaks."""

    max_opposite_share: float = 0.2
    """Largest share of thin pixels of the opposite sign, relative to streaks: grain has both."""

    min_streak_alpha: float = 0.03
    """Smaller alphas are noise and become 0."""

    streak_colour_prior: float = 0.02
    """Weight that draws the colour of streaks to white or black."""
