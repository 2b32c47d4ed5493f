"""The sound of the input, as a file for ffmpeg, whether the clip is on disk or in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder


@contextmanager
def sound_file(clip: ClipFolder) -> Iterator[Path | None]:
    """Give a path to the sound of a clip, while the context lasts; None where it has none."""
    if not clip.exists(paths.SOUND):
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sound.flac")
        path.write_bytes(clip.read_bytes(paths.SOUND))
        yield path
