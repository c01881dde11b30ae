import math
from dataclasses import replace

import pandas as pd
import pytest

from emofusion.reporting.layout import Cell
from emofusion.reporting.tables.equivalence import equivalence as equivalence_table
from emofusion.reporting.tables.published import published as published_table
from emofusion.reporting.tables.reproduction import reproduction as reproduction_table
from emofusion.reporting.tables.results import Results
from emofusion.reporting.tables.tests import tests as comparison_table
from emofusion.wording import probability_cell, signed

NAN = math.nan
RESULTS = Results(
    summary=pd.DataFrame(
        [
            ("self", "ta", "accuracy", 0.5, 0.1, 4),
            ("self", "ta", "balanced_accuracy", 0.5, 0.1, 4),
            ("cross", "ta", "accuracy", 0.5, 0.1, 4),
            ("mcsan", "ta", "accuracy", 0.5, 0.1, 4),
            ("mdre", "ta", "accuracy", 0.4, 0.1, 3),
        ],
        columns=["model", "modalities", "metric", "mean", "std", "runs"],
    ),
    floors=pd.DataFrame(
        [("majority", "", 1, 0.2, 0.1), ("lengths", "ta", 1, 0.3, 0.2)],
        columns=["floor", "modalities", "fold", "accuracy", "balanced_accuracy"],
    ),
    missing=pd.DataFrame(columns=["model", "modalities", "fold", "seed"]),
    runs=4,
    accept_missing=False,
    source="synthetic",
)
VERDICTS = pd.DataFrame(
    [
        ("table1", "ta", "self", "cross", "balanced_accuracy", 0.017, 0.002, 0.032, "better"),
        ("table1", "ta", "self", "cross", "accuracy", -0.001, -0.010, 0.008, ""),
        ("table2", "tva", "self", "self_nosp", "accuracy", 0.004, NAN, NAN, ""),
        ("other", "ta", "mdre", "mha", "accuracy", -0.1, -0.2, -0.05, "worse"),
    ],
    columns=[
        "family", "modalities", "model_a", "model_b", "metric", "difference", "low", "high",
        "direction",
    ],
).assign(
    folds=5, speakers=10, runs_a=4, runs_b=[4, 4, 3, 4], primary="paired_folds", sample="fold",
    samples=5, equivalent=False,
    reason="", p_published=0.004, p=0.03, p_holm=0.06, p_corrected=0.045, p_corrected_holm=0.09,
    p_equivalence=0.3, p_equivalence_holm=0.6, p_equivalence_corrected_holm=0.8,
    margin=0.02, smallest_margin=0.029,
    smallest_margin_corrected=0.035, detectable=0.021, detectable_corrected=0.027,
)  # fmt: skip
COMPARISONS = pd.DataFrame(
    [
        ("bootstrap_dialogs", 0.001, 0.033, NAN, NAN, NAN, NAN),
        ("paired_folds", 0.002, 0.032, 1.38, NAN, NAN, NAN),
        ("bayes", NAN, NAN, NAN, 0.0001, 0.62, 0.38),
    ],
    columns=["test", "low", "high", "effect", "p_below", "p_within", "p_above"],
).assign(modalities="ta", model_a="self", model_b="cross", metric="balanced_accuracy")


def texts(row):
    return [cell.text if isinstance(cell, Cell) else cell for cell in row]


def test_the_tests_of_a_comparison_stand_side_by_side_and_its_verdict_last():
    table = comparison_table(RESULTS, VERDICTS, COMPARISONS, alpha=0.05)
    assert texts(table.rows[0]) == [
        "Self – Cross T+A", "WA", "+.017 [+.002, +.032]", ".004", ".030", ".060", ".090",
        "[+.001, +.033]", "better",
    ]  # fmt: skip
    assert table.heads[-2:] == ["dialogs", "Verdict"]  # no test draws speakers


def test_a_comparison_is_named_once_and_families_are_divided():
    table = comparison_table(RESULTS, VERDICTS, COMPARISONS, alpha=0.05)
    assert [row[0] for row in table.rows] == [
        "Self – Cross T+A",
        "",
        "Self – Self-noSP T+V+A",
    ]
    assert table.breaks == [2]
    assert table.rows[2][-1] == Cell("undecided (4, 3 runs)")
    assert table.rows[2][2] == "+.004"  # without an interval


def test_of_other_pairs_those_with_an_own_model_are_shown_and_without_any_claim_all():
    own = replace(RESULTS, own_models=["mdre"])
    assert len(comparison_table(own, VERDICTS, COMPARISONS, alpha=0.05).rows) == 4
    others = VERDICTS[VERDICTS["family"] == "other"]
    assert len(comparison_table(RESULTS, others, COMPARISONS, alpha=0.05).rows) == 1


def test_captions_of_tests_tell_the_level_and_the_synthetic_corpus():
    caption = comparison_table(RESULTS, VERDICTS, COMPARISONS, alpha=0.05).caption
    assert "tests at the level 0.05" in caption
    assert "Synthetic corpus" in caption
    assert "about these 10 speakers" in caption


def test_over_new_speakers_the_caption_says_what_a_sample_is():
    new = VERDICTS.assign(primary="paired_speakers", sample="speaker")
    caption = comparison_table(RESULTS, new, COMPARISONS, alpha=0.05).caption
    assert "a sample being a speaker" in caption
    assert "about new speakers, of whom 10 were tested" in caption


def test_equivalence_shows_margins_posterior_and_what_could_have_been_detected():
    table = equivalence_table(RESULTS, VERDICTS, COMPARISONS, alpha=0.05, power=0.8)
    assert texts(table.rows[0]) == [
        "Self – Cross T+A", "WA", ".020", ".300", ".600", ".800", "< .001", ".620", ".380",
        ".029", ".035", ".021", ".027", "1.38",
    ]  # fmt: skip
    assert texts(table.rows[1])[6:9] == ["", "", ""]
    assert "Equivalence needs both P after Holm" in table.caption
    assert "with probability 0.8" in table.caption


def test_published_and_ours_stand_in_one_row_a_system():
    reproduction = pd.DataFrame(
        [
            ("table1", "self", "ta", "balanced_accuracy", 0.518, 0.031, 0.53, 0.03, 50),
            ("table1", "self", "ta", "accuracy", 0.574, 0.018, 0.55, 0.02, 50),
            ("quoted", "mcsan", "ta", "accuracy", 0.612, NAN, 0.6, 0.02, 50),
            ("table1", "mdre", "ta", "accuracy", 0.498, 0.059, 0.4, 0.1, 3),
        ],
        columns=[
            "table", "model", "modalities", "metric", "published_mean", "published_std", "mean",
            "std", "runs",
        ],
    ).assign(
        difference=[0.012, -0.024, -0.012, -0.098],
        low=[0, -0.032, NAN, -0.2],
        high=[0.024, -0.016, NAN, 0.1],
        within=[True, False, None, True],
    )  # fmt: skip
    table = reproduction_table(RESULTS, reproduction, alpha=0.05)
    assert table.rows[0] == [
        "Table 1, Self T+A",
        ".518 ± .031", ".530 ± .030", "+.012 [.000, +.024]", "yes",
        ".574 ± .018", ".550 ± .020", "−.024 [−.032, −.016]", "no",
    ]  # fmt: skip
    assert table.rows[1][1:5] == ["-"] * 4
    assert table.rows[1][5:] == [".612", ".600 ± .020", "−.012", ""]
    assert table.rows[2][5:] == [".498 ± .059", ".400 (3 runs)", "−.098", ""]  # one is missing
    assert "Settings differ from the paper's" not in table.caption
    assert "a synthetic corpus cannot confirm the paper" in table.caption
    real = reproduction_table(replace(RESULTS, source="iemocap"), reproduction, alpha=0.05)
    assert "Within: whether the interval contains zero." in real.caption


def test_a_protocol_unlike_the_paper_s_is_told_beside_its_numbers():
    results = replace(RESULTS, unlike_paper=["splits: scheme session (published)"])
    empty = pd.DataFrame(columns=["table", "model", "modalities", "metric"])
    caption = reproduction_table(results, empty, alpha=0.05).caption
    assert (
        "Settings differ from the paper's, so that its numbers cannot be confirmed; the report's "
        "summary lists them." in caption
    )


def test_the_paper_s_tests_show_the_range_that_its_rounding_allows():
    published = pd.DataFrame(
        [
            ("table1", "tva", "self", "cross", "balanced_accuracy", 0.009, 0.053, 0.029, 0.092),
        ],
        columns=[
            "table", "modalities", "model_a", "model_b", "metric", "difference", "p", "p_low",
            "p_high",
        ],
    ).assign(
        family="table1", p_holm=0.3, asterisk=True, reading="undecidable from the printed numbers"
    )  # fmt: skip
    assert published_table(published, alpha=0.05).rows == [
        [
            "Self – Cross T+V+A", "WA", "+.009", ".053", ".029 to .092", ".300", "*",
            "undecidable from the printed numbers",
        ]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "printed"),
    [(0.012, "+.012"), (-0.012, "−.012"), (0.0004, ".000"), (-0.0004, ".000"), (NAN, "")],
)
def test_differences_have_a_sign_unless_they_print_as_zero(value, printed):
    assert signed(value) == printed


@pytest.mark.parametrize(
    ("p", "printed"),
    [(0.0009, "< .001"), (0.001, ".001"), (0.0496, ".0496"), (1, "1.000"), (NAN, "")],
)
def test_small_probabilities_are_not_printed_as_zero(p, printed):
    assert probability_cell(p) == printed
