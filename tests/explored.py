"""Results to explore: small ones written by hand, and made-up ones as large as the paper's run."""

import itertools
import json

import numpy as np
import pandas as pd

from emofusion.evaluation import comparison
from emofusion.evaluation.comparison import Options
from emofusion.evaluation.metrics import METRICS, score_runs, summarise
from emofusion.reporting.explorer.data import page_data
from emofusion.schemas import COMPARISONS, VERDICTS

CLASSES = {"a": "ang", "s": "sad"}
LABELS = "asasasas"  # of u1 ... u8; fold 1 tests the first four, fold 2 the others
PREDICTED = {
    ("self", 1, 1): "asas",
    ("self", 1, 2): "assa",
    ("self", 2, 1): "aass",
    ("self", 2, 2): "aaas",
    ("cross", 1, 1): "asss",
    ("cross", 1, 2): "asss",
    ("cross", 2, 1): "aass",
    ("cross", 2, 2): "sass",
}
"""What each run (model, fold, seed) takes the utterances of its fold for."""

SELECTED = """utterance_id,session,speaker,start,end,label,transcript,audio_path
u1,1,F,0.0,1.0,ang,I told you so.,u1.wav
u2,1,M,1.0,2.5,sad,It is over.,u2.wav
u3,1,F,2.5,3.0,ang,Stop it <now> & here.,u3.wav
u4,1,M,3.0,4.0,sad,I miss her.,u4.wav
u5,2,F,0.0,1.0,ang,Never again.,u5.wav
u6,2,M,1.0,2.0,sad,</script>,u6.wav
u7,2,F,2.0,3.0,ang,Leave me.,u7.wav
u8,2,M,3.0,4.0,sad,Why now?,u8.wav
"""

SETTINGS = {
    "results": {
        "runs": 4,
        "accept_missing": False,
        "source": "synthetic",
        "printed": True,
        "unlike_paper": [],
    },
    "metrics": list(METRICS),
    "tests": {"published": "the paper's t-test over runs", "paired_folds": "paired, over folds"},
    "first_table": {"models": ["self", "cross"], "modalities": ["tva"], "alpha": 0.05},
    "second_table": {"table2_systems": [("self", "tva")]},
}
"""What the workflow hands over beside the files."""


def write_results(folder):
    """Files of small results, by the names under which the rule has them."""
    runs = []
    for (model, fold, seed), predicted in PREDICTED.items():
        run = folder / "runs" / model / "tva" / f"fold{fold}_seed{seed}"
        _write_run(run, range(4 * fold - 3, 4 * fold + 1), LABELS[4 * fold - 4 :], predicted)
        runs.append(({"model": model, "modalities": "tva", "fold": fold, "seed": seed}, run))
    scores = score_runs(runs)
    systems = comparison.read_systems([(key, run / "predictions.csv") for key, run in runs])
    options = Options(0.05, 0.8, {"accuracy": 0.02, "balanced_accuracy": 0.02}, 100, 1)
    tests, verdicts = comparison.compare(
        comparison.pairs(list(systems)), systems, {}, {1: 0.25, 2: 0.25}, options
    )
    leakage = "fold,partition,speaker,audio\n1,test,1.0,0.0\n2,test,1.0,0.0\n"
    floors = "floor,modalities,fold,balanced_accuracy,accuracy\nmajority,,1,0.5,0.5\n"
    written = {
        "runs": ("metrics/runs.csv", scores.to_csv(index=False)),
        "summary": ("metrics/summary.csv", summarise(scores).to_csv(index=False)),
        "missing": ("metrics/missing.csv", "model,modalities,fold,seed\n"),
        "leakage": ("splits/leakage.csv", leakage),
        "floors": ("metrics/floors.csv", floors),
        "verdicts": ("statistics/verdicts.csv", verdicts.to_csv(index=False)),
        "new_speakers": ("statistics/new_speakers.csv", NEW_SPEAKER),
        "comparisons": ("statistics/comparisons.csv", tests.to_csv(index=False)),
        "selected": ("corpus/selected.csv", SELECTED),
        "attention": ("report/attention.json", json.dumps(ATTENTION)),
    }
    for name, text in written.values():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    files = {key: str(folder / name) for key, (name, _) in written.items()}
    return files | {"predictions": [str(run / "predictions.csv") for _, run in runs]}


NEW_SPEAKER = """model_a,model_b,modalities,metric,new_low,new_high,p_within
self,cross,tva,accuracy,-0.3,0.1,0.25
"""
ATTENTION = [
    {
        "model": "self",
        "modalities": "tva",
        "target": "text",
        "weights": {"u3": [0.2, 0.2, 0.6], "u1": [1.0]},
    }
]


def _write_run(folder, numbers, labels, predicted):
    folder.mkdir(parents=True)
    lines = ["utterance_id,partition,label,predicted,p_ang,p_sad"]
    for number, label, guess in zip(numbers, labels, predicted, strict=False):
        ang = 0.8 if guess == "a" else 0.4
        names = f"{CLASSES[label]},{CLASSES[guess]}"
        lines.append(f"u{number},test,{names},{ang},{1 - ang:.1f}")
    (folder / "predictions.csv").write_text("\n".join([*lines, ""]))
    history = "epoch,train_loss,dev_loss,dev_accuracy\n1,0.7,0.7,0.5\n2,0.5,0.6,0.75\n"
    (folder / "history.csv").write_text(history)
    noted = {"best_epoch": 2, "epochs": 2, "train_seconds": 1.5, "parameters": 1234}
    (folder / "metrics.json").write_text(json.dumps(noted))


FULL_SETS = {
    **{name: ["t", "v", "a", "tv", "ta", "va", "tva"] for name in ("self", "cross")},
    **{name: ["tva"] for name in ("self_nosp", "cross_nosp", "self_cross", "mean", "amh")},
    "cross_matched": ["tva"],
    "mdre": ["tv", "ta", "tva"],
    "mcsan": ["ta"],
    "mha": ["ta"],
}
"""25 systems, as in the paper's run."""

FULL_CLASSES = ["ang", "exc", "hap", "sad", "fru", "sur", "neu"]
UTTERANCES, EPOCHS, WORDS = 7487, 25, 12


def full_size(folder):
    """The data of 1,250 made-up runs on 7,487 utterances; runs of one fold predict alike."""
    chance = np.random.default_rng(1)
    folds = [_write_fold(folder / f"fold{fold}", fold, chance) for fold in range(1, 6)]
    systems = [(model, on) for model, sets in FULL_SETS.items() for on in sets]
    runs = list(itertools.product(systems, range(1, 6), range(1, 11)))
    keys = [{"model": s[0], "modalities": s[1], "fold": f, "seed": n} for s, f, n in runs]
    numbers = {name: chance.uniform(0.4, 0.8, len(runs)) for name in METRICS}
    noted = {"best_epoch": 9.0, "epochs": EPOCHS, "train_seconds": 123.4, "parameters": 1234567}
    scores = pd.DataFrame(keys).assign(**numbers, **noted)
    pairs = [pair._asdict() for pair in comparison.pairs(systems)]
    rows = [pair | {"metric": m} for pair in pairs for m in ("balanced_accuracy", "accuracy")]
    tests = [row | {"test": test} for row in rows for test in TESTS]
    ids = [name for fold in folds for name in fold]
    weights = [{i: chance.dirichlet(np.ones(WORDS)).tolist() for i in ids} for _ in range(3)]
    return page_data(
        {"headline": "Undecided", "answer": "", "reservations": [], "names": {}, "tests": {},
         "made": "Made up",
         "pair": ["self/tva", "cross/tva"]},
        [],
        scores,
        [folder / f"fold{key['fold']}" for key in keys],
        pd.DataFrame({"utterance_id": ids, "session": [i[4] for i in ids],
                      "dialog": [i[:14] for i in ids], "speaker": [i[:6] for i in ids],
                      "method": "improvised", "start": 1.25, "end": 3.5}),
        _filled(rows, VERDICTS, chance),
        _filled(tests, COMPARISONS, chance),
        list(METRICS),
        [{"model": "self", "modalities": "tva", "target": "text", "weights": w} for w in weights],
    )  # fmt: skip


TESTS = ["published", "paired_folds", "paired_speakers", "corrected_resampled", "bootstrap_dialogs",
         "bootstrap_speakers", "equivalence", "equivalence_corrected", "bayes"]  # fmt: skip


def _filled(rows, columns, chance):
    """Rows with random numbers in all columns that they lack."""
    table = pd.DataFrame(rows)
    empty = [name for name in columns if name not in table]
    return table.assign(**{name: chance.uniform(size=len(table)) for name in empty})[columns]


def _write_fold(folder, fold, chance):
    """Predictions and history of a run of a fold; returns the ids of its utterances."""
    folder.mkdir()
    count = UTTERANCES // 5 + (fold <= UTTERANCES % 5)
    ids = [f"Ses0{fold}F_impro{n // 40:02}_{'FM'[n % 2]}{n:04}" for n in range(count)]
    p = chance.dirichlet(np.ones(len(FULL_CLASSES)), count).round(4)
    labels = chance.choice(FULL_CLASSES, count)
    table = pd.DataFrame({"utterance_id": ids, "partition": "test", "label": labels})
    table["predicted"] = np.array(FULL_CLASSES)[p.argmax(axis=1)]
    table[[f"p_{name}" for name in FULL_CLASSES]] = p
    table.to_csv(folder / "predictions.csv", index=False)
    curves = {name: chance.uniform(size=EPOCHS) for name in ("train_loss", "dev_loss")}
    history = pd.DataFrame({"epoch": range(1, EPOCHS + 1), **curves})
    history.assign(dev_accuracy=chance.uniform(size=EPOCHS)).to_csv(
        folder / "history.csv", index=False
    )
    return ids
