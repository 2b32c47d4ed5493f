"""Exposure sheets, read by the rules of the published formats."""

from __future__ import annotations

import csv
import json

import numpy as np

from toondecompose.export import sheet
from toondecompose.export.scene import Scene
from toondecompose.store.artifacts import ClipFolder


def read_xdts(text: str) -> dict[str, list[int]]:
    """Read the columns of cels: a value holds until the next one; 0 for no cel."""
    first, rest = text.split("\n", 1)
    assert first == "exchangeDigitalTimeSheet Save Data"
    content = json.loads(rest)
    assert content["version"] == 5
    (table,) = content["timeTables"]
    (names,) = [one["names"] for one in table["timeTableHeaders"] if one["fieldId"] == 0]
    (field,) = [one for one in table["fields"] if one["fieldId"] == 0]
    columns = {name: [0] * table["duration"] for name in names}
    for track in field["tracks"]:
        column = columns[names[track["trackNo"]]]
        for entry in track["frames"]:
            ((value,),) = [one["values"] for one in entry["data"] if one["id"] == 0]
            cel = 0 if value == "SYMBOL_NULL_CELL" else int(value)
            column[entry["frame"] :] = [cel] * (table["duration"] - entry["frame"])
    return columns


def test_both_say_what_the_clip_shows(scene: Scene, target: ClipFolder) -> None:
    sheet.write(scene, target)
    sheet.check(scene, target)
    wanted = {"A": [1] * 5, "B": [1, 1, 2, 2, 0]}
    assert read_xdts(target.path("cels/動画 1.xdts").read_text(encoding="utf-8")) == wanted
    # Columns are objects 2 and 1, from back to front.
    assert (scene.layers.exposure + 1)[::-1].tolist() == list(wanted.values())
    with target.path("cels/動画 1.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["Frame", "A", "B"]
    assert np.array(rows[1:], int).T.tolist() == [[1, 2, 3, 4, 5], *wanted.values()]


def test_a_value_stands_only_where_it_changes(scene: Scene) -> None:
    content = json.loads(sheet.xdts(scene).split("\n", 1)[1])
    tracks = content["timeTables"][0]["fields"][0]["tracks"]
    assert [[one["frame"] for one in track["frames"]] for track in tracks] == [[0], [0, 2, 4]]
