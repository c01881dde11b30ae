"""One of each thing that can be added from outside the package, and a fourth modality."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
from driver import ROOT, jobs, snakemake

from emofusion.features.store.write import write_ragged

OVERLAY = {
    "source": "mine",
    "corpus": "corpus",
    "results": "added",
    "extensions": ["mine.py", "bars.py"],
    "labels": ["happy", "sad"],
    "min_class_size": 2,
    "expected_counts": None,
    "features": {"audio": {"extractor": "levels", "settings": {"max_length": 3}}},
    "further_modalities": {"m": {"name": "motion", "file": "motion.h5", "steps": 2}},
    "splits": {"scheme": "halves", "n_folds": 2},
    "folds": [1, 2],
    "seeds": [1],
    "seeds_per_job": 1,
    "models": ["cross", "self"],
    "modalities": ["a", "m", "am"],
    "table2": ["mean"],
    "training": {"max_epochs": 2, "select_on": "kappa"},
}


@pytest.fixture(scope="module")
def added(repository, tmp_path_factory):
    """A finished run on a corpus of 24 utterances by four speakers."""
    folder = tmp_path_factory.mktemp("extensions") / "repository"
    shutil.copytree(repository, folder)
    for path in (ROOT / "tests/extensions").glob("*.*"):
        shutil.copy(path, folder)
    (folder / "corpus").mkdir()
    rng = np.random.default_rng(1)
    lines, ids = ["utterance_id,label,session,speaker,transcript"], []
    for number in range(24):
        session, speaker = "ab"[number // 12], f"s{number // 6}"
        lines.append(f"u{number},{('happy', 'sad')[number % 2]},{session},{speaker},words")
        soundfile.write(folder / f"corpus/u{number}.wav", rng.normal(0, 0.1, 800), 16000)
        ids.append(f"u{number}")
    (folder / "corpus/list.csv").write_text("\n".join([*lines, ""]))
    moves = [rng.normal(size=(5, 3)).astype(np.float32) for _ in ids]
    write_ragged(folder / "motion.h5", ids, [5] * 24, moves, 3, {"extractor": "capture"})
    (folder / "added.yaml").write_text(yaml.safe_dump(OVERLAY))
    run(folder, "--", "all", "added/report/report.tex")
    return folder


def run(folder, *arguments):
    return snakemake(
        folder, "--configfile", "protocols/demo.yaml", "added.yaml", *arguments
    )  # fmt: skip


def read(folder, name):
    return pd.read_csv(folder / "added" / name)


def test_a_corpus_is_read_in_its_parts_with_labels_of_its_own(added):
    utterances = read(added, "corpus/utterances.csv")
    assert list(utterances["utterance_id"][:2]) == ["u0", "u1"]
    assert list(utterances["session"].unique()) == ["a", "b"]
    assert (added / "added/shards/sessionb/utterances.csv").is_file()


def test_an_extractor_gets_its_settings_with_their_defaults(added):
    import h5py

    with h5py.File(added / "added/features/audio.h5") as file:
        assert list(file["lengths"][:2]) == [4, 4]
        assert file["values"].shape == (96, 10)


def test_a_scheme_says_who_is_tested(added):
    split = read(added, "splits/fold1.csv").set_index("utterance_id")["partition"]
    assert set(split[[f"u{n}" for n in (0, 5, 12, 17)]]) == {"test"}  # speakers s0 and s2
    assert split[["u6", "u10"]].to_list() == ["train", "dev"]


def test_a_metric_is_recorded_and_selects(added):
    runs = read(added, "metrics/runs.csv")
    assert runs["kappa"].between(-1, 1).all()
    assert "kappa" in set(read(added, "metrics/summary.csv")["metric"])
    history = read(added, "runs/self/am/fold1_seed1/history.csv")
    assert history["dev_kappa"].between(-1, 1).all()


def test_a_test_has_its_rows_with_holm_s_correction(added):
    table = read(added, "statistics/comparisons.csv")
    rows = table[table["test"] == "sign"]
    assert len(rows) == 2 * 3  # two metrics; self with cross, mean with both
    assert rows["p_holm"].notna().all()


def test_a_table_and_a_figure_are_made_and_reported(added):
    assert "self/am" in (added / "added/tables/means.txt").read_text()
    assert (added / "added/figures/bars.pdf").read_bytes().startswith(b"%PDF")


def test_the_printed_report_says_what_the_extensions_are(added):
    text = (added / "added/report/report.tex").read_text()
    assert "Report of 10 runs on my corpus" in text
    assert re.search(r"levels \(max\S*length 3\)", text)
    assert "Table 100" not in text  # numbered behind the package's
    assert "Table 10 has means" in text
    assert "motion" in text
    assert "Mean accuracy of each system, as bars." in text


def test_a_fourth_modality_needs_only_the_configuration(added):
    runs = {(row.model, row.modalities) for row in read(added, "metrics/runs.csv").itertuples()}
    assert runs == {
        ("self", "a"), ("self", "m"), ("self", "am"), ("cross", "am"), ("mean", "am"),
    }  # fmt: skip
    record = yaml.safe_load((added / "added/runs/cross/am/fold1_seed1/config.yaml").read_text())
    assert record["further_modalities"] == {"m": "motion"}
    assert record["lengths"] == {"audio": 3, "motion": 5}
    assert record["architecture"]["further_steps"] == {"motion": 2}
    assert "M: motion" in (added / "added/tables/table1.txt").read_text()
    page = (added / "added/report/explore.html").read_text()
    assert "A+M" in page


def test_an_extension_counts_only_where_it_is_used(added):
    assert jobs(run(added, "--dry-run")) == {}
    path = added / "bars.py"
    text = path.read_text()
    path.write_text(text.replace("2.0", "2.5"))
    assert jobs(run(added, "--dry-run")) == {"all": 1, "draw_bars": 1}
    path.write_text(text.replace("names)", "names)  # bars"))
    assert jobs(run(added, "--dry-run")) == {}
