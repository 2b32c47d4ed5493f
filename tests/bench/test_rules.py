"""Tests of the table of rules."""

from __future__ import annotations

from dataclasses import fields

import pytest

from bench.rules import RULES, row
from toondecompose.segmentation.parameters import Parameters


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_is_switched_off_by_one_parameter_of_its_own(rule) -> None:
    changed = [changed_fields(other.off) for other in RULES]
    assert len(changed_fields(rule.off)) == 1
    assert changed.count(changed_fields(rule.off)) == 1


def changed_fields(parameters: Parameters) -> list[str]:
    """Return the fields that have another value than usual."""
    names = [field.name for field in fields(parameters)]
    return [n for n in names if getattr(parameters, n) != getattr(Parameters(), n)]


def test_rows_show_changes() -> None:
    assert row("static", [0.9, 0.85, 0.91]) == "| static | 0.900 | -0.050 | +0.010 |"
