"""Settings: checked against the schema, then handed to each stage as a frozen dataclass.

``config.schema.yaml`` is the only place where a setting's default, unit and effect are written.
To add a setting: one entry there, one field in the dataclass of each stage that reads it.
A key inside another, as ``backend`` in ``flow``, is "flow.backend" here and ``flow_backend`` as a
field.
"""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from toondecompose.core.errors import SettingsError
from toondecompose.pipeline.tuning import PREFIX, is_range, stage_tuning, tuning_schema

if TYPE_CHECKING:
    import jsonschema


@dataclass(frozen=True, kw_only=True)
class FramesSettings:
    """What the frames stage reads."""

    input: str
    missing_numbers: str
    uneven_timing: str
    deinterlace: str
    transparency: str
    fps: float
    colour_matrix: str
    colour_range: str
    colour_primaries: str
    colour_chroma_siting: str
    colour_hdr_white: float | str
    first_frame: int
    last_frame: int
    allow_cuts: bool
    working_height: int
    tuning: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FlowSettings:
    """What the flow stage reads, the choice of the backend made (``optical_flow/choice.py``)."""

    flow_backend: str
    flow_checkpoint: str
    flow_offsets: list[int]
    flow_updates: int
    flow_half_precision: bool
    device: str


@dataclass(frozen=True, kw_only=True)
class AlphaSettings:
    """What the alpha stage reads."""

    objects: int | str
    seed: int
    tuning: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HomographySettings:
    """What the homography stage reads."""

    seed: int
    tuning: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PreviewSettings:
    """What the preview stage reads."""


@dataclass(frozen=True, kw_only=True)
class SpritesSettings:
    """What the sprites stage reads."""

    iterations: int
    device: str
    seed: int
    tuning: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RefineSettings:
    """What the refine stage reads."""

    tuning: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ReportSettings:
    """What the report stage reads."""

    tuning: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class VideoSettings:
    """What the video stage reads."""

    crf: int
    video_width: int
    tuning: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class InbetweenSettings:
    """What in-betweens read, which no stage makes: only who asks for them."""

    inbetween_factor: int | str
    inbetween_hold: str
    inbetween_motion: str
    inbetween_engine: str
    inbetween_checkpoint: str
    device: str


@dataclass(frozen=True, kw_only=True)
class UpscaleSettings:
    """What enlarging reads."""

    upscale_factor: int
    upscale_engine: str
    upscale_runtime: str
    upscale_device: str
    upscale_half_precision: bool


SETTINGS: dict[str, type] = {
    "frames": FramesSettings,
    "flow": FlowSettings,
    "alpha": AlphaSettings,
    "homography": HomographySettings,
    "preview": PreviewSettings,
    "sprites": SpritesSettings,
    "refine": RefineSettings,
    "report": ReportSettings,
    "video": VideoSettings,
    "inbetween": InbetweenSettings,
    "upscale": UpscaleSettings,
}
"""The settings type of each stage, and of what is made only where somebody asks for it."""


MAX_LISTED = 40
"""Known keys that a message names; more are looked up."""

WHOLE = "the whole file"
"""What a message names where no key holds the value."""

MAX_SHOWN = 100
"""Characters of a value that a sentence shows."""

MAX_NAME = 100
"""Bytes of a clip's name, which Snakemake lengthens for names of its own."""


@cache
def schema() -> dict[str, Any]:
    """The schema of the config, as written in ``config.schema.yaml``."""
    return yaml.safe_load(Path(__file__).parents[1].joinpath("config.schema.yaml").read_text())


@cache
def _full_schema() -> dict[str, Any]:
    """The schema with the parameters of the packages, which it does not list itself."""
    full = copy.deepcopy(schema())
    full["$defs"]["clip"]["properties"]["tuning"] |= tuning_schema()
    return full


def load_clips(
    config: Mapping[str, Any], file: str | Path = "config.yaml"
) -> dict[str, dict[str, Any]]:
    """Check a whole config; return every clip's settings with the defaults filled in.

    Parameters
    ----------
    config : as it was read.
    file : where from; sentences begin with it.

    Raises
    ------
    SettingsError
        One sentence that names the key, its value and the fix.
    """
    check_schema(config, _full_schema(), f"{file}: ")
    clips = {}
    for name, own in config["clips"].items():
        if isinstance(name, int | float):
            raise SettingsError(
                f"{file}: '{name}' under 'clips' is no clip name, because YAML read a number; "
                "write it in quotes, as '001'"
            )
        if isinstance(name, str) and len(name.encode()) > MAX_NAME:
            raise SettingsError(
                f"{file}: the clip name {name[:20]}... under 'clips' has {len(name.encode())} "
                f"bytes, more than {MAX_NAME}; give a shorter one, because it becomes a folder"
            )
        if not _is_plain(name):
            raise SettingsError(
                f"{file}: '{name}' under 'clips' is no clip name; "
                "use letters, digits, '-', '_' and '.', because it becomes a folder"
            )
        clips[name] = _with_defaults(_flat(config.get("defaults", {})) | _flat(own))
        if "input" not in clips[name]:
            raise SettingsError(
                f"{file}: clips.{name}.input is missing; give a folder of images or a video file"
            )
        _check_ranges(clips[name], f"{file}: clips.{name}.")
    return clips


def clip_settings(own: Mapping[str, Any]) -> dict[str, Any]:
    """Check the settings of one clip, as a config gives them; return all, by whole key.

    Raises
    ------
    SettingsError
        One sentence that names the key, its value and the fix.

    Examples
    --------
    >>> clip_settings({"input": "shot.mp4", "flow": {"updates": 20}})["flow.updates"]
    20
    """
    defs = _full_schema()["$defs"]
    check_schema(own, {"$defs": defs, **defs["clip"]}, "")
    clip = _with_defaults(_flat(own))
    _check_ranges(clip, "")
    return clip


def own_settings(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Settings of one clip as a checked config gives them, those for all clips included."""
    own: dict[str, Any] = {}
    for key, value in (_flat(config.get("defaults", {})) | _flat(config["clips"][name])).items():
        *outer, last = key.split(".")
        inner = own
        for part in outer:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return own


def entries() -> dict[str, dict[str, Any]]:
    """The schema's entry of every setting, by its whole key."""

    def walk(properties: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for key, entry in properties.items():
            if "properties" in entry:
                yield from walk(entry["properties"], f"{prefix}{key}.")
            else:
                yield f"{prefix}{key}", entry

    return dict(walk(schema()["$defs"]["clip"]["properties"], ""))


def stage_settings(stage: str, clip: Mapping[str, Any]) -> str:
    """JSON of just the settings ``stage`` reads, from the settings of one clip."""
    by_field = {key.replace(".", "_"): value for key, value in clip.items()}
    names = [field.name for field in fields(SETTINGS[stage])]
    if "tuning" in names:
        by_field["tuning"] = stage_tuning(stage, clip)
    return json.dumps({name: by_field[name] for name in names}, sort_keys=True)


def check_schema(config: Any, schema: Mapping[str, Any], where: str) -> None:
    """Raise a SettingsError of one sentence, begun by ``where``, when a schema is not met."""
    import jsonschema  # late: only the config needs it, and every stage starts with this module

    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(config))
    if errors:
        # Unknown keys first: a misspelt key is often why another one seems to be missing.
        errors.sort(key=lambda error: (error.validator != "additionalProperties", str(error.path)))
        raise SettingsError(where + _sentence(errors[0]))


def _check_ranges(clip: Mapping[str, Any], where: str) -> None:
    for key, value in clip.items():
        if is_range(key) and list(value) != sorted(value):
            raise SettingsError(
                f"{where}{key} is {_shown(value)}, which cannot be; give the lower number first"
            )


def _with_defaults(own: Mapping[str, Any]) -> dict[str, Any]:
    known = entries()
    defaults = {key: entry["default"] for key, entry in known.items() if "default" in entry}
    clip = defaults | dict(own)
    for key, value in clip.items():
        if key.startswith(PREFIX):
            continue
        # 2.0 is a whole number, but not the same text.
        if isinstance(value, float) and "integer" in known[key].get("type", ""):
            clip[key] = int(value)
        elif isinstance(value, list) and known[key].get("items", {}).get("type") == "integer":
            clip[key] = [int(one) for one in value]
    return clip


def settings_of(stage: str, clip: Mapping[str, Any]) -> Any:
    """Settings that ``stage`` reads, in its own type, from the settings of one clip."""
    return SETTINGS[stage](**json.loads(stage_settings(stage, clip)))


def _flat(own: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in own.items():
        inner = isinstance(value, Mapping)
        flat |= _flat(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return flat


def _is_plain(name: object) -> bool:
    return (
        isinstance(name, str)
        and not name.startswith((".", "-"))
        and bool(name)
        and all(letter.isalnum() or letter in "-_." for letter in name)
    )


def _sentence(error: jsonschema.ValidationError) -> str:
    key = ".".join(str(part)[:MAX_SHOWN] for part in error.absolute_path) or WHOLE
    value: Any = error.instance
    schema: Any = error.schema
    wants: Any = error.validator_value
    if error.validator == "additionalProperties":
        known = list(schema["properties"])
        unknown = next(name for name in value if name not in known)
        near = difflib.get_close_matches(str(unknown), known, n=1)
        listed = ", ".join(known) if len(known) <= MAX_LISTED else "in docs/configuration.md"
        fix = f"did you mean '{near[0]}'?" if near else f"the known keys are {listed}"
        place = "" if key == WHOLE else f"{key}."
        return f"{place}{str(unknown)[:MAX_SHOWN]} is not a known key; {fix}"
    if error.validator == "required":
        absent = next(name for name in wants if name not in value)
        if not error.absolute_path:
            return f"the key '{absent}' is missing; add it"
        return f"{key} is {_shown(value)}, without the key '{absent}'; add it"
    wanted = {
        "type": lambda: f"give {_article(wants)}",
        "enum": lambda: f"give one of {', '.join(map(str, wants))}",
        "minimum": lambda: f"give {wants} or more",
        "maximum": lambda: f"give {wants} or less",
        "exclusiveMinimum": lambda: f"give more than {wants}",
        "minProperties": lambda: "name at least one clip",
        "minLength": lambda: "give a path",
        "minItems": lambda: f"give a list of {wants} or more",
        "maxItems": lambda: f"give a list of {wants} or less",
        "pattern": lambda: f"give {_article(schema['type'][0])} or {schema['pattern'].strip('^$')}",
        "uniqueItems": lambda: "give each only once",
        "not": lambda: "give another number",
    }[str(error.validator)]()
    effect = schema.get("description")
    about = f" ({effect.rstrip('.')})" if effect else ""
    return f"{key} is {_shown(value)}, which cannot be; {wanted}{about}"


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}... ({len(text)} characters)"


def _article(kind: str | list[str]) -> str:
    if isinstance(kind, list):
        return " or ".join(map(_article, kind))
    return {
        "object": "keys with values",
        "integer": "a whole number",
        "number": "a number",
        "string": "text",
        "array": "a list",
        "boolean": "true or false",
    }[kind]
