"""Files that define things by name, read without importing them."""

from pathlib import Path

import pytest

from emofusion.errors import DataError
from emofusion.registry import KINDS, find, function_of, kinds_in, module_of

EXTENSION = Path(__file__).parents[1] / "extensions/mine.py"
FIGURE = 'FIGURES = {"bars": {"title": "Bars"}}\n\ndef bars():\n    return "drawn"\n'


@pytest.fixture
def mine(tmp_path):
    def write(text):
        path = tmp_path / "mine.py"
        path.write_text(text)
        return path

    return write


def test_the_package_defines_something_of_every_kind():
    assert all(find(kind) for kind in KINDS)


def test_a_definition_has_the_defaults_of_facts_that_it_leaves_out(mine):
    path = mine(FIGURE)
    bars = find("FIGURES", [path])["bars"]
    assert (bars.path, bars.module) == (path, None)
    assert bars.facts == {"title": "Bars", "reads": "", "uses": "", "needs": "", "order": 100}


def test_defaults_are_not_shared_between_definitions(mine):
    extractors = {"a": {"modality": "audio"}, "b": {"modality": "audio"}}
    found = find("EXTRACTORS", [mine(f"EXTRACTORS = {extractors!r}")])
    assert found["a"].facts is not found["b"].facts


def test_the_function_of_a_name_is_that_of_its_file(mine):
    assert function_of("FIGURES", "bars", [mine(FIGURE)])() == "drawn"


def test_a_name_without_its_function_is_refused_when_it_is_asked_for(mine):
    path = mine(FIGURE.replace("def bars", "def bar"))
    assert "bars" in find("FIGURES", [path])
    with pytest.raises(DataError, match=r"mine\.py: FIGURES has 'bars', .* no function bars"):
        function_of("FIGURES", "bars", [path])


def test_an_extractor_s_function_says_that_it_extracts():
    assert function_of("EXTRACTORS", "levels", [EXTENSION]).__name__ == "extract_levels"


def test_one_file_may_define_things_of_several_kinds():
    assert set(kinds_in(EXTENSION)) == {
        "CORPORA", "EXTRACTORS", "SPLITS", "METRICS", "TESTS", "TABLES",
    }  # fmt: skip


def test_modules_of_the_package_are_named_in_full():
    assert find("CORPORA")["iemocap"].module == "emofusion.corpora.iemocap"
    assert find("TABLES")["table1"].module == "emofusion.reporting.tables.table1"
    assert module_of(EXTENSION) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FIGURES = {'bars': {'tilte': 'x'}}", "FIGURES has 'tilte' for 'bars', expected any of"),
        ("FIGURES = {'bars': {'title': 3}}", "FIGURES has title: 3 for 'bars', expected text"),
        (
            "FIGURES = {'bars': {'order': '3'}}",
            "FIGURES has order: '3' for 'bars', expected a whole number",
        ),
        ("FIGURES = {'bars': 'x'}", "FIGURES has 'x' for 'bars', expected facts"),
        ("FIGURES = {name: {}}", "FIGURES is {name: {}}, expected a literal"),
        ("FIGURES = {'forest': {}}", "forest is a figure of .*forest.py already"),
        ("FIGURES = ", "cannot be read as Python"),
    ],
)
def test_a_literal_that_says_nothing_known_is_refused(mine, text, message):
    with pytest.raises(DataError, match=rf"mine\.py(, line \d+)?: .*{message}"):
        find("FIGURES", [mine(text)])


@pytest.mark.parametrize("kind", ["TABLES", "FIGURES"])
def test_every_table_and_figure_of_the_package_has_a_caption_for_snakemake_s_report(kind):
    captions = Path(__file__).parents[2] / "rules/captions"
    assert [name for name in find(kind) if not (captions / f"{name}.rst").is_file()] == []
