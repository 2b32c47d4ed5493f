"""Printed commands work where they are pasted: after ./run, and outside of the checkout."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from conftest import ROOT

from third_party.raft.fetch import listing
from toondecompose.commands.clip_folder import no_clip
from toondecompose.core.typed_commands import STARTER, typed, typed_snakemake
from toondecompose.pipeline.shot_list import offer
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.paths import OWN_SETTINGS


def test_without_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert typed("toondecompose new a") == "toondecompose new a"
    monkeypatch.chdir(tmp_path)
    assert typed_snakemake("all") == f"snakemake --snakefile {shlex.quote(f'{ROOT}/Snakefile')} all"
    monkeypatch.chdir(ROOT)
    assert typed_snakemake("all") == "snakemake all"


def test_after_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STARTER, "./run")
    monkeypatch.chdir(ROOT)
    assert typed_snakemake("all") == "./run snakemake all"
    assert str(no_clip("a", [], "here")).endswith("with: ./run toondecompose run CLIP")
    assert "to fetch one: ./run toondecompose fetch-raft raft" in listing(tmp_path)
    clip = ClipFolder(root=tmp_path / "a b")
    clip.write_json(OWN_SETTINGS, {"input": "street"})
    said = offer(clip, [(0, 4), (5, 9)])
    assert said is not None
    config = shlex.quote(f"{clip.root}/shots.yaml")
    assert said.endswith(f"with: ./run snakemake --cores 1 --configfile {config}")
