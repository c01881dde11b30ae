"""One of each thing that a file outside the package can add, as docs/extend.md describes them."""

import csv
from pathlib import Path

import numpy as np
from scipy import stats

CORPORA = {"mine": {"title": "my corpus", "folder": "corpus"}}
EXTRACTORS = {"levels": {"modality": "audio", "settings": {"frames": 4}, "does": "levels"}}
SPLITS = {"halves": {"says": "half of the speakers are tested, who are new"}}
METRICS = {"kappa": {}}
TESTS = {"sign": {"title": "sign test over folds", "holm": True}}
TABLES = {"means": {"title": "Means", "reads": "results", "uses": "systems", "says": "has means"}}


def find(root):
    if not (root / "list.csv").is_file():
        from emofusion.errors import DataError

        raise DataError(f"{root}: no list.csv here; name the folder that holds it")
    return root


def sessions(root):
    return sorted({row["session"] for row in _rows(root)})


def fingerprint(root, session, modalities):
    return (root / "list.csv").read_text() + modalities


def read(root, session):
    import pandas as pd

    rows = [row for row in _rows(root) if row["session"] == session]
    return pd.DataFrame(rows).assign(audio_path=[f"{row['utterance_id']}.wav" for row in rows])


def _rows(root):
    with Path(root, "list.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def extract_levels(selected, root, path, *, settings, files, device):
    import soundfile

    from emofusion.features.store.write import write_ragged

    def levels(wav):
        signal, _ = soundfile.read(root / wav, dtype="float32")
        return np.stack([np.abs(part) for part in np.array_split(signal[:40], settings["frames"])])

    ids, found = list(selected["utterance_id"]), [levels(wav) for wav in selected["audio_path"]]
    lengths = [len(frames) for frames in found]
    write_ragged(path, ids, lengths, found, found[0].shape[1], {"extractor": "levels", **settings})


def halves(pool, fold, *, n_folds, seed, development):
    speakers = sorted(pool["speaker"].unique())
    tested = pool["speaker"].isin(speakers[fold - 1 :: 2])
    later = pool.groupby("speaker").cumcount() >= 4
    return np.select([tested, later], ["test", "dev"], "train")


def kappa(truth, predicted, probabilities):
    observed = (truth == predicted).mean()
    classes = range(probabilities.shape[1])
    chance = sum((truth == one).mean() * (predicted == one).mean() for one in classes)
    return (observed - chance) / (1 - chance) if chance < 1 else 0.0


def sign(compared):
    from emofusion.evaluation.significance import Test

    values = compared.folds.differences
    moved = values[values != 0]
    p = stats.binomtest(int((moved > 0).sum()), len(moved)).pvalue if len(moved) else 1.0
    return Test(len(values), float(values.mean()), p=float(p))


def means(results, systems):
    from emofusion.reporting.layout import Table

    rows = [["/".join(system), f"{results.of(*system, 'accuracy').mean:.3f}"] for system in systems]
    return Table(title="Means", caption="Mean accuracy.", heads=["System", "mean"], rows=rows)
