"""Which rule of the segmentation helps on which clip: each switched off alone.

    python -m bench.run --groups limited
    python -m bench.rules --clips close_up dialogue static

Reads the frames and flows that `bench.run` has left under ``--out``, labels each clip with every
rule, and with each of ``RULES`` off, and prints a table of the labels' IoU with the true sprites
together, at the working resolution: differences from the first column. A rule stays that helps on
two clips or more that it was not made for. Two rules depend on others and go with them: "most of
the rim" on the rim, and "seldom observed" on "never covered".
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.finished import Truth
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import match_weights
from toondecompose.planes.estimate import find_planes
from toondecompose.segmentation.foreground import separate
from toondecompose.segmentation.parameters import Parameters
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.flows import read_confidence, read_flows
from toondecompose.store.screen import read_clean_frames


@dataclass(frozen=True)
class Rule:
    """A rule, and the parameters that switch it off."""

    name: str
    off: Parameters


RULES = (
    Rule("structure moves with the camera", Parameters(camera_motion_log_odds=0.0)),
    Rule("rim is background", Parameters(rim_log_odds=(0.0, 0.0))),
    Rule("most of the rim is background", Parameters(background_rim_share=2.0)),
    Rule("regions in texture", Parameters(texture_seed_spacing_px=10_000)),
    Rule("regions label flat insides", Parameters(region_log_odds=0.0)),
    Rule("never covered counts little", Parameters(never_covered_weight=1.0)),
    Rule("seldom observed counts little", Parameters(often_observed_share=1e-6)),
    Rule("colours of the clip", Parameters(palette_weight=0.0)),
    Rule("solid until shown open", Parameters(open_hole_log_odds=-np.inf)),
    Rule("small objects are noise", Parameters(min_object_volume=0.0)),
)


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.rules",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clips", nargs="+", required=True, help="runs that bench.run has made")
    parser.add_argument("--out", type=Path, default=Path("workers/bench"))
    args = parser.parse_args()
    print("| clip | all | " + " | ".join(rule.name for rule in RULES) + " |")
    print("| --- " * (len(RULES) + 2) + "|")
    for name in args.clips:
        work = args.out / "workers" / name
        if not (work / paths.FLOW_INFO).exists():
            parser.error(f"{work} holds no flows: run python -m bench.run --clips {name} first")
        print(row(name, measure(work, args.out / "clips" / name.partition(".")[0])), flush=True)


def row(name: str, figures: list[float]) -> str:
    """Return a row of the table: the IoU with every rule, and the change without each."""
    changes = " | ".join(f"{figure - figures[0]:+.3f}" for figure in figures[1:])
    return f"| {name} | {figures[0]:.3f} | {changes} |"


def measure(work: Path, drawn: Path) -> list[float]:
    """Return the IoU of the labels with every rule, and with each of `RULES` off."""
    clip = ClipFolder(root=work)
    frames = read_clean_frames(clip)
    flows, trust = read_flows(clip, len(frames)), read_confidence(clip, len(frames))
    weights = match_weights(frames, trust)
    background = find_planes(frames, flows, weights, rng=np.random.default_rng(0))
    truth = true_sprites(Truth(drawn / "truth"), frames.shape)

    def figure(tuning: Tuning) -> float:
        found = (
            separate(frames, flows, trust, background=background, tuning=tuning).foreground > 0.5
        )
        return float((found & truth).sum() / max(1, (found | truth).sum()))

    return [figure(tuning) for tuning in (DEFAULT, *(Tuning.of(rule.off) for rule in RULES))]


def true_sprites(truth: Truth, shape: tuple[int, ...]) -> np.ndarray:
    """Return where any sprite truly is, (T, H, W) bool, at the size of frames of this shape."""
    size = (shape[2], shape[1])

    def one(t: int) -> np.ndarray:
        alphas = [truth.alpha(t, k) for k in range(1, len(truth.objects) + 1)]
        union = np.max(alphas, axis=0)
        return cv2.resize(union, size, interpolation=cv2.INTER_AREA) > 127

    return np.stack([one(t) for t in range(shape[0])])


if __name__ == "__main__":
    main()
