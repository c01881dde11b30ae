"""Results of others on the same corpus, and why they cannot be compared."""

import pandas as pd
import pytest

from emofusion.printed import Setting, of_others
from emofusion.reporting.tables.elsewhere import elsewhere
from emofusion.reporting.tables.results import Results

RAVDESS = {"corpus": "ravdess", "classes": 8, "scheme": "group:emobox_fold"}


def table(setting):
    summary = pd.DataFrame(
        [("self", "a", "balanced_accuracy", 18, 0.349, 0.038),
         ("self", "a", "accuracy", 18, 0.361, 0.038),
         ("self", "t", "accuracy", 18, 0.133, 0.0)],
        columns=["model", "modalities", "metric", "runs", "mean", "std"],
    )  # fmt: skip
    floors = pd.DataFrame(
        {"floor": ["majority"], "modalities": "", "balanced_accuracy": 0.125, "accuracy": 0.133}
    )
    missing = pd.DataFrame(columns=["model", "modalities", "fold", "seed"])
    results = Results(summary, floors, missing, 18, False, "ravdess")
    found = elsewhere(results, setting=setting)
    return [[getattr(cell, "text", cell) for cell in row] for row in found.rows]


def test_our_audio_systems_come_first_and_those_of_others_follow_with_their_features():
    rows = table(RAVDESS)
    assert rows[0] == ["Self A", "ours", ".349 ± .038", ".361 ± .038", ""]
    assert rows[1] == ["Whisper-large-v3, frozen", "EmoBox 2024", ".753", ".759", "same"]
    assert rows[2] == ["WavLM-large, frozen", "EmoBox 2024", ".720", ".722", "same"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"classes": 4}, "not comparable: 8 classes, ours 4"),
        ({"scheme": "random"}, "not comparable: folds: six groups of actors, ours random"),
        ({"scheme": "emobox"}, "same"),
    ],
)
def test_another_setting_is_not_comparable_and_says_why(change, why):
    assert table(RAVDESS | change)[1][-1] == why


def test_every_row_has_a_known_corpus_metric_and_a_share():
    corpora = ["iemocap", "ravdess", "meld", "cremad", "emodb"]
    rows = [row for corpus in corpora for row in of_others(corpus)]
    assert len(rows) == 3 * (4 + 2 + 1 + 1 + 1)
    assert {row["metric"] for row in rows} == {"balanced_accuracy", "accuracy", "macro_f1"}
    assert all(0 < float(row["mean"]) < 1 for row in rows)
    assert of_others("synthetic") == []


def test_four_classes_and_the_published_folds_differ_from_emobox_s_sessions():
    ours = Setting("iemocap", 7, "published")
    row = of_others("iemocap")[0]
    assert ours.differences(row) == ["4 classes, ours 7", "folds: five sessions, ours published"]
