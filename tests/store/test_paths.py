"""Paths of artifacts: each is owned by one stage, no two are the same, and code uses them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from conftest import ROOT

from toondecompose.store import paths
from toondecompose.store.artifacts import STAGES, ClipFolder

WRITTEN_OUT = {"store/paths.py", "store/artifacts.py"}
"""Modules in which paths may stand."""


def samples() -> Iterator[str]:
    """Yield every constant, and what every function gives for numbers and for a stage."""
    for name, value in vars(paths).items():
        if name.isupper():
            yield value
        elif inspect.isfunction(value):
            wanted = inspect.signature(value).parameters
            yield value(*("alpha" if name == "stage" else 10 + j for j, name in enumerate(wanted)))


def test_no_two_are_the_same() -> None:
    found = list(samples())
    assert len(found) > 45 and len(set(found)) == len(found)


NO_STAGE = ("records/", "benchmarks/", "edit", "inbetween", "upscale")
"""What the runner keeps, and what only users ask for."""


def test_each_is_of_one_stage(tmp_path: Path) -> None:
    clip = ClipFolder(root=tmp_path)
    for path in samples():
        file = path if "." in path else f"{path}/0.npy"  # a folder
        clip.write_bytes(file, b"")
        owners = [stage for stage in STAGES if file in clip.owned(stage)]
        runner = path.startswith(NO_STAGE)
        assert len(owners) == (0 if runner else 1), (path, owners)


def test_code_writes_no_path_out() -> None:
    folders = "frame|source|model|vis|plate|sprite|grain|preview_labels|preview_vis|flow|records"
    names = "vis.mp4|shots.yaml|manifest.json|contact_sheet.png|preview_position.mp4"
    pattern = re.compile(rf'f?"(({folders})/[^"*]+|{names})"')
    for path in sorted(ROOT.glob("toondecompose/**/*.py")):
        name = path.relative_to(ROOT / "toondecompose").as_posix()
        if name not in WRITTEN_OUT:
            assert not pattern.findall(path.read_text()), name
