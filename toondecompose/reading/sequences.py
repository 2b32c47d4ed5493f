"""Numbered image sequences: which names belong together, and which numbers are missing.

The frame number is the last run of digits that changes from name to name: the first run in
``shot01_v2.png`` and ``shot02_v2.png``. The other names decide whether a hyphen is a minus sign.
All functions work on names only and open no file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from toondecompose.core.errors import UserError

MAX_GROWTH = 5
"""Holding frames may lengthen a sequence to this many times its number of files."""

MAX_LISTED_RUNS = 6
"""Runs of missing numbers that a sentence lists."""


@dataclass(frozen=True, kw_only=True)
class ImageSequence:
    """Image files whose names differ in one number.

    Attributes
    ----------
    prefix, suffix
        Text of the names before and after the number.
    width
        Characters of the shortest number, the sign included.
    files
        Name of the file of each number, in the order of the numbers.
    """

    prefix: str
    suffix: str
    width: int
    files: dict[int, str]

    def __str__(self) -> str:
        first, last = (f"{number:0{self.width}d}" for number in (min(self.files), max(self.files)))
        return f"{self.prefix}{first}-{last}{self.suffix} ({len(self.files)} files)"

    @property
    def pattern(self) -> str:
        """Pattern that only the files of this sequence match, as in ``shot.####.png``."""
        return f"{self.prefix}{'#' * self.width}{self.suffix}"


def natural_order(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """Sort key that puts ``2.png`` before ``10.png``, and numbers before letters."""
    parts = re.findall(r"\d+|\D+", name)
    key = [(False, int(part), "") if part.isdecimal() else (True, 0, part) for part in parts]
    return key, name


def find_sequences(names: Iterable[str]) -> list[ImageSequence]:
    """Sort file names into sequences of two files or more, the longest first.

    Raises
    ------
    UserError
        When two files of a sequence have the same number.

    Examples
    --------
    >>> [str(one) for one in find_sequences(["a_8.png", "a_10.png", "a_9.png", "b.png"])]
    ['a_8-10.png (3 files)']
    >>> list(find_sequences(["f-002.png", "f-001.png", "f0000.png"])[0].files)
    [-2, -1, 0]
    """
    # Names that are the same but for their digits.
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in sorted(names, key=natural_order):
        if re.search(r"\d", _stem(name)):
            alike[tuple(re.split(r"\d+", _stem(name)))].append(name)
    members: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for group in alike.values():
        fields = [re.findall(r"\d+", _stem(name)) for name in group]
        place = _changing_field(fields)
        for name in group:
            start, end = [match.span() for match in re.finditer(r"\d+", _stem(name))][place]
            members[name[:start], name[end:]].append((int(name[start:end]), name))
    groups = [_sequence(*around, numbered) for around, numbered in members.items()]
    found = [group for group in _join_endings(_join_signs(groups)) if len(group.files) > 1]
    return sorted(found, key=lambda one: -len(one.files))


def hold_missing(
    numbers: Sequence[int], *, missing_numbers: str, asked: tuple[int, int] | None = None
) -> tuple[list[int], str | None]:
    """Return which image each frame shows, and one line about missing numbers.

    Parameters
    ----------
    numbers
        Frame numbers of the images, increasing.
    missing_numbers
        "hold": a frame whose number is missing shows the image before. "step": the same, and the
        last image is held for the common step of the numbers too. "close": one frame an image.
    asked
        First and last frame number of the range; without it the images have both. The last image
        before the end is held, a missing beginning is left out.

    Returns
    -------
    shown
        For every frame, the index of its image in ``numbers``.
    line
        None when no number is missing.

    Raises
    ------
    UserError
        When holding would lengthen the sequence more than MAX_GROWTH times.

    Examples
    --------
    >>> hold_missing([7, 8, 11], missing_numbers="hold")
    ([0, 1, 1, 1, 2], 'the numbers 9 to 10 are missing: the frame before is held')
    >>> hold_missing([1, 3, 5], missing_numbers="step")
    ([0, 0, 1, 1, 2, 2], 'the numbers go by 2: every image is held for 2 frames')
    """
    steps = [b - a for a, b in pairwise(numbers)]
    step = min(steps, default=1) if missing_numbers == "step" else 1
    if any(distance % step for distance in steps):
        raise UserError(
            f"missing_numbers is step, but the numbers {numbers[0]} to {numbers[-1]} have no "
            "common step; set missing_numbers: hold to hold the frame before each gap"
        )
    if missing_numbers == "close":
        gaps = _missing_runs(numbers, 1)
        line = f"{_name_runs(gaps)} missing: the images follow each other" if gaps else None
        return list(range(len(numbers))), line
    end = asked[1] if asked else numbers[-1] + step - 1
    count = end - numbers[0] + 1
    if count > MAX_GROWTH * step * len(numbers):
        raise UserError(
            f"the {len(numbers)} images have numbers from {numbers[0]} to {numbers[-1]}, so that "
            f"holding the frame before each gap would make {count} frames; set missing_numbers: "
            "close to take each image as one frame, or step to hold all of them equally long"
        )
    ends = [*numbers[1:], end + 1]
    shown = [
        index for index, (a, b) in enumerate(zip(numbers, ends, strict=True)) for _ in range(b - a)
    ]
    after = numbers[-1] + step * -((numbers[-1] - end - 1) // step)
    gaps = _missing_runs([*numbers, after], step)
    lines = [f"the numbers go by {step}: every image is held for {step} frames"] * (step > 1)
    lines += [f"{_name_runs(gaps)} missing: the frame before is held"] if gaps else []
    if step == 1 and min(steps, default=1) == max(steps, default=1) > 1:
        lines.append("missing_numbers: step holds the last image as long as the others")
    if asked and asked[0] < numbers[0]:
        late = _name_runs([(asked[0], numbers[0] - 1)])
        lines.append(f"{late} missing: the clip begins with {numbers[0]}")
    return shown, "; ".join(lines) or None


def _stem(name: str) -> str:
    # The text up to the ending: the 2 in ".jp2" is no frame number.
    return name.rpartition(".")[0]


def _changing_field(fields: list[list[str]]) -> int:
    # The last run of digits that changes, counted from the end.
    count = len(fields[0])
    changing = [i for i in range(count) if len({int(digits[i]) for digits in fields}) > 1]
    return (changing or [count - 1])[-1]


def _sequence(prefix: str, suffix: str, numbered: list[tuple[int, str]]) -> ImageSequence:
    files: dict[int, str] = {}
    for number, name in sorted(numbered):
        if number in files:
            raise UserError(
                f"the files {files[number]} and {name} have the same frame number {number}; "
                "remove or rename one of them"
            )
        files[number] = name
    around = len(prefix) + len(suffix)
    width = min(len(name) - around for name in files.values())
    return ImageSequence(prefix=prefix, suffix=suffix, width=width, files=files)


def _join_signs(groups: list[ImageSequence]) -> list[ImageSequence]:
    # "f-02, f-01, f00": a hyphen is a minus sign when names without it go on where those with it
    # end, or when nothing or another separator is before it.
    by_name = {(group.prefix, group.suffix): group for group in groups}
    for (prefix, suffix), group in list(by_name.items()):
        bare = prefix.removesuffix("-")
        if bare == prefix or 0 in group.files:
            continue
        other = by_name.get((bare, suffix))
        goes_on = other is not None and min(other.files) + min(group.files) <= 2 * len(
            other.files | group.files
        )
        if not goes_on and bare and bare[-1] not in "._-":
            continue
        files = {-number: group.files[number] for number in sorted(group.files, reverse=True)}
        width = group.width + 1
        if other is not None:
            files |= other.files
            width = min(width, other.width)
        del by_name[prefix, suffix]
        by_name[bare, suffix] = ImageSequence(prefix=bare, suffix=suffix, width=width, files=files)
    return list(by_name.values())


def _join_endings(groups: list[ImageSequence]) -> list[ImageSequence]:
    # "1.png, 2.jpg, 3.png" is one sequence; "1.png, 2.png, 1.jpg, 2.jpg" are two.
    joined: dict[tuple[str, str], ImageSequence] = {}
    for group in sorted(groups, key=lambda one: -len(one.files)):
        key = (group.prefix, _stem(group.suffix))
        first = joined.get(key)
        if first is None:
            joined[key] = group
        elif first.files.keys() & group.files.keys():
            joined[group.prefix, group.suffix] = group
        else:
            joined[key] = ImageSequence(
                prefix=first.prefix,
                suffix=first.suffix,
                width=min(first.width, group.width),
                files=dict(sorted((first.files | group.files).items())),
            )
    return list(joined.values())


def _missing_runs(numbers: Sequence[int], step: int) -> list[tuple[int, int]]:
    # First and last missing number between neighbours further apart than the step.
    return [(a + step, b - step) for a, b in pairwise(numbers) if b - a > step]


def _name_runs(runs: list[tuple[int, int]]) -> str:
    names = [str(a) if a == b else f"{a} to {b}" for a, b in runs[:MAX_LISTED_RUNS]]
    more = len(runs) - MAX_LISTED_RUNS
    names += [f"{more} more runs"] if more > 0 else []
    one = len(runs) == 1 and runs[0][0] == runs[0][1]
    text = ", ".join(names[:-1]) + " and " * (len(names) > 1) + names[-1]
    return f"the number{'' if one else 's'} {text} {'is' if one else 'are'}"
