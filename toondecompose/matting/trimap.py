"""Masks of sprites, and the band in which alpha has to be solved, at full resolution.

The labels come from the working resolution: they are wrong by a pixel or two there, and miss
strands thinner than its pixels. Near them the sharp plate decides: a pixel that differs from it by
more than noise, misalignment and the variation of the plate explain shows a sprite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core.masks import distance_to_mask, signed_distance
from toondecompose.core.parallel import each, evenly_spread
from toondecompose.core.statistics import residual_noise
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.chroma import chroma_trust, share_astray, stray_chroma
from toondecompose.footage.parameters import Parameters as FootageParameters
from toondecompose.matting.parameters import Parameters
from toondecompose.matting.plate_match import match_plate
from toondecompose.matting.strands import find_strands
from toondecompose.plates.plates import Plate, View, render_plates
from toondecompose.segmentation.colour_model import colour_density, colour_log_odds
from toondecompose.segmentation.parameters import Parameters as SegmentationParameters


@dataclass(frozen=True)
class Colours:
    """Colours of a clip: see `toondecompose.segmentation.colour_model`.

    Attributes
    ----------
    sprites, background : (32, 32, 32) densities of their colours.
    noise : standard deviation of the frames about the plates, in grey levels.
    bleed : share of chroma that strays; see `toondecompose.footage.chroma`.
    """

    sprites: np.ndarray
    background: np.ndarray
    noise: float
    bleed: float = 0.0


@dataclass(frozen=True)
class Trimap:
    """The outline of the sprites in one frame.

    Attributes
    ----------
    shown : (H, W) bool, where a sprite is.
    depth : (H, W) float32, distance in pixels from the outline, positive inside.
    plate : (H, W, 3) float32, the clean plate, matched to the frame.
    sigma : (H, W) float32, standard deviation of the frame about the plate, in grey levels.
    known : (H, W) bool, false where the plate is filled in.
    trust : (H, W) float32, weight of chroma; None for the same weight as lightness.
    """

    shown: np.ndarray
    depth: np.ndarray
    plate: np.ndarray
    sigma: np.ndarray
    known: np.ndarray
    trust: np.ndarray | None = None
    tuning: Tuning = DEFAULT

    @property
    def unknown(self) -> np.ndarray:
        """Where alpha has to be solved, (H, W) bool."""
        parameters = self.tuning[Parameters]
        return np.abs(self.depth) <= parameters.band_px


def measure_colours(
    frames: Sequence[np.ndarray],
    free: Sequence[np.ndarray],
    plates: Sequence[Plate],
    *,
    light: np.ndarray,
    labels: Callable[[int], np.ndarray],
    tuning: Tuning = DEFAULT,
) -> Colours:
    """Measure colours and noise in a few frames.

    frames are (H, W, 3) uint8; free (H, W) bool is true where no sprite is; light (H, W, 3) is the
    camera's light; labels(t) returns (K, H, W), the labels of the sprites in frame t.
    """
    parameters = tuning[Parameters]
    size = (frames[0].shape[1], frames[0].shape[0])
    chosen = evenly_spread(len(frames), parameters.measured_frames)

    def one(t: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
        view, shown = (
            render_plates(plates, t, size, light=light, tuning=tuning),
            np.logical_or.reduce(labels(t) > 0.5),
        )
        known = free[t] & view.observed
        half = np.s_[::2, ::2]
        residual = frames[t] - view.colour
        return (
            residual[half],
            known[half],
            shown[half],
            _strays(frames[t], view, shown, tuning=tuning),
        )

    residuals, known, sprites, strays = zip(*each(one, chosen), strict=True)
    images = np.stack([frames[t][::2, ::2] for t in chosen])
    return Colours(
        colour_density(images, np.stack(sprites), tuning=tuning),
        colour_density(images, np.stack([free[t][::2, ::2] for t in chosen]), tuning=tuning),
        residual_noise(np.stack(residuals), np.stack(known)),
        share_astray(strays, tuning=tuning),
    )


def measure_bleed(
    frames: Sequence[np.ndarray],
    plates: Sequence[Plate],
    light: np.ndarray,
    *,
    labels: Callable[[int], np.ndarray],
    tuning: Tuning = DEFAULT,
) -> float:
    """Measure how far chroma strays beside sprites in a few frames; see `measure_colours`."""
    parameters = tuning[Parameters]
    size = (frames[0].shape[1], frames[0].shape[0])

    def one(t: int) -> tuple[np.ndarray, np.ndarray]:
        shown = np.logical_or.reduce(labels(t) > 0.5)
        return _strays(
            frames[t],
            render_plates(plates, t, size, light=light, tuning=tuning),
            shown,
            tuning=tuning,
        )

    return share_astray(
        each(one, evenly_spread(len(frames), parameters.measured_frames)), tuning=tuning
    )


def _strays(
    frame: np.ndarray, view: View, shown: np.ndarray, *, tuning: Tuning = DEFAULT
) -> tuple[np.ndarray, np.ndarray]:
    """Compare chroma with the plate beside sprites, shown (H, W) bool; see `stray_chroma`."""
    away = distance_to_mask(shown)
    beside = (
        (away > tuning[FootageParameters].soft_edge_px)
        & (away <= tuning[FootageParameters].chroma_block_px)
        & view.observed
    )
    return stray_chroma(frame, view.colour, beside, tuning=tuning)


@dataclass(frozen=True)
class Comparison:
    """A frame compared with its plate: the evidence for a sprite; see `Trimap` for the rest.

    Attributes
    ----------
    evidence : (H, W) float32, log odds of a sprite from the colour of each pixel and from hints.
    """

    evidence: np.ndarray
    plate: np.ndarray
    sigma: np.ndarray
    trust: np.ndarray | None = None


def compare_with_plate(
    frame: np.ndarray,
    view: View,
    away: np.ndarray,
    *,
    colours: Colours,
    hint_evidence: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> Comparison:
    """Compare a frame (H, W, 3) uint8 with its plate.

    away (H, W) bool is true where no sprite is; hint_evidence (H, W) is added to the log odds.
    """
    expected = np.hypot(colours.noise, view.spread)
    trust = chroma_trust(frame, colours.bleed, colours.noise, tuning=tuning)
    plate, sigma = match_plate(
        frame.astype(np.float32), view.colour, away, sigma=expected, trust=trust, tuning=tuning
    )
    log_odds = colour_log_odds(
        frame,
        plate,
        sigma,
        observation_count=view.observation_count,
        sprite_density=colours.sprites,
        background_density=colours.background,
        trust=trust,
        tuning=tuning,
    )
    log_odds = log_odds.astype(np.float32)
    return Comparison(
        log_odds if hint_evidence is None else log_odds + hint_evidence, plate, sigma, trust
    )


def find_mask(
    frame: np.ndarray,
    log_odds: np.ndarray,
    label: np.ndarray,
    *,
    outline_error: float,
    search_radius: float,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Decide where a frame shows sprites.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    log_odds : (H, W) float32, the evidence; see `Comparison`.
    label : (H, W) float32 in 0..1, the labels of all sprites together, upsampled.
    outline_error : pixels by which the outline of the label is commonly wrong.
    search_radius : pixels beyond the label in which strands are searched.

    Returns
    -------
    The mask (H, W) bool and the distance from its outline (H, W) float32, positive inside.
    """
    parameters = tuning[Parameters]
    distance = signed_distance(label)
    before = parameters.prior_log_odds + np.clip(
        2 * distance / outline_error, *parameters.label_log_odds
    )
    radius, regularisation = parameters.evidence_filter
    total = (before + log_odds).astype(np.float32)
    total = cv2.ximgproc.guidedFilter(frame, total, radius, regularisation)
    shown = total > 0
    near = distance > -search_radius
    beside = cv2.dilate(shown.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    likely = near & (log_odds > 0) & ~beside
    strands, leads = find_strands(
        frame,
        log_odds,
        np.minimum(before, 0),
        candidates=likely,
        contrast=regularisation,
        tuning=tuning,
    )
    shown = keep_connected((shown | strands) & near, label > 0.5, leads)
    limit = tuning[SegmentationParameters].max_colour_log_odds
    shown |= doubtful_holes(shown, total, np.pi * outline_error**2 * limit)
    return shown, signed_distance(shown.astype(np.float32))


def keep_connected(
    shown: np.ndarray, core: np.ndarray, leads: np.ndarray | None = None
) -> np.ndarray:
    """Keep the parts that are connected to the core, across gaps of two pixels or through leads.

    All are (H, W) bool.
    """
    bridged = cv2.dilate(shown.astype(np.uint8), np.ones((3, 3), np.uint8))
    if leads is not None:
        bridged |= leads.view(np.uint8)
    count, parts = cv2.connectedComponents(bridged, connectivity=8)
    kept = np.zeros(count, bool)
    kept[parts[core & shown]] = True
    kept[0] = False
    return shown & kept[parts]


def doubtful_holes(shown: np.ndarray, total: np.ndarray, needed: float) -> np.ndarray:
    """Return the holes of a mask (H, W) bool that have hardly any evidence for background.

    A few pixels of a lash have the colour of the wall behind by chance. total (H, W) is the log
    odds of the sprite; a hole stays open when the evidence against the sprite sums up to the needed
    amount.
    """
    count, parts = cv2.connectedComponents((~shown).astype(np.uint8), connectivity=4)
    against = np.bincount(parts.ravel(), weights=-total.ravel(), minlength=count)
    doubtful = against < needed
    doubtful[0] = False
    return doubtful[parts]
