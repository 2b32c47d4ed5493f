"""The key ``tuning`` of the config: parameters of packages, for experiments.

What may be given, and of which type, follows from the dataclasses ``<package>/parameters.py``. A
stage gets the parameters of those packages only that its code imports.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from toondecompose.core.tuning import Tuning
from toondecompose.pipeline.sources import sources

ROOT = Path(__file__).parents[1]
PREFIX = "tuning."
"""Begins the whole key of a parameter, as tuning.planes.agreement_levels."""

LENGTHS = ("_px", "_sigma_px", "_frames")
"""Ends of the names of lengths: in pixels or frames."""

RANGES = ("_range", "_range_px", ".min_links", ".motion_across_edge_px", ".surroundings_px")
"""Ends of whole keys whose two numbers are a lower and an upper end."""

SHARES = ("_share", "_quantile", "_alpha", "_opacity")
"""Ends of the names of what is at most one."""


@cache
def packages() -> dict[str, type]:
    """Return the parameters' type of each package that has one."""
    names = sorted(path.parent.name for path in ROOT.glob("*/parameters.py"))
    return {
        name: importlib.import_module(f"toondecompose.{name}.parameters").Parameters
        for name in names
    }


def effects(kind: type) -> dict[str, str]:
    """Return the docstring of each field of a ``Parameters``: its unit and effect."""
    path = Path(inspect.getfile(kind))
    body = next(node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef))
    return {
        ast.unparse(own.target): str(ast.literal_eval(text.value))
        for own, text in pairwise(body.body)
        if isinstance(own, ast.AnnAssign)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }


def tuning_schema() -> dict[str, Any]:
    """Return the JSON schema of the key ``tuning``."""
    return _object({name: _object(_fields(kind)) for name, kind in packages().items()})


def read_tuning(values: Mapping[str, Mapping[str, Any]]) -> Tuning:
    """Return the tuning of checked values, ``{package: {field: value}}``."""
    return Tuning.of(
        *(
            packages()[name](**{key: _as_typed(value) for key, value in own.items()})
            for name, own in values.items()
        )
    )


def stage_tuning(stage: str, clip: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the values that concern a stage, from the settings of a clip by whole key."""
    result: dict[str, dict[str, Any]] = {}
    for key, value in clip.items():
        if key.startswith(PREFIX):
            _, package, name = key.split(".")
            if package in _used(stage):
                result.setdefault(package, {})[name] = value
    return result


def is_range(key: str) -> bool:
    """Whether the value of a whole key is a pair of a lower and an upper end.

    >>> is_range("tuning.matting.slope_range"), is_range("crf")
    (True, False)
    """
    return key.startswith(PREFIX) and key.endswith(RANGES)


@cache
def _used(stage: str) -> set[str]:
    """Return the packages whose parameters a stage's code imports."""
    paths = sources(f"toondecompose.stages.{stage}")
    return {Path(path).parent.name for path in paths if Path(path).name == "parameters.py"}


def _fields(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {
        field.name: _type(hints[field.name], _bounds(field.name, field.default))
        for field in fields(kind)
    }


def _bounds(name: str, usual: Any) -> dict[str, Any]:
    """Return the bounds of a parameter, as JSON schema, from its name and usual value.

    A value has the sign of the usual one, counts and lengths are not zero, and a share is no more
    than one. Zero of any other switches off what the parameter weighs.
    """
    values = usual if isinstance(usual, tuple) else (usual,)
    if isinstance(values[0], bool):
        return {}
    bounds: dict[str, Any] = {}
    if min(values) > 0 and all(isinstance(value, int) for value in values):
        bounds["minimum"] = 1
    elif min(values) > 0 and name.endswith(LENGTHS):
        bounds["exclusiveMinimum"] = 0
    elif min(values) >= 0:
        bounds["minimum"] = 0
    elif max(values) <= 0:
        bounds["maximum"] = 0
    if max(values) <= 1 and name.endswith(SHARES):
        bounds["maximum"] = 1
    return bounds


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _type(hint: Any, bounds: dict[str, Any]) -> dict[str, Any]:
    if get_origin(hint) is not tuple:
        return {"type": {float: "number", int: "integer", bool: "boolean"}[hint], **bounds}
    first, *others = get_args(hint)
    items = _type(first, bounds)
    if others == [...]:
        return {"type": "array", "items": items, "minItems": 1}
    return {
        "type": "array",
        "items": items,
        "minItems": 1 + len(others),
        "maxItems": 1 + len(others),
    }


def _as_typed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
