"""Which files make a clip: a folder of images in natural order, or one video file."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from toondecompose.errors import UserError

IMAGES = (".png", ".jpg", ".jpeg", ".webp")
"""Endings of images, in lower case."""

VIDEOS = (".mp4", ".mov", ".mkv", ".webm", ".gif", ".m4v", ".avi")
"""Endings of video files, in lower case."""


def input_files(source: str) -> list[Path]:
    """Files of the clip ``source``: the images of a folder in natural order, or one video file.

    Hidden files and files that are no images are passed over.

    Raises
    ------
    UserError
        When there is nothing there, fewer than two images, or a file that is no video.
    """
    path = Path(source)
    if path.is_dir():
        files = [file for file in path.iterdir() if _is_image(file)]
        if len(files) < 2:
            found = f"one image ({files[0].name})" if files else "no image"
            raise UserError(
                f"the folder {source} holds {found}, but a clip needs at least two frames; "
                f"put images ({_list(IMAGES)}) there or mend the key 'input'"
            )
        return sorted(files, key=natural_order)
    if not path.exists():
        raise UserError(
            f"the input {source} does not exist; "
            "put the clip there or mend the key 'input' in the config"
        )
    if path.suffix.lower() not in VIDEOS:
        raise UserError(
            f"the input {source} is neither a folder of images nor a video "
            f"({_list(VIDEOS)}); mend the key 'input' in the config"
        )
    return [path]


def natural_order(path: Path) -> tuple[list[tuple[bool, int, str]], str]:
    """Sort key that puts ``2.png`` before ``10.png``, and numbers before letters."""
    parts = re.findall(r"\d+|\D+", path.name)
    key = [(False, int(part), "") if part.isdecimal() else (True, 0, part) for part in parts]
    return key, path.name


def note_files(source: str, listing: Path, *, check: Callable[[], None] | None = None) -> None:
    """Bring the listing of the files of the clip ``source`` up to date; see ``list_files``."""
    list_files(input_files(source), listing, check=check)


def list_files(
    files: list[Path], listing: Path, *, check: Callable[[], None] | None = None
) -> None:
    """Bring ``listing``, a JSON of names, sizes and hashes of some files, up to date.

    Its bytes change when, and only when, a file is added, removed, renamed or changed. Files are
    read only when the file system says that one changed since the listing was written. Before the
    listing changes, ``check`` is called; if it raises, the listing stays.
    """
    sizes = {file.name: file.stat().st_size for file in files}
    old = json.loads(listing.read_text()) if listing.exists() else None
    if old is not None and list(sizes.items()) == [(n, entry["bytes"]) for n, entry in old.items()]:
        # The change time, unlike the modification time, also moves when an old file moves in.
        changed = max((file.stat().st_ctime_ns for file in files), default=0)
        if changed < listing.stat().st_ctime_ns:
            return
    new = {file.name: {"bytes": sizes[file.name], "sha256": _hash(file)} for file in files}
    if old is not None and list(new.items()) == list(old.items()):
        listing.touch()
        return
    if check is not None:
        check()
    part = listing.with_name(f".part-{os.getpid()}-{listing.name}")
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_text(json.dumps(new, indent=1, ensure_ascii=False) + "\n")
    part.replace(listing)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGES and not path.name.startswith(".") and path.is_file()


def _list(endings: tuple[str, ...]) -> str:
    return ", ".join(ending[1:] for ending in endings)


if __name__ == "__main__":
    note_files(sys.argv[1], Path(sys.argv[2]))
