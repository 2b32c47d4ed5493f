"""The schema and the settings of the stages."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

import pytest
import yaml
from conftest import ROOT

from toondecompose.core.errors import SettingsError, UserError
from toondecompose.pipeline.settings import (
    SETTINGS,
    AlphaSettings,
    clip_settings,
    entries,
    load_clips,
    settings_of,
    stage_settings,
)
from toondecompose.store.artifacts import STAGES

ENTRIES: dict[str, dict[str, Any]] = entries()


def test_each_setting_is_read_where_the_schema_says() -> None:
    fields_of = {key: key.replace(".", "_") for key in ENTRIES}
    read = {key: [s for s in SETTINGS if fields_of[key] in _names(s)] for key in ENTRIES}
    assert read == {key: entry["stages"] for key, entry in ENTRIES.items()}
    assert all(name in fields_of.values() for stage in SETTINGS for name in _names(stage))
    assert len(set(fields_of.values())) == len(fields_of)


@pytest.mark.parametrize("key", ENTRIES)
def test_each_setting_is_described(key: str) -> None:
    entry = ENTRIES[key]
    assert entry["description"].endswith(".")
    assert entry["unit"]
    assert "default" in entry or key == "input"


def test_the_seed_says_whose_it_is() -> None:
    for stage in STAGES:
        own = ENTRIES["seed"]["description"].split(";")[0]
        assert (stage in own) == (stage in ENTRIES["seed"]["stages"])


def test_defaults_are_allowed() -> None:
    config: dict[str, Any] = {"input": "x"}
    for key, entry in ENTRIES.items():
        if "default" in entry:
            outer, _, inner = key.rpartition(".")
            (config.setdefault(outer, {}) if outer else config)[inner] = entry["default"]
    load_clips({"clips": {"a": config}})  # raises if the schema refuses its own defaults
    expected = {key: entry.get("default", "x") for key, entry in ENTRIES.items()}
    assert load_clips({"clips": {"a": {"input": "x"}}})["a"] == expected


def test_own_over_shared_over_built_in() -> None:
    config = {"clips": {"a": {"input": "x", "objects": 4}, "b": {"input": "y"}}}
    clips = load_clips(config | {"defaults": {"objects": 3, "crf": 25}})
    assert (clips["a"]["objects"], clips["b"]["objects"]) == (4, 3)
    assert (clips["a"]["crf"], clips["a"]["fps"]) == (25, 24)


def test_settings_of_one_clip_without_a_config() -> None:
    own = {"input": "x", "objects": 3, "flow": {"updates": 5}}
    assert clip_settings(own) == load_clips({"clips": {"a": own}})["a"]
    assert settings_of("alpha", clip_settings(own)) == AlphaSettings(objects=3, seed=0)
    with pytest.raises(SettingsError) as caught:
        clip_settings(own | {"flow": {"updates": 0}})
    assert str(caught.value).startswith("flow.updates is 0, which cannot be; give 1 or more")


def test_inner_keys_are_merged_one_by_one() -> None:
    config = {"clips": {"a": {"input": "x", "flow": {"backend": "dis"}}}}
    clip = load_clips(config | {"defaults": {"flow": {"backend": "raft", "updates": 5}}})["a"]
    assert (clip["flow.backend"], clip["flow.updates"]) == ("dis", 5)
    assert clip["flow.offsets"] == [-3, -1, 1, 3]


@pytest.mark.parametrize("stage", STAGES)
def test_stage_settings_make_the_dataclass(stage: str) -> None:
    clip = load_clips({"clips": {"a": {"input": "x"}}})["a"]
    settings = SETTINGS[stage](**json.loads(stage_settings(stage, clip)))
    expected = {key.replace(".", "_"): value for key, value in clip.items()}
    assert asdict(settings) == {name: expected[name] for name in _names(stage)}


def test_whole_numbers_may_be_written_with_a_point() -> None:
    clip = load_clips({"clips": {"a": {"input": "x", "objects": 2.0}}})["a"]
    assert stage_settings("alpha", clip) == stage_settings("alpha", clip | {"objects": 2})


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "the key 'clips' is missing"),
        ({"clips": {}}, "clips is {}, which cannot be; name at least one clip"),
        ({"clip": {}}, "clip is not a known key; did you mean 'clips'?"),
        ({"clips": {"a": None}}, "clips.a is null"),
        ({"clips": {"a": {}}}, "clips.a.input is missing"),
        ({"clips": {"a/b": {"input": "x"}}}, "'a/b' under 'clips' is no clip name"),
        (
            {"clips": {7: {"input": "x"}}},
            "is no clip name, because YAML read a number; write it in",
        ),
        ({"clips": {"a": {"input": "x", "objects": 0}}}, "objects is 0, which cannot be; give 1"),
        ({"clips": {"a": {"input": "x", "objects": 2.5}}}, "objects is 2.5"),
        ({"clips": {"a": {"input": "x", "objects": True}}}, "objects is true"),
        ({"clips": {"a": {"input": "x", "objects": "all"}}}, 'objects is "all", which cannot be'),
        ({"clips": {"a": {"input": "x", "colour": {"hdr_white": "x"}}}}, "give a number or auto"),
        ({"clips": {"a": {"input": "x", "device": "gpu"}}}, 'device is "gpu"'),
        ({"clips": {"a": {"input": "x", "fps": 0}}}, "fps is 0, which cannot be; give 0.01"),
        ({"clips": {"a": {"input": "x", "crf": 52}}}, "give 51 or less"),
        ({"clips": {"a": {"input": "x", "zzz": 1}}}, "zzz is not a known key; the known keys are"),
        ({"clips": {"a": {"input": "x"}}, "defaults": {"crv": 1}}, "did you mean 'crf'?"),
        ({"clips": {"a": {"input": "x", "flow": {"backed": 1}}}}, "flow.backed is not a known key"),
        ({"clips": {"a": {"input": "x", "flow": {"backend": "x"}}}}, "one of auto, raft, dis"),
        ({"clips": {"a": {"input": "x", "flow": {"offsets": [0]}}}}, "offsets.0 is 0"),
        ({"clips": {"a": {"input": "x", "flow": {"offsets": [1, 1]}}}}, "give each only once"),
        ({"clips": {"a": {"input": "x", "flow": {"offsets": 1}}}}, "give a list"),
    ],
)
def test_a_mistake_is_named(config: dict, words: str) -> None:
    with pytest.raises(UserError) as caught:
        load_clips(config)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_config_of_the_project_is_right() -> None:
    load_clips(yaml.safe_load((ROOT / "config.yaml").read_text()))


def _names(stage: str) -> list[str]:
    return [field.name for field in fields(SETTINGS[stage])]
