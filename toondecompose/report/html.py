"""The HTML file: shell and style first, then facts and scripts, then the pictures.

A browser paints the shell and starts the scripts before it has read the pictures, and shows the
first frame as soon as its pictures are there: give those first. Text from outside, such as the
clip's name, stands in the JSON only, in which ``<`` is escaped, and the scripts set it as text.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "page"
"""Folder of the page's files."""

SCRIPTS = (
    *("matrix.js", "clock.js", "pictures.js", "shaders.js", "compositor.js", "view.js"),
    *("overlays.js", "hints.js", "layers.js", "sheet.js", "drawings.js", "probe.js"),
    *("facts.js", "keys.js", "main.js"),
)
"""The scripts in the order in which they need each other."""


def make_page(facts: Mapping[str, Any], pictures: Mapping[str, str]) -> Iterable[str]:
    """Yield the parts of the file.

    Parameters
    ----------
    facts : what the page says, for JSON.
    pictures : WebP files in base64 by the id of their element, those of the first frame first.
    """
    title = html.escape(f"{facts['clip']} · layers")
    head, body = _read("page.html").split("<!-- scripts and pictures -->")
    yield head.replace("/* style */", _read("style.css")).replace("<!-- title -->", title)
    yield f'<script type="application/json" id="facts">{escape_json(facts)}</script>\n'
    for name in SCRIPTS:
        yield f"<script>\n{_read(name)}</script>\n"
    for name, text in pictures.items():
        yield f'<script type="text/plain" id="{html.escape(name)}">{text}</script>\n'
    yield body


def escape_json(value: Any) -> str:
    r"""Return JSON that can stand in a script element.

    >>> escape_json({"name": "</script>"})
    '{"name": "\\u003c/script>"}'
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _read(name: str) -> str:
    return PAGE.joinpath(name).read_text(encoding="utf-8")
