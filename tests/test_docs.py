"""The pages: links lead somewhere, files that are named exist, the configuration is current."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

from toondecompose.pipeline.configuration_page import render
from toondecompose.pipeline.settings import entries

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("data/*/*.md")])

OF_THE_PACKAGE = ("", "toondecompose/")
"""Where a module that a page names may lie: pages of the package leave its name away."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_modules_exist(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\((?!\w+:)([^)#]+)", text):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
    if page.name == "CHANGELOG.md":
        return  # it names what was
    for name in re.findall(r"`([\w/]+/[\w]+\.py)`", text):
        places = [ROOT / folder / name for folder in OF_THE_PACKAGE] + [page.parent / name]
        assert any(place.exists() for place in places), f"{page.name} names {name}"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text()
    for page in ROOT.glob("docs/*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name


def test_the_configuration_page_is_current() -> None:
    assert (ROOT / "docs/configuration.md").read_text() == render(), (
        "python -m toondecompose.pipeline.configuration_page > docs/configuration.md"
    )


def test_the_configuration_page_has_every_key() -> None:
    page = render()
    for key, entry in entries().items():
        assert re.search(rf"^##+ {re.escape(key)}$", page, re.MULTILINE), key
        assert entry["description"] in page
    assert "| whole number, 1 to 16 or `auto` | layers | `2` | alpha |" in page


def test_terms_of_the_glossary_are_in_order_and_once() -> None:
    rows = re.findall(r"^\| (.+?) \| .+ \|$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    terms = [row.lower() for row in rows if row not in ("term", "---")]
    assert len(terms) >= 30
    assert terms == sorted(set(terms))
