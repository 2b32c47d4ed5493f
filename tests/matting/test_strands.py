"""Strands of hair one pixel wide."""

import cv2
import numpy as np
import pytest

from toondecompose.matting.strands import find_strands
from toondecompose.matting.trimap import find_mask

SIZE = (100, 70)
WEAK = 2.0
"""Evidence of a pixel that does not outweigh the doubt whether a sprite is there."""

DOUBT = -3.7


def drawn(lines: list[tuple[tuple[int, int], tuple[int, int]]]) -> np.ndarray:
    """Return where lines (x, y) to (x, y), a pixel wide, cover much of a pixel, (H, W) bool."""
    picture = np.zeros(SIZE[::-1], np.uint8)
    for line in lines:
        cv2.line(picture, *line, 255, lineType=cv2.LINE_AA)
    return picture > 60


def shot(strands: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a dark drawing on a light wall, and the evidence for it."""
    frame = np.where(strands[..., None], 60, 200).astype(np.uint8).repeat(3, axis=2)
    return frame, np.where(strands, WEAK, -8).astype(np.float32)


def found(frame: np.ndarray, log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return find_strands(
        frame, log_odds, np.full(log_odds.shape, DOUBT), candidates=log_odds > 0, contrast=100.0
    )


@pytest.mark.parametrize("end", [(80, 40), (80, 30), (80, 10), (60, 5), (42, 5), (25, 5)])
def test_the_evidence_of_a_strand_adds_up_along_it(end: tuple[int, int]) -> None:
    strand = drawn([((40, 40), end)])
    strands = found(*shot(strand))[0]
    # Around what was found, alpha is solved; gaps of two pixels are bridged.
    near = cv2.dilate(strands.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert not (strands & ~strand).any() and (near & strand).sum() > 0.9 * strand.sum()


def test_specks_and_what_is_not_seen_are_no_strand() -> None:
    specks = np.zeros(SIZE[::-1], bool)
    specks[10:60:9, 10:90:9] = True
    assert not found(*shot(specks))[0].any()
    strand = drawn([((10, 40), (80, 40))])
    frame, log_odds = shot(strand)
    assert found(frame, log_odds)[0].any()
    assert not found(np.full_like(frame, 200), log_odds)[0].any()  # the wall may have its colour
    frame[41:] = 20  # and an edge of the background is a little off in the plate
    frame[40] = 110
    assert not found(frame, log_odds)[0].any()
    patch = np.zeros(SIZE[::-1], bool)
    patch[20:40, 20:60] = True
    assert not found(*shot(patch))[0][22:38, 22:58].any()


@pytest.mark.parametrize(
    ("start", "kept"), [((48, 35), True), ((48, 50), False), ((65, 35), False)]
)
def test_a_piece_hangs_on_what_it_leads_to(start: tuple[int, int], kept: bool) -> None:
    head = np.zeros(SIZE[::-1], bool)
    head[20:60, 5:30] = True
    strand = drawn([((30, 35), (40, 35))])
    piece = drawn([(start, (start[0] + 25, start[1]))])
    frame, log_odds = shot(head | strand | piece)
    log_odds[head] = 8
    shown, _ = find_mask(
        frame, log_odds, head.astype(np.float32), outline_error=1.0, search_radius=80.0
    )
    assert (shown & strand)[:, 33:38].any() and (shown & piece).any() == kept
