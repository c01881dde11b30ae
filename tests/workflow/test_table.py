"""A corpus from a table gives the features that the corpus it lists gives."""

import json
import shutil

import pandas as pd
import pytest
import yaml
from driver import snakemake

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
