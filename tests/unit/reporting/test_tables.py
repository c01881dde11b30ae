import pandas as pd
import pytest

from emofusion.reporting.tables import table1

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


def test_one_run_prints_no_deviation(summary, comparisons):
    text = table1_tex(summary.assign(std=float("nan"), runs=1), comparisons, **OPTIONS)
    assert tex_row(text, "T") == r"T & - & .474 & - & .535 \\"


def test_the_terminal_shows_the_same_cells_in_aligned_columns(summary, comparisons):
    lines = table1(summary, comparisons, **OPTIONS)["txt"].splitlines()
    head = next(line for line in lines if line.startswith("Modality"))
    row = next(line for line in lines if line.startswith("T+A"))
    assert head.split() == ["Modality", "WA", "Cross", "WA", "Self", "UWA", "Cross", "UWA", "Self"]
    assert row.index("_.518 ± .031_*") == head.index("WA Self")
