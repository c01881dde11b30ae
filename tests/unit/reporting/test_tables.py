import pandas as pd
import pytest

from emofusion.reporting.tables import table1, table2

OPTIONS = {
    "models": ["cross", "self"],
    "modalities": ["t", "ta"],
    "alpha": 0.05,
    "source": "iemocap",
}


@pytest.fixture
def summary():
    rows = [
        ("self", "t", "balanced_accuracy", 0.474, 0.030),
        ("self", "t", "accuracy", 0.535, 0.016),
        ("cross", "ta", "balanced_accuracy", 0.501, 0.026),
        ("self", "ta", "balanced_accuracy", 0.518, 0.031),
        ("cross", "ta", "accuracy", 0.5622, 0.017),
        ("self", "ta", "accuracy", 0.5618, 0.018),
    ]
    return pd.DataFrame(rows, columns=["model", "modalities", "metric", "mean", "std"]).assign(
        runs=50
    )


@pytest.fixture
def comparisons():
    rows = [
        ("ta", "balanced_accuracy", "cross", "self", -0.017, 0.004),
        ("ta", "accuracy", "cross", "self", 0.0004, 0.9),
    ]
    return pd.DataFrame(
        rows, columns=["modalities", "metric", "model_a", "model_b", "difference", "p"]
    )


def table1_tex(*arguments, **options):
    return table1(*arguments, **options)["tex"]


def tex_row(text, name):
    return next(line for line in text.splitlines() if line.startswith(f"{name} &"))


def test_the_paper_s_cells_bold_best_and_asterisk(summary, comparisons):
    text = table1_tex(summary, comparisons, **OPTIONS)
    assert tex_row(text, "T") == r"T & - & .474 $\pm$ .030 & - & .535 $\pm$ .016 \\"
    # WA: Self is best, significantly so. UWA: equal as printed, so both are bold without asterisk.
    assert tex_row(text, "T+A") == (
        r"T+A & .501 $\pm$ .026 & \textbf{.518 $\pm$ .031}*"
        r" & \textbf{.562 $\pm$ .017} & \textbf{.562 $\pm$ .018} \\"
    )


def test_wa_comes_first_and_the_naming_trap_is_told(summary, comparisons):
    text = table1_tex(summary, comparisons, **OPTIONS)
    assert text.index("{Weighted Accuracy (WA)}") < text.index("{Unweighted Accuracy (UWA)}")
    assert "WA is the mean of the per-class recalls" in text


def test_a_table_from_fewer_runs_or_the_synthetic_corpus_says_so(summary, comparisons):
    text = table1_tex(summary.assign(runs=4), comparisons, **OPTIONS | {"source": "synthetic"})
    assert "over 4 runs" in text
    assert "The paper reports 50 runs" in text
    assert "Synthetic corpus" in text
    assert "The paper reports" not in table1_tex(summary, comparisons, **OPTIONS)


def with_baselines(summary):
    rows = [
        ("mha", "ta", "balanced_accuracy", 0.491, 0.028, 50),
        ("mha", "ta", "accuracy", 0.543, 0.026, 50),
        ("amh", "tva", "balanced_accuracy", 0.547, 0.025, 50),
        ("amh", "tva", "accuracy", 0.617, 0.016, 50),
    ]
    return pd.concat([summary, pd.DataFrame(rows, columns=summary.columns)])


def test_mha_stands_in_amh_s_column_and_says_that_it_is_re_implemented(summary, comparisons):
    options = OPTIONS | {"models": ["amh", "mha", "cross"], "modalities": ["ta", "tva"]}
    text = table1_tex(with_baselines(summary), comparisons, **options)
    assert r" & AMH & Cross & AMH & Cross \\" in text
    assert tex_row(text, "T+A").startswith(r"T+A & .491 $\pm$ .028$^\dagger$ & \textbf{.501")
    assert tex_row(text, "T+V+A") == r"T+V+A & .547 $\pm$ .025 & - & .617 $\pm$ .016 & - \\"
    assert "AMH: AMH for T+V+A, MHA for two modalities" in text
    assert r"$^\dagger$: re-implemented from the description" in text
    assert "dagger" not in table1_tex(summary, comparisons, **OPTIONS)


def test_table_2_has_a_row_for_each_system_and_the_best_of_each_metric_in_bold():
    rows = [
        ("cross_nosp", "tva", "balanced_accuracy", 0.570, 0.021, 50),
        ("cross_nosp", "tva", "accuracy", 0.634, 0.015, 50),
        ("mcsan", "ta", "balanced_accuracy", 0.560, 0.030, 50),
        ("mcsan", "ta", "accuracy", 0.640, 0.020, 50),
        ("self", "t", "accuracy", 0.999, 0.001, 4),
    ]
    columns = ["model", "modalities", "metric", "mean", "std", "runs"]
    systems = [("cross_nosp", "tva"), ("mcsan", "ta")]
    found = table2(pd.DataFrame(rows, columns=columns), systems=systems, source="iemocap")
    assert tex_row(found["tex"], "Cross-noSP") == (
        r"Cross-noSP & \textbf{.570 $\pm$ .021} & .634 $\pm$ .015 \\"
    )
    name = "MCSAN (T+A, re-implemented from the description)"
    assert tex_row(found["tex"], name) == (
        rf"{name} & .560 $\pm$ .030 & \textbf{{.640 $\pm$ .020}} \\"
    )
    assert "over 50 runs" in found["tex"]
    assert "The paper reports" not in found["tex"]
    assert "_.570 ± .021_" in found["txt"]


def test_one_run_prints_no_deviation(summary, comparisons):
    text = table1_tex(summary.assign(std=float("nan"), runs=1), comparisons, **OPTIONS)
    assert tex_row(text, "T") == r"T & - & .474 & - & .535 \\"


def test_the_terminal_shows_the_same_cells_in_aligned_columns(summary, comparisons):
    lines = table1(summary, comparisons, **OPTIONS)["txt"].splitlines()
    head = next(line for line in lines if line.startswith("Modality"))
    row = next(line for line in lines if line.startswith("T+A"))
    assert head.split() == ["Modality", "WA", "Cross", "WA", "Self", "UWA", "Cross", "UWA", "Self"]
    assert row.index("_.518 ± .031_*") == head.index("WA Self")
