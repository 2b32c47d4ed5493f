"""Pictures side by side."""

from __future__ import annotations

import numpy as np

from toondecompose.viz.side_by_side import fit, grid, layout


def test_cells_fit_the_width_and_have_even_sides() -> None:
    assert layout((1280, 720), 4, 1920) == ((960, 540), 2)
    assert layout((101, 57), 5, 1920) == ((100, 56), 3), "pictures are not enlarged"
    (width, height), columns = layout((1000, 501), 3, 333)
    assert width * columns <= 334 and width % 2 == height % 2 == 0


def test_a_layer_is_shown_over_a_checkerboard() -> None:
    layer = np.zeros((32, 64, 4), np.uint8)
    layer[:, 32:] = 255
    shown = fit(layer, (64, 32))
    assert shown.shape == (32, 64, 3)
    assert (shown[:, 32:] == 255).all() and len(np.unique(shown[:, :32])) == 2


def test_the_last_row_is_filled_with_black() -> None:
    pictures = [np.full((4, 6, 3), level, np.uint8) for level in (50, 100, 150)]
    sheet = grid(pictures, 2)
    assert sheet.shape == (8, 12, 3)
    assert sheet[5, 2].tolist() == [150] * 3 and not sheet[4:, 6:].any()
