"""The figures: what is drawn, and that equal input gives equal files."""

import re

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from matplotlib.container import BarContainer

from emofusion.evaluation.attention import Attended
from emofusion.reporting.figures import style
from emofusion.reporting.figures.attention import draw_attention
from emofusion.reporting.figures.classes import draw_classes
from emofusion.reporting.figures.confusion import draw_confusion
from emofusion.reporting.figures.curves import draw_curves
from emofusion.reporting.figures.forest import forest
from emofusion.reporting.figures.pareto import on_front, pareto
from emofusion.reporting.figures.spread import spread
from emofusion.reporting.figures.style import looks, save

COUNTS = np.array([[3, 1], [0, 0]])
HISTORY = pd.DataFrame(
    {
        "epoch": [1.0, 2.0, 3.0],
        "dev_accuracy": [0.4, 0.7, 0.6],
        "dev_loss": [1.2, 1.0, 1.1],
        "train_loss": [1.3, 0.9, 0.5],
    }
)
RUNS = pd.DataFrame(
    [
        ("self", "ta", 1, 1, 0.50, 0.60, 0.2, 0.8),
        ("self", "ta", 1, 2, 0.54, 0.62, 0.4, 0.8),
        ("self", "ta", 2, 1, 0.60, 0.70, 0.7, np.nan),
        ("self", "ta", 2, 2, 0.60, 0.68, 0.7, np.nan),
        ("cross", "ta", 1, 1, 0.40, 0.50, 0.1, 0.1),
        ("self", "t", 1, 1, 0.10, 0.10, 0.0, 0.0),
    ],
    columns=["model", "modalities", "fold", "seed", "balanced_accuracy", "accuracy",
             "recall_ang", "recall_sur"],
)  # fmt: skip
COST = pd.DataFrame(
    [("self", "ta", 4_000_000), ("cross", "ta", 4_100_000), ("self", "t", 900_000)],
    columns=["model", "modalities", "operations"],
)
UTTERANCE = Attended(
    "u1",
    ["oh", "$5"],
    {
        ("text", "text"): np.array([0.1, 0.3, 0.2, 0.4]),
        ("audio", "text"): np.array([0.25, 0.25, 0.25, 0.25]),
        ("text", "audio"): np.array([0.5, 0.25, 0.25]),
    },
)


EQUIVALENT = {"direction": "", "equivalent": True, "reason": "", "folds": 5, "speakers": 10}


def statistics(low=-0.01, families=("table1",)):
    """Tables of one comparison a family, with the published test, which has no interval."""
    keys = [
        {"family": family, "modalities": "ta", "model_a": "self", "model_b": "cross",
         "metric": metric}
        for family in families
        for metric in ("balanced_accuracy", "accuracy")
    ]  # fmt: skip
    verdicts = [
        key | {"difference": 0.02, "margin": 0.015, "primary": "paired_folds"} | EQUIVALENT
        for key in keys
    ]
    comparisons = [
        key | {"test": test, "difference": 0.02, "low": start, "high": end}
        for key in keys
        for test, start, end in [
            ("published", np.nan, np.nan),
            ("paired_folds", low, 0.05),
            ("bootstrap_dialogs", 0.01, 0.03),
        ]
    ]
    return pd.DataFrame(verdicts), pd.DataFrame(comparisons)


FIGURES = {
    "confusion": lambda: draw_confusion({"all runs": {"Self": COUNTS}}, ["ang", "sad"]),
    "curves": lambda: draw_curves({"Self": [(HISTORY, 2.0)]}),
    "forest": lambda: forest(*statistics()),
    "classes": lambda: draw_classes(RUNS, ["self"], "ta", ["ang", "sur"], {"ang": 9}),
    "spread": lambda: spread(RUNS, [("self", "ta"), ("cross", "ta")]),
    "pareto": lambda: pareto(RUNS, COST),
    "attention": lambda: draw_attention([UTTERANCE]),
}


def lines(axis, marker):
    """Coordinates of the lines with a marker, one after the other."""
    return [line.get_xydata().tolist() for line in axis.lines if line.get_marker() == marker]


def texts(axis):
    return [text.get_text() for text in axis.texts]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_gives_the_same_files_twice_with_embedded_fonts_and_no_date(name, tmp_path):
    for folder in ("a", "b"):
        save(FIGURES[name](), [tmp_path / folder / f"{name}.{kind}" for kind in ("pdf", "svg")])
    pdf, svg = ((tmp_path / "a" / f"{name}.{kind}").read_bytes() for kind in ("pdf", "svg"))
    assert pdf == (tmp_path / f"b/{name}.pdf").read_bytes()
    assert svg == (tmp_path / f"b/{name}.svg").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"/FontFile2" in pdf  # TrueType, embedded
    assert b"/Subtype /Type3" not in pdf
    assert b"CreationDate" not in pdf
    assert b"</svg>" in svg
    assert b"<text" not in svg  # the glyphs are drawn
    assert not re.search(rb"<dc:date>", svg)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_fits_a_column_or_the_page(name):
    assert FIGURES[name]().get_figwidth() in (3.4, 7.0)


def test_one_s_own_style_changes_no_figure(tmp_path):
    save(FIGURES["spread"](), [tmp_path / "plain.svg"])
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9, "axes.grid": True}):
        save(FIGURES["spread"](), [tmp_path / "own.svg"])
    assert (tmp_path / "own.svg").read_bytes() == (tmp_path / "plain.svg").read_bytes()


def test_confusion_shows_percent_of_the_true_class_and_zero_without_utterances():
    matrices = {"fold 1, seed 1": {"Self": COUNTS, "Cross": COUNTS}, "all": {"Self": COUNTS + 1}}
    matrices["all"]["Cross"] = np.eye(2)
    axes = draw_confusion(matrices, ["ang", "sad"]).axes
    assert [axis.get_title() for axis in axes] == [
        "Self\nfold 1, seed 1",
        "Cross\nfold 1, seed 1",
        "Self\nall",
        "Cross\nall",
    ]
    assert texts(axes[0]) == ["75", "25", "0", "0"]
    assert texts(axes[2]) == ["67", "33", "50", "50"]


def test_curves_mark_the_best_check_and_the_end():
    accuracy, losses = draw_curves({"Self": [(HISTORY, 2.0)]}).axes
    assert lines(accuracy, "o") == [[[2, 0.7]]]
    assert lines(accuracy, "|") == [[[3, 0.6]]]
    assert lines(losses, "o") == [[[2, 1.0]]]
    assert lines(losses, "|") == [[[3, 1.1]]]
    assert lines(losses, "None") == [
        [[1, 1.2], [2, 1.0], [3, 1.1]],
        [[1, 1.3], [2, 0.9], [3, 0.5]],
    ]


def test_forest_shows_intervals_in_points_with_region_and_verdict():
    axis, _ = forest(*statistics()).axes
    (middle,) = lines(axis, "s")  # of the primary test
    assert middle[0][0] == pytest.approx(2)
    intervals = [[x for x, _ in line] for line in lines(axis, "None") if len(line) == 2]
    assert [-1, 5] in [pytest.approx(ends) for ends in intervals]
    assert [1, 3] in [pytest.approx(ends) for ends in intervals]
    region = axis.patches[0]
    assert (region.get_x(), region.get_width()) == pytest.approx((-1.5, 3))
    assert texts(axis) == ["equivalent within\n.015"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["T+A"]


def test_forest_ends_an_interval_that_would_dwarf_the_rest_in_an_arrow():
    axis, _ = forest(*statistics(low=-3)).axes
    left, right = axis.get_xlim()
    assert (left, right) == pytest.approx((-11, 11))  # 1.1 x 5 times the difference of 2 points
    assert [point[0] for (point,) in lines(axis, "<")] == pytest.approx([-11])
    assert lines(axis, ">") == []


def test_forest_has_a_second_block_where_there_are_further_comparisons():
    figure = forest(*statistics(families=("table1", "table2", "other")))
    assert len(figure.axes) == 4
    assert [label.get_text() for label in figure.axes[2].get_yticklabels()] == ["Self −\nCross"]


def test_forest_draws_one_fold_without_an_interval():
    verdicts, comparisons = statistics()
    comparisons[["low", "high"]] = np.nan
    axis, _ = forest(verdicts, comparisons).axes
    assert len(lines(axis, "s")) == 1
    assert axis.get_xlim() == pytest.approx((-2.2, 2.2))


def test_classes_show_the_mean_of_the_runs_and_the_range_of_the_fold_means():
    (axis,) = draw_classes(RUNS, ["self"], "ta", ["ang", "sur"], {"ang": 9}).axes
    assert lines(axis, "o") == [[[0, pytest.approx(0.5)], [1, pytest.approx(0.8)]]]
    ranges = [segment[:, 1].tolist() for segment in axis.collections[0].get_segments()]
    assert ranges == [pytest.approx([0.3, 0.7]), pytest.approx([0.8, 0.8])]
    names = [label.get_text() for label in axis.get_xticklabels()]
    assert names == ["ang\nn = 9", "sur\nn = 0"]


def test_spread_shows_every_run_and_the_means():
    weighted, plain = spread(RUNS, [("self", "ta"), ("cross", "ta")]).axes
    shown = [[y for _, y in dots] for dots in lines(weighted, "o")]
    assert shown == [[0.50, 0.54], [0.60, 0.60]]
    assert [y for _, y in lines(plain, "s")[0]] == [0.50]
    folds = [part.get_segments()[0][0, 1] for part in weighted.collections]
    assert folds == pytest.approx([0.52, 0.60, 0.40])
    overall = [line[0][1] for line in lines(weighted, "None")]
    assert overall == pytest.approx([0.56, 0.40])


def test_pareto_shows_means_deviations_and_the_front():
    (axis,) = pareto(RUNS, COST).axes
    # The runs of Self on T+A: .50 .54 .60 .60; sum of squared deviations .0072, over three.
    assert lines(axis, "o") == [[[4.0, pytest.approx(0.56)]], [[0.9, pytest.approx(0.10)]]]
    assert lines(axis, "s") == [[[4.1, pytest.approx(0.40)]]]
    low, high = axis.collections[0].get_segments()[0][:, 1]
    assert (high - low) / 2 == pytest.approx(0.0024**0.5)
    assert lines(axis, "None") == [[[0.9, pytest.approx(0.10)], [4.0, pytest.approx(0.56)]]]


def test_the_labels_of_systems_that_cost_alike_cover_neither_each_other_nor_marks():
    systems = [(model, "tva") for model in ("self", "cross", "mean", "mdre", "amh", "mha")]
    runs = pd.DataFrame(
        [(*system, 0.5 + place / 500) for place, system in enumerate(systems)],
        columns=["model", "modalities", "balanced_accuracy"],
    )
    cost = pd.DataFrame(
        [(*system, 4_000_000 + 20_000 * place) for place, system in enumerate(systems)]
        + [("self", "t", 1_000_000)],
        columns=["model", "modalities", "operations"],
    )
    runs.loc[len(runs)] = ["self", "t", 0.1]
    (axis,) = pareto(runs, cost).axes
    labels = [text.get_window_extent() for text in axis.texts if text.get_text()]
    marks = [axis.transData.transform(line.get_xydata()[0]) for line in axis.lines
             if line.get_marker() != "None"]  # fmt: skip
    assert len(labels) == len(marks) == 7
    assert [box.count_overlaps(labels) for box in labels] == [1] * 7  # itself
    assert not any(box.contains(*mark) for box in labels for mark in marks)


def test_the_front_has_what_nothing_as_cheap_is_as_good_as():
    cost = pd.Series([1, 2, 2, 3, 3, 4])
    score = pd.Series([0.5, 0.6, 0.4, 0.6, 0.8, 0.7])
    assert on_front(cost, score) == [True, True, False, False, True, False]


def test_attention_has_a_bar_a_word_and_one_for_the_padding_and_its_share():
    axes = draw_attention([UTTERANCE]).axes
    own, cross = axes[0], axes[2]  # text by text, text by audio
    words, padding = (c for c in own.containers if isinstance(c, BarContainer))
    # Four steps: a weight of 1/4 has the height 1.
    assert [bar.get_height() for bar in words] == pytest.approx([0.4, 1.2])
    assert [bar.get_height() for bar in padding] == pytest.approx([1.2])
    assert texts(own) == ["60 %"]
    assert texts(cross) == ["50 %"]
    labels = [label.get_text() for label in cross.get_xticklabels()]
    assert labels == ["oh", "$5", "padding\n(2)"]
    assert (own.get_title("right"), cross.get_title("right")) == ("self", "cross")


def test_attention_to_learned_steps_is_not_called_time_and_a_missing_pair_stays_empty():
    axes = draw_attention([UTTERANCE]).axes
    steps, missing = axes[1], axes[3]
    (stairs,) = steps.patches
    heights, _, _ = stairs.get_data()
    assert heights == pytest.approx([1.5, 0.75, 0.75])
    assert "not time" in missing.get_xlabel()
    assert not missing.patches


def test_attention_without_padding_has_words_alone():
    full = Attended("u1", ["oh", "dear", "me"], {("text", "text"): np.array([0.5, 0.5])})
    (axis,) = draw_attention([full]).axes  # a model that reads two words
    assert [label.get_text() for label in axis.get_xticklabels()] == ["oh", "dear"]
    assert texts(axis) == []


def test_self_and_cross_look_alike_in_every_figure():
    assert looks(["mdre", "cross", "mine", "self"])["cross"] == looks(["self", "cross"])["cross"]
    several = looks(["mdre", "cross", "mine", "self", "amh"])
    assert len(set(several.values())) == 5


def test_forest_gives_room_to_the_longest_verdict_and_none_to_too_few_folds():
    verdicts, comparisons = statistics()
    long = {"equivalent": False, "reason": "nadeau_bengio", "p_corrected_holm": 0.0912}
    tall = forest(verdicts.assign(**long), comparisons)
    assert texts(tall.axes[0]) == ["undecided (not\nafter Nadeau-\nBengio and Holm,\nP = .091)"]
    few = forest(verdicts.assign(equivalent=False, reason="few_folds"), comparisons)
    assert texts(few.axes[0]) == ["undecided"]
    assert tall.get_figheight() > few.get_figheight()


def luminance(color):
    """Lightness in grey print, by Rec. 709."""
    return float(np.dot(to_rgb(color), [0.2126, 0.7152, 0.0722]))


def test_colours_differ_in_grey_print_and_for_colour_blind_readers():
    shades = [luminance(color) for color in (style.DARK, style.MIDDLE, style.LIGHT)]
    assert np.diff([*shades, 1]).min() > 0.19  # white paper is the last
    # Whoever lacks red or green cones still sees how blue a colour is beside the rest.
    blue = [
        to_rgb(color)[2] - luminance(color) for color in (style.DARK, style.MIDDLE, style.LIGHT)
    ]
    assert min(blue[:2]) > 0.2 > -0.2 > blue[2]


def test_numbers_on_shades_can_be_read():
    for share in np.linspace(0, 1, 101):
        ground = luminance(colormaps[style.SHADES](share)[:3])
        text = 1.0 if share > 0.65 else 0.0
        assert abs(text - ground) > 0.4
