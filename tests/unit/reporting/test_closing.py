"""What a finished workflow says on the terminal."""

import csv

from emofusion.reporting.closing import left_out, short_answer, table_body

TABLE = """Table 1. A caption.

Modality  WA Self        UWA Self
---------------------------------
T          .607 ± .094    .617 ± .059

A note."""


def write(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def verdict(modalities, difference, verdict, metric="balanced_accuracy"):
    values = {"difference": difference, "low": -0.2, "high": 0.1, "p_holm": 0.25}
    names = {"model_a": "self", "model_b": "cross", "modalities": modalities, "metric": metric}
    return {"family": "table1", **names, **values, "verdict": verdict}


def test_the_answer_is_the_comparison_on_the_widest_set(tmp_path):
    rows = [
        verdict("ta", 0.3, "better"),
        verdict("tva", -0.05, "undecided"),
        verdict("tva", 0.9, "better", metric="accuracy"),
    ]
    assert short_answer(write(tmp_path / "verdicts.csv", rows)) == (
        "Self minus Cross on T+V+A: −5.0 points [−20.0, +10.0] of balanced accuracy, "
        "P = 0.250 after Holm; undecided."
    )


def test_without_a_comparison_the_answer_says_so(tmp_path):
    path = write(tmp_path / "verdicts.csv", [verdict("ta", 0.3, "better", metric="accuracy")])
    assert short_answer(path).startswith("nothing was compared")


def test_without_self_and_cross_the_answer_is_the_first_pair(tmp_path):
    controls = {"model_b": "mean", "family": "controls"}
    rows = [verdict(on, 0.3, "better") | controls for on in ("a", "ta")]
    rows.append(verdict("tva", 0.1, "worse") | {"model_a": "mine", "family": "other"})
    text = short_answer(write(tmp_path / "verdicts.csv", rows))
    assert text.startswith("Self minus Mean (no attention) on T+A: +30.0 points")


def test_a_comparison_without_a_difference_still_has_its_verdict(tmp_path):
    path = write(tmp_path / "verdicts.csv", [verdict("ta", "", "undecided (no common fold)")])
    assert short_answer(path) == "Self minus Cross on T+A: undecided (no common fold)."


def test_excluded_utterances_are_counted_by_kind(tmp_path):
    rows = [{"utterance_id": n, "kind": kind} for n, kind in enumerate("bab")]
    assert left_out(write(tmp_path / "exclusions.csv", rows)) == "a 1, b 2"


def test_a_table_that_is_too_wide_shows_only_its_first_metric():
    assert "UWA" in table_body(TABLE, 80)
    assert table_body(TABLE, 30).splitlines() == [
        "Modality  WA Self",
        "-------------------------",
        "T          .607 ± .094",
    ]


def test_a_declared_primary_endpoint_is_the_answer(tmp_path):
    rows = [verdict("tva", 0.3, "better") | {"endpoint": False}]
    rows.append(verdict("ta", -0.05, "worse", metric="accuracy") | {"endpoint": True})
    assert short_answer(write(tmp_path / "verdicts.csv", rows)) == (
        "Self minus Cross on T+A: −5.0 points [−20.0, +10.0] of accuracy, P = 0.250 (the primary "
        "endpoint); worse."
    )
