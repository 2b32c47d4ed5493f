"""What ``edit.yaml`` says, checked by its schema."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from toondecompose.core.errors import SettingsError
from toondecompose.pipeline.settings import check_schema
from toondecompose.pipeline.strict_yaml import load_yaml

SCHEMA = Path(__file__).with_name("edit.schema.yaml")
"""The schema of ``edit.yaml``."""

TINT_STRENGTH = 0.5
"""How much of a tint, where nothing is said."""


@dataclass(frozen=True)
class LayerEdit:
    """What to change of a layer.

    Attributes
    ----------
    hide : leave it out.
    move : pixels to the right and down.
    scale : factor about the middle of its picture.
    tint : RGB, 0..255; None for none.
    strength : share of the tint, 0..1.
    blur : standard deviation in pixels.
    hold : frames that every drawing stays at least.
    """

    hide: bool = False
    move: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    tint: tuple[int, int, int] | None = None
    strength: float = TINT_STRENGTH
    blur: float = 0.0
    hold: int = 1

    @property
    def moves(self) -> bool:
        """Whether the layer leaves its place, its time or the picture."""
        return self.hide or any(self.move) or self.scale != 1 or self.hold > 1


@dataclass(frozen=True)
class CameraKey:
    """Where the camera is at a frame: ``centre`` in pixels of the frame, None for its middle."""

    frame: int
    centre: tuple[float, float] | None = None
    zoom: float = 1.0


@dataclass(frozen=True)
class Addition:
    """A sprite of another clip.

    Attributes
    ----------
    clip : name of a clip beside this one, or path of its folder.
    sprite : its name there.
    start : frame of this clip in which it begins.
    """

    clip: str
    sprite: str
    start: int = 0


@dataclass(frozen=True)
class Edit:
    """All of ``edit.yaml``; see ``edit.schema.yaml``."""

    layers: Mapping[str, LayerEdit] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    fps: Fraction | None = None
    size: tuple[int, int] | None = None
    camera: tuple[CameraKey, ...] = ()
    smooth: bool = True
    background: str | None = None
    add: Mapping[str, Addition] = field(default_factory=dict)

    def of(self, name: str) -> LayerEdit:
        """Return what to change of a layer."""
        return self.layers.get(name, LayerEdit())


def read_edit(path: Path, names: Sequence[str], sprites: Sequence[str], *, frames: int) -> Edit:
    """Read ``edit.yaml``.

    Parameters
    ----------
    path : of the file; without it nothing is to be changed.
    names, sprites : of all layers, and of those that are sprites.
    frames : how many the clip has.

    Raises
    ------
    SettingsError
        One sentence that names file, key and value.
    """
    if not path.exists():
        other = path.with_suffix(".yml")
        if other.exists():
            raise SettingsError(f"{other} is not read; name it {path.name}")
        return Edit()
    said = load_yaml(path)
    said = {} if said is None else said  # an empty file, or one of comments only
    check_schema(said, yaml.safe_load(SCHEMA.read_text(encoding="utf-8")), f"{path}: ")
    check_frames(said, frames, path=str(path))
    return make_edit(said, names, sprites, path=str(path))


def check_frames(said: Mapping[str, Any], frames: int, *, path: str) -> None:
    """Check the frame numbers of an ``edit.yaml``; errors as of `read_edit`."""
    numbers = {f"camera.{n}.frame": key["frame"] for n, key in enumerate(said.get("camera", []))}
    starts = {f"add.{name}.start": one.get("start", 0) for name, one in said.get("add", {}).items()}
    for key, number in (numbers | starts).items():
        if number >= frames:
            raise SettingsError(
                f"{path}: {key} is {number}, but the clip has frames 0 to {frames - 1}; give one "
                "of them"
            )
    several = [number for number, count in Counter(numbers.values()).items() if count > 1]
    if several:
        raise SettingsError(
            f"{path}: camera gives frame {several[0]} more than once; leave one of them"
        )


def make_edit(
    said: Mapping[str, Any], names: Sequence[str], sprites: Sequence[str], *, path: str
) -> Edit:
    """Return a checked ``edit.yaml`` as an `Edit`; parameters and errors as of `read_edit`."""
    added = {name: Addition(**one) for name, one in said.get("add", {}).items()}
    for name in added:
        if name in names:
            raise SettingsError(
                f"{path}: add.{name} has the name of a layer of this clip; give another name, "
                "such as X"
            )
    names = [*names, *added]
    for name in [*said.get("layers", {}), *said.get("order", [])]:
        if name not in names:
            near = near_names(str(name), names)
            fix = f"did you mean {near[0]}?" if near else f"the layers are {', '.join(names)}"
            raise SettingsError(f"{path}: there is no layer {name}; {fix}")
    order = said.get("order", [])
    if order and sorted(order) != sorted(names):
        raise SettingsError(
            f"{path}: order is {', '.join(order)}, but it has to name each layer once, from back "
            f"to front: {', '.join(names)}"
        )
    own = said.get("layers", {})
    still = [name for name, one in own.items() if "hold" in one and name not in (*sprites, *added)]
    if still:
        raise SettingsError(
            f"{path}: layers.{still[0]}.hold is given, but only sprites have drawings to hold; "
            "leave it out"
        )
    wanted = [*own, *(name for name in sprites if name not in own and "hold" in said)]
    everywhere = {"hold": said["hold"]} if "hold" in said else {}
    return Edit(
        layers={
            name: LayerEdit(
                **_tuples((everywhere if name in sprites else {}) | dict(own.get(name, {})))
            )
            for name in wanted
        },
        order=tuple(order),
        fps=Fraction(str(said["fps"])) if "fps" in said else None,
        size=tuple(said["size"]) if "size" in said else None,
        camera=tuple(
            sorted(
                (CameraKey(**_tuples(key)) for key in said.get("camera", [])),
                key=lambda key: key.frame,
            )
        ),
        smooth=said.get("ease", "smooth") == "smooth",
        background=said.get("background"),
        add=added,
    )


def near_names(name: str, names: Sequence[str]) -> list[str]:
    """Return the name that is meant, if one is near; capital letters count as small ones.

    >>> near_names("a", ["plate", "A"]), near_names("Plat", ["plate", "A"]), near_names("C", ["A"])
    (['A'], ['plate'], [])
    """
    small = {one.casefold(): one for one in names}
    return [small[one] for one in difflib.get_close_matches(name.casefold(), small, n=1)]


def _tuples(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(one) if isinstance(one, list) else one for key, one in said.items()}
