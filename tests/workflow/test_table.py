"""A corpus from a table gives the features that the corpus it lists gives."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
from driver import snakemake

OWN = {
    "source": "table",
    "corpus": "own/corpus.csv",
    "results": "results/own",
    "glove": "results/release/synthetic/glove.txt",
    "labels": ["froh", "sad", "no"],
    "min_class_size": 1,
    "splits": {"scheme": "group", "by": "speaker", "n_folds": 4, "development": "group"},
    "folds": [1, 2, 3, 4],
    "seeds": [1],
    "seeds_per_job": 1,
    "modalities": ["t", "a", "ta"],
    "models": ["self", "cross"],
    "table2": [],
    "training": {"max_epochs": 1},
    "features": {"text": {"min_coverage": None}},
}
FEATURES = ["audio", "vision", "text"]


@pytest.fixture(scope="module")
def folders(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("table") / "repository"
    shutil.copytree(repository, folder)
    return folder


def extract(folder, results, *configurations):
    targets = [f"{results}/features/{name}.h5" for name in FEATURES]
    snakemake(folder, "--configfile", *configurations, "--", *targets)
    manifests = [folder / f"{results}/features/{name}.json" for name in FEATURES]
    return [json.loads(path.read_text())["sha256"] for path in manifests]


def test_a_table_of_the_demo_s_corpus_gives_the_same_features_to_the_bit(folders):
    small = {"synthetic": {"dialogs": 1, "turns": 6}, "results": "results/release"}
    (folders / "small.yaml").write_text(yaml.safe_dump(small))
    released = extract(folders, "results/release", "protocols/demo.yaml", "small.yaml")

    table = pd.read_csv(folders / "results/release/corpus/utterances.csv", keep_default_na=False)
    release = "results/release/synthetic/IEMOCAP_full_release"
    table = table.rename(columns={"video_side": "crop"}).assign(audio_start="", audio_end="")
    for column in ("audio_path", "video_path"):
        table[column] = [f"{release}/{path}" for path in table[column]]
    table.to_csv(folders / "corpus.csv", index=False)
    overlay = {"source": "table", "corpus": "corpus.csv", "results": "results/table",
               "glove": "results/release/synthetic/glove.txt"}  # fmt: skip
    (folders / "table.yaml").write_text(yaml.safe_dump(overlay))
    tabled = extract(folders, "results/table", "protocols/demo.yaml", "small.yaml", "table.yaml")
    assert tabled == released


def test_any_corpus_goes_from_a_table_to_the_report(folders):
    """Eight speakers in one long recording each; odd ids, a rare class, transcripts for a part."""
    (folders / "own").mkdir()
    rng = np.random.default_rng(0)
    lines = ["utterance_id,label,speaker,transcript,audio_path,start,end"]
    for speaker in range(8):
        soundfile.write(folders / f"own/{speaker}.flac", rng.normal(0, 0.1, 80_000), 8_000)
        for turn in range(6):
            label = "no" if turn == 5 and speaker < 5 else ("froh", "sad")[turn % 2]
            words = "" if (speaker, turn) == (0, 0) else "so it is"
            span = f"{turn},{turn + 1.5}"  # overlapping
            lines.append(f"süd/{speaker} {turn},{label},s{speaker},{words},{speaker}.flac,{span}")
    (folders / "own/corpus.csv").write_text("\n".join(lines), encoding="utf-8")
    (folders / "own.yaml").write_text(yaml.safe_dump(OWN))
    overlays = ["protocols/demo.yaml", "own.yaml"]
    snakemake(folders, "--configfile", *overlays, "--", "all", "results/own/report/report.tex")

    results = folders / "results/own"
    excluded = pd.read_csv(results / "corpus/exclusions.csv")
    assert excluded[["utterance_id", "kind"]].to_numpy().tolist() == [
        ["süd/0 0", "empty_transcript"]
    ]
    selected = pd.read_csv(results / "corpus/selected.csv")
    assert len(selected) == 47
    assert set(selected["audio_samples"]) == {12_000}
    tested = pd.concat(
        pd.read_csv(path).query("partition == 'test'")
        for path in results.glob("runs/self/ta/*/predictions.csv")
    )
    assert sorted(tested["utterance_id"]) == sorted(selected["utterance_id"])
    report = (results / "report/report.tex").read_text()
    assert "47 utterances of 3 classes" in report
    assert "IEMOCAP" not in report
    assert "IEMOCAP" not in (results / "report/explore.html").read_text().split("<script")[0]
    assert not (results / "tables/published.txt").exists()
