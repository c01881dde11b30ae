"""The documents: their links lead somewhere, their pictures are small."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_to_files(page):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (page.parent / link).exists()] == []


def test_all_pictures_together_are_small():
    sizes = [path.stat().st_size for path in (ROOT / "docs/images").iterdir()]
    assert sizes
    assert sum(sizes) <= 300_000


def test_inline_code_is_on_one_line_so_that_it_can_be_copied():
    for path in PAGES:
        outside = "".join(path.read_text().split("```")[::2])
        assert [code for code in re.findall(r"`[^`]+`", outside) if "\n" in code] == [], path


def test_text_is_wrapped_at_100_characters():
    for path in PAGES:
        outside = "".join(path.read_text().split("```")[::2])  # code blocks may be wider
        long = [
            line for line in outside.splitlines()
            if len(line) > 100 and not line.lstrip().startswith(("|", "!["))
        ]  # fmt: skip
        assert long == [], path
