import pandas as pd
import pytest

from emofusion.reporting.layout import Cell
from emofusion.reporting.tables.cost import cost
from emofusion.reporting.tables.results import Results
from emofusion.reporting.tables.table1 import table1
from emofusion.reporting.tables.table2 import table2
from emofusion.schemas import COST
from emofusion.wording import significant

TABLE1 = {"models": ["cross", "self"], "modalities": ["t", "ta"], "alpha": 0.05}
FLOORS = pd.DataFrame(
    [
        ("majority", "", 1, 0.25, 0.14),
        ("majority", "", 2, 0.27, 0.16),
        ("lengths", "t", 1, 0.28, 0.17),
        ("lengths", "t", 2, 0.30, 0.17),
        ("lengths", "ta", 1, 0.31, 0.18),
    ],
    columns=["floor", "modalities", "fold", "accuracy", "balanced_accuracy"],
)
NONE_MISSING = pd.DataFrame(columns=["model", "modalities", "fold", "seed"])
SUMMARY = pd.DataFrame(
    [
        ("self", "t", "balanced_accuracy", 0.474, 0.030, 50),
        ("self", "t", "accuracy", 0.535, 0.016, 50),
        ("cross", "ta", "balanced_accuracy", 0.501, 0.026, 50),
        ("self", "ta", "balanced_accuracy", 0.518, 0.031, 50),
        ("cross", "ta", "accuracy", 0.5622, 0.017, 50),
        ("self", "ta", "accuracy", 0.5618, 0.018, 50),
    ],
    columns=["model", "modalities", "metric", "mean", "std", "runs"],
)
COMPARISONS = pd.DataFrame(
    [
        ("ta", "balanced_accuracy", "published", "self", "cross", 0.017, 0.004),
        ("ta", "accuracy", "published", "self", "cross", -0.0004, 0.9),
        ("ta", "accuracy", "paired_folds", "self", "cross", -0.0004, 0.001),
    ],
    columns=["modalities", "metric", "test", "model_a", "model_b", "difference", "p"],
)


def results(summary=SUMMARY, missing=NONE_MISSING, **about):
    about = {"runs": 50, "accept_missing": False, "source": "iemocap"} | about
    return Results(summary=summary, floors=FLOORS, missing=missing, **about)


def row(table, name):
    """Cells of a row as text, the best with an exclamation mark."""
    cells = next(row for row in table.rows if row[0] == name)
    return [
        cell.text + "!" * cell.bold + cell.mark if isinstance(cell, Cell) else cell
        for cell in cells[1:]
    ]


def test_the_paper_s_cells_bold_best_and_asterisk():
    table = table1(results(), COMPARISONS, **TABLE1)
    assert row(table, "T") == ["-", ".474 ± .030", "-", ".535 ± .016"]
    # WA: Self is best, significantly so by the paper's test. UWA: equal as printed, both are best;
    # what another test says of it sets no asterisk.
    assert row(table, "T+A") == [
        ".501 ± .026",
        ".518 ± .031!*",
        ".562 ± .017!",
        ".562 ± .018!",
    ]


def test_wa_comes_first_and_the_naming_trap_is_told():
    table = table1(results(), COMPARISONS, **TABLE1)
    assert [group.name for group in table.groups] == ["Weighted Accuracy", "Unweighted Accuracy"]
    assert "WA is the mean of the per-class recalls" in table.notes[-1]


def test_a_table_from_fewer_runs_or_the_synthetic_corpus_says_so():
    few = results(SUMMARY.assign(runs=4), runs=4, source="synthetic", printed=True)
    caption = table1(few, COMPARISONS, **TABLE1).caption
    assert "over 4 runs" in caption
    assert "The paper reports 50 runs" in caption
    assert "Synthetic corpus" in caption
    assert "The paper reports" not in table1(results(), COMPARISONS, **TABLE1).caption


def test_the_floors_of_the_rows_stand_below():
    note = table1(results(), COMPARISONS, **TABLE1).notes[0]
    assert "majority class WA .150, UWA .260;" in note
    assert "lengths of the sequences T WA .170, UWA .290; T+A WA .180, UWA .310." in note


def test_the_ceiling_is_below_the_table_where_there_are_raters():
    humans = [
        {"quantity": "balanced_accuracy", "value": 0.7301},
        {"quantity": "accuracy", "value": 0.75},
        {"quantity": "recall", "value": 0.1},
    ]
    note = table1(results(humans=humans), COMPARISONS, **TABLE1).notes[0]
    assert note.endswith(
        " Ceiling: one annotator against the majority of the others WA .730, UWA .750."
    )
    assert "Ceiling" not in table1(results(), COMPARISONS, **TABLE1).notes[0]


def add(summary, *rows):
    return pd.concat([summary, pd.DataFrame(rows, columns=summary.columns)])


def test_mha_stands_in_amh_s_column_and_says_that_it_is_re_implemented():
    summary = add(
        SUMMARY,
        ("mha", "ta", "balanced_accuracy", 0.491, 0.028, 50),
        ("mha", "ta", "accuracy", 0.543, 0.026, 50),
        ("amh", "tva", "balanced_accuracy", 0.547, 0.025, 50),
        ("amh", "tva", "accuracy", 0.617, 0.016, 50),
    )
    options = TABLE1 | {"models": ["amh", "mha", "cross"], "modalities": ["ta", "tva"]}
    table = table1(results(summary), COMPARISONS, **options)
    assert table.heads == ["Modality", "AMH", "Cross", "AMH", "Cross"]
    assert row(table, "T+A")[0] == ".491 ± .028†"
    assert row(table, "T+V+A") == [".547 ± .025", "-", ".617 ± .016", "-"]
    assert "AMH: AMH for T+V+A, MHA for two modalities" in table.caption
    assert "†: re-implemented from the description" in table.caption
    assert "†" not in table1(results(), COMPARISONS, **TABLE1).caption


def test_table_2_marks_the_best_of_the_systems_on_the_same_modalities():
    summary = add(
        SUMMARY,
        ("cross_nosp", "tva", "balanced_accuracy", 0.570, 0.021, 50),
        ("cross_nosp", "tva", "accuracy", 0.634, 0.015, 50),
        ("self_nosp", "tva", "balanced_accuracy", 0.584, 0.021, 50),
        ("self_nosp", "tva", "accuracy", 0.631, 0.019, 50),
        ("mcsan", "ta", "balanced_accuracy", 0.560, 0.030, 50),
        ("mcsan", "ta", "accuracy", 0.640, 0.020, 50),
    )
    systems = [("cross_nosp", "tva"), ("self_nosp", "tva"), ("mcsan", "ta")]
    table = table2(results(summary), table2_systems=systems)
    assert row(table, "Cross-noSP") == [".570 ± .021", ".634 ± .015!"]
    assert row(table, "Self-noSP") == [".584 ± .021!", ".631 ± .019"]
    # MCSAN has other inputs, and no rival on them.
    name = "MCSAN (T+A, re-implemented from the description)"
    assert row(table, name) == [".560 ± .030", ".640 ± .020"]
    assert "over 50 runs" in table.caption


def test_one_run_prints_no_deviation():
    one = results(SUMMARY.assign(std=float("nan"), runs=1), runs=1)
    assert row(table1(one, COMPARISONS, **TABLE1), "T") == ["-", ".474", "-", ".535"]


def test_a_system_with_missing_runs_gets_no_deviation_no_best_no_asterisk_and_is_named():
    summary = SUMMARY.assign(runs=SUMMARY["runs"].where(SUMMARY["model"] == "cross", 49))
    missing = pd.DataFrame([("self", "ta", 3, 7)], columns=NONE_MISSING.columns)
    table = table1(results(summary, missing), COMPARISONS, **TABLE1)
    assert row(table, "T+A")[:2] == [".501 ± .026", ".518 (49 runs)"]
    assert any("Self T+A fold 3 seed 7" in note for note in table.notes)
    assert "over 49 or 50 runs" in table.caption
    other = SUMMARY.assign(runs=SUMMARY["runs"].where(SUMMARY["model"] == "self", 49))
    table = table1(results(other, missing), COMPARISONS, **TABLE1)
    assert row(table, "T+A")[1] == ".518 ± .031"  # the test's other side is not whole
    asked = table1(results(summary, missing, accept_missing=True), COMPARISONS, **TABLE1)
    assert row(asked, "T+A")[1] == ".518 ± .031 (49 runs)!*"
    assert any("Self T+A fold 3 seed 7" in note for note in asked.notes)


def test_a_system_without_any_run_is_a_dash():
    missing = pd.DataFrame([("mcsan", "ta", 1, 1)], columns=NONE_MISSING.columns)
    table = table2(results(missing=missing), table2_systems=[("self", "ta"), ("mcsan", "ta")])
    assert row(table, "MCSAN (re-implemented from the description)") == ["-", "-"]
    assert any("MCSAN T+A fold 1 seed 1" in note for note in table.notes)


def test_of_many_missing_runs_the_first_are_named_and_the_rest_counted():
    rows = [("self", "ta", 1, seed) for seed in range(25)]
    missing = pd.DataFrame(rows, columns=NONE_MISSING.columns)
    notes = table1(results(missing=missing), COMPARISONS, **TABLE1).notes
    assert any("seed 19 and 5 more" in note for note in notes)


@pytest.mark.parametrize(("value", "printed"), [(0.5, ".500"), (1.0, "1.000"), (1.3256, "1.326")])
def test_numbers_are_printed_as_in_the_paper(value, printed):
    one = SUMMARY.assign(mean=value, std=float("nan"))
    table = table1(results(one), COMPARISONS, **TABLE1)
    assert row(table, "T")[1] == printed


def test_costs_are_grouped_by_modalities_with_what_they_were_measured_on():
    rows = [
        ("self", "ta", 327407, 5648136, 0.187, 2.81, "CPU a, 1 thread", 2.458, 9.0, "GPU x"),
        ("self", "t", 203287, 3942408, 0.104, 12.34, "CPU a, 1 thread", 1049.5, 12.75, "GPU y"),
        ("cross", "ta", 327407, 5644104, 0.192, 2.81, "CPU a, 1 thread", 3.02, 10.75, "GPU x"),
    ]
    table = cost(results(), pd.DataFrame(rows, columns=COST))
    assert [one[0] for one in table.rows] == ["Self T", "Cross T+A", "Self T+A"]
    assert table.breaks == [1]
    assert row(table, "Self T") == [
        ".474 ± .030", "203,287", "3.94", "0.10", "12.3", "1,050", "12.8",
    ]  # fmt: skip
    assert "inputs, on CPU a, 1 thread. Training" in table.caption
    assert "mean of a run, on GPU x and GPU y." in table.caption


@pytest.mark.parametrize(
    ("value", "text"),
    [(4.304, "4.30"), (955.01, "955"), (1234.5, "1,230"), (0.01234, "0.0123"), (9.999, "10.0"),
     (0.0, "0.00"), (float("nan"), "")],
)  # fmt: skip
def test_three_digits_are_significant(value, text):
    assert significant(value) == text
