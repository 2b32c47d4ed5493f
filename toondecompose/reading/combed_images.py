"""Images of a folder that are combed, as exported from interlaced video: ffmpeg's bwdif."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from toondecompose.reading.video_probe import ffmpeg


def deinterlace_images(
    readers: Sequence[Callable[[], np.ndarray]], order: str
) -> Iterator[np.ndarray]:
    """Yield each image (H, W, 3) uint8 RGB with the lines of its second field interpolated.

    Parameters
    ----------
    readers : give the images, all of one size, in order.
    order : of the fields, "tff" or "bff".

    Raises
    ------
    UserError
        When an image is damaged.
    """
    height, width = readers[0]().shape[:2]
    command = [ffmpeg(), "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{width}x{height}", "-r", "25", "-i", "-"]
    command += ["-vf", f"format=gbrp,bwdif=mode=send_frame:parity={order}:deint=all"]
    command += ["-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    errors: list[Exception] = []
    feeder = threading.Thread(target=_feed, args=(process, readers, errors), daemon=True)
    feeder.start()
    assert process.stdout is not None
    length = width * height * 3
    try:
        while len(data := process.stdout.read(length)) == length:
            yield np.frombuffer(data, np.uint8).reshape(height, width, 3)
        feeder.join()
        if errors:
            raise errors[0]
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def _feed(
    process: subprocess.Popen[bytes],
    readers: Sequence[Callable[[], np.ndarray]],
    errors: list[Exception],
) -> None:
    """Write the images to ffmpeg; keep what goes wrong for the thread that reads."""
    assert process.stdin is not None
    try:
        for read in readers:
            process.stdin.write(np.ascontiguousarray(read()[..., :3]).data)
    except BrokenPipeError:
        pass  # nobody reads on
    except Exception as error:  # raised again where frames are read
        errors.append(error)
    finally:
        try:
            process.stdin.close()
        except OSError:
            pass
