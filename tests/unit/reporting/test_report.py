import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from emofusion.errors import DataError
from emofusion.reporting.latex import compile_pdf, complaints, escape, tabular
from emofusion.reporting.report.data import (
    class_table,
    expected_counts_table,
    leakage_table,
    smallest_class,
)
from emofusion.reporting.report.document import missing_runs, report
from emofusion.reporting.report.machines import fingerprint, hours
from emofusion.reporting.report.protocol import capacity, own_settings, protocol
from emofusion.reporting.report.results import floor_table, results
from emofusion.reporting.report.statistics import statistics
from emofusion.reporting.report.summary import (
    answer,
    cost_sentence,
    endpoint_text,
    question_text,
    reservation_items,
    verdict_sentence,
)

NONE = pd.DataFrame(columns=["model", "modalities", "fold", "seed"])
TRAINING = {
    "learning_rate": 0.001,
    "batch_size": 32,
    "class_weight": "none",
    "epochs_per_check": 1.0,
    "plateau_factor": 0.1,
    "plateau_patience": 10,
    "stop_patience": 10,
    "select_on": "accuracy",
    "max_epochs": 500,
}
CONFIG = {
    "text_dropout": 0.25,
    "standardize_audio": False,
    "dtype": "float64",
    "source": "synthetic",
    "protocol": "paper",
    "method": "all",
    "labels": ["ang", "sad"],
    "folds": [1],
    "seeds": [1, 2],
    "splits": {"scheme": "random", "n_folds": 5, "unseen_lines": False},
    "features": {"text": "own", "vision": "own", "audio": "own", "prosody": False},
    "architecture": {"hidden": 60},
    "training": TRAINING,
    "statistics": {
        "alpha": 0.05,
        "power": 0.8,
        "margins": {"balanced_accuracy": 0.02, "accuracy": 0.015},
        "primary": None,
    },
}


def record(model="self", seed=1, device="cpu", **changes):
    return {
        "model": model,
        "modalities": "tva",
        "fold": 1,
        "seed": seed,
        "dtype": "float32",
        "standardize_audio": True,
        "lengths": {"text": 128},
        "architecture": {"hidden": 60, "text_dropout": 0.0},
        "training": TRAINING,
        "code": "c0de",
        "split": "5b1f",
        "features": {"text": "7e87"},
        "machine": {"device": device, "device_name": "x", "threads": 1, "python": "3.11"},
    } | changes


def run(model="self", seed=1, seconds=60.0, parameters=100, modalities="tva"):
    key = {"model": model, "modalities": modalities, "fold": 1, "seed": seed}
    scores = {"balanced_accuracy": 0.6, "stopped_early": True}
    return key | scores | {"train_seconds": seconds, "parameters": parameters}


def verdict(direction="", difference=0.017, metric="balanced_accuracy", **changes):
    return {
        "family": "table1",
        "modalities": "tva",
        "model_a": "self",
        "model_b": "cross",
        "metric": metric,
        "folds": 5,
        "speakers": 10,
        "primary": "paired_folds",
        "sample": "fold",
        "samples": 5,
        "difference": difference,
        "low": 0.002,
        "high": 0.032,
        "p_published": 0.0004,
        "p": 0.012,
        "p_holm": 0.031,
        "p_corrected_holm": 0.04,
        "margin": 0.02,
        "smallest_margin_corrected": 0.026,
        "detectable_corrected": 0.031,
        "direction": direction,
        "equivalent": False,
        "reason": "",
        "endpoint": False,
    } | changes


ABOUT = {"source": "synthetic", "printed": True, "unlike_paper": []}
FRAMES = {
    "runs": pd.DataFrame([run(seed=1), run(seed=2)]),
    "selected": pd.DataFrame({"label": ["ang", "sad", "sad"], "session": [1, 1, 2]}),
    "exclusions": pd.DataFrame({"kind": ["no_label", "no_label"]}),
    "leakage": pd.DataFrame(
        {
            "fold": 1,
            "partition": ["dev", "test"],
            "utterances": [4, 9],
            "training": 1200,
            "speaker": 1.0,
            "dialog": 1.0,
            "group": float("nan"),
            "audio": 0.25,
            "scripted_transcript": 0.372,
            "improvised_transcript": float("nan"),
            "standard_error": 0.05,
            "standard_error_balanced": 0.061,
        }
    ),
    "classes": pd.DataFrame({"fold": [1], "partition": ["test"], "ang": [4], "sad": [5]}),
}


def whole(frames=FRAMES, **parts):
    return report(CONFIG, [record(seed=1), record(seed=2)], frames, about=ABOUT, **parts)


# LaTeX


def test_signs_of_latex_come_out_as_themselves():
    assert escape("50 % & a_b #1 {$x$}") == r"50 \% \& a\_\allowbreak{}b \#1 \{\$x\$\}"
    assert escape("\\input{~}") == r"\textbackslash{}input\{\textasciitilde{}\}"
    assert escape("a\n\n[b]") == r"a {[}b]"
    assert escape("ü → 漢 † –") == r"ü ? ? $^\dagger$ \textendash{}"
    assert escape("a--b") == "a-{}-b"


def test_cells_are_escaped_and_the_total_stands_below_a_line():
    text = tabular("lr", ["a&b", "n"], [["x_y", 1]], total=["all", 1])
    assert r"a\&b & n \\" in text
    assert (
        text.index(r"x\_\allowbreak{}y & 1 \\")
        < text.rindex(r"\midrule")
        < text.index(r"all & 1 \\")
    )


@pytest.mark.parametrize(
    "line",
    [
        "LaTeX Warning: Reference `x' on page 1 undefined on input line 3.",
        r"Overfull \hbox (4.0pt too wide) in paragraph at lines 1--2",
        "LaTeX Font Warning: Font shape `T1/cmr/m/n' in size <9> not available",
        "pdfTeX warning: pdflatex (file a.pdf): PDF inclusion: multiple pdfs with page group",
        "Missing character: There is no X in font ec-lmr10!",
        "! Undefined control sequence.",
    ],
)
def test_a_log_with_a_complaint_is_not_clean(line):
    assert complaints(f"This is pdfTeX\n{line}\nOutput written on a.pdf") == [line]


def test_a_complaint_names_the_file_that_it_is_about():
    bad = r"Overfull \hbox (4.0pt too wide) in paragraph at lines 1--2"
    log = f"(./report.tex\n{bad}\n[1] (../tables/a.tex) (../tables/b.tex\n{bad}\n)\n{bad}\n)"
    assert complaints(log) == [f"{bad} of ./report.tex", f"{bad} of ../tables/b.tex", bad]


def test_a_clean_log_has_no_complaint():
    log = "No file report.aux.\nPackage: infwarerr 2019/12/03 v1.5 Providing info/warning/error\n"
    assert complaints(log + "Output written on report.pdf (9 pages).") == []


def test_without_tex_the_message_says_what_to_install_and_what_comes_without(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match=r"apt-get install texlive-latex-recommended.*HTML report"):
        compile_pdf(tmp_path / "a.tex", tmp_path / "a.pdf", tmp_path / "a.log")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
def test_the_document_compiles_without_a_warning_to_the_same_bytes(tmp_path):
    odd = {"exclusions": pd.DataFrame({"kind": ["a_b & 50 % #$~^\\{}<>|\"'`[é漢"]})}
    (tmp_path / "report.tex").write_text(whole(FRAMES | odd), encoding="utf-8")
    for name in ("a.pdf", "b.pdf"):
        compile_pdf(tmp_path / "report.tex", tmp_path / name, tmp_path / "report.log")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {
        "report.tex",
        "report.log",
        "a.pdf",
        "b.pdf",
    }


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
@pytest.mark.parametrize(
    ("body", "complaint"),
    [(r"\ref{nothing}", "undefined"), (r"\rule{30cm}{1pt}", "Overfull"), (r"\nonsense", "!")],
)
def test_a_document_with_a_warning_or_an_error_leaves_no_pdf(tmp_path, body, complaint):
    source = tmp_path / "a.tex"
    source.write_text(rf"\documentclass{{article}}\begin{{document}}{body}\end{{document}}")
    with pytest.raises(DataError, match=complaint):
        compile_pdf(source, tmp_path / "a.pdf", tmp_path / "a.log")
    assert not (tmp_path / "a.pdf").exists()


# Words


def test_a_difference_is_told_in_points_with_interval_and_both_tests():
    assert verdict_sentence(verdict("better"), 0.05) == (
        r"WA: Self is better than Cross by 1.7 points (95\,\% interval $+0.2$ to $+3.2$; "
        "$P$ after Holm $= .031$; Nadeau-Bengio $P$ after Holm $= .040$; "
        "$P$ of the paper's test $< .001$)."
    )
    assert "Self is worse than Cross by 1.7 points" in verdict_sentence(
        verdict("worse", -0.017), 0.05
    )


def test_equivalence_is_told_with_its_margin():
    text = verdict_sentence(verdict(difference=-0.001, equivalent=True), 0.05)
    assert "Self and Cross are equivalent within 2.0 points; Self is 0.1 points below" in text
    both = verdict_sentence(verdict("better", 0.004, equivalent=True), 0.05)
    assert "better than Cross by 0.4 points, yet equivalent within 2.0 points" in both


def test_no_decision_is_told_with_what_could_have_been_found():
    text = verdict_sentence(verdict(), 0.05)
    assert text.endswith(
        "equivalence would hold within 2.6 points, and only a difference of 3.1 points or more "
        "would be found."
    )


def test_a_difference_that_cannot_be_is_not_said_to_be_found():
    text = verdict_sentence(verdict(detectable_corrected=1.128), 0.05)
    assert text.endswith("within 2.6 points, and no difference is large enough to be found.")


@pytest.mark.parametrize("reason", ["few_folds", "few_speakers"])
def test_too_few_folds_are_not_said_to_find_anything(reason):
    text = verdict_sentence(verdict(reason=reason, folds=2, speakers=2), 0.05)
    assert f"2 {reason.removeprefix('few_')}, a verdict needs 4" in text
    assert "would" not in text


def test_no_interval_ends_at_minus_zero():
    text = verdict_sentence(verdict(equivalent=True, low=-0.0003, high=0.0003), 0.05)
    assert "interval $+0.0$ to $+0.0$" in text


def test_on_one_speaker_the_verdict_is_about_that_speaker():
    text = answer(pd.DataFrame([verdict("better", speakers=1)]))
    assert "any verdict is about this one speaker" in text


def test_an_interval_without_zero_that_decides_nothing_says_why():
    text = verdict_sentence(verdict(reason="holm", p_holm=0.07), 0.05)
    assert "WA: undecided (only before Holm, P = .012); Self is 1.7 points above Cross" in text


def test_one_fold_has_no_interval_and_says_so():
    missing = ["low", "high", "p_holm", "p_corrected_holm", "p_published"]
    missing += ["smallest_margin_corrected", "detectable_corrected"]
    row = verdict(reason="few_folds", folds=1, **dict.fromkeys(missing))
    assert verdict_sentence(row, 0.05) == (
        "WA: undecided (1 fold, a verdict needs 4); Self is 1.7 points above Cross."
    )


def test_the_answer_groups_the_comparisons_by_verdict():
    rows = [
        verdict("better"),
        verdict(metric="accuracy"),
        verdict("worse", modalities="ta"),
        verdict("better", family="other", modalities="va", model_b="mine"),
    ]
    text = answer(pd.DataFrame(rows))
    assert "Self is better than Cross for WA on T+V+A." in text
    assert "Self is worse than Cross for WA on T+A." in text
    assert "show neither a difference nor equivalence for UWA on T+V+A." in text
    assert "V+A" not in text.replace("T+V+A", "")
    assert "any verdict is about these 10 speakers" in text


def test_over_new_speakers_the_answer_rests_on_the_speakers():
    text = answer(pd.DataFrame([verdict("better", primary="paired_speakers")]))
    assert "a paired t-test over the speakers" in text
    assert "the verdicts are about new speakers, of whom 10 were tested" in text


def test_equivalence_is_that_of_the_configured_margin():
    text = answer(pd.DataFrame([verdict(equivalent=True)]))
    assert "equivalent within the configured margin for WA on T+V+A" in text


def test_without_verdicts_no_answer_is_made_up():
    assert "Nothing was compared" in answer(pd.DataFrame(columns=[*verdict()]))


def test_without_self_and_cross_the_answer_and_the_question_are_about_the_first_pair():
    own = {"family": "controls", "model_b": "mean", "modalities": "a"}
    rows = pd.DataFrame([verdict("better", **own), verdict("worse", **own | {"model_a": "mine"})])
    assert answer(rows).startswith("Self is better than Mean (no attention) for WA on A. Verdicts")
    asked = question_text(rows[:1])
    assert asked.startswith("Which recognises emotions better from A (T is text")
    assert "audio): Self or Mean (no attention)?" in asked
    assert "Self and Cross were not run on the same modalities here" in asked


def test_the_primary_endpoint_is_on_the_first_page_with_its_verdict():
    assert "declares no primary endpoint" in endpoint_text(CONFIG, pd.DataFrame())
    primary = {"models": ["self", "cross"], "modalities": "ta", "metric": "accuracy"}
    declared = CONFIG | {"statistics": CONFIG["statistics"] | {"primary": primary}}
    rows = [verdict(), verdict("worse", -0.02, "accuracy", modalities="ta", endpoint=True)]
    text = endpoint_text(declared, pd.DataFrame(rows))
    assert "UWA of Self and Cross on T+A, folds random, tested without Holm's" in text
    assert "UWA: Self is worse than Cross by 2.0 points" in text
    assert "was not tested" in endpoint_text(declared, pd.DataFrame(rows[:1]))


def test_undecided_alone_is_not_told_as_no_difference():
    assert "not evidence that there is none" in answer(pd.DataFrame([verdict()]))


def test_too_few_folds_are_the_reason_that_the_answer_names():
    text = answer(pd.DataFrame([verdict(reason="few_folds", folds=2)]))
    assert "A verdict needs at least 4 folds." in text
    assert "not evidence" not in text


def test_the_report_has_a_reservation_for_mixed_origins_and_those_of_the_results():
    runs = [record(seed=1), record(seed=2, code="new")]
    about = ABOUT | {"source": "mine", "unlike_paper": ["training: batch_size 8 (32)"]}
    text = "\n".join(reservation_items(about, runs, {}))
    titles = re.findall(r"\\textbf\{(.*?)\}", text)
    assert titles == ["Not the paper's settings.", "Mixed origins."]
    assert "differ in code (Self T+V+A)" in text
    assert r"training: batch\_\allowbreak{}size 8 (32)." in text


# Sections


def test_other_pairs_are_counted_as_pairs_and_metrics():
    own = {"family": "other", "model_b": "mine"}
    rows = [verdict(), *(verdict(metric=one, **own) for one in ("balanced_accuracy", "accuracy"))]
    text = statistics(CONFIG, pd.DataFrame(rows))
    counted = "(1 pair of systems, 2 metrics each). Verdicts on the first system of each pair: "
    assert f"{counted}undecided 2" in text


def test_controls_are_a_family_with_sentences():
    rows = [verdict("worse"), verdict("better", family="controls", model_b="mean")]
    text = statistics(CONFIG, pd.DataFrame(rows))
    assert "Controls that the paper lacks, a separate family for Holm's correction:" in text
    assert "WA: Self is better than Mean (no attention) by 1.7 points" in text
    assert "Cross by" not in text  # the summary has it


def test_a_new_speaker_is_predicted_for_the_main_pair():
    row = {"model_a": "self", "model_b": "cross", "metric": "accuracy", "speakers": 10}
    row |= {"mean": 0.012, "low": -0.01, "high": 0.034}
    rows = [
        row | {"modalities": "ta", "new_low": -0.05, "new_high": 0.08, "p_within": 0.41},
        row | {"modalities": "", "new_low": None, "new_high": None, "p_within": None},
        row | {"modalities": "ta", "model_b": "mean", "mean": 0.5},
    ]
    text = statistics(CONFIG, pd.DataFrame([verdict()]), pd.DataFrame(rows))
    assert r"A new speaker.} Self minus Cross" in text
    assert "from 10 speakers" in text
    assert r"T+A & UWA & +.012 {[}$-$.010, +.034] & {[}$-$.050, +.080] & .410 \\" in text
    assert r"all sets & UWA & +.012 {[}$-$.010, +.034] &  &  \\" in text
    assert "+.500" not in text


def test_hours_are_summed_by_device():
    runs = pd.DataFrame(
        [run(seed=1, seconds=1800.0), run(seed=2, seconds=5400.0), run(seed=3, seconds=900.0)]
    )
    records = [record(seed=1, device="cuda"), record(seed=2, device="cuda"), record(seed=3)]
    table = hours(runs, records).set_index("device")
    assert table["hours"].to_dict() == {"cpu": 0.25, "cuda": 2.0}
    assert table["runs"].to_dict() == {"cpu": 1, "cuda": 2}


def test_settings_that_differ_from_the_common_ones_are_a_models_own():
    own = record(training=TRAINING | {"batch_size": 128}, lengths={"text": 128, "audio": 750})
    config = CONFIG | {"features": {"text": {"max_length": 128}, "audio": {"max_length": 1000}}}
    assert own_settings(own, config) == {"batch_size": "128", "audio steps": "750"}
    assert own_settings(record(), config) == {}


def test_the_weight_of_one_utterance_of_the_rarest_class():
    # One of 4: a quarter of one of two recalls.
    assert "ang in fold 1 with 4 utterances: one of them moves WA by 12.5 points" in (
        smallest_class(FRAMES["classes"])
    )
    assert "no test utterance of ang" in smallest_class(FRAMES["classes"].assign(ang=0))


def test_capacity_is_compared_where_both_were_run():
    runs = pd.DataFrame([run("self", parameters=1000), run("cross", parameters=1106)])
    assert r"10.6\,\% more parameters" in capacity(runs)
    assert capacity(runs[:1]) == ""


def test_leakage_shows_sizes_and_shares_of_what_the_corpus_has():
    row = leakage_table(FRAMES["leakage"]).splitlines()[6]
    assert row == r"1 & 1,200 & 4 & 9 & 100 \% & 100 \% & 25 \% & 37 \% & 6.1 & 5.0 \\"


def test_missing_runs_are_named_by_fold():
    rows = [("self", "ta", 2, seed) for seed in (3, 4)]
    text = missing_runs(pd.DataFrame(rows, columns=NONE.columns))
    assert r"\item Self T+A, fold 2: seed 3 and 4" in text
    assert missing_runs(NONE) == ""


def test_tables_keep_their_numbers_when_others_are_absent():
    text = results({"table2": (Path("../tables/table2.tex"), 2, "is it")}, {}, None)
    assert r"\setcounter{table}{1}\input{../tables/table2}" in text
    assert "Table 2 is it." in text
    assert "Table 1" not in text
    assert "Floors" not in text


def test_figures_carry_their_captions_escaped():
    text = results({}, {"forest": (Path("../figures/forest.pdf"), "100 % of it")}, None)
    assert "{../figures/forest.pdf}" in text
    assert r"\caption{100 \% of it}" in text


def test_absent_parts_leave_no_hole():
    text = whole()
    assert r"\begin{itemize}\end{itemize}" not in text
    assert "nan" not in text
    assert "None" not in text
    assert "\n\n\n" not in text.partition(r"\begin{document}")[2]
    for absent in (r"\input", r"\begin{figure}", "Floors", "Missing runs", "full release"):
        assert absent not in text.partition(r"\begin{document}")[2]


def test_the_first_page_tells_what_was_run_and_of_which_configuration():
    text = whole()
    assert "Report of 2 runs on a synthetic corpus" in text
    assert f"configuration {fingerprint(CONFIG)}" in text
    assert fingerprint(CONFIG) != fingerprint(CONFIG | {"seeds": [1]})
    assert fingerprint(CONFIG) == fingerprint(dict(reversed(CONFIG.items())))


@pytest.mark.parametrize("silence", ["", float("nan")])
def test_a_known_difference_from_the_release_is_explained_below_the_table(silence):
    counts = pd.DataFrame(
        {
            "quantity": ["dialogs", "MFCC frames shortest"],
            "expected": [151, 56],
            "found": [151, 57],
            "note": [silence, "known difference: it is 57"],
        }
    )
    text = expected_counts_table(counts)
    assert "1 of 2 known figures agree" in text
    assert text.endswith("MFCC frames shortest: known difference: it is 57.")


def test_verdicts_on_a_single_partition_say_so_and_what_its_samples_are():
    single = {"primary": "one_partition", "sample": "dialog", "samples": 280, "folds": 1}
    rows = pd.DataFrame([verdict("better", **single), verdict(metric="accuracy", **single)])
    assert "by 1.7 points on this test partition" in verdict_sentence(rows.iloc[0], 0.05)
    text = answer(rows)
    assert "a paired t-test over the dialogs of the test partition" in text
    assert "There is a single test partition" in text
    few = rows.assign(direction="", reason="few_clusters", samples=4)
    assert "needs at least 10 dialogs or speakers in it, and 5 seeds" in answer(few)


def test_a_corpus_without_sessions_or_named_labels_has_its_classes_counted():
    selected = pd.DataFrame({"label": ["glad", "mad", "glad", "NA"], "session": ""})
    text = class_table(selected, ["mad", "glad", "bored"])
    rows = [line for line in text.splitlines() if "&" in line]
    assert rows == [
        r"class & utterances \\", r"mad & 1 \\", r"glad & 2 \\", r"bored & 0 \\", r"NA & 1 \\",
        r"all & 4 \\",
    ]  # fmt: skip


def test_many_sessions_are_not_listed():
    selected = pd.DataFrame({"label": ["ang"] * 12, "session": range(12)})
    assert r"ang & angry & 12 \\" in class_table(selected, ["ang"])


def test_only_the_features_of_modalities_in_use_are_described():
    text = protocol(CONFIG, [], pd.DataFrame([run(modalities="a")]))
    assert "\naudio & " in text
    assert "\ntext & " not in text
    assert "\nvision & " not in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
def test_a_table_of_more_rows_than_a_page_has_goes_on_on_the_next(tmp_path):
    many = pd.DataFrame({"label": [f"mood {n}" for n in range(150)], "session": ""})
    text = whole(FRAMES | {"selected": many})
    assert "\nmood 149 & mood 149 & 1 " in text
    (tmp_path / "report.tex").write_text(text, encoding="utf-8")
    pdf = tmp_path / "report.pdf"
    compile_pdf(tmp_path / "report.tex", pdf, tmp_path / "report.log")
    assert pdf.is_file()


def test_the_ceiling_is_a_row_of_the_floors_with_what_it_rests_on():
    floors = pd.DataFrame(
        {"floor": ["majority"], "modalities": "", "balanced_accuracy": 0.5, "accuracy": 0.6}
    )
    humans = pd.DataFrame(
        [
            ("balanced_accuracy", None, 0.7, 210, 1476, 154),
            ("accuracy", None, 0.8, 210, 1476, 154),
            ("recall", "ang", 0.4, 20, 50, 0),
            ("alpha", "label", 0.4567, 210, 600, 0),
            ("alpha", "valence", float("nan"), 1, 2, 0),
        ],
        columns=["quantity", "of", "value", "utterances", "judgements", "left_out"],
    )
    text = floor_table(floors, humans)
    assert "ceiling: one annotator against the majority of the others &  & .700 & .800" in text
    assert "1,476 judgements of annotators on 210 tested utterances" in text
    assert "154 are left out" in text
    assert "Krippendorff's alpha: label .457." in text
    assert "eiling" not in floor_table(floors)


def test_where_neither_is_better_the_cheaper_model_is_named_with_its_share():
    verdicts = pd.DataFrame(
        [verdict(modalities="ta"), verdict("better"), verdict(metric="accuracy")]
    )
    cost = pd.DataFrame(
        [("self", "ta", 3_000_000), ("cross", "ta", 4_000_000),
         ("self", "tva", 5_000_000), ("cross", "tva", 9_000_000)],
        columns=["model", "modalities", "operations"],
    )  # fmt: skip
    text = cost_sentence(verdicts, cost)
    assert r"Self needs 25.0\,\% fewer operations than Cross on T+A (3.00 and 4.00 million)" in text
    assert "T+V+A" not in text  # there Self is better in one of two metrics
    assert cost_sentence(verdicts.assign(direction="worse"), cost) == ""
