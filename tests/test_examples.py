"""The examples in docstrings give what they show."""

from __future__ import annotations

import doctest
import importlib

import pytest
from conftest import ROOT

FOLDERS = ("toondecompose", "third_party", "bench", "data")

MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for folder in FOLDERS
    for path in ROOT.glob(f"{folder}/**/*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried and not failed
