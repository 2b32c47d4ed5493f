"""Write formats of a finished clip into its folder ``export``; each ends with ``<name>.done``.

``<name>.done`` lists the files of the format with their hashes. What a format wrote before and
does not write now is removed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from toondecompose.core.errors import UserError
from toondecompose.core.locks import writing_alone
from toondecompose.export.formats import Format, require_modules
from toondecompose.export.registry import FOLDER, FORMATS, done_file, load_format
from toondecompose.export.scene import Scene
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.layers import load_layers

ALL_DONE = "done"
"""Written when all formats are."""


def export(
    folder: Path,
    names: Sequence[str] = (),
    *,
    frame: int | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Write formats; those that they refer to are written as well, unless they are there.

    Parameters
    ----------
    folder : of the finished clip, ``workers/<clip>``.
    names : of the formats; none for all.
    frame : the frame that still formats show, counted from 0.
    say : called with one line a format.

    Returns
    -------
    The folder of the exports.

    Raises
    ------
    UserError
        When there is no such format or clip, a library is missing, or a file cannot be written;
        what is there of the format stays as it was, unless the disk is full.
    """
    wanted = in_order(names or FORMATS)
    for one in wanted:
        require_modules(one)
    layers = load_layers(folder)
    scene = Scene(layers, safe_name(folder.resolve().name), frame)
    _ = scene.frame  # refuse a frame that is not there before anything is written
    root = folder / FOLDER
    source = _fingerprint(layers.clip)
    if scene.order_changes:
        say("the order of layers changes in this clip; formats with one order have the mean one")
    if layers.lighting.light is not None:
        say(
            "the clip has light over all: layers of frames have it, plates and drawings do not; "
            "the format png writes it by itself, in light/"
        )
    for one in wanted:
        # Another command that writes the same format is waited for.
        with writing_alone(root / done_file(one.name)):
            if one.name not in names and names and _is_current(root, one.name, source):
                continue
            _write(one, scene, root, source=source)
        say(f"{one.name}: {one.content}, in {root}")
    if not names:
        ClipFolder(root=root).write_bytes(ALL_DONE, b"".join(f"{n}\n".encode() for n in FORMATS))
    return root


def in_order(names: Sequence[str]) -> list[Format]:
    """Return formats with those that they refer to, in the order of the registry."""
    found = {name: load_format(name) for name in names}
    for one in list(found.values()):
        found |= {name: load_format(name) for name in one.after}
    return [found[name] for name in FORMATS if name in found]


def safe_name(name: str) -> str:
    r"""Make a name of files from the name of a clip.

    Letters of all scripts stay; what a file system or a script of another program may read as
    something else becomes ``_``.

    >>> safe_name("動画 1"), safe_name("<img src=x>"), safe_name("..")
    ('動画 1', '_img src_x_', 'clip')
    """
    return re.sub(r"[^\w .()+-]", "_", name).strip(" .") or "clip"


def _write(one: Format, scene: Scene, root: Path, *, source: str | None) -> None:
    # A folder object of its own: what it notes as written is what this format wrote.
    target, done = ClipFolder(root=root), done_file(one.name)
    before = _artifacts(root, one.name)
    target.path(done).unlink(missing_ok=True)
    one.write(scene, target)
    one.check(scene, target)
    made = dict(target.written)
    for name in set(before) - set(made):
        target.path(name).unlink(missing_ok=True)
    target.write_json(done, {"format": one.name, "source": source, "artifacts": made})


def _is_current(root: Path, name: str, source: str | None) -> bool:
    if source is None or not (root / done_file(name)).exists():
        return False
    made = json.loads((root / done_file(name)).read_text())
    return made["source"] == source and all((root / file).exists() for file in made["artifacts"])


def _artifacts(root: Path, name: str) -> dict[str, object]:
    try:
        return json.loads((root / done_file(name)).read_text())["artifacts"]
    except FileNotFoundError:
        return {}
    except (json.JSONDecodeError, KeyError, TypeError):
        raise UserError(
            f"{root / done_file(name)} is damaged; delete it and give the same command again"
        ) from None


def _fingerprint(clip: ClipFolder) -> str | None:
    # Of what made the layers; None for a folder that the API wrote, which has no records.
    name = paths.record("refine")
    return hashlib.sha256(clip.read_bytes(name)).hexdigest() if clip.exists(name) else None
