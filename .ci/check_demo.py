"""What the demo must show: every system above chance, fusion above any modality alone."""

import sys
from pathlib import Path

import pandas as pd

CLASSES, SYSTEMS = 7, 17

results = Path(sys.argv[1])
summary = pd.read_csv(results / "metrics/summary.csv")
cells = summary.set_index(["metric", "modalities", "model"])["mean"]
exclusions = pd.read_csv(results / "corpus/exclusions.csv")
selected = pd.read_csv(results / "corpus/selected.csv")
majority = selected["label"].value_counts(normalize=True).max()
chance = {"balanced_accuracy": 1 / CLASSES, "accuracy": majority}
for metric, floor in chance.items():
    of_metric = cells[metric]
    assert len(of_metric) == SYSTEMS, f"{metric}: {len(of_metric)} systems, expected {SYSTEMS}"
    assert of_metric.min() > floor, (
        f"{metric}: {of_metric.idxmin()} is not above chance, {floor:.3f}"
    )
    single = of_metric[["t", "v", "a"]].max()
    fused = of_metric["tva"][["self", "cross"]].min()
    assert fused > single, f"{metric}: T+V+A with {fused:.3f} is not above {single:.3f}"
    print(f"{metric}: all above {floor:.3f}, T+V+A above the best single modality, {single:.3f}")
print(f"{len(selected)} utterances used, {len(exclusions)} excluded with a reason")
