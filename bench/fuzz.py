"""Give every reader thousands of odd inputs: a result or one sentence, whatever comes.

    python -m bench.fuzz --out /tmp/fuzz [--cases 2000] [--only images]

Configs, names, images, videos, checkpoints, hints and edit files are drawn from seeded pieces and
from whole files with bytes changed, cut out, doubled or cut off. A case is wrong when anything but
a result or a `UserError` of one line comes out, when it takes longer than 20 s or more memory than
the limit, or when a file appears outside the folder of the case. Status 0: no case was wrong.
Limits of time and memory are those of Linux.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import numpy as np
import psutil
import yaml
from PIL import Image

from bench.trials import draw_clip
from toondecompose.core.errors import UserError

SECONDS = 20
"""Longest time of a case."""

MEMORY = 16 * 2**30
"""Bytes of address space that the process may take; torch alone reserves several GiB."""

Case = Callable[[random.Random, Path], object]


class TooLong(BaseException):
    """A case that hangs; no reader catches it."""


def main() -> int:
    """Run all cases; print what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", type=Path, required=True, help="a folder that is made anew")
    parser.add_argument("--cases", type=int, default=2000, help="of all kinds; default 2000")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=KINDS, help="one kind of input")
    given = parser.parse_args()
    shutil.rmtree(given.out, ignore_errors=True)
    given.out.mkdir(parents=True)
    signal.signal(signal.SIGALRM, _too_long)
    os.chdir(given.out)
    warnings.simplefilter("ignore")  # Pillow's, about damaged files
    logging.disable()
    wrong = 0
    kinds = [given.only] if given.only else list(KINDS)
    if "checkpoints" in kinds:  # imported before the first case, because that takes seconds
        import toondecompose.optical_flow.checkpoint  # noqa: F401
    psutil.Process().rlimit(psutil.RLIMIT_AS, (MEMORY, MEMORY))
    for kind in kinds:
        case, share = KINDS[kind]
        count = given.cases if given.only else round(share * given.cases)
        problems, refused = run_kind(kind, case, count, given.seed)
        wrong += len(problems)
        print(f"{kind}: {count} cases, {refused} refused in a sentence, {len(problems)} wrong")
        for problem in problems[:5]:
            print(f"  {problem}")
        sys.stdout.flush()
    return 1 if wrong else 0


def run_kind(kind: str, case: Case, count: int, seed: int) -> tuple[list[str], int]:
    """Run the cases of one kind; return what was wrong, and how many were refused."""
    problems, refused = [], 0
    for number in range(count):
        folder = Path("case")
        folder.mkdir()
        problem, told = _attempt(case, random.Random(f"{seed} {kind} {number}"), folder)
        refused += told
        strangers = [path.name for path in Path().iterdir() if path.name not in KNOWN]
        if strangers:
            problem = f"{problem or ''} left {strangers[:3]}"
        if problem:
            problems.append(f"case {number}: {problem}")
            shutil.rmtree(f"wrong-{kind}-{number}", ignore_errors=True)
            KNOWN.add(folder.rename(f"wrong-{kind}-{number}").name)
        else:
            shutil.rmtree(folder)
    return problems, refused


KNOWN = {"case", "whole.mp4", "whole"}
"""Files that belong into the folder of all cases."""


def _attempt(case: Case, chance: random.Random, folder: Path) -> tuple[str | None, bool]:
    signal.alarm(SECONDS)
    try:
        case(chance, folder)
    except UserError as error:
        text = str(error)
        if "\n" in text.strip() or len(text) > 2000:
            return f"more than a sentence: {text[:200]!r}", True
        return None, True
    except TooLong:
        return f"longer than {SECONDS} s", False
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return (
            f"{type(error).__name__}: {str(error)[:150]!r} at {place.filename}:{place.lineno}",
            False,
        )
    finally:
        signal.alarm(0)
    return None, False


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TooLong


# pieces


def spoil(data: bytes, chance: random.Random) -> bytes:
    """Change, cut out, double or cut off bytes; or leave them."""
    spoilt = bytearray(data)
    for _ in range(chance.choice((0, 1, 1, 2, 5, 20))):
        at = chance.randrange(len(spoilt) + 1)
        length = chance.choice((1, 2, 4, 16, 256))
        kind = chance.randrange(6)
        if kind == 0:
            spoilt[at : at + length] = chance.randbytes(length)
        elif kind == 1:
            del spoilt[at : at + length]
        elif kind == 2:
            spoilt[at:at] = spoilt[at : at + length]
        elif kind == 3:
            del spoilt[at:]
        elif kind == 4:
            spoilt[at : at + length] = bytes([chance.choice((0, 255, 127))]) * length
        else:
            spoilt[at : at + 4] = chance.choice((0, 1, 2**31 - 1, 2**32 - 1)).to_bytes(4, "big")
    return bytes(spoilt)


ODD = (
    None, True, -1, 0, 1, 2, 16, 17, 1.5, 2.0, 1e300, -0.0, "", "auto", "cuda", [], {}, [1, 1],
    [-1, 1], [0], [2.0], {"a": 1}, "x" * 3000, "\u202e", "../../x", "a/b", "~", "$HOME", "1:2",
    "12:30:45", "clip 3:1", "clip.%04d.png", "####", "[", "*", "%d%d", 10**30, "\ud7ff", " ",
)  # fmt: skip
"""Values that a person, or a program, may write."""

LINES = (
    "__use_yte__: true", "a: &a [*a]", "? [1]: 2", "- x", "\t- y", "clips: {}", "clips: null",
    "a: !!binary x", "b: .nan", "<<: *x", "clips: {a: {input: clip}}", "c: 9" + "9" * 40,
    "d: 190:20:30", "e: 2026-13-45", "%YAML 3.0", "--- ", "...", "\x00", "\ufeff", "f: |", "{", "]",
)  # fmt: skip
"""Lines of YAML."""


def config_text(chance: random.Random) -> str:
    """A config, right or wrong."""
    from toondecompose.pipeline.settings import entries

    own: dict[str, object] = {"input": "clip"}
    for key in chance.sample(list(entries()), chance.randrange(4)):
        outer, _, inner = key.partition(".")
        value = chance.choice(ODD)
        own[outer] = {inner: value} if inner else value
    config: dict[object, object] = {
        "clips": {chance.choice(("a", "ä", "b.1", str(chance.choice(ODD)))): own}
    }
    if chance.random() < 0.2:
        config[chance.choice(("defaults", "clip", "x"))] = chance.choice(ODD)
    text = yaml.safe_dump(config, allow_unicode=True)
    lines = text.splitlines()
    for _ in range(chance.choice((0, 0, 1, 2))):
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(LINES))
    return "\n".join(lines)


# cases


def config_case(chance: random.Random, folder: Path) -> object:
    """Read a config, and from it the settings of every stage."""
    from toondecompose.pipeline.settings import SETTINGS, load_clips, own_settings, settings_of
    from toondecompose.pipeline.strict_yaml import load_yaml

    data = config_text(chance).encode("utf-8", "surrogatepass")
    path = folder / "config.yaml"
    path.write_bytes(spoil(data, chance) if chance.random() < 0.3 else data)
    config = load_yaml(path)
    clips = load_clips(config)
    own = [own_settings(config, name) for name in clips]
    return own, [settings_of(stage, clip) for stage in SETTINGS for clip in clips.values()]


def name_case(chance: random.Random, folder: Path) -> object:
    """Find an input by an odd name, among files with odd names, and list it."""
    from toondecompose.commands.clip_config import make_clip
    from toondecompose.reading.inputs import find_input, note_files

    letters = "ab0189.-_ #%*?[]()'\"\\~$\nä\u0301動\u202e"
    for _ in range(chance.randrange(6)):
        name = "".join(chance.choices(letters, k=chance.randrange(1, 12))) + chance.choice(
            (".png", ".PNG", ".jpg", ".mp4", ".txt", "")
        )
        name = name if name.strip(".") else "x"
        raw = os.fsencode(name) if chance.random() < 0.9 else name.encode() + b"\xff.png"
        Path(os.fsdecode(os.fsencode(folder) + b"/" + raw)).write_bytes(b"x")
    below = [path.name for path in folder.iterdir()]
    word = chance.choice([*below, "", *(str(one) for one in ODD if isinstance(one, str))])
    source = f"{folder}/{word}" if chance.random() < 0.8 else word
    note_files(source, folder / "records/input.json")
    return find_input(source), make_clip(source, None, {})


def image_case(chance: random.Random, folder: Path) -> object:
    """Decode a folder of images, some spoilt, some of another kind than their name says."""
    from toondecompose.reading.media import check_source

    kinds = ("PNG", "JPEG", "TIFF", "BMP", "TGA", "WEBP", "GIF", "PPM", "EPS", "ICO", "PCX")
    modes = ("RGB", "RGBA", "L", "P", "1", "I;16", "LA", "CMYK")
    size = chance.choice(((64, 48), (1, 1), (17, 3)))
    ending = chance.choice((".png", ".jpg", ".tif", ".tga", ".bmp", ".webp", ".exr", ".dpx"))
    for number in range(3):
        image, path = Image.new(chance.choice(modes), size), folder / f"{number}{ending}"
        try:
            image.save(path, chance.choice(kinds))
        except (OSError, ValueError, KeyError):
            path.write_bytes(chance.randbytes(100))
        path.write_bytes(spoil(path.read_bytes(), chance))
    check_source(str(folder))
    return None


def video_case(chance: random.Random, folder: Path) -> object:
    """Decode a spoilt video, or another file that is called one."""
    from toondecompose.reading.media import check_source

    whole = Path("whole.mp4")
    if not whole.exists():
        from toondecompose.reading.video_probe import ffmpeg

        source = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=12:duration=0.5"]
        subprocess.run([ffmpeg(), "-v", "error", *source, str(whole)], check=True)
    text = chance.choice(("ffconcat version 1.0\nfile ../whole.mp4\n", "#EXTM3U\n../whole.mp4\n"))
    data = whole.read_bytes() if chance.random() < 0.9 else text.encode()
    path = folder / f"clip{chance.choice(('.mp4', '.mov', '.mkv', '.gif', '.ts', '.y4m'))}"
    path.write_bytes(spoil(data, chance))
    check_source(str(path))
    return None


def checkpoint_case(chance: random.Random, folder: Path) -> object:
    """Load a spoilt checkpoint, or one that holds something else."""
    import torch

    from toondecompose.optical_flow.checkpoint import load_network

    path = folder / "weights.pth"
    content = chance.choice(
        ({"a": torch.zeros(3)}, [1], {"model": {}}, {"fnet.conv1.weight": torch.zeros(2, 2)}, 7)
    )
    torch.save(content, path)
    path.write_bytes(spoil(path.read_bytes(), chance))
    return load_network(path)


def hint_case(chance: random.Random, folder: Path) -> object:
    """Find and read hints with odd names, sizes and contents."""
    from toondecompose.store.hints import check_frames, check_objects, find_hints, read_hint

    names = ("3.1.png", "03.1.png", "3.png", "99999999999999999999.1.png", "0.0.png", ".x", "a.b.c")
    path = folder / chance.choice(names)
    mode = chance.choice(("RGBA", "L", "RGB", "1", "LA", "I;16", "P"))
    Image.new(mode, chance.choice(((64, 48), (1, 1)))).save(path, "PNG")
    path.write_bytes(spoil(path.read_bytes(), chance))
    hints = find_hints(folder)
    check_objects(hints, 4)
    check_frames(hints, 10)
    return [read_hint(hint.path, (64, 48)) for hint in hints]


EDITS = ("layers", "order", "fps", "size", "camera", "ease", "background", "hold", "x")
"""Keys of edit.yaml, and one that is none."""

CHANGES = ("hide", "move", "scale", "tint", "strength", "blur", "hold", "y")
"""Keys of a layer there."""


def edit_case(chance: random.Random, folder: Path) -> object:
    """Read an edit.yaml."""
    from toondecompose.edit.settings import read_edit

    said: dict[str, object] = {
        key: chance.choice(ODD) for key in chance.sample(EDITS, chance.randrange(4))
    }
    if chance.random() < 0.7:
        own = {key: chance.choice(ODD) for key in chance.sample(CHANGES, chance.randrange(4))}
        said["layers"] = {chance.choice(("A", "plate", "Z", "")): own}
    if chance.random() < 0.3:
        said["camera"] = [{"frame": chance.choice(ODD), "zoom": chance.choice(ODD)}]
    text = yaml.safe_dump(said)
    path = folder / "edit.yaml"
    data = "\n".join([text, *chance.choices(LINES, k=chance.choice((0, 0, 1)))]).encode()
    path.write_bytes(spoil(data, chance) if chance.random() < 0.2 else data)
    return read_edit(path, ["plate", "A"], ["A"], frames=12)


def record_case(chance: random.Random, folder: Path) -> object:
    """Mend a clip whose records are spoilt, then list its input and look for changes."""
    from toondecompose.pipeline.damage import repair_clip
    from toondecompose.pipeline.notes import renew_stage_note
    from toondecompose.reading.inputs import note_files
    from toondecompose.store.artifacts import ClipFolder
    from toondecompose.store.ledger import Ledger

    whole = Path("whole")
    if not whole.exists():
        _whole_clip(whole)
    clip = folder / "one"
    shutil.copytree(whole, clip)
    for path in sorted(clip.rglob("records/*")):
        if chance.random() < 0.5:
            path.write_bytes(spoil(path.read_bytes(), chance))
    with _quiet():
        repair_clip(clip)
        note_files(str(clip / "clip"), clip / "records/input.json")
        renew_stage_note(clip, "flow")
    Ledger(ClipFolder(root=clip), "flow", {"a": 1}).has(["flow/x"])
    return None


def _whole_clip(root: Path) -> None:
    from toondecompose.pipeline.stage import finish, open_clip
    from toondecompose.reading.inputs import note_files
    from toondecompose.store.ledger import Ledger

    draw_clip(root / "clip", frames=2)
    note_files(str(root / "clip"), root / "records/input.json")
    clip = open_clip(root, "flow", print)
    ledger = Ledger(clip, "flow", {"a": 1})
    clip.write_npy("flow/x", np.zeros(9))
    ledger.note(["flow/x"])
    finish(clip, "flow", root / "records/flow.json", content={"artifacts": dict(clip.written)})


@contextmanager
def _quiet() -> Iterator[None]:
    words, sys.stderr = sys.stderr, Path(os.devnull).open("w")
    try:
        yield
    finally:
        sys.stderr.close()
        sys.stderr = words


KINDS: dict[str, tuple[Case, float]] = {
    "config": (config_case, 0.25),
    "names": (name_case, 0.2),
    "images": (image_case, 0.2),
    "videos": (video_case, 0.05),
    "checkpoints": (checkpoint_case, 0.05),
    "hints": (hint_case, 0.1),
    "edits": (edit_case, 0.1),
    "records": (record_case, 0.05),
}
"""The kinds of input, each with its share of the cases."""


if __name__ == "__main__":
    sys.exit(main())
