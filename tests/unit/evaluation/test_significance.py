import math

import pandas as pd
import pytest

from emofusion.evaluation.significance import published_t_test


def runs(**accuracies):
    """Runs on one modality set; every metric has the same values."""
    return pd.DataFrame(
        [
            {
                "model": model,
                "modalities": "ta",
                "accuracy": value,
                "balanced_accuracy": value,
                "macro_f1": value,
            }
            for model, values in accuracies.items()
            for value in values
        ]
    )


def test_the_paper_s_test_by_hand():
    # means .52 and .42, squared deviations .0002 in each, pooled variance .0004 / 4 = .0001:
    # t = .10 / sqrt(.0001 * 2 / 3), with 4 degrees of freedom
    table = published_t_test(runs(self=[0.51, 0.52, 0.53], cross=[0.41, 0.42, 0.43]))
    row = table.set_index("metric").loc["accuracy"]
    assert (row["model_a"], row["model_b"], row["n_a"], row["n_b"]) == ("cross", "self", 3, 3)
    t = -0.10 / math.sqrt(0.0001 * 2 / 3)
    assert row["statistic"] == pytest.approx(t)
    # Student's t with 4 degrees of freedom has the closed distribution function
    # F = 1/2 + 3/8 (x - x^3/3 ...) in s = t / sqrt(4 + t^2): 1/2 + 3/4 (s - s^3 / 3)
    s = abs(t) / math.sqrt(4 + t * t)
    assert row["p"] == pytest.approx(2 * (1 - (0.5 + 0.75 * (s - s**3 / 3))))
    assert row["difference"] == pytest.approx(-0.10)


def test_one_run_of_a_model_gives_a_difference_and_no_p():
    row = published_t_test(runs(self=[0.5], cross=[0.4])).iloc[0]
    assert row["difference"] == pytest.approx(-0.1)
    assert math.isnan(row["p"])


def test_models_on_different_modalities_are_not_compared():
    table = pd.concat([runs(self=[0.5, 0.6]), runs(cross=[0.5, 0.6]).assign(modalities="tv")])
    result = published_t_test(table)
    assert len(result) == 0
    assert "p" in result.columns
