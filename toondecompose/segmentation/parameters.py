"""Parameters of the package `segmentation`; see `toondecompose.core.tuning`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters of the labels: each with its unit and effect.

    Log odds are natural logarithms of how much likelier a sprite is than the background.
    """

    # The rounds of labelling and gathering: foreground, silhouettes.

    max_rounds: int = 10
    """Rounds of labelling and gathering, at most."""

    max_settled_change: float = 0.02
    """Share of the foreground that may change in a round for the labels to be settled."""

    hint_rounds: int = 2
    """Further rounds with hints: the first corrects the plates, the second uses them."""

    cut_iterations: int = 60
    """Iterations of the minimum cut, which starts from a good labelling."""

    outline_cost: float = 3.0
    """Cost in log odds of one pixel of outline where the image is flat."""

    edge_contrast_levels: float = 25.0
    """Step in grey levels at which an edge makes the outline three times cheaper."""

    prior_log_odds: float = -0.3
    """Log odds of a pixel without evidence: most undecided pixels are background."""

    region_log_odds: float = 2.5
    """Log odds of a region's value of 1, where the plate is unobserved."""

    region_weight_on_known_plates: float = 0.2
    """Share of these log odds that is left where the plate is known."""

    known_plate_observations: float = 3.0
    """Observations by other frames from which a plate is known."""

    open_hole_log_odds: float = 6.0
    """Log odds for the background, summed over a hole of a silhouette, that keep it open."""

    min_hole_pixels: int = 10
    """Pixels below which a hole is noise and closed."""

    min_object_volume: float = 0.02
    """Volume in space and time, as a share of the largest object's, below which an object is
    noise."""

    resting_reach: float = 0.5
    """Distance from moving structure up to which parts of a sprite may rest: a standard deviation,
    as a share of the root of the sprites' area in the frame."""

    min_moving_share: float = 0.1
    """Share of moving structure around a place, within that distance, from which it may well belong
    to a part that rests."""

    min_resting_log_odds: float = 0.5
    """Log odds for a sprite of the colours around a place from which it may well belong to a part
    that rests."""

    # The plate's evidence: plate_evidence.

    often_covered_share: float = 0.15
    """Share of the frames in which a place must be covered for its plate to count fully for the
    background. A place that is never covered may be a flat sprite that was gathered into it."""

    never_covered_weight: float = 0.1
    """Weight of the plate's evidence for the background at places that are never covered, before a
    camera that stands still."""

    far_travel_share: float = 0.25
    """Travel of the camera, as a share of the frame's width, from which the plate's evidence counts
    fully everywhere: no sprite stays flat over that distance."""

    often_observed_share: float = 0.5
    """Share of the frames that must show a place for its plate to count fully for the background,
    unless the camera travels far. Without it, a few frames whose labels miss a sprite would decide
    for all."""

    palette_weight: float = 1.0
    """Weight of the colours of the clip, where the plate is no evidence."""

    surrounding_px: int = 16
    """Distance in pixels from all labels of the clip up to which the background surrounds them."""

    max_background_share: float = 0.9
    """Share of the labels that is background, at most."""

    min_surrounding_colours: int = 12
    """Colours of the surrounding background from which that share can be told: a sprite may have
    all colours of a white background."""

    min_colour_share: float = 0.004
    """Share of the surrounding background's pixels that a colour needs to be one of these."""

    max_palette_log_odds: float = 3.0
    """Limit of the log odds of the clip's colours, before their weight."""

    unproven_colour_weight: float = 0.3
    """Weight, among the sprites' colours, of those at places that no frame shows uncovered."""

    min_colour_pixels: int = 500
    """Pixels above which the sprites' colours are learnt at places only that other frames show
    uncovered."""

    # Clean plates: clean_plates.

    plate_margin_px: int = 2
    """Pixels around the sprites that do not enter the plates."""

    min_own_motion_ratio: float = 0.5
    """Mean own motion of a region, as a share of the foreground's mean, from which the region moves
    by itself."""

    min_same_region_iou: float = 0.5
    """Intersection over union from which regions of neighbouring frames are one object."""

    noise_frames: int = 12
    """Frames, evenly spaced, in which the noise about the plate is measured."""

    min_noise_observations: int = 3
    """Observations that a place needs to enter that measurement."""

    # Colours: colour_model.

    colour_smoothing_bins: float = 1.0
    """Standard deviation in bins of the smoothing of colour histograms."""

    unseen_colour_share: float = 0.05
    """Share of a density that is spread over all colours, those never observed included."""

    plate_outlier_share: float = 0.05
    """Share of the background's pixels that show another colour of the background than the plate:
    the plate may be misplaced, or the background may move."""

    plate_misalignment_px: float = 0.35
    """Expected misalignment of plate and frame in pixels; it counts where the plate has edges."""

    resampling_error: float = 0.25
    """Share of the plate's curvature by which resampling may change a pixel: half a pixel beside
    its grid, a line one pixel wide keeps half of its contrast."""

    trusted_observations: float = 4.0
    """Observations from which a plate is trusted fully; with fewer it may show traces of
    sprites."""

    max_colour_log_odds: float = 8.0
    """Limit of the log odds of a single pixel's colour."""

    # Fine texture: texture_evidence.

    texture_window_px: float = 2.0
    """Standard deviation in pixels of the window in which texture is compared."""

    texture_noise_variance: float = 6.0
    """Variance in squared grey levels that compression and resampling leave of any texture."""

    texture_frame_offsets: tuple[int, ...] = (-6, -3, 3, 6)
    """Frames that are compared: farther off than most drawings are held, nearer than light
    changes."""

    texture_classes_log2: tuple[float, float, float] = (-7.0, 0.5, 0.5)
    """First, end and step of the classes of the unexplained share, as log2."""

    texture_outline_px: int = 4
    """Pixels from an outline up to which windows hold both sides and are not counted."""

    texture_sample_pixels: int = 1000
    """Pixels of a frame from which its shares count more than those of the clip; least pixels of
    either label in the clip."""

    texture_label_error: float = 0.01
    """Share of the pixels whose label may be wrong when shares are learnt."""

    max_unexplained_log2: float = -1.5
    """Unexplained share of texture, as log2, below which it counts: half of a strand's texture may
    be explained by chance where it runs along a straight edge of the background."""

    max_texture_log_odds: float = 4.0
    """Limit of the log odds for the background."""

    unsteady_plate_ratio: float = 3.0
    """Spread of the plate's observations, in standard deviations of noise, from which the plate is
    unsteady and texture must move with a plane as well."""

    # Persistence of structure: persistence, frame_comparison.

    partner_frames: int = 16
    """Frames, evenly spaced over the clip, with which each frame is compared."""

    near_frame_offsets: tuple[int, ...] = (1, 2, 3)
    """Distances in frames at which structure that moves with the camera is evidence by itself."""

    lasting_frame_offsets: tuple[int, ...] = (3, 6, 9, 12)
    """Distances in frames at which lasting structure is found again: drawings are held for less."""

    comparison_blur_px: float = 0.7
    """Standard deviation in pixels of the blur before frames are compared: resampling blurs as
    well."""

    noise_tolerance: float = 2.5
    """Difference of a matching pixel, in standard deviations of noise, at most."""

    max_mean_difference: float = 1.5
    """Mean difference over 3 x 3 pixels, in tolerances, from which structure does not match."""

    min_noise_levels: float = 1.0
    """Noise in grey levels of a clip without any: colours are rounded."""

    noise_block_px: int = 16
    """Side in pixels of the blocks in which noise is measured."""

    quiet_block_share: float = 0.25
    """Share of these blocks that surely show no motion. It is small, because most flat blocks may
    belong to flat sprites before a wall with structure."""

    misalignment_range_px: tuple[float, float] = (0.06, 0.45)
    """Limits of the measured misalignment, in pixels."""

    structure_slope_range: tuple[float, float] = (1.0, 3.0)
    """Slopes, in standard deviations of noise per pixel, from which a pixel begins to have
    structure, and fully has."""

    motion_across_edge_px: tuple[float, float] = (0.7, 1.7)
    """Motion across an edge, in pixels, from which a match begins to count, and fully counts."""

    min_camera_speed_px: float = 0.15
    """Median motion in pixels per frame from which a camera moves."""

    # Votes of structure: structure_votes.

    persistence_bins: int = 20
    """Bins of the histograms of persistence."""

    persistence_prior_pixels: float = 1500.0
    """Pixels of either label from which the clip's histograms count more than the prior."""

    max_persistence_log_odds: float = 2.5
    """Limit of the log odds of structure's persistence."""

    travelled_share_range: tuple[float, float] = (0.1, 0.3)
    """Shares of the sprites' pixels at places observed without them, from which sprites begin to
    have travelled, and fully have."""

    seed_quantile: float = 0.12
    """Quantile of the persistence of changing structure up to which structure is surely a
    sprite's."""

    max_changing_persistence: float = 0.75
    """Persistence below which structure changes at all."""

    seed_persistence_range: tuple[float, float] = (0.05, 0.45)
    """Limits of the persistence of what is surely a sprite's."""

    seed_log_odds: float = 2.0
    """Log odds of such structure, before histograms are learnt."""

    returning_log_odds: float = 0.5
    """Log odds for the background, before there are labels, of structure that shows again after
    something else has covered it, if nothing else shows as often at its place."""

    leading_share_range: tuple[float, float] = (0.2, 0.5)
    """Shares of the frames by which it must show more often than anything else to begin to count,
    and to count fully."""

    covered_share_range: tuple[float, float] = (0.1, 0.3)
    """Shares of the frames in which it must be covered to begin to count, and to count fully."""

    learnt_seed_weight: float = 0.3
    """Share of these log odds that is left once histograms are learnt."""

    camera_motion_log_odds: float = 1.5
    """Log odds for the background of structure that moves with the camera to a near frame."""

    displacement_offsets: tuple[int, ...] = (6, 10, 15)
    """Distances in frames at which structure is looked for elsewhere, besides those of flows."""

    max_displacement_return_px: float = 0.5
    """Distance in pixels by which the flow back may miss for structure to be displaced."""

    displaced_votes_range: tuple[float, float] = (0, 2)
    """Frames that must show structure displaced to begin to count, and to count fully."""

    displaced_log_odds: float = 1.5
    """Log odds for a sprite of displaced structure, besides those of its persistence."""

    learnt_displaced_weight: float = 0.5
    """Share of these log odds that is left once histograms are learnt: they reach a pixel or two
    beyond the outline."""

    steady_persistence_range: tuple[float, float] = (0.9, 0.98)
    """Persistences from which structure begins to be the background's, and fully is."""

    still_camera_log_odds: float = 1.0
    """Log odds for the background of steady structure before a still camera. A sprite at rest is as
    steady."""

    moving_camera_log_odds: float = 2.5
    """Log odds for the background of steady structure before a moving camera."""

    # Regions: regions.

    max_flat_slope_levels: float = 1.2
    """Slope in grey levels per pixel below which a smoothed image is flat."""

    region_core_radius_px: float = 2.5
    """Distance in pixels from the nearest line at which a flat place starts a region: regions that
    meet in a narrower gap of the line between them stay separate."""

    narrow_core_distance_px: float = 4.0
    """Distance in pixels from such a core at which narrower flat places start regions as well."""

    min_narrow_pixels: int = 5
    """Pixels that such a narrower place needs."""

    texture_seed_spacing_px: int = 16
    """Pixels between the seeds of regions in texture; half as many from other regions."""

    region_link: float = 0.5
    """Strength of a link between neighbouring pixels of two regions without an edge between
    them."""

    edge_link_share: float = 0.1
    """Share of that strength that is left over a strong edge."""

    edge_slope_levels: float = 6.0
    """Slope in grey levels per pixel at which an edge weakens a link to a third."""

    flow_link: float = 0.7
    """Strength of a link between a pixel and the one to which the flow leads."""

    max_flow_link_levels: int = 14
    """Difference in grey levels of two pixels that the flow may link."""

    rim_log_odds: tuple[float, float] = (2.0, 0.5)
    """Log odds for the background of a pixel of the frame's rim: at the top and the sides, and at
    the bottom, where sprites are cut off."""

    background_rim_share: float = 0.4
    """Share of the rim's log odds from which a region is background, whatever its outlines say: an
    outline's pixels belong to the regions on both its sides."""

    first_background_weight: float = 2.0
    """Weight, before there are labels, of a region's evidence for the background, before a camera
    that stays. A sprite's
    outline lies in the regions on both its sides, but one of them may be background; on both sides
    of a steady line lies background."""

    region_prior: float = -0.1
    """Value of a region without evidence."""

    region_prior_weight: float = 0.02
    """Weight of that value for each pixel."""

    # Colours near a pixel: local_colour.

    local_colour_radius_px: float = 12.0
    """Distance in pixels within which a sprite's colours are looked up."""

    local_colour_samples: int = 48
    """Pixels that are looked up, spread evenly over the disc."""

    min_patch_log_odds: float = 1.5
    """Mean log odds of the pixels of a patch that is surely a sprite's, at least."""

    min_local_sample_share: float = 0.25
    """Share of the samples that a sprite must fill to have a density there."""

    # Sprites that enter: entering.

    max_entering_step_px: int = 40
    """Motion in pixels of an entering sprite from one frame to the next, at most."""

    min_entering_pixels: int = 60
    """Pixels that a sprite needs for its motion to be measured."""

    entered_share: float = 0.5
    """Share of the next frame's pixels of a sprite from which it has entered already."""

    other_frame_observations: float = 2.0
    """Observations from which a frame is not the only one to show a place; steps of the camera by
    parts of a pixel count as parts of an observation."""

    entering_drawing_shift_px: int = 8
    """Pixels by which a new drawing may lie elsewhere than the motion says."""

    max_mixture_error_levels: float = 30.0
    """Distance in grey levels of a pixel from all mixtures of sprite and background, at most."""

    # Certainty: certainty.

    min_structured_share: float = 0.01
    """Share of the background's pixels with structure below which it is even."""

    min_confidence: float = 0.5
    """Confidence below which an object is reported as uncertain."""

    # Tracks: point_tracks, track_affinities, track_clustering, track_layout.

    track_spacing_px: int = 9
    """Pixels between tracked points."""

    max_tracks: int = 900
    """Tracks, at most; time grows with the square of their number."""

    min_track_frames: int = 4
    """Frames of a track, and frames that two tracks must share to be compared, at least."""

    max_flow_return_error_px: float = 1.5
    """Distance in pixels by which the flow back may miss for a point to be tracked on."""

    track_drift_px: float = 2.5
    """Variation in pixels of the distance of two tracks at which their affinity is a third;
    drawings vary in themselves by as much."""

    track_distance_px: float = 20.0
    """Distance in pixels at which the affinity of two tracks is a third."""

    rigid_drift_px: float = 0.7
    """Variation in pixels of the distance of two tracks of one rigid object."""

    rigid_distance_px: float = 80.0
    """Distance in pixels at which the affinity of two such tracks is a third."""

    rigid_track_frames: int = 10
    """Frames from which such an affinity counts fully."""

    recognition_affinity: float = 0.02
    """Affinity of two tracks of one colour that share no frame: a sprite may come back."""

    max_recognition_affinity: float = 0.4
    """Sum of these affinities of one track, at most: the shoes of two walkers are alike in all
    drawings, and must not outweigh the few tracks beside them."""

    track_colour_levels: float = 25.0
    """Difference of colour in grey levels at which two such tracks are alike to a third."""

    max_track_gap_frames: int = 4
    """Frames between the end of one track and the start of its continuation, at most."""

    track_gap_distance_px: float = 12.0
    """Distance in pixels between the two at which the affinity is a third."""

    spare_clusters: int = 2
    """Clusters beyond those asked for, which are merged in the end."""

    cluster_colour_levels: float = 12.0
    """Difference of colour in grey levels at which two clusters are alike to a third."""

    cluster_slip_px: float = 1.5
    """Relative motion in pixels per frame at which the similarity of two clusters is half."""

    cluster_drift_frames: int = 8
    """Frames over which relative motion is measured as well: drawings are held for two or three."""

    unmet_cluster_similarity: float = 0.5
    """Similarity of motion of clusters that share too few frames."""

    max_valley_share: float = 0.85
    """Pixels of the foreground between two neighbours, as a share of those at either, at most, for
    sprites that stand side by side."""

    sprite_aspect: float = 3.0
    """Height by width that sprites are taken to have when they are split by place."""

    min_stacking_deviations: float = 1.5
    """Vertical distance of two clusters, in standard deviations, from which they are stacked."""

    min_joined_share: float = 0.9
    """Share of the frames in which stacked clusters touch, for them to be parts of one sprite."""

    max_cut_eigenvalue: float = 0.1
    """Eigenvalue of the normalised cut from which nothing is split."""

    # Sprites: sprite_count, instances.

    min_region_share: float = 0.002
    """Area, as a share of the frame, below which a region is a part of a sprite."""

    min_region_ratio: float = 0.08
    """Area, as a share of the largest region's, below which a region is a part of a sprite."""

    max_column_overlap: float = 0.5
    """Share of its width that a region may have in common with a larger one and be a sprite."""

    min_apart_share: float = 0.15
    """Share of the frames in which sprites must stand apart to be counted."""

    min_united_share: float = 0.85
    """Share of a region that must have one owner for the whole region to get it."""

    min_sure_share: float = 0.9
    """Share of a sprite's tracks around a pixel from which the sprite's colours are learnt
    there."""

    track_surroundings_px: float = 4.0
    """Standard deviation in pixels of the surroundings of a track that are its sprite's."""

    far_track_share: float = 0.1
    """Density of tracks, as a share of a single track's peak, that every sprite has everywhere."""

    max_owner_colour_log_odds: float = 3.0
    """Limit of the log odds of a pixel's colour for an owner."""

    temporal_trust: float = 0.75
    """Weight of the shares of the frames before and after."""

    temporal_sweeps: int = 4
    """Rounds in which frames exchange shares."""

    # Drawings of sprites that meet: drawing_groups, gathered_drawings.

    contact_px: int = 6
    """Distance in pixels from another sprite within which labels are not trusted."""

    drawing_outline_px: int = 2
    """Pixels around labels that count as neither sprite nor background."""

    min_drawing_pixels: int = 60
    """Pixels of a sprite in a frame below which it is not compared."""

    max_squared_deviation: float = 12.0
    """Squared difference of a matching pixel, in variances, at most."""

    drawing_misalignment_px: float = 0.3
    """Expected misalignment in pixels of drawings that are compared."""

    max_held_change: float = 0.06
    """Share of the compared pixels that may differ from one frame to the next while a drawing is
    held: wrong labels make up as much, the next drawing of a walk differs in more."""

    max_returned_change: float = 0.12
    """Share of the compared pixels that may differ between a frame and a drawing that returns."""

    resampled_mask_level: int = 200
    """Level of 255 above which a resampled mask is set."""

    max_drawing_observations: int = 12
    """Frames from which a drawing is gathered, at most: those that show most of it."""

    # Occlusion: occlusion, depth_order.

    excluded_frame_distance: int = 2
    """Distance in frames up to which frames do not predict each other: they share mistakes."""

    drawing_outlier_share: float = 0.1
    """Share of a drawing's pixels that have any colour: parts that move, and blur."""

    absent_likelihood: float = 1e-3
    """Likelihood of a sprite where its drawing does not reach."""

    unknown_likelihood: float = 0.3
    """Likelihood of a sprite of which nothing is known at a pixel."""

    max_owner_log_odds: float = 5.0
    """Limit of the log odds of earlier owners."""

    min_owner_pixels: int = 12
    """Pixels below which a region of one owner is noise."""

    unseen_sprite_colour_share: float = 0.05
    """Weight of colours that no sprite has, in the density of the sprites' colours."""

    max_fit_deviations: float = 4.0
    """Standard deviation of a fit, in those of noise, up to which a worse fit costs likelihood."""

    min_drawing_coverage: float = 0.5
    """Probability above which a drawing is taken to cover a pixel."""

    order_vote_log_odds: float = 3.0
    """Difference of log likelihoods at which a pixel has one vote about the depth order."""

    flow_depth_px: int = 3
    """Depth in pixels inside a label from which its flow is taken."""

    min_flow_agreement: float = 0.5
    """Agreement of the flow with the flow back, at least."""

    flow_reach_px: int = 6
    """Distance in pixels from such flow up to which pixels are carried along."""

    flow_vote_weight: float = 0.1
    """Votes of a pixel that is covered or uncovered."""

    max_frame_votes: float = 100.0
    """Votes of one frame, at most."""

    order_change_votes: float = 250.0
    """Votes that a change of the depth order costs."""

    # Hints: hint_propagation, hint_strokes, hint_constraints.

    hint_log_odds: float = 16.0
    """Log odds of a hint where it is drawn: twice those of any colour."""

    hard_hint_log_odds: float = 100.0
    """Log odds of the hinted pixels themselves; beyond half of it evidence is a hard constraint."""

    min_hinted_share: float = 1 / 3
    """Share of a working pixel that a stroke must cover, which may be thinner than the pixel."""

    hint_decay: float = 0.97
    """Share of a hint's strength that is left in the next frame, where the flow is certain."""

    min_hint_strength: float = 0.05
    """Strength below which hints are not propagated."""

    hint_distance_px: float = 6.0
    """Geodesic distance in pixels from a stroke at which its strength is a third."""

    max_soft_hint_strength: float = 0.99
    """Strength of a hint at pixels that it does not cover, at most."""

    hint_contrast_levels: float = 25.0
    """Step in grey levels at which the geodesic distance triples, and at which a hint that is
    propagated to another colour keeps a third."""

    completed_hint_strength: float = 0.6
    """Strength of hints that strokes on both sides of an outline give to the rest of the frame."""

    completion_rounds: int = 5
    """Rounds of GrabCut."""

    stroke_gap_px: int = 9
    """Gap in pixels in a stroke around a sprite that is closed."""

    max_enclosed_share: float = 0.9
    """Share of the frame inside a stroke from which the stroke encloses nothing."""

    max_geodesic_step_px: float = 50.0
    """Geodesic length in pixels of a step over the strongest edge."""
