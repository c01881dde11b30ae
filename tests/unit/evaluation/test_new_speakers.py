"""Predictions for speakers whom nobody has heard yet."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from emofusion.evaluation.comparison import Options, describe
from emofusion.evaluation.new_speakers import (
    SpeakerDifferences,
    new_speakers,
    predict_new_speakers,
    speaker_differences,
)
from emofusion.schemas import NEW_SPEAKERS

OPTIONS = Options(0.05, 0.8, {"accuracy": 0.1, "balanced_accuracy": 0.2}, 10, 0)


def test_a_speaker_s_value_is_the_mean_over_classes_and_its_error_that_of_the_utterances():
    differences = pd.DataFrame({"t": [1.0, 0.0, 1.0, 0.0, 0.0, 1.0], "a": 0.0})
    speaker = np.array(["F", "F", "F", "M", "M", "M"])
    strata = np.array(["sad", "sad", "ang", "sad", "sad", "ang"])
    found = speaker_differences(differences, speaker, np.array([1, 1, 1, 2, 2, 2]), strata)
    assert found.table.query("modalities == 't'")["value"].tolist() == [0.75, 0.5]
    # Of sad: (1/4 + 1/4 + 0 + 0) / 2 within speakers, two utterances each. Of ang nothing is known.
    assert found.known[0, 0] == pytest.approx(0.25 / 2 / 2**2)
    assert found.known[2, 2] == found.known[0, 0]
    assert found.known[0, 2] == 0


def test_on_one_set_a_new_speaker_is_a_further_draw_from_the_speakers():
    values = np.array([0.01, 0.03, -0.02, 0.06, 0.02])
    table = pd.DataFrame({"modalities": "ta", "speaker": list("abcde"), "fold": 0, "value": values})
    (row,) = predict_new_speakers(SpeakerDifferences(table, np.zeros((5, 5))), 0.02, 0.05)
    mean, std = values.mean(), values.std(ddof=1)
    expected = stats.t(4, mean, std / np.sqrt(5)).ppf([0.025, 0.975])
    assert [row["mean"], row["low"], row["high"]] == pytest.approx([mean, *expected], abs=1e-5)
    further = stats.t(4, mean, std * np.sqrt(1 + 1 / 5))
    assert row["new_high"] == pytest.approx(further.ppf(0.975), abs=1e-5)
    assert row["p_within"] == pytest.approx(further.cdf(0.02) - further.cdf(-0.02), abs=1e-4)
    assert row["p_below"] + row["p_within"] + row["p_above"] == pytest.approx(1)


def test_sets_borrow_strength_from_each_other():
    rng = np.random.default_rng(0)
    speakers, sets = np.repeat(list("abcdefgh"), 3), np.tile(["t", "a", "ta"], 8)
    values = rng.normal(0, 0.02, 24) + np.tile([0.0, 0.0, 0.05], 8)
    table = pd.DataFrame(
        {"modalities": sets, "speaker": speakers, "fold": speakers, "value": values}
    )
    rows = predict_new_speakers(SpeakerDifferences(table, np.zeros((24, 24))), 0.02, 0.05)
    means = table.groupby("modalities", sort=False)["value"].mean()
    assert [row["modalities"] for row in rows] == ["a", "t", "ta", ""]
    for row in rows[:3]:  # between its own mean and the mean of all
        assert abs(row["mean"] - means.mean()) < abs(means[row["modalities"]] - means.mean())
    assert rows[3]["mean"] == pytest.approx(means.mean())


def study(shared):
    """Two models on the same set, six speakers of two utterances in three folds."""
    systems = {}
    for model, right in (("self", 3), ("cross", 2)):
        table = [
            (1 + number // 4, 1, f"u{number}", "x", "x" if number % right else "y")
            for number in range(12)
        ]
        columns = ["fold", "seed", "utterance_id", "label", "predicted"]
        systems[model, "ta"] = describe(pd.DataFrame(table, columns=columns))
    selected = pd.DataFrame({"utterance_id": [f"u{number}" for number in range(12)], "dialog": ""})
    selected["speaker"] = [f"s{number // 2}" for number in range(12)]
    leakage = pd.DataFrame({"partition": "test", "speaker": [shared, 0.0, 0.0]})
    return systems, selected, leakage, OPTIONS


def test_a_row_for_each_metric_where_speakers_are_new_and_none_elsewhere():
    found = new_speakers(*study(0.0))
    assert list(found) == NEW_SPEAKERS
    assert found["metric"].tolist() == ["balanced_accuracy", "accuracy"]
    # Self is right in 8 of 12, Cross in 6.
    assert found["mean"].tolist() == pytest.approx([2 / 12, 2 / 12])
    assert found["margin"].tolist() == [0.2, 0.1]
    assert new_speakers(*study(0.5)).empty
