"""PackBits, the run-length code of PSD files, for all rows of a channel at once."""

from __future__ import annotations

import numpy as np

LONGEST = 128
"""Bytes that one packet stands for, at most."""

SHORTEST_RUN = 3
"""Equal bytes that are worth a packet of their own."""


def pack_rows(channel: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Encode each row of a channel.

    Parameters
    ----------
    channel : (H, W) uint8.

    Returns
    -------
    The packets of all rows, one after the other, and the number of bytes of each row, (H,).
    """
    height, width = channel.shape
    flat = np.ascontiguousarray(channel).reshape(-1)
    start, length, is_run = _packets(flat, width)
    size = np.where(is_run, 2, 1 + length)
    place = np.cumsum(size) - size
    out = np.empty(int(size.sum()), np.uint8)
    # The head of a run of n is 257 - n, that of n literal bytes is n - 1.
    out[place] = np.where(is_run, 257 - length, length - 1)
    out[place[is_run] + 1] = flat[start[is_run]]
    literal = np.repeat(~is_run, length)
    target = np.repeat(place + 1 - start, length) + np.arange(len(flat))
    out[target[literal]] = flat[literal]
    rows = np.bincount(start // width, weights=size, minlength=height).astype(np.int64)
    return out.tobytes(), rows


def unpack(data: bytes) -> bytes:
    r"""Decode packets.

    >>> unpack(pack_rows(np.array([[7, 7, 7, 7, 1, 2]], np.uint8))[0])
    b'\x07\x07\x07\x07\x01\x02'
    """
    out, i = bytearray(), 0
    while i < len(data):
        head = data[i]
        if head < LONGEST:
            out += data[i + 1 : i + 2 + head]
            i += 2 + head
        else:
            out += data[i + 1 : i + 2] * (257 - head if head > LONGEST else 0)
            i += 2
    return bytes(out)


def _packets(flat: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return start, length and kind (whether it is a run) of all packets; none crosses a row."""
    count = len(flat)
    begins = np.ones(count, bool)
    begins[1:] = flat[1:] != flat[:-1]
    begins[::width] = True
    start = np.flatnonzero(begins)
    is_run = np.diff(start, append=count) >= SHORTEST_RUN
    # Neighbours that are no runs become one literal, within their row.
    first = np.ones(len(start), bool)
    first[1:] = is_run[1:] | is_run[:-1] | (start[1:] % width == 0)
    start, is_run = start[first], is_run[first]
    length = np.diff(start, append=count)
    # Packets that are too long are cut.
    pieces = -(-length // LONGEST)
    piece = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start, is_run = np.repeat(start, pieces) + LONGEST * piece, np.repeat(is_run, pieces)
    length = np.minimum(np.repeat(length, pieces) - LONGEST * piece, LONGEST)
    return start, length, is_run
