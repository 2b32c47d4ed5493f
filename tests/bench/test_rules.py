"""Tests of the table of rules."""

from __future__ import annotations

import pytest

from bench.rules import RULES, row, switched_off


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_off_for_a_while_only(rule) -> None:
    value = getattr(rule.module, rule.constant)
    assert value != rule.off
    with pytest.raises(KeyError), switched_off(rule):
        assert getattr(rule.module, rule.constant) == rule.off
        raise KeyError
    assert getattr(rule.module, rule.constant) == value


def test_rows_show_changes() -> None:
    assert row("static", [0.9, 0.85, 0.91]) == "| static | 0.900 | -0.050 | +0.010 |"
