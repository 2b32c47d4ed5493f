"""Words that the project no longer uses; docs/glossary.md has the terms that replaced them."""

from __future__ import annotations

import re

from conftest import ROOT

RETIRED = {
    "sights?": "observation, observation count",
    "heed\\w*": "apply, respect",
    "impose\\w*": "apply_hard_constraints",
    "said_of": "hinted_membership",
    "remnants?": "rest, residual",
    "mend(s|ed|ing)?|mend_\\w+": "fix, repair, correct",
    "smear\\w*": "motion blur",
    "street": "background",
    "let_in": "recover_entering_pixels",
    "needless gaps?": "false gap",
    "adjoining": "region growing",
}
"""Old words, as patterns, and what is written instead."""

FILES = sorted(
    [
        *ROOT.glob("toondecompose/**/*.py"),
        *ROOT.glob("toondecompose/**/*.yaml"),
        *ROOT.glob("docs/*.md"),
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "Snakefile", "run")),
    ]
)


def test_old_words_are_gone() -> None:
    found = [
        f"{path.relative_to(ROOT)}: write {new!r} instead of {match[0]!r}"
        for path in FILES
        for old, new in RETIRED.items()
        for match in re.finditer(rf"\b({old})\b", path.read_text(encoding="utf-8"), re.IGNORECASE)
    ]
    assert not found, "\n".join(found)
