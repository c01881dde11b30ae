"""A corpus from a table gives the features that the corpus it lists gives."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
from driver import jobs, snakemake

OWN = {
    "source": "table",
    "corpus": "own/corpus.csv",
    "results": "results/own",
    "glove": "results/release/synthetic/glove.txt",
    "labels": ["froh", "sad", "no"],
    "min_class_size": 1,
    "splits": {
        "scheme": "group", "by": "speaker", "n_folds": 2, "repeats": 2, "development": "group",
    },
    "folds": [1, 2, 3, 4],
    "seeds": [1],
    "seeds_per_job": 1,
    "modalities": ["t", "a", "ta"],
    "models": ["self", "cross"],
    "table2": [],
    "training": {"max_epochs": 1},
    "features": {"text": {"min_coverage": None}},
}  # fmt: skip
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
    table = table.rename(columns={"video_side": "crop"}).assign(audio_start="0", audio_end="")
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
    assert sorted(tested["utterance_id"]) == sorted([*selected["utterance_id"]] * 2)
    leaks = pd.read_csv(results / "splits/leakage.csv").query("partition == 'test'")
    assert (leaks[["speaker", "group", "audio"]] == 0).all(axis=None)
    report = (results / "report/report.tex").read_text()
    assert "47 utterances of 3 classes" in report
    assert "IEMOCAP" not in report
    assert "IEMOCAP" not in (results / "report/explore.html").read_text().split("<script")[0]
    assert not (results / "tables/published.txt").exists()

    # A further utterance of one speaker changes the part of this speaker, and no other.
    with (folders / "own/corpus.csv").open("a", encoding="utf-8") as file:
        file.write("\nnew,froh,s3,so it is,3.flac,0,1")
    targets = [f"results/own/features/{name}.h5" for name in ("audio", "text")]
    again = jobs(snakemake(folders, "--configfile", *overlays, "--dry-run", "--", *targets))
    assert again == {"parse": 1, "probe": 1, "extract_audio": 1, "select": 1, "join": 1, "text": 1}


def test_a_corpus_with_partitions_of_its_own_is_judged_on_its_test_partition(folders):
    """Twenty dialogs, ten of them to test, whose speakers and some sounds occur in training."""
    (folders / "single").mkdir()
    rng = np.random.default_rng(1)
    lines = ["utterance_id,label,speaker,dialog,split,audio_path"]
    for dialog in range(20):
        for turn in range(3):
            name, label = f"{dialog}_{turn}", ("high", "low")[turn % 2]
            times = np.arange(4_000) / 8_000
            tone = np.sin(2 * np.pi * (900 if label == "high" else 200) * times)
            noise = rng.normal(0, 0.3, len(times)) if name != "15_0" else 0
            soundfile.write(folders / f"single/{name}.wav", 0.2 * (tone + noise), 8_000)
            part = "test" if dialog >= 10 else "dev" if dialog == 9 else "train"
            lines.append(f"{name},{label},s{dialog % 2},d{dialog},{part},{name}.wav")
    shutil.copy(folders / "single/0_0.wav", folders / "single/10_0.wav")
    (folders / "single/corpus.csv").write_text("\n".join(lines), encoding="utf-8")
    overlay = OWN | {
        "corpus": "single/corpus.csv",
        "results": "results/single",
        "labels": ["high", "low"],
        "splits": {"scheme": "official", "n_folds": 1, "development": "group"},
        "folds": [1],
        "seeds": [1, 2, 3, 4, 5],
        "seeds_per_job": 5,
        "modalities": ["a"],
        "models": ["self"],
        "table2": ["mean"],
    }
    (folders / "single.yaml").write_text(yaml.safe_dump(overlay))
    snakemake(folders, "--configfile", "protocols/demo.yaml", "single.yaml", "--",
              "all", "results/single/report/report.tex")  # fmt: skip

    results = folders / "results/single"
    (leak,) = (
        pd.read_csv(results / "splits/leakage.csv").query("partition == 'test'").to_dict("records")
    )
    assert (leak["speaker"], leak["dialog"]) == (1, 0)
    assert leak["audio"] == pytest.approx(1 / 30, abs=1e-4)
    verdicts = pd.read_csv(results / "statistics/verdicts.csv")
    assert set(verdicts["primary"]) == {"one_partition"}
    assert set(verdicts["sample"]) <= {"dialog", "speaker"}
    tests = pd.read_csv(results / "statistics/comparisons.csv")["test"]
    assert "one_partition" in set(tests)
    assert "corrected_resampled" not in set(tests)
    report = " ".join((results / "report/report.tex").read_text().split())
    assert "There is a single test partition" in report
