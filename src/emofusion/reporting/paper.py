"""A folder for an article: tables, figures in colour and grey, and a sentence per comparison."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from emofusion.errors import DataError
from emofusion.evaluation.metrics import (
    NAMING_NOTE,
    PRINTED,
    classes_in,
    pooled_confusion,
    read_predictions,
)
from emofusion.evaluation.results import require_file
from emofusion.evaluation.verdicts import kind, partition_suffix, read_verdicts
from emofusion.files import replacing
from emofusion.plan import SYNTHETIC_RELEASE
from emofusion.reporting.figures.classes import draw_classes
from emofusion.reporting.figures.confusion import draw_confusion
from emofusion.reporting.figures.curves import draw_curves
from emofusion.reporting.figures.forest import forest
from emofusion.reporting.figures.spread import spread
from emofusion.reporting.figures.style import greyed, save
from emofusion.reporting.latex import escape
from emofusion.runs import HISTORY, PREDICTIONS, RUN, RUN_KEYS
from emofusion.wording import above, count, modality_name, model_name, probability, system_name

PAPER_TABLES = ("table1", "table2")
PACKAGES_COMMENT = r"% Needs: \usepackage{booktabs} \usepackage{graphicx}"
SYNTHETIC = (
    "These numbers come from a synthetic corpus: they show that the pipeline works, and say "
    "nothing about people."
)


def write_paper(results: Path, folder: Path, models: Sequence[str]) -> list[Path]:
    """Write the folder.

    Args:
        results: the folder that the workflow made.
        folder: where to write; files of the same names are replaced.
        models: those that figures and sentences are about, such as self and cross.

    Returns:
        The files that were written.

    Raises:
        DataError: results are missing, or one of the models has no runs.
    """
    scores = _read(results / "metrics/runs.csv")
    chosen = scores[scores["model"].isin(models)]
    if unknown := [model for model in models if model not in set(scores["model"])]:
        raise DataError(
            f"{unknown[0]}: no run of it in {results / 'metrics/runs.csv'}; found "
            f"{', '.join(scores['model'].unique())}"
        )
    verdicts = read_verdicts(require_file(results / "statistics/verdicts.csv"))
    verdicts = verdicts[verdicts["model_a"].isin(models) & verdicts["model_b"].isin(models)]
    comparisons = _read(results / "statistics/comparisons.csv")
    synthetic = (results / SYNTHETIC_RELEASE).is_dir()
    texts = {
        **{f"{name}.tex": _table(results / f"tables/{name}.tex", name) for name in PAPER_TABLES},
        **_sentence_files(verdicts, synthetic),
        "README.txt": _readme(results, models, synthetic),
    }
    for name, text in texts.items():
        if text:
            with replacing(folder / name) as path:
                path.write_text(text, encoding="utf-8")
    written = [folder / name for name, text in texts.items() if text]
    for name, figure in _figures(results, chosen, verdicts, comparisons):
        save(figure, [folder / f"{name}.pdf"])
        save(greyed(figure), [folder / f"{name}_grey.pdf"])
        written += [folder / f"{name}.pdf", folder / f"{name}_grey.pdf"]
    return written


def sentence(row: Mapping[str, Any], alpha: float) -> str:
    """A comparison as one sentence, in plain text.

    Args:
        row: a row of verdicts.csv.
        alpha: the level of the tests; its interval covers 1 - alpha.
    """
    a, b = model_name(row["model_a"]), model_name(row["model_b"])
    place, metric = f"On {modality_name(row['modalities'])}", PRINTED[row["metric"]]
    if pd.isna(row["difference"]):
        return f"{place}, {a} and {b} were not compared in {metric}: {row['verdict']}."
    found = {
        "better": f"{a} is better than {b}",
        "worse": f"{a} is worse than {b}",
        "equivalent": f"{a} and {b} are equivalent within {100 * row['margin']:.1f} points",
        "undecided": f"the runs do not decide between {a} and {b}",
    }[kind(row)]
    found += "" if kind(row) == "undecided" else partition_suffix(row)
    reason = row["verdict"].removeprefix("undecided").strip()
    because = f" {reason}" if kind(row) == "undecided" and reason else ""
    value = f"{a}'s {metric} is {above(100 * row['difference'])} {b}'s"
    evidence = "; ".join(_evidence(row, alpha))
    return f"{place}, {found}{because}: {value}" + (f" ({evidence})." if evidence else ".")


def _evidence(row: Mapping[str, Any], alpha: float) -> Iterator[str]:
    if pd.notna(row["low"]):
        low, high = (f"{100 * row[end]:+.1f}".replace("-", "−") for end in ("low", "high"))
        yield f"{100 * (1 - alpha):g} % interval {low} to {high}"
    if pd.notna(row["p_holm"]):
        samples = count(int(row["samples"]), row["sample"])
        holm = f"P {probability(row['p_holm'])} after Holm's correction"
        yield f"paired t-test over {samples}, {holm}"
    if pd.notna(row["p_corrected_holm"]):
        nadeau = "after Nadeau and Bengio's and Holm's corrections"
        yield f"P {probability(row['p_corrected_holm'])} {nadeau}"


def level(verdicts: pd.DataFrame) -> float:
    """The level of the tests, from the width of an interval and its standard error; else .05."""
    for row in verdicts.to_dict("records"):
        samples = row["samples"]
        if pd.notna(row["low"]) and row["error"] > 0 and samples > 1:
            width = (row["high"] - row["low"]) / 2 / row["error"]
            return round(float(2 * stats.t.sf(width, samples - 1)), 4)
    return 0.05


def _sentence_files(verdicts: pd.DataFrame, synthetic: bool) -> dict[str, str]:
    alpha = level(verdicts)
    sentences = [sentence(row, alpha) for row in verdicts.to_dict("records")]
    notes = [NAMING_NOTE, *([SYNTHETIC] if synthetic else [])]
    tex = [re.sub(r"P (=|\\textless\{\})", r"$P$ \1", escape(one)) for one in [*sentences, *notes]]
    return {
        "sentences.txt": "\n\n".join([*sentences, *notes]) + "\n",
        "sentences.tex": "\n\n".join(tex) + "\n",
    }


def _table(path: Path, name: str) -> str:
    """A table with a label and the packages that it needs; empty where there is none."""
    if not path.is_file():
        return ""
    text = path.read_text(encoding="utf-8")
    start = text.index("\\small\n")  # behind the caption
    return f"{PACKAGES_COMMENT}\n{text[:start]}\\label{{tab:{name}}}\n{text[start:]}"


def _figures(
    results: Path, scores: pd.DataFrame, verdicts: pd.DataFrame, comparisons: pd.DataFrame
) -> Iterator[tuple[str, Figure]]:
    """The figures of some models on the widest set of modalities that any of them has."""
    modalities = max(scores["modalities"].unique(), key=len)
    widest = scores[scores["modalities"] == modalities]
    models = list(widest["model"].unique())
    systems: dict[str, list[tuple[pd.DataFrame, float, Path]]] = {}
    for row in widest.to_dict("records"):
        folder = results / RUN.format_map(row)
        name = system_name(row["model"], row["modalities"])
        history = pd.read_csv(require_file(folder / HISTORY))
        systems.setdefault(name, []).append((history, row["best_epoch"], folder))
    yield "curves", draw_curves({name: [run[:2] for run in runs] for name, runs in systems.items()})
    predictions = {
        name: [read_predictions(folder / PREDICTIONS) for *_, folder in runs]
        for name, runs in systems.items()
    }
    labels = classes_in(next(iter(predictions.values()))[0])
    matrices = {name: pooled_confusion(tables) for name, tables in predictions.items()}
    yield "confusion", draw_confusion({"all runs": matrices}, labels)
    keys = widest[RUN_KEYS].drop_duplicates(["fold"])
    first = [results / RUN.format_map(row) for row in keys.to_dict("records")]
    tested = pd.concat([read_predictions(folder / PREDICTIONS) for folder in first])
    counts = tested["label"].value_counts()
    yield "classes", draw_classes(scores, models, modalities, labels, counts)
    yield "spread", spread(scores, [(model, modalities) for model in models])
    if len(verdicts):
        yield "forest", forest(verdicts, comparisons)


def _readme(results: Path, models: Sequence[str], synthetic: bool) -> str:
    lines = [
        f"Made from {results.resolve().name} by: emofusion paper --results {results} "
        f"--models {' '.join(models)}",
        *([SYNTHETIC] if synthetic else []),
        "",
        "table1.tex, table2.tex          tables with \\label; the packages they need are on top",
        "sentences.txt, sentences.tex    one sentence per comparison",
        "forest, confusion, classes, spread, curves   .pdf in colour, _grey.pdf for grey print",
        "",
        "From a cell to its runs: emofusion trace table1 MODEL MODALITIES",
    ]
    return "\n".join(lines) + "\n"


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(require_file(path), dtype={"modalities": str})
