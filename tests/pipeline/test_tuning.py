"""Parameters of packages: given, checked, handed to the stages that use them, and passed on."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest
from conftest import ROOT

from toondecompose.core.errors import SettingsError
from toondecompose.pipeline.settings import clip_settings, load_clips, settings_of, stage_settings
from toondecompose.pipeline.tuning import effects, is_range, packages, read_tuning, tuning_schema
from toondecompose.screen.parameters import Parameters

PACKAGE = ROOT / "toondecompose"


def clip(**tuning: dict) -> dict:
    return clip_settings({"input": "shot.mp4", "tuning": tuning})


def test_values_reach_the_stages_whose_code_imports_the_package() -> None:
    own = clip(screen={"min_votes": 8.0, "surroundings_px": [4, 9]})
    tuning = read_tuning(settings_of("alpha", own).tuning)
    assert tuning[Parameters] == Parameters(min_votes=8.0, surroundings_px=(4, 9))
    assert settings_of("frames", own).tuning == {}
    assert settings_of("alpha", clip()).tuning == {}


def test_parameters_of_the_segmentation_reach_every_stage_that_labels() -> None:
    own = clip(segmentation={"outline_cost": 2.0})
    for stage in ("alpha", "sprites", "refine"):
        assert settings_of(stage, own).tuning == {"segmentation": {"outline_cost": 2.0}}
    for stage in ("frames", "homography"):
        assert settings_of(stage, own).tuning == {}


def test_values_are_part_of_the_settings_that_a_stage_depends_on() -> None:
    texts = {stage_settings("alpha", clip(screen={"min_votes": v})) for v in (5.0, 8.0)}
    assert len(texts) == 2
    assert json.loads(max(texts))["tuning"] == {"screen": {"min_votes": 8.0}}


def test_values_of_a_clip_are_laid_over_those_of_all_clips_one_by_one() -> None:
    config = {
        "defaults": {"tuning": {"screen": {"min_votes": 8.0, "min_overlay_frames": 6}}},
        "clips": {"shot": {"input": "shot.mp4", "tuning": {"screen": {"min_votes": 9.0}}}},
    }
    tuning = settings_of("alpha", load_clips(config)["shot"]).tuning
    assert tuning == {"screen": {"min_votes": 9.0, "min_overlay_frames": 6}}


@pytest.mark.parametrize(
    ("tuning", "sentence"),
    [
        ({"scren": {}}, "tuning.scren is not a known key; did you mean 'screen'?"),
        ({"screen": {"min_vote": 3}}, "tuning.screen.min_vote is not a known key; did you mean"),
        ({"screen": {"min_votes": "3"}}, 'tuning.screen.min_votes is "3", which cannot be; give a'),
        ({"screen": {"min_overlay_pixels": 1.5}}, "is 1.5, which cannot be; give a whole number"),
        ({"screen": {"surroundings_px": [1]}}, "tuning.screen.surroundings_px is [1], which"),
        ({"screen": {"surroundings_px": ["a", 2]}}, "tuning.screen.surroundings_px.0 is"),
        ({"screen": 3}, "tuning.screen is 3, which cannot be; give keys with values"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(tuning: dict, sentence: str) -> None:
    with pytest.raises(SettingsError) as error:
        clip_settings({"input": "shot.mp4", "tuning": tuning})
    assert sentence in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("package", packages())
def test_every_parameter_is_described_and_read(package: str) -> None:
    kind = packages()[package]
    names = [field.name for field in fields(kind)]
    assert list(effects(kind)) == names
    assert all(text.strip().endswith(".") for text in effects(kind).values())
    code = "".join(
        path.read_text() for path in PACKAGE.rglob("*.py") if path.name != "parameters.py"
    )
    unread = [n for n in names if not re.search(rf"(parameters|Parameters\])\.{n}\b", code)]
    assert not unread


def test_every_call_passes_the_tuning_on() -> None:
    """A call without it would silently use the usual values."""
    trees = {path: ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py")}
    tuned = {
        (module_name(path), node.name)
        for path, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and takes_tuning(node)
    }
    missing = []
    for path, tree in trees.items():
        nodes = list(ast.walk(tree))
        imported = imports(nodes)
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                called = imported.get(node.func.id, (module_name(path), node.func.id))
                if called in tuned and not any(own.arg == "tuning" for own in node.keywords):
                    missing.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.func.id}")
    assert not missing


def imports(nodes: list[ast.AST]) -> dict[str, tuple[str, str]]:
    """Return module and name of what a module imports, by the name that it uses."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def takes_tuning(node: ast.FunctionDef | ast.ClassDef) -> bool:
    if isinstance(node, ast.FunctionDef):
        return any(own.arg == "tuning" for own in node.args.kwonlyargs)
    return any(
        (isinstance(own, ast.FunctionDef) and own.name == "__init__" and takes_tuning(own))
        or (isinstance(own, ast.AnnAssign) and ast.unparse(own.target) == "tuning")
        for own in node.body
    )


def test_usual_values_lie_within_their_bounds() -> None:
    usual = {
        name: {
            field.name: list(field.default) if isinstance(field.default, tuple) else field.default
            for field in fields(kind)
        }
        for name, kind in packages().items()
    }
    jsonschema.validate(usual, tuning_schema())


@pytest.mark.parametrize(
    "value",
    [
        {"region_core_radius_px": -3},
        {"region_core_radius_px": 0},
        {"seed_quantile": 5},
        {"max_rounds": 0},
        {"outline_cost": -1},
        {"noise_block_px": 0},
        {"travelled_share_range": [0.1]},
    ],
)
def test_values_that_make_no_sense_are_refused(value: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"segmentation": value}, tuning_schema())


def test_a_range_begins_with_its_lower_end() -> None:
    own = {"input": "x", "tuning": {"matting": {"slope_range": [0.9, 0.2]}}}
    sentence = r"tuning\.matting\.slope_range is \[0\.9, 0\.2\].* give the lower number first"
    with pytest.raises(SettingsError, match=rf"^{sentence}"):
        clip_settings(own)
    with pytest.raises(SettingsError, match=rf"^mine\.yaml: clips\.a\.{sentence}"):
        load_clips({"clips": {"a": own}}, "mine.yaml")


def test_usual_ranges_ascend() -> None:
    found = {
        f"tuning.{name}.{field.name}": field.default
        for name, kind in packages().items()
        for field in fields(kind)
    }
    ranges = {key: value for key, value in found.items() if is_range(key)}
    assert len(ranges) >= 9
    assert all(list(value) == sorted(value) for value in ranges.values())
