"""The folder for an article."""

import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from explored import SETTINGS, write_results
from matplotlib.figure import Figure

from emofusion.errors import DataError
from emofusion.reporting.figures.style import greyed
from emofusion.reporting.inputs import read_results
from emofusion.reporting.layout import tex
from emofusion.reporting.paper import level, sentence, write_paper
from emofusion.reporting.tables.table1 import table1

ROW = {
    "modalities": "tva",
    "model_a": "self",
    "model_b": "cross",
    "metric": "accuracy",
    "folds": 5,
    "speakers": 10,
    "primary": "paired_folds",
    "sample": "fold",
    "samples": 5,
    "difference": -0.0213,
    "low": -0.04,
    "high": -0.0026,
    "error": 0.00673,
    "p_holm": 0.0342,
    "p_corrected_holm": 0.0004,
    "margin": 0.02,
    "direction": "worse",
    "equivalent": False,
    "verdict": "worse",
}


def test_a_sentence_has_difference_interval_test_and_p():
    assert sentence(ROW, 0.05) == (
        "On T+V+A, Self is worse than Cross: Self's UWA is 2.1 points below Cross's (95 % interval "
        "−4.0 to −0.3; paired t-test over 5 folds, P = .034 after Holm's correction; P < .001 "
        "after Nadeau and Bengio's and Holm's corrections)."
    )


def test_a_sentence_without_a_decision_claims_none():
    row = ROW | {"direction": "", "verdict": "undecided (only before Holm, P = .031)"}
    assert sentence(row, 0.05).startswith(
        "On T+V+A, the runs do not decide between Self and Cross (only before Holm, P = .031): "
        "Self's UWA"
    )


def test_the_level_is_that_of_the_intervals():
    # half a width of 2.7764 standard errors is the 97.5 % point of t with 4 degrees of freedom
    row = ROW | {"low": -2.7764, "high": 2.7764, "error": 1.0}
    assert level(pd.DataFrame([row])) == 0.05
    wider = ROW | {"low": -4.6041, "high": 4.6041, "error": 1.0}
    assert level(pd.DataFrame([wider])) == 0.01


def test_grey_is_the_luminance_of_the_colour():
    figure = Figure()
    [line] = figure.subplots().plot([0, 1], color="#00ff00")
    greyed(figure)
    assert np.allclose(line.get_color(), [0.7152, 0.7152, 0.7152, 1])


@pytest.fixture
def results(tmp_path):
    """Results with Table 1."""
    files = write_results(tmp_path / "results")
    given = read_results(files, **SETTINGS["results"])
    table = table1(given, pd.read_csv(files["comparisons"]), **SETTINGS["first_table"])
    (tmp_path / "results/tables").mkdir()
    (tmp_path / "results/tables/table1.tex").write_text(tex(table))
    return tmp_path / "results"


def test_tables_figures_and_sentences_are_written(results, tmp_path):
    written = {path.name for path in write_paper(results, tmp_path / "out", ["self", "cross"])}
    figures = ["forest", "confusion", "classes", "spread", "curves"]
    assert {f"{name}{end}.pdf" for name in figures for end in ("", "_grey")} <= written
    assert {path.name for path in (tmp_path / "out").iterdir()} == written
    assert "Self and Cross" in (tmp_path / "out/sentences.txt").read_text()


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs LaTeX")
def test_the_texts_compile_with_the_packages_that_they_name(results, tmp_path):
    write_paper(results, tmp_path / "out", ["self", "cross"])
    packages = (tmp_path / "out/table1.tex").read_text().splitlines()[0].removeprefix("% Needs: ")
    (tmp_path / "out/article.tex").write_text(
        rf"\documentclass{{article}}{packages}\begin{{document}}\input{{table1}}"
        r"Table~\ref{tab:table1}. \input{sentences}\end{document}"
    )
    for _ in range(2):
        command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "article"]
        done = subprocess.run(command, cwd=tmp_path / "out", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
    assert "Warning" not in done.stdout


def test_a_model_without_runs_is_named_with_those_that_have_some(results, tmp_path):
    with pytest.raises(DataError, match=r"crosss: no run of it in .*found self, cross"):
        write_paper(results, tmp_path / "out", ["self", "crosss"])
