"""The thin runner around every stage: arguments, lock, log, errors, record.

A stage is ``main(clip, settings, progress)``. ``run_stage`` calls it as a process of its own, as
the Snakefile does::

    python -m toondecompose.stages.alpha --clip workers/violet --settings '{"objects": 2, ...}'
        --record workers/violet/records/alpha.json --log workers/violet/logs/alpha.log
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import psutil
from filelock import FileLock, Timeout

from toondecompose import __version__
from toondecompose.core.errors import UserError
from toondecompose.core.parallel import NUMERIC_THREADS
from toondecompose.pipeline.estimate import say_time
from toondecompose.pipeline.remaining import remaining_seconds
from toondecompose.pipeline.terminal import Progress
from toondecompose.store import paths
from toondecompose.store.artifacts import STAGES, ClipFolder
from toondecompose.store.checksums import Checksums
from toondecompose.store.made import MadeFiles

LOCK_PATIENCE = 10.0
"""Seconds to wait for another run of the same stage: a killed run needs a moment to end."""

WORTH_SAYING = 60.0
"""Seconds that a clip still takes, from which on it is said."""

OWNER = "TOONDECOMPOSE_OWNER"
"""Environment variable with the process id of the Snakemake that started this stage."""

S = TypeVar("S")


def fix_threads() -> None:
    """Fix the thread counts numeric libraries read when they are imported.

    Their sums depend on the number of threads, so it is the same on every machine.
    """
    for name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "VECLIB_MAXIMUM", "NUMEXPR"):
        os.environ[f"{name}_NUM_THREADS"] = str(NUMERIC_THREADS)
    # Threads that wait must sleep: spinning takes the cores from those that work.
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


def make_torch_repeatable() -> None:
    """Let torch give the same bits in every run on the same device; call before using it."""
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    import torch  # late: it takes seconds, and most stages do not need it

    torch.set_num_threads(NUMERIC_THREADS)
    # The same as use_deterministic_algorithms(True), less seven seconds of importing a compiler.
    torch.set_deterministic_debug_mode("error")
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


def choose_device(name: str, say: Callable[[str], None] | None = None) -> str:
    """Return the device of the setting `device`, cpu or cuda; "auto" means the CPU.

    Nobody has compared the results of a GPU with the CPU's yet (``bench/cuda.py`` does), so a GPU
    is taken only where it is asked for. Where "auto" leaves one unused, one line says so, by `say`
    or else in the log.

    Raises
    ------
    UserError
        When a GPU is asked for and torch sees none.
    """
    if name == "cpu":
        return name
    import torch

    there = torch.cuda.is_available()
    if name == "cuda":
        if not there:
            raise UserError("device is cuda, but torch sees no GPU here; give auto or cpu")
        return name
    if there:
        warn = say or logging.getLogger(__name__).warning
        warn("device: auto means the CPU, although there is a GPU; 'device: cuda' takes it")
    return "cpu"


def run_stage(
    stage: str, main: Callable[[ClipFolder, S, Progress], None], settings_type: type[S]
) -> None:
    """Run ``main`` with the command line's arguments, write the record, exit with a status.

    Exit status 0: done. 1: an error, reported in one sentence (the log has the details).
    130: interrupted. Nothing another stage made is ever touched.
    """
    args = _arguments(stage)
    args.log.parent.mkdir(parents=True, exist_ok=True)
    _log_to(args.log)
    signal.signal(signal.SIGTERM, _interrupt)
    _end_with_owner()
    clip = ClipFolder(root=args.clip)
    progress = Progress(stage=stage, clip=clip.name)
    try:
        with _lock(clip, stage):
            clip = open_clip(args.clip, stage, progress.say)
            settings = settings_type(**json.loads(args.settings))
            logging.getLogger("toondecompose").debug("%s", settings)
            progress.heading()
            _say_remaining(clip, stage, progress)
            clip.remove_parts(stage)
            main(clip, settings, progress)
            clip.remove_stale(stage)
            finish(clip, stage, args.record, content=record(clip, settings))
    except UserError as error:
        _fail(f"{stage} · {clip.name}: {error}")
    except MemoryError:
        _fail(
            f"{stage} · {clip.name}: there is not enough memory; close other programs, or lower "
            "working_height, or take fewer frames with first_frame and last_frame"
        )
    except KeyboardInterrupt:
        _fail(
            f"{stage} · {clip.name}: stopped; give the same command again to go on from here",
            status=130,
        )
    except Exception as error:
        logging.getLogger("toondecompose").exception("unexpected error")
        _fail(
            f"{stage} · {clip.name}: unexpected {type(error).__name__}: {error}; "
            f"please report it with {args.log}"
        )


def open_clip(root: Path, stage: str, say: Callable[[str], object]) -> ClipFolder:
    """Open the folder of a clip for a stage: what it reads is compared, what it writes is noted.

    Parameters
    ----------
    root : folder of the clip.
    stage : name of the stage.
    say : called with one line about each file that had to be set aside.
    """
    earlier = STAGES[: STAGES.index(stage)]
    made = MadeFiles(root, stage, say)
    return ClipFolder(root=root, made=made, checksums=Checksums(root, earlier))


def finish(clip: ClipFolder, stage: str, path: Path, *, content: Mapping[str, Any]) -> None:
    """Write the record of a stage, which says that it is done, and what it made."""
    assert clip.made is not None
    clip.made.settle(clip.written)
    # A folder object of its own: the record is no artifact.
    ClipFolder(root=clip.root).write_json(path.relative_to(clip.root).as_posix(), content)


def record(clip: ClipFolder, settings: Any) -> dict[str, Any]:
    """What a stage made so far, and from what: the content of its record, without any times."""
    return {
        "settings": asdict(settings),
        "versions": versions(),
        "device": _device(),
        "artifacts": dict(clip.written),
    }


def _arguments(stage: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m toondecompose.stages.{stage}")
    parser.add_argument("--clip", type=Path, required=True, help="folder of the clip")
    parser.add_argument("--settings", required=True, help="JSON of exactly this stage's settings")
    parser.add_argument("--record", type=Path, required=True, help="JSON file to write at the end")
    parser.add_argument("--log", type=Path, required=True, help="log file")
    return parser.parse_args()


def _log_to(path: Path) -> None:
    logging.raiseExceptions = False  # a full disk must not hide the sentence behind a traceback
    logging.basicConfig(
        filename=path,
        filemode="w",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
    )
    logging.getLogger("toondecompose").setLevel(logging.DEBUG)


def _say_remaining(clip: ClipFolder, stage: str, progress: Progress) -> None:
    seconds = remaining_seconds(clip.root, stage)
    if seconds is not None and seconds >= WORTH_SAYING:
        progress.say(f"about {say_time(seconds)} still for the whole of {clip.name}")


def _fail(sentence: str, status: int = 1) -> None:
    logging.getLogger("toondecompose").error(sentence)
    print(f"error: {sentence}", file=sys.stderr, flush=True)
    sys.exit(status)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _lock(clip: ClipFolder, stage: str) -> Iterator[None]:
    # The system drops the lock with the process, so a killed run leaves none behind. One lock per
    # stage: stages that do not depend on each other may run side by side.
    path = clip.path(paths.lock(stage))
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=LOCK_PATIENCE, poll_interval=0.2)
    except Timeout:
        raise UserError(
            f"another run is at work on this stage in {clip.root}; "
            "wait for it to end, then give the same command again"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _end_with_owner() -> None:
    # When Snakemake is killed, nobody waits for this process any more: end it as well.
    number = os.environ.get(OWNER)
    if number is None:
        return
    owner = _process(int(number))

    def watch() -> None:
        while owner is not None and is_alive(owner):
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _process(number: int) -> psutil.Process | None:
    try:
        return psutil.Process(number)
    except psutil.NoSuchProcess:
        return None


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process goes on; one whose parent has not asked for its end yet does not."""
    try:
        # Also false when another process has got its number since.
        return process.is_running() and process.status() not in _ENDED
    except psutil.NoSuchProcess:
        return False  # it ended between the two questions
    except psutil.AccessDenied:
        return True  # it is there, and somebody else's


_ENDED = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


def versions() -> dict[str, str]:
    """Versions of the packages that are imported and may change results."""
    found = {"toondecompose": __version__, "python": platform.python_version()}
    for name in ("numpy", "scipy", "cv2", "torch", "torchvision", "PIL"):
        if name in sys.modules:
            found[name] = str(getattr(sys.modules[name], "__version__", "unknown"))
    return found


def _device() -> str:
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return str(torch.cuda.get_device_name())
    return f"cpu ({platform.machine()})"
