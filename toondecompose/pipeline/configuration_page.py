"""Render ``docs/configuration.md`` from the schema of the config, so that the page is never stale.

python -m toondecompose.pipeline.configuration_page > docs/configuration.md
"""

from __future__ import annotations

import json
from typing import Any

from toondecompose.pipeline.settings import entries, schema
from toondecompose.pipeline.tuning import effects, packages

HEAD = """\
# Configuration

Made from `toondecompose/config.schema.yaml` by `python -m
toondecompose.pipeline.configuration_page`; a test checks that it is current.

`config.yaml` names the clips. A key under `clips.<name>` holds for that clip, the same key under
`defaults` for every clip that does not give its own. A key with a dot lies inside another:
`flow.backend` is written as `backend` under `flow`.

```yaml
clips:
  mine:
    input: path/to/shot.mp4
    flow:
      backend: dis
defaults:
  crf: 16
```

A changed key runs the stages that read it again, and those that depend on them.
"""


PARAMETERS = """
## Parameters

What may be given under `tuning`. They are meant for experiments: the values suit the clips of the
benchmark.
"""


def render() -> str:
    """Return the page as Markdown: one section a key, in the order of the schema."""
    groups = schema()["$defs"]["clip"]["properties"]
    parts = [HEAD]
    for key, entry in entries().items():
        group, _, inner = key.partition(".")
        if inner and f"{group}.{next(iter(groups[group]['properties']))}" == key:
            parts.append(f"\n## {group}\n\n{groups[group]['description']}\n")
        parts.append(_section(key, entry, level=3 if inner else 2))
    return "".join(parts) + _parameters()


def _parameters() -> str:
    """Return the part about `tuning`: the parameters of each package."""
    parts = [PARAMETERS]
    for package, kind in packages().items():
        parts.append(f"\n### tuning.{package}\n\n| parameter | default | effect |\n|---|---|---|\n")
        usual = kind()
        for name, effect in effects(kind).items():
            value = json.dumps(getattr(usual, name))
            parts.append(f"| {name} | `{value}` | {' '.join(effect.split())} |\n")
    return "".join(parts)


def _section(key: str, entry: dict[str, Any], level: int) -> str:
    stages = ", ".join(entry["stages"])
    lines = [
        f"\n{'#' * level} {key}\n",
        entry["description"],
        "",
        "| value | unit | default | read by |",
        "|---|---|---|---|",
        f"| {_values(entry)} | {entry['unit']} | {_default(entry)} | {stages} |",
    ]
    return "\n".join(lines) + "\n"


def _default(entry: dict[str, Any]) -> str:
    if "default" not in entry:
        return "none: it must be given"
    value = entry["default"]
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"


def _values(entry: dict[str, Any]) -> str:
    if "enum" in entry:
        return ", ".join(f"`{value}`" for value in entry["enum"])
    kinds = entry["type"] if isinstance(entry["type"], list) else [entry["type"]]
    words = {
        "boolean": "`true` or `false`",
        "integer": f"whole number{_range(entry)}",
        "number": f"number{_range(entry)}",
        "array": "list of whole numbers but 0",
        "string": "`auto`" if "pattern" in entry else "text",
        "object": "a mapping",
    }
    return " or ".join(words[kind] for kind in kinds)


def _range(entry: dict[str, Any]) -> str:
    bounds = []
    if "minimum" in entry and "maximum" in entry:
        return f", {entry['minimum']} to {entry['maximum']}"
    if "minimum" in entry:
        bounds.append(f"{entry['minimum']} or more")
    if "exclusiveMinimum" in entry:
        bounds.append(f"more than {entry['exclusiveMinimum']}")
    if "maximum" in entry:
        bounds.append(f"at most {entry['maximum']}")
    return f", {' and '.join(bounds)}" if bounds else ""


if __name__ == "__main__":
    print(render(), end="")
