"""The schema and the table of the configuration that docs/make_configuration.py writes."""

import importlib.util
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/config.schema.json").read_text())


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("maker", ROOT / "docs/make_configuration.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_committed_is_what_the_schema_says(maker):
    for path, text in maker.documents().items():
        assert path.read_text() == text, "python docs/make_configuration.py brings it up to date"


def test_every_field_is_described_by_a_sentence(maker):
    texts = maker.descriptions()
    assert {"Config", "Audio", "Training", "Statistics"} <= texts.keys()
    assert all(text.endswith(".") for fields in texts.values() for text in fields.values())


PROTOCOLS = sorted(f"protocols/{path.name}" for path in (ROOT / "protocols").glob("*.yaml"))


@pytest.mark.parametrize("path", ["config.yaml", *PROTOCOLS])
def test_configurations_fit_and_name_the_schema_in_their_first_line(path):
    text = (ROOT / path).read_text()
    jsonschema.validate(yaml.safe_load(text), SCHEMA)
    named = text.splitlines()[0].partition("# yaml-language-server: $schema=")[2]
    assert (ROOT / path).parent.joinpath(named).resolve() == ROOT / "docs/config.schema.json"


@pytest.mark.parametrize(
    "wrong",
    [
        {"sedes": [1]},
        {"seeds": [-1]},
        {"training": {"batch_size": 0}},
        {"features": {"audio": {"edges": "round"}}},
        {"model_settings": {"self": {"size": {}}}},
    ],
)
def test_an_editor_marks_what_the_workflow_would_refuse(wrong):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)


@pytest.mark.parametrize(
    "right",
    [
        {"features": {"audio": "mine.h5"}},
        {"features": {"audio": {"extractor": "levels", "settings": {"max_length": 5}}}},
        {"further_modalities": {"m": {"name": "motion", "file": "motion.h5"}}},
    ],
)
def test_other_features_fit_too(right):
    jsonschema.validate(right, SCHEMA)


def test_a_default_is_the_paper_s_value_also_where_the_code_has_another():
    assert SCHEMA["$defs"]["Audio"]["properties"]["edges"]["default"] == "whole"
    assert SCHEMA["$defs"]["Statistics"]["properties"]["alpha"]["default"] == 0.05


def test_the_committed_configuration_can_be_read_at_one_sitting():
    assert len((ROOT / "config.yaml").read_text().splitlines()) < 220
