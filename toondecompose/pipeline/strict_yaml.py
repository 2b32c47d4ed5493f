"""YAML as people write settings: plain values only, each key once, nothing that YAML hides.

YAML reads ``12:30:45`` as the number 45045 and ``.nan`` as a number, lets a later key replace an
earlier one without a word, and a few aliases stand for millions of values. Snakemake's own loader
runs the code of a config that says ``__use_yte__``. All of these are refused here, and before
Snakemake reads the file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from toondecompose.core.errors import SettingsError

MAX_BYTES = 2**22
"""Size of a file."""

MAX_DEPTH = 20
"""Values within values."""

MAX_VALUES = 200_000
"""Values of a file, with what aliases stand for."""

MAX_DIGITS = 15
"""Digits of a whole number: more are no longer exact in JSON everywhere."""

CODE_KEY = "__use_yte__"
"""The key with which Snakemake takes a config for a template that runs code."""

PLAIN = ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
"""Kinds of values that need no tag."""

NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


def load_yaml(path: Path) -> Any:
    """Read a YAML file of plain values.

    Raises
    ------
    SettingsError
        One sentence with the place, when it is no YAML or holds what is refused.
    FileNotFoundError
        When there is none.
    """
    if path.exists() and not path.is_file():
        raise SettingsError(f"{path} is no file; give the path of a config")
    if path.exists() and path.stat().st_size > MAX_BYTES:
        raise SettingsError(
            f"{path} has {path.stat().st_size} bytes, more than {MAX_BYTES}; is it a config?"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise SettingsError(
            f"{path} is no YAML: it is no text in UTF-8; correct it, then give the same command "
            "again"
        ) from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str) -> Any:
    """Read YAML of plain values; ``name`` says in sentences where it comes from.

    Raises
    ------
    SettingsError
        As of `load_yaml`.

    Examples
    --------
    >>> parse_yaml("a: [1, 2.5, x]", "config.yaml")
    {'a': [1, 2.5, 'x']}
    """
    try:
        _check_depth(text, name)
        root = yaml.compose(text, yaml.SafeLoader)
        if root is not None:
            _check(root, name)
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        why = getattr(error, "problem", None) or "it is no text"
        raise SettingsError(
            f"{name} is no YAML{place}: {why}; correct it, then give the same command again"
        ) from None
    except (ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(
            f"{name} holds a value that cannot be read ({error}); write it in quotes"
        ) from None


def _check_depth(text: str, name: str) -> None:
    # By events, because the loader itself recurses.
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _refused(name, event.start_mark, f"values lie more than {MAX_DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _check(root: yaml.Node, name: str) -> None:
    for node in _nodes(root, name):
        if isinstance(node, yaml.MappingNode):
            _check_keys(node, name)
        elif isinstance(node, yaml.ScalarNode):
            _check_scalar(node, name)
    if _count(root, {}) > MAX_VALUES:
        raise _refused(
            name, root.start_mark, f"its aliases stand for more than {MAX_VALUES} values"
        )


def _nodes(root: yaml.Node, name: str) -> Iterator[yaml.Node]:
    # Each node once, however many aliases name it.
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.tag.removeprefix("tag:yaml.org,2002:") not in PLAIN:
            raise _refused(name, node.start_mark, f"the tag {node.tag} is used")
        yield node
        waiting += _parts(node)


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [one for pair in node.value for one in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _count(node: yaml.Node, known: dict[int, int]) -> int:
    # An alias within what it stands for counts as too many.
    if id(node) not in known:
        known[id(node)] = MAX_VALUES + 1
        known[id(node)] = 1 + sum(_count(one, known) for one in _parts(node))
    return known[id(node)]


def _check_keys(node: yaml.MappingNode, name: str) -> None:
    seen: dict[tuple[str, str], yaml.Node] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _refused(name, key.start_mark, "a key is a list or has keys itself")
        if key.value == CODE_KEY:
            raise _refused(name, key.start_mark, f"{CODE_KEY} would run code")
        first = seen.setdefault((key.tag, key.value), key)
        if first is not key:
            line = first.start_mark.line + 1
            raise _refused(
                name, key.start_mark, f"the key {key.value} is there already, in line {line}"
            )


def _check_scalar(node: yaml.ScalarNode, name: str) -> None:
    value = node.value
    shown = value if len(value) < 40 else f"{value[:30]}... ({len(value)} characters)"
    if node.tag in NUMBERS:
        if ":" in value:
            raise _refused(
                name, node.start_mark, f"YAML reads {shown} as a number to the base of 60",
                fix="write it in quotes",
            )  # fmt: skip
        if value.lower().lstrip("+-") in (".nan", ".inf"):
            raise _refused(name, node.start_mark, f"{shown} is no number to compute with")
        if sum(letter.isdigit() for letter in value) > MAX_DIGITS + 5 or (
            node.tag == NUMBERS[0] and sum(letter.isdigit() for letter in value) > MAX_DIGITS
        ):
            raise _refused(name, node.start_mark, f"the number {shown} has too many digits")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _refused(name, node.start_mark, "a value is no text in UTF-8") from None
    if any(letter < " " and letter not in "\n\t" for letter in value):
        raise _refused(name, node.start_mark, "a value holds a control character")


def _refused(name: str, mark: yaml.Mark, what: str, *, fix: str = "") -> SettingsError:
    place = f"line {mark.line + 1}, column {mark.column + 1}"
    return SettingsError(f"{name}, {place}: {what}; {fix or 'write plain values instead'}")


def main() -> None:
    """Check the configs that follow ``--configs``; end with one sentence and status 1.

    A word that is no file may be a target of Snakemake's after the configs, if it has no ending of
    one.
    """
    for word in sys.argv[2:]:
        path = Path(word)
        if path.suffix not in (".yaml", ".yml", ".json") and not path.exists():
            continue
        try:
            load_yaml(path)
        except FileNotFoundError:
            sys.exit(f"error: there is no config {word}; correct the path after --configfile")
        except (SettingsError, OSError) as error:
            sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
