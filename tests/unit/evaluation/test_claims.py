"""The paper's claims about systems on different inputs."""

import pandas as pd
import pytest

from emofusion.evaluation.claims import compare_claims
from emofusion.evaluation.comparison import Options, describe
from emofusion.reporting.inputs import read_inputs
from emofusion.reporting.layout import Cell
from emofusion.reporting.tables.claims import claims
from emofusion.schemas import CLAIMED

OPTIONS = Options(0.05, 0.8, {"accuracy": 0.02, "balanced_accuracy": 0.02}, 10, 0)


def system(wrong):
    """One seed on five folds of four utterances of one class; of fold n, `wrong[n]` are wrong."""
    rows = [
        (fold, 1, f"u{fold}{number}", "x", "y" if number < wrong[fold] else "x")
        for fold in range(5)
        for number in range(4)
    ]
    columns = ["fold", "seed", "utterance_id", "label", "predicted"]
    return describe(pd.DataFrame(rows, columns=columns))


def study(**wrong):
    systems = {("self", on): system(numbers) for on, numbers in wrong.items()}
    ids = [f"u{fold}{number}" for fold in range(5) for number in range(4)]
    selected = pd.DataFrame({"utterance_id": ids, "dialog": "", "speaker": ""})
    leakage = pd.DataFrame({"partition": "test", "fold": range(5), "speaker": 1.0,
                            "utterances": 4, "training": 40})  # fmt: skip
    return compare_claims(systems, selected, leakage, OPTIONS)


def test_only_claims_whose_systems_were_run_are_tested_with_the_paper_s_difference():
    found = study(t=[0, 0, 1, 0, 0], a=[2, 3, 3, 2, 3])
    assert list(found) == CLAIMED
    assert found["claim"].unique().tolist() == ["text outperforms audio"]
    wa, uwa = found.to_dict("records")
    assert (wa["metric"], uwa["metric"]) == ("balanced_accuracy", "accuracy")
    # Table 1: .474 - .365 and .535 - .452. Ours: 1 of 20 wrong against 13 of 20.
    assert [wa["paper"], uwa["paper"]] == pytest.approx([0.109, 0.083])
    assert uwa["difference"] == pytest.approx(12 / 20)
    assert uwa["direction"] == "better"


def test_holm_counts_the_claims_that_were_tested():
    one = study(t=[0, 0, 1, 0, 0], a=[2, 3, 3, 2, 3])
    three = study(t=[0, 0, 1, 0, 0], a=[2, 3, 3, 2, 3], v=[1, 0, 2, 1, 1])
    assert len(three) == 6
    assert one["p_holm"].tolist() == pytest.approx((2 * one["p"]).tolist())
    of_audio = three[three["claim"] == "text outperforms audio"]
    assert of_audio["p_holm"].tolist() == pytest.approx((6 * of_audio["p"]).tolist())


def test_the_table_names_each_claim_once(tmp_path):
    found = study(t=[0, 0, 1, 0, 0], a=[2, 3, 3, 2, 3], v=[1, 0, 2, 1, 1])
    found.to_csv(tmp_path / "claims.csv", index=False)
    table = claims(**read_inputs({"claims": str(tmp_path / "claims.csv")}), alpha=0.05)
    assert [row[0] for row in table.rows[:3]] == [
        "text outperforms vision",
        "",
        "text outperforms audio",
    ]
    assert table.rows[2][1] == "Self T – Self A"
    assert table.rows[3][3] == "+.083"
    assert table.rows[3][-1] == Cell("better", bold=True)
    assert table.breaks == [2, 4]
