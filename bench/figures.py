"""All figures of a finished clip against its truth, as numbers; see ``bench.metrics``.

Alphas are compared as they are *visible*: what a nearer object hides of an object is hidden in
truth and result alike, because nobody can see it. At one object more than the truth has sprites,
over a background of two planes, the plane that fits an object best counts as an object of truth.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench import metrics
from bench.finished import FinishedClip, Truth, composite
from bench.observed import truly_observed

WORKERS = 2
PERFECT = 100.0  # decibels written for equal pictures, because JSON knows no infinity
_PRESENT = 0.0005  # share of the frame from which on a rigid sprite's motion can be seen

Figures = dict[str, Any]


@dataclass(frozen=True)
class Match:
    """An object of the truth, and the object of the result that fits it best."""

    name: str
    sprite: int | None  # its number in the truth; None for a plane
    plane: int | None  # its plane; None for a sprite
    found: int | None  # its number in the result; None where too few were found
    alpha: np.ndarray  # (T, H, W) uint8, visible, true
    guess: np.ndarray  # (T, H, W) uint8, visible, of the result


def measure(clip: FinishedClip, truth: Truth) -> Figures:
    """Give every figure; None stands for one that the clip has no use for.

    Returns
    -------
    ``objects``, a list with the figures of each true object, and the figures of the whole clip.
    """
    matches = match(clip, truth)
    return {
        "objects": [_object(clip, truth, m) for m in matches],
        **_plate(clip, truth, matches),
        **_background(clip, truth, matches),
        **recomposition(clip),
    }


def match(clip: FinishedClip, truth: Truth) -> list[Match]:
    """Assign the result's objects to the true ones (and to a plane) by their visible alphas."""
    frames = range(clip.count)
    shape = (clip.count, *truth.plate(0).shape[:2])
    numbers = list(clip.sprites)
    layers = [np.stack([clip.sprite(k, n)[..., 3] for n in frames]) for k in numbers]
    guesses = _visible(layers, [[k - 1 for k in order if k > 0] for order in clip.order])
    sprites = [np.stack([truth.alpha(n, k + 1) for n in frames]) for k in range(len(truth.objects))]
    choices: list[int | None] = [None]
    if truth.planes > 1 and len(numbers) > len(sprites):
        choices = list(range(truth.planes))
    best: tuple[float, list[Match]] = (-1.0, [])
    for plane in choices:
        planes = [] if plane is None else [np.stack([truth.share(n, plane) for n in frames])]
        real = _visible([*planes, *sprites])
        # Alphas of whole clips are large: what is compared is every fourth pixel each way.
        coarse = np.s_[:, ::4, ::4]
        pairs: list[int | None] = [None] * len(real)
        if guesses:
            pairs = metrics.match_objects([g[coarse] for g in guesses], [r[coarse] for r in real])
        nothing = np.zeros(shape, np.uint8)
        matches = []
        for index, pair in enumerate(pairs):
            is_plane = index < len(planes)
            number = index - len(planes)
            matches.append(
                Match(
                    name=f"plane {plane}" if is_plane else truth.objects[number]["name"],
                    sprite=None if is_plane else number + 1, plane=plane if is_plane else None,
                    found=None if pair is None else numbers[pair],
                    alpha=real[index], guess=nothing if pair is None else guesses[pair],
                )
            )  # fmt: skip
        total = sum(metrics.alpha_iou(m.guess[coarse], m.alpha[coarse]) for m in matches)
        best = max(best, (total, matches), key=lambda choice: choice[0])
    return best[1]


def recomposition(clip: FinishedClip) -> Figures:
    """Composite the layers again, without and with grain, and compare them with the input."""

    def compare(n: int) -> tuple[float, float, float]:
        frame, layers = clip.input(n), clip.recomposed(n)
        again = _bounded(metrics.psnr(clip.regrained(n, layers), frame))
        return _bounded(metrics.psnr(layers, frame)), metrics.ssim(layers, frame), again

    psnr, ssim, regrained = np.array(_each(compare, clip.count)).T
    return {
        "recomposition_psnr": float(psnr.mean()), "recomposition_psnr_min": float(psnr.min()),
        "recomposition_worst_frame": int(psnr.argmin()), "recomposition_ssim": float(ssim.mean()),
        "recomposition_ssim_min": float(ssim.min()),
        "regrained_psnr": float(regrained.mean()), "regrained_psnr_min": float(regrained.min()),
    }  # fmt: skip


def _object(clip: FinishedClip, truth: Truth, m: Match) -> Figures:
    """The figures of one object."""
    iou = np.array(_each(lambda n: metrics.alpha_iou(m.guess[n], m.alpha[n]), clip.count))
    edge = np.array(_each(lambda n: metrics.boundary_f(m.guess[n], m.alpha[n]), clip.count))
    mae = _each(lambda n: metrics.alpha_mae(m.guess[n], m.alpha[n]), clip.count)
    drawings = truth.drawings(m.sprite) if m.sprite else None
    return {
        "name": m.name, "found": m.found, "alpha_iou": float(iou.mean()),
        "alpha_iou_min": float(iou.min()), "alpha_iou_worst_frame": int(iou.argmin()),
        "alpha_mae": float(np.mean(mae)), "boundary_f": float(edge.mean()),
        "boundary_f_min": float(edge.min()), "flicker": metrics.flicker(m.guess, m.alpha),
        "edge_mae": _edge_mae(truth, m, drawings), "fringe": _fringe(clip, truth, m),
        "exposure": _exposure(clip, m, drawings), **_rigid_motion(clip, truth, m),
    }  # fmt: skip


def _edge_mae(truth: Truth, m: Match, drawings: np.ndarray | None) -> float | None:
    """Error of the alpha at the edges of held drawings before a moving background."""
    motion = truth.motion(m.sprite) if m.sprite else None
    if motion is None or drawings is None:
        return None
    height, width = m.alpha.shape[1:]
    frames = np.flatnonzero(
        metrics.held_over_motion(drawings, truth.plane_motion(0), motion, (width, height))
    )
    bands = np.array([metrics.edge_band(m.alpha[n]) for n in frames])
    if not bands.any():
        return None
    return metrics.alpha_mae(m.guess[frames], m.alpha[frames], bands)


def _fringe(clip: FinishedClip, truth: Truth, m: Match) -> float | None:
    """Error of colour and alpha in the edge bands, in levels, on magenta."""
    if m.sprite is None or truth.sprite(0, m.sprite) is None:
        return None

    def compare(n: int) -> tuple[float, int]:
        band = metrics.edge_band(m.alpha[n])
        if not band.any():
            return 0.0, 0
        real = truth.sprite(n, m.sprite)
        guess = np.zeros_like(real) if m.found is None else clip.sprite(m.found, n)
        real, guess = (
            np.dstack([p[..., :3], alpha]) for p, alpha in ((real, m.alpha[n]), (guess, m.guess[n]))
        )
        return metrics.fringe(guess, real, band), int(band.sum())

    error, weight = np.array(_each(compare, clip.count)).T
    return float((error * weight).sum() / weight.sum()) if weight.sum() else None


def _exposure(clip: FinishedClip, m: Match, drawings: np.ndarray | None) -> float | None:
    """Exposure accuracy; None where the result has no exposure sheet or the truth none."""
    found = None if m.found is None else clip.drawings(m.found)
    if found is None or drawings is None:
        return None
    return metrics.exposure_accuracy(found, drawings)


def _rigid_motion(clip: FinishedClip, truth: Truth, m: Match) -> Figures:
    """Corner error of a plane or a rigid sprite, over the frames in which it can be seen."""
    if m.found is None or (m.sprite and not truth.objects[m.sprite - 1]["rigid"]):
        return {"corner": None, "corner_max": None}
    motion = truth.plane_motion(m.plane) if m.sprite is None else truth.motion(m.sprite)
    there = np.flatnonzero((m.alpha >= 128).mean(axis=(1, 2)) > _PRESENT)
    if motion is None or len(there) < 2:
        return {"corner": None, "corner_max": None}
    size = clip.working_size
    real = (motion @ truth.to_source(size))[there]
    error = metrics.corner_error(clip.homographies(m.found)[there], real, size)
    return {"corner": error.mean, "corner_max": error.max}


def _plate(clip: FinishedClip, truth: Truth, matches: list[Match]) -> Figures:
    """The plate, with the planes that are objects laid over it, against the truth."""
    observed = truly_observed(truth, clip.count)
    planes = [m.found for m in matches if m.plane is not None and m.found is not None]

    def compare(n: int) -> tuple[float, int, float, int, int]:
        plate = composite(clip.plate(n), [clip.sprite(k, n) for k in planes])
        error = (plate.astype(np.float64) - truth.plate(n)) ** 2
        seen = observed[n]
        wrong = np.count_nonzero(clip.observed(n) & ~seen)
        return (
            error[seen].sum(), error[seen].size, error[~seen].sum(), error[~seen].size, wrong,
        )  # fmt: skip

    parts = np.array(_each(compare, clip.count))
    seen, pixels, hidden, unseen, wrong = parts.sum(axis=0)
    worst = np.array([_bounded(metrics.decibels(p[0] / max(p[1], 1))) for p in parts])
    return {
        "plate_psnr": _bounded(metrics.decibels(seen / pixels)),
        "plate_psnr_min": float(worst.min()), "plate_worst_frame": int(worst.argmin()),
        "hidden_psnr": _bounded(metrics.decibels(hidden / unseen)) if unseen else None,
        "hidden_share": float(unseen / (pixels + unseen)),
        # Invented pixels that the result passes for observed ones.
        "taken_for_observed": float(3 * wrong / (pixels + unseen)),
    }  # fmt: skip


def _background(clip: FinishedClip, truth: Truth, matches: list[Match]) -> Figures:
    """Corner errors of object 0: of the nearest plane that no other object is."""
    taken = {m.plane for m in matches if m.plane is not None and m.found is not None}
    plane = min(set(range(truth.planes)) - taken)
    size = clip.working_size
    real = truth.plane_motion(plane) @ truth.to_source(size)
    error = metrics.corner_error(clip.homographies(0), real, size)
    return {
        "corner": error.mean, "corner_max": error.max, "corner_step": error.step_mean,
        "corner_step_max": error.step_max,
    }  # fmt: skip


def _visible(
    alphas: list[np.ndarray], orders: Sequence[Sequence[int]] | None = None
) -> list[np.ndarray]:
    """Take from each alpha what the nearer ones cover; all (T, H, W) uint8.

    They lie from back to front, or as the orders of the T frames say.
    """
    visible = [np.zeros_like(alpha) for alpha in alphas]
    for n in range(len(alphas[0]) if alphas else 0):
        through: np.ndarray | float = 1.0
        for k in reversed(range(len(alphas)) if orders is None else orders[n]):
            visible[k][n] = np.rint(alphas[k][n] * through)
            through = through * (1 - alphas[k][n] / np.float32(255))
    return visible


def _each(measured: Callable[[int], Any], count: int) -> list[Any]:
    """Call for every frame, on a few threads."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(measured, range(count)))


def _bounded(decibels: float) -> float:
    return float(min(decibels, PERFECT))
