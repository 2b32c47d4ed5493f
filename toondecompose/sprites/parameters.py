"""Parameters of the package `sprites`; see `toondecompose.core.tuning`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters of the joint optimisation: each with its unit and effect."""

    soft_edge_px: float = 1.0
    """Distance in pixels on either side of an outline in which alpha is soft."""

    distance_cost: float = 10.0
    """Cost of a colour per squared pixel of distance, in squared grey levels."""

    no_candidate_cost: float = 10.0**2
    """Cost of keeping a colour that no pixel nearby has, in squared grey levels."""

    alpha_prior_weight: float = 30.0**2
    """Weight of the label as a prior of alpha, in squared grey levels of contrast."""

    warmup_log_odds: float = 3.0
    """Log odds of the label of the warmup, which knew the flow."""

    prior_log_odds: float = -0.7
    """Prior log odds of a sprite: most undecided pixels are background."""

    outline_cost: float = 3.0
    """Log odds that one pixel of outline costs where the picture is flat."""

    edge_contrast_levels: float = 25.0
    """Contrast of an edge of the picture, in grey levels, at which the outline is three times
    cheaper."""

    cut_steps: int = 40
    """Steps of the minimum cut, which starts from the label of the warmup."""

    max_rounds: int = 2
    """Turns, at most, of improving plates and labels."""

    settled_px: float = 0.2
    """A round that moves no corner of a frame by more working pixels is the last."""

    batch_pixels: int = 49_152
    """Pixels of each gradient step."""

    robust_scale_levels: float = 3.0
    """Difference in grey levels from which the loss is linear instead of quadratic."""

    texture_rate_levels: float = 1.0
    """Step of the textures, in grey levels."""

    motion_rate_px: float = 0.01
    """Step of the motions, in pixels."""

    alpha_rate_logits: float = 0.1
    """Step of the alphas, in logits."""

    light_rate_levels: float = 0.05
    """Step of the light, in grey levels."""

    adam_betas: tuple[float, float] = (0.9, 0.98)
    """Decay of Adam's means of the gradient and of its square."""

    last_rate_share: float = 0.05
    """Length of the last step, as a share of the first."""

    jerk_weight: float = 3.0
    """Weight of the squared second difference in time of the motion's correction, in pixels."""

    texture_share_cell_px: int = 24
    """Distance in pixels of the nodes of a texture's share of the light."""

    light_points: int = 600
    """Pixels of every frame that enter the solve of the light."""

    light_outlier_levels: float = 3.0
    """Difference in grey levels at which an observation of the light loses half its weight."""

    light_stiffness: float = 0.3
    """Weight of the light's second differences, relative to the pixels per node."""

    outline_sigma_texels: float = 0.7
    """Standard deviation in texels of the blur that makes the outline of a plane learnable."""

    start_alpha_margin: float = 0.005
    """Distance of the first alpha from 0 and 1, so that it has a gradient."""

    end_alpha_margin: float = 0.03
    """Distance from 0 and 1 up to which a learnt alpha is rounded to them."""
