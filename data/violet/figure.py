"""One drawing of the running figure: its pose, and the order in which its parts are painted."""

from dataclasses import dataclass

import numpy as np

from data.violet import arm, body, hair, head
from data.violet.arm import Arm
from data.violet.cel import Cel, Placement


@dataclass(frozen=True)
class Pose:
    """Everything that distinguishes one drawing from another (design pixels, degrees)."""

    x: float  # pit of the neck on the frame
    y: float
    lean: float  # of the torso, forwards positive
    nod: float  # of the head against upright, forwards positive
    near_arm: Arm
    far_arm: Arm
    sway: float  # phase of hair and scarf, radians
    wind: float  # 1 at full run, 0 in still air
    eye_open: float = 1.0
    mouth_open: float = 0.0
    brow: float = 0.5


def paint_figure(cel: Cel, pose: Pose) -> None:
    """Paint the whole figure on a clear sheet, from the far arm to the loose hairs."""
    torso = Placement(pose.x, pose.y, pose.lean, 1.16)
    # The neck carries the head forwards when she leans.
    forward = np.deg2rad(0.6 * pose.lean + 8)
    skull = (pose.x + 158 * np.sin(forward) + 6, pose.y - 158 * np.cos(forward))
    place = Placement(*skull, pose.nod, 1.12)
    air = {"sway": pose.sway, "wind": pose.wind}

    arm.paint_arm(cel, torso, pose.far_arm, near=False)
    body.scarf_end(cel, torso, sway=pose.sway + 0.8, wind=pose.wind)
    hair.ponytail(cel, place, **air)
    body.neck(cel, torso, torso.inverse(skull))
    head.nape(cel, place)
    body.torso(cel, torso)
    arm.paint_arm(cel, torso, pose.near_arm, near=True)
    body.scarf(cel, torso, sway=pose.sway)
    head.face(cel, place, eye_open=pose.eye_open, mouth_open=pose.mouth_open)
    hair.back_hair(cel, place)
    head.ear(cel, place)
    hair.tie(cel, place, **air)
    hair.fringe(cel, place, **air)
    head.brow(cel, place, tension=pose.brow)
    hair.strands(cel, place, **air)
