"""The tables beside the paper's: tests, equivalence, reproduction, and its own tests again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from emofusion.evaluation import metrics
from emofusion.evaluation.metrics import PRINTED, TRAP_NOTE
from emofusion.evaluation.verdicts import NEEDED, kind, words
from emofusion.reporting.layout import Cell, Group, Table
from emofusion.reporting.names import model_name, system_name
from emofusion.reporting.summary import scope
from emofusion.reporting.tables import Results, notes, number, reservations, whole
from emofusion.reporting.words import count

BOOTSTRAPS = ("bootstrap_dialogs", "bootstrap_speakers")
CLAIMED = ("table1", "table2", "baselines", "controls")
"""Families of comparisons that are printed; of the others, those with one's own models."""


def comparison_table(
    results: Results, verdicts: pd.DataFrame, comparisons: pd.DataFrame, *, alpha: float
) -> Table:
    """The tests of each comparison side by side.

    Args:
        results: of all systems.
        verdicts: one row a comparison and metric.
        comparisons: one row a comparison, metric and test.
        alpha: level of the tests.
    """
    shown = _shown(verdicts, results.own_models)
    intervals = _by_test(comparisons)
    rows = [
        [
            name,
            PRINTED[row.metric],
            _difference(row.difference, row.low, row.high),
            probability(row.p_published),
            probability(row.p),
            probability(row.p_holm),
            probability(row.p_corrected_holm),
            *(_interval(intervals.get((*_key(row), test))) for test in BOOTSTRAPS),
            _verdict(row, results.runs),
        ]
        for name, row in _named(shown)
    ]
    return _comparison_table(
        results,
        shown,
        title="Tests",
        caption=(
            f"Differences between models, and tests at the level {alpha:g}. The difference is the "
            "first model's mean minus the second's, averaged over seeds, with the "
            f"{_percent(1 - alpha)} interval of the primary test, {_primary(shown)}. P: of the "
            "paper's two-sample t-test over runs; of the primary test; the same after Holm's "
            "correction for the family; and, also after Holm, with Nadeau and Bengio's correction "
            "for training sets that overlap. A verdict of better or worse needs both P after Holm "
            "below the level. "
            "Bootstrap: intervals from drawing dialogs, or speakers, with replacement. "
            f"{scope(shown)}"
        ),
        heads=[
            "Comparison",
            "",
            "Difference",
            "published",
            "primary",
            "after Holm",
            "Nadeau-Bengio",
            "dialogs",
            "speakers",
            "Verdict",
        ],
        groups=[
            Group("", "", 2),
            Group("P", "P", 4),
            Group("Bootstrap", "bootstrap", 2),
            Group("", "", 1),
        ],
        rows=rows,
    )


def equivalence_table(
    results: Results,
    verdicts: pd.DataFrame,
    comparisons: pd.DataFrame,
    *,
    alpha: float,
    power: float,
) -> Table:
    """Whether a difference is small enough not to matter, and what the design could have told.

    Args:
        results: of all systems.
        verdicts: one row a comparison and metric.
        comparisons: one row a comparison, metric and test.
        alpha: level of the tests.
        power: of the detectable difference.
    """
    shown = _shown(verdicts, results.own_models)
    tests = _by_test(comparisons)
    rows = []
    for name, row in _named(shown):
        bayes = tests.get((*_key(row), "bayes"))
        paired = tests.get((*_key(row), row.primary))
        rows.append(
            [
                name,
                PRINTED[row.metric],
                number(row.margin),
                probability(row.p_equivalence),
                probability(row.p_equivalence_corrected),
                *(
                    probability(getattr(bayes, part, float("nan")))
                    for part in ("p_below", "p_within", "p_above")
                ),
                number(row.smallest_margin),
                number(row.smallest_margin_corrected),
                number(row.detectable),
                number(row.detectable_corrected),
                _decimal(getattr(paired, "effect", float("nan"))),
            ]
        )
    return _comparison_table(
        results,
        shown,
        title="Equivalence",
        caption=(
            "Whether the models of a comparison are equal for practical purposes. Margin: smaller "
            "differences count as none. P: of the two one-sided tests, small where the difference "
            "is within the margin; Nadeau-Bengio: with their correction for training sets that "
            f"overlap. Equivalence needs both, and {NEEDED} folds; it is not corrected for the "
            "number of comparisons. Bayes (correlated t-test): probability that the first model is "
            "worse by more than the margin, within it, and better by more. Smallest margin: the "
            f"smallest at which equivalence would hold at {_percent(alpha)}, without and with "
            "Nadeau-Bengio. "
            f"Detectable: the difference that this design finds with probability {power:g}, before "
            "Holm's correction, without and with Nadeau-Bengio. d: mean difference in "
            f"units of the deviation of the differences, {_primary(shown)}."
        ),
        heads=[
            "Comparison",
            "",
            "margin",
            "P",
            "Nadeau-Bengio",
            "worse",
            "within",
            "better",
            "plain",
            "Nadeau-Bengio",
            "plain",
            "Nadeau-Bengio",
            "d",
        ],
        groups=[
            Group("", "", 1),
            Group("Equivalence", "equivalence", 3),
            Group("Bayes", "Bayes", 3),
            Group("Smallest margin", "smallest", 2),
            Group("Detectable", "detectable", 2),
            Group("", "", 1),
        ],
        rows=rows,
    )


def _primary(verdicts: pd.DataFrame) -> str:
    over_speakers = (verdicts["primary"] == "paired_speakers").any()
    return "a sample being a speaker" if over_speakers else "a sample being a fold"


def reproduction_table(results: Results, reproduction: pd.DataFrame, *, alpha: float) -> Table:
    """The paper's numbers beside ours.

    Args:
        results: of all systems.
        reproduction: one row a published number that was reproduced.
        alpha: the intervals cover 1 - alpha.
    """
    cells = {
        (row.table, row.model, row.modalities, row.metric): row
        for row in reproduction.itertuples(index=False)
    }
    systems = list(dict.fromkeys(key[:3] for key in cells))
    rows = []
    for table, model, modalities in systems:
        row: list[str | Cell] = [f"{_title(table)}, {system_name(model, modalities)}"]
        for metric in PRINTED:
            found = cells.get((table, model, modalities, metric))
            known = results.of(model, modalities, metric)
            complete = whole(results, known)
            row += ["-"] * 4 if found is None else _reproduced(found, complete)
        rows.append(row)
    used = [(model, modalities) for _, model, modalities in systems]
    return Table(
        title="Published and reproduced",
        caption=(
            "The paper's means and deviations over 50 runs, ours, and the difference (ours minus "
            f"the paper's) with the {_percent(1 - alpha)} interval that so many runs on either "
            "side allow, if every run is treated as a sample; the rounding of the printed numbers "
            f"is included. {_within(results)}{_unlike(results)}"
            f"{reservations(results, used)}"
        ),
        heads=["System"] + ["paper", "ours", "difference", "within"] * len(PRINTED),
        groups=[Group(PRINTED[m], PRINTED[m], 4) for m in PRINTED],
        rows=rows,
        notes=notes(results, list(dict.fromkeys(m for _, m in used)), used),
    )


def published_table(published: pd.DataFrame, *, alpha: float) -> Table:
    """The paper's own tests, from the means and deviations that it prints.

    Args:
        published: one row a test.
        alpha: level of the tests.
    """
    rows = [
        [
            name,
            PRINTED[row.metric],
            signed(row.difference),
            probability(row.p),
            f"{probability(row.p_low)} to {probability(row.p_high)}",
            probability(row.p_holm),
            "*" if row.asterisk else "",
            row.reading,
        ]
        for name, row in _named(published)
    ]
    return Table(
        title="The paper's tests",
        caption=(
            "The two-sample t-tests of the paper, and of what it claims about the baselines, "
            "recomputed from the means and deviations that it prints (with 50 runs each; for the "
            "baselines the number of runs is not printed). Range: the values of P that the printed "
            "numbers allow, since they are rounded to three decimals. After Holm: corrected for "
            "the tests of the same family (Self against Cross, Table 2, the baselines). "
            f"The reading is at {_percent(alpha)}, without the correction."
        ),
        heads=["Comparison", "", "difference", "P", "range", "after Holm", "asterisk", "reading"],
        rows=rows,
        notes=[TRAP_NOTE],
        breaks=_breaks(published),
    )


def probability(p: float) -> str:
    """A probability without its "=", empty if missing."""
    return "" if pd.isna(p) else metrics.probability(p).removeprefix("= ")


def signed(value: float) -> str:
    """A difference to three decimals with its sign, empty if missing."""
    if pd.isna(value):
        return ""
    sign = "−" if round(value, 3) < 0 else "+" if round(value, 3) > 0 else ""
    return sign + number(abs(value))


def _difference(value: float, low: float, high: float) -> str:
    interval = "" if pd.isna(low) else f" [{signed(low)}, {signed(high)}]"
    return signed(value) + interval


def _interval(row: object) -> str:
    low = getattr(row, "low", float("nan"))
    return "" if pd.isna(low) else f"[{signed(low)}, {signed(row.high)}]"


def _decimal(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.2f}".replace("-", "−")


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _verdict(row: object, runs: int) -> Cell:
    """Verdicts that say something are bold; those without all configured runs say so."""
    complete = row.runs_a == row.runs_b == runs
    text = words(row._asdict())
    text += "" if complete else f" ({row.runs_a}, {row.runs_b} runs)"
    return Cell(text, bold=kind(row._asdict()) != "undecided")


def _key(row: object) -> tuple[str, str, str, str]:
    return row.modalities, row.model_a, row.model_b, row.metric


def _comparison_table(
    results: Results, shown: pd.DataFrame, *, caption: str, **content: Any
) -> Table:
    """A table with a row a comparison and metric, and what all of these say besides."""
    systems = _systems(shown)
    return Table(
        caption=caption + reservations(results, systems),
        notes=notes(results, list(dict.fromkeys(shown["modalities"])), systems),
        breaks=_breaks(shown),
        **content,
    )


def _shown(verdicts: pd.DataFrame, own_models: Sequence[str]) -> pd.DataFrame:
    """The comparisons to print: claims and one's own models; without any of these, all."""
    own = verdicts["model_a"].isin(own_models) | verdicts["model_b"].isin(own_models)
    shown = verdicts[verdicts["family"].isin(CLAIMED) | own]
    return verdicts if shown.empty else shown


def _by_test(comparisons: pd.DataFrame) -> Mapping[tuple[str, ...], object]:
    return {(*_key(row), row.test): row for row in comparisons.itertuples(index=False)}


def _named(table: pd.DataFrame) -> Iterator[tuple[str, object]]:
    """Rows with the name of their comparison, which stands at its first metric alone."""
    before = None
    for row in table.itertuples(index=False):
        pair = (row.model_a, row.model_b, row.modalities)
        name = f"{model_name(row.model_a)} – {system_name(row.model_b, row.modalities)}"
        yield ("" if pair == before else name), row
        before = pair


def _breaks(table: pd.DataFrame) -> list[int]:
    values = list(table["family"])
    return [n for n in range(1, len(values)) if values[n] != values[n - 1]]


def _systems(verdicts: pd.DataFrame) -> list[tuple[str, str]]:
    return [
        (model, row.modalities)
        for row in verdicts.itertuples(index=False)
        for model in (row.model_a, row.model_b)
    ]


def _title(table: str) -> str:
    return {"table1": "Table 1", "table2": "Table 2", "quoted": "Quoted"}[table]


def _within(results: Results) -> str:
    if results.source == "synthetic":
        return "The column within is empty: a synthetic corpus cannot confirm the paper."
    return "Within: whether the interval contains zero."


def _unlike(results: Results) -> str:
    """That the numbers cannot be confirmed; which settings differ is said in the report."""
    if not results.unlike_paper:
        return ""
    return (
        " Settings differ from the paper's, so that its numbers cannot be confirmed; the report's "
        "summary lists them."
    )


def _reproduced(row: object, complete: bool) -> list[str | Cell]:
    def spread(mean: float, std: float) -> str:
        return number(mean) + ("" if pd.isna(std) else f" ± {number(std)}")

    published = spread(row.published_mean, row.published_std)
    if not complete:
        runs = f"{number(row.mean)} ({count(row.runs, 'run')})"
        return [published, runs, signed(row.difference), ""]
    within = "" if pd.isna(row.within) else "yes" if row.within in (True, "True") else "no"
    return [
        published,
        spread(row.mean, row.std),
        _difference(row.difference, row.low, row.high),
        within,
    ]
