"""What the page holds, from predictions to the file."""

import base64
import json
import re

import pandas as pd
import pytest
from explored import FULL_SETS, SETTINGS, full_size, write_results

from emofusion.errors import DataError
from emofusion.reporting.explorer.build import results_data
from emofusion.reporting.explorer.page import FOLDER, MODULES, embed, render


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return results_data(write_results(tmp_path_factory.mktemp("results")), **SETTINGS)


def read_embedded_json(page, name):
    """What an element of the page holds."""
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.S)
    return json.loads(found[1])


def test_each_run_tells_its_classes_utterance_by_utterance(data):
    assert data["classes"] == ["ang", "sad"]
    assert data["utterances"]["ids"] == [f"u{n}" for n in range(1, 9)]
    assert data["utterances"]["labels"] == [0, 1, 0, 1, 0, 1, 0, 1]
    assert data["folds"] == {1: [0, 1, 2, 3], 2: [4, 5, 6, 7]}
    self, cross = data["systems"]
    assert (self["id"], cross["id"]) == ("self/tva", "cross/tva")
    assert [run["predicted"] for run in self["runs"]] == ["0101", "0110", "0011", "0001"]
    assert self["runs"][1]["accuracy"] == 0.5


def test_probabilities_are_means_over_seeds(data):
    levels = list(base64.b64decode(data["systems"][0]["probabilities"][1]))
    # p_ang of the seeds: u1 .8 .8, u2 .4 .4, u3 .8 .4, u4 .4 .8; in 255 steps
    assert levels == [204, 51, 102, 153, 153, 102, 153, 102]


def test_utterances_can_be_chosen_by_what_the_corpus_tells(data):
    facts = data["utterances"]["facts"]
    assert facts["session"] == {"values": ["1", "2"], "codes": [0, 0, 0, 0, 1, 1, 1, 1]}
    assert facts["speaker"] == {"values": ["F", "M"], "codes": [0, 1, 0, 1, 0, 1, 0, 1]}
    assert set(facts) == {"session", "speaker"}
    assert data["utterances"]["seconds"] == [1.0, 1.5, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0]


def test_cells_of_the_tables_lead_to_their_systems(data):
    first, second = data["tables"]
    assert first["systems"] == [[None, "self/tva", "cross/tva", "self/tva", "cross/tva"]]
    assert second["systems"] == [[None, "self/tva", "self/tva"]]
    # UWA of self: right are 4, 2, 2 and 3 of 4
    assert first["rows"][0][3]["text"] == ".688 ± .239"


def test_attention_is_kept_by_number_of_the_utterance(data):
    [entry] = data["attention"]
    assert entry["name"] == "Self T+V+A, from text"
    assert entry["utterances"] == [0, 2]
    assert list(base64.b64decode(entry["weights"][1])) == [51, 51, 153]


def test_no_words_of_the_corpus_are_in_the_page(data):
    page = render(data)
    assert "I told you so" not in page
    assert read_embedded_json(page, "extra") is None
    assert read_embedded_json(page, "data")["classes"] == ["ang", "sad"]


def test_words_that_are_embedded_cannot_end_their_element(data):
    page = embed(render(data), {"transcripts": {"u6": "</script>"}})
    assert read_embedded_json(page, "extra") == {"transcripts": {"u6": "</script>"}}
    assert embed(page, {"transcripts": {"u6": r"\1"}}).count(r"\\1") == 1


def test_nothing_is_asked_of_the_network():
    for path in FOLDER.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "//" not in re.sub(r"(^|\s)//.*|/\*.*?\*/", "", text, flags=re.S | re.M), path


def test_every_module_is_in_the_page():
    assert sorted(MODULES) == sorted(path.name for path in FOLDER.glob("*.js"))


def test_runs_with_other_classes_are_refused(tmp_path):
    files = write_results(tmp_path)
    run = tmp_path / "runs/cross/tva/fold2_seed2/predictions.csv"
    run.write_text(run.read_text().replace("p_sad", "p_neu"))
    with pytest.raises(DataError, match=r"seed2.*has the classes ang, neu.*ang, sad"):
        results_data(files, **SETTINGS)


def test_an_utterance_that_the_table_lacks_is_named(tmp_path):
    files = write_results(tmp_path)
    table = tmp_path / "corpus/selected.csv"
    table.write_text("\n".join(line for line in table.read_text().splitlines() if "u7" not in line))
    with pytest.raises(DataError, match="u7"):
        results_data(files, **SETTINGS)


def test_an_utterance_that_a_run_lacks_is_left_blank(tmp_path):
    files = write_results(tmp_path)
    run = tmp_path / "runs/self/tva/fold1_seed1/predictions.csv"
    pd.read_csv(run).query("utterance_id != 'u2'").to_csv(run, index=False)
    assert results_data(files, **SETTINGS)["systems"][0]["runs"][0]["predicted"] == "0 01"


def test_the_papers_full_run_fits_into_6_megabytes(tmp_path):
    data = full_size(tmp_path)
    runs = [run for system in data["systems"] for run in system["runs"]]
    assert (len(runs), len(data["utterances"]["ids"])) == (1250, 7487)
    assert len(data["systems"]) == sum(map(len, FULL_SETS.values())) == 25
    assert len(render(data).encode()) < 6e6
