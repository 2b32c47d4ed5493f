"""Which files make a clip: one sequence of images of a folder, or one video file."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from toondecompose.core.errors import UserError
from toondecompose.core.files import read_json_object, write_text
from toondecompose.reading.patterns import InputPattern, parse_input
from toondecompose.reading.sequences import find_sequences, natural_order

IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".tga", ".bmp", ".exr", ".dpx")
"""Endings of images, in lower case."""

ANIMATED_IMAGES = (".png", ".webp")
"""Endings of images that may also be an animation."""

VIDEOS = (".mp4", ".mov", ".mkv", ".webm", ".gif", ".apng", ".m4v", ".avi", ".ts", ".mts", ".m2ts")
VIDEOS += (".mpg", ".mpeg", ".vob", ".mxf", ".wmv", ".asf", ".flv", ".ogv", ".3gp", ".y4m")
"""Endings of video files, in lower case."""

UNREAD = (".cin", ".hdr", ".psd", ".svg", ".avif", ".heic", ".jxl", ".jp2")
"""Endings of images that cannot be read."""


PILLOW_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "TGA", "BMP", "GIF")
"""What Pillow may take a file for, whatever its name: other kinds would start other programs."""


@dataclass(frozen=True, kw_only=True)
class InputFiles:
    """The files of a clip.

    Attributes
    ----------
    files
        The images in order, or one video file.
    is_video
        Whether it is a video file.
    numbers
        Frame number of each image; None for a video and for images without numbers.
    asked
        First and last frame number of the range; None without a range.
    left_out
        One line about images of the folder that are not part of the sequence, or None.
    """

    files: list[Path]
    is_video: bool
    numbers: list[int] | None = None
    asked: tuple[int, int] | None = None
    left_out: str | None = None


def input_files(source: str) -> list[Path]:
    """Files of the clip ``source``, see ``find_input``."""
    return find_input(source).files


def find_input(source: str) -> InputFiles:
    """Find the files of the clip ``source``: a folder of images, a pattern of names, or a video.

    Images come in the order of their frame numbers, those without numbers in natural order.
    Hidden files and files that are no images are passed over.

    Raises
    ------
    UserError
        When there is nothing there, fewer than two images, more than one sequence, or a file that
        is no video.
    """
    wanted = parse_input(source)
    path = wanted.path
    if path.is_dir():
        names = [readable_name(file) for file in path.iterdir() if _is_image(file)]
        if wanted.name is not None:
            names = [name for name in names if wanted.name.fullmatch(name)]
        found = _one_sequence(source, wanted, names)
        if len(found.files) < 2:
            raise _too_few_images(source, wanted, found.files)
        return found
    if not path.exists():
        raise UserError(
            f"the input {source} does not exist; "
            "put the clip there or correct the key 'input' in the config"
        )
    if not path.is_file():
        raise UserError(
            f"the input {source} is a pipe or a device and no file; "
            "give a video file or a folder of images"
        )
    if wanted.numbers is not None:
        raise UserError(
            f"the input {source} gives a range of frame numbers for a video file; use the keys "
            "'first_frame' and 'last_frame' instead"
        )
    if not _is_video(path):
        raise _no_video(source, path)
    return InputFiles(files=[path], is_video=True)


def _one_sequence(source: str, wanted: InputPattern, names: list[str]) -> InputFiles:
    if wanted.name is not None and "number" in wanted.name.groupindex:
        by_number = _numbered(wanted.name, names)
    else:
        sequences = find_sequences(names)
        if len(sequences) > 1:
            first, second = sequences[:2]
            raise UserError(
                f"{wanted.path} holds {len(sequences)} sequences, {first} and {second}"
                f"{', ...' if len(sequences) > 2 else ''}; choose one by its names, as in "
                f"input: {wanted.path / first.pattern}"
            )
        by_number = sequences[0].files if sequences else {}
        if 2 * len(by_number) <= len(names):
            by_number = {}  # most names have no common number, so the names give the order
    if not by_number:
        if wanted.numbers is not None and names:
            raise UserError(
                f"the input {source} gives a range of frame numbers, but the names of the images "
                "have none; leave the range out"
            )
        files = [wanted.path / name for name in sorted(names, key=natural_order)]
        return InputFiles(files=files, is_video=False)
    rest = sorted(set(names) - set(by_number.values()), key=natural_order)
    left_out = None
    if rest:
        more = f" and {len(rest) - 3} more" if len(rest) > 3 else ""
        left_out = f"not part of the numbered sequence and left out: {', '.join(rest[:3])}{more}"
    if wanted.numbers is not None:
        first, last = wanted.numbers
        by_number = {n: name for n, name in by_number.items() if first <= n <= last}
    return InputFiles(
        files=[wanted.path / name for name in by_number.values()],
        is_video=False,
        numbers=list(by_number),
        asked=wanted.numbers,
        left_out=left_out,
    )


def _too_few_images(source: str, wanted: InputPattern, files: list[Path]) -> UserError:
    held = f"one image ({files[0].name})" if files else "no image"
    unread = [file for file in wanted.path.iterdir() if file.suffix.lower() in UNREAD]
    if not files and unread:
        first = min(unread, key=lambda file: natural_order(file.name))
        held = f"no image that can be read ({first.name} is {first.suffix[1:].upper()})"
    what = "folder" if wanted.name is None and wanted.numbers is None else "input"
    return UserError(
        f"the {what} {source} holds {held}, but a clip needs at least two frames; "
        f"put images ({_list(IMAGES)}) there or correct the key 'input'"
    )


def _is_video(path: Path) -> bool:
    if path.suffix.lower() in ANIMATED_IMAGES:
        try:
            with Image.open(path, formats=PILLOW_FORMATS) as image:
                return getattr(image, "n_frames", 1) > 1
        except (OSError, SyntaxError, ValueError):
            return False
    return path.suffix.lower() in VIDEOS


def _no_video(source: str, path: Path) -> UserError:
    if path.suffix.lower() in IMAGES:
        return UserError(
            f"the input {source} is a single image, but a clip needs at least two frames; give "
            f"its folder, {path.parent}, or a pattern such as {path.parent}/*{path.suffix}"
        )
    return UserError(
        f"the input {source} is neither a folder of images nor a video "
        f"({_list(VIDEOS)}); correct the key 'input' in the config"
    )


def _numbered(pattern: re.Pattern[str], names: list[str]) -> dict[int, str]:
    by_number: dict[int, str] = {}
    for name in sorted(names, key=natural_order):
        match = pattern.fullmatch(name)
        assert match is not None, "names that do not match were left out before"
        number = int(match["number"])
        if number in by_number:
            raise UserError(
                f"the files {by_number[number]} and {name} have the same frame number {number}; "
                "remove or rename one of them"
            )
        by_number[number] = name
    return dict(sorted(by_number.items()))


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
    old = _read_listing(listing)
    if old is not None and list(sizes.items()) == [
        (n, entry.get("bytes")) for n, entry in old.items()
    ]:
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
    write_text(listing, json.dumps(new, indent=1, ensure_ascii=False) + "\n")


def _read_listing(path: Path) -> dict[str, Any] | None:
    # A listing that cannot be read is written anew.
    content = read_json_object(path) if path.exists() else None
    if content is None or not all(isinstance(one, dict) for one in content.values()):
        return None
    return content


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def readable_name(path: Path) -> str:
    """Return the name of a file.

    Raises
    ------
    UserError
        When it is not UTF-8, or holds a control character, so that no line can name it.
    """
    try:
        path.name.encode()
        what = "holds a control character" if any(letter < " " for letter in path.name) else None
    except UnicodeEncodeError:
        what = "is not UTF-8"
    if what is not None:
        shown = repr(os.fsencode(path.name))[2:-1]
        raise UserError(
            f"the folder {path.parent} holds a file whose name {what}, {shown}; rename it"
        )
    return path.name


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGES and not path.name.startswith(".") and path.is_file()


def _list(endings: tuple[str, ...]) -> str:
    return ", ".join(ending[1:] for ending in endings)


if __name__ == "__main__":
    note_files(sys.argv[1], Path(sys.argv[2]))
