"""What people reach: one annotator against the majority of the others, and their agreement."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from emofusion.corpora.ratings import votes_of
from emofusion.evaluation.metrics import PRINTED
from emofusion.schemas import EXTERNAL, HUMANS

_ID = "utterance_id"
ATTRIBUTES = ("valence", "activation", "dominance")


def humans(
    ratings: pd.DataFrame, splits: Iterable[pd.DataFrame], labels: Sequence[str]
) -> pd.DataFrame:
    """The ceiling and the agreement of the external annotators, on the tested utterances.

    Args:
        ratings: corpus/ratings.csv, columns as in `schemas.RATINGS`.
        splits: tables of the folds; an utterance that several folds test counts once.
        labels: the configured classes.

    Returns:
        Columns as in `HUMANS`; no row if nobody voted on a tested utterance. `quantity` is
        balanced_accuracy, accuracy, recall (`of` a class) or alpha (`of` label, nominal, or an
        attribute, interval). `judgements` are those that count, on `utterances`; `left_out` those
        that do not.
    """
    tested = {one for table in splits for one in table.loc[table["partition"] == "test", _ID]}
    own = ratings[ratings[_ID].isin(tested) & (ratings["kind"] == EXTERNAL)]
    votes = votes_of(own, labels)
    if votes.empty:
        return pd.DataFrame(columns=HUMANS)
    rows = [*_ceiling(judge_each(votes), labels), _label_agreement(votes)]
    for name in ATTRIBUTES:
        if own[name].notna().any():
            rows.append(_agreement(name, own.dropna(subset=name)[[_ID, name]], 0))
    return pd.DataFrame(rows, columns=HUMANS)


def judge_each(votes: pd.DataFrame) -> pd.DataFrame:
    """Each annotator of each utterance against the majority of the other annotators.

    Args:
        votes: one row per vote: utterance_id, annotator, label.

    Returns:
        utterance_id, annotator; majority, the label with most votes of the others, empty if there
        is a tie or no other; right, the share of the annotator's own votes for that label.
    """
    own = pd.crosstab([votes[_ID], votes["annotator"]], votes["label"])
    others = own.groupby(level=_ID).transform("sum") - own
    most = others.max(axis=1)
    clear = others.eq(most, axis=0).sum(axis=1).eq(1) & most.gt(0)
    majority = others.idxmax(axis=1)
    agreed = own.to_numpy()[range(len(own)), own.columns.get_indexer(majority)]
    judged = pd.DataFrame(
        {"majority": majority.where(clear, ""), "right": agreed / own.sum(axis=1)}
    )
    return judged.reset_index()


def _ceiling(judged: pd.DataFrame, labels: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of both accuracies and of the recalls; classes without a majority are left out."""
    counted = judged[judged["majority"].isin(list(labels))]
    recalls = counted.groupby("majority")["right"].mean().reindex(labels).dropna()
    values = {"balanced_accuracy": recalls.mean(), "accuracy": counted["right"].mean()}
    left_out = len(judged) - len(counted)
    rows = [_row(name, "", values[name], counted, left_out) for name in PRINTED]
    for label, recall in recalls.items():
        rows.append(_row("recall", label, recall, counted[counted["majority"] == label], 0))
    return rows


def _label_agreement(votes: pd.DataFrame) -> dict[str, Any]:
    """Alpha of the labels; an annotator with several has no single value, and is left out."""
    several = votes.duplicated([_ID, "annotator"], keep=False)
    left_out = len(votes[several].drop_duplicates([_ID, "annotator"]))
    return _agreement("label", votes.loc[~several, [_ID, "label"]], left_out, nominal=True)


def _agreement(
    name: str, values: pd.DataFrame, left_out: int, *, nominal: bool = False
) -> dict[str, Any]:
    """A row of alpha; a value that is alone on its utterance is left out."""
    paired = values[values.duplicated(_ID, keep=False)]
    alpha = krippendorff_alpha(paired[_ID], paired[name], nominal=nominal)
    return _row("alpha", name, alpha, paired, left_out + len(values) - len(paired))


def krippendorff_alpha(units: pd.Series, values: pd.Series, *, nominal: bool) -> float:
    """Krippendorff's alpha: 1 - observed / expected disagreement (Krippendorff, 2011).

    Args:
        units: what was rated, [rating].
        values: what a rater said of it, [rating]; units with a single rating do not count.
        nominal: whether two values are equal or not; else they are numbers, and the squared
            difference counts.

    Returns:
        1 for perfect agreement, 0 for that of chance; NaN if all values are the same.
    """
    table = pd.crosstab(units, values)
    counts = table.to_numpy(float)[table.sum(axis=1) > 1]
    known = table.columns.to_numpy()
    if nominal:
        distance = (known[:, None] != known).astype(float)
    else:
        distance = np.subtract.outer(known, known) ** 2
    n, total = counts.sum(), counts.sum(axis=0)
    pairs = counts.sum(axis=1) - 1  # values that each value of a unit is compared with
    observed = ((counts @ distance * counts).sum(axis=1) / pairs).sum() / n if n else 0.0
    expected = total @ distance @ total / (n * (n - 1)) if n else 0.0
    return float(1 - observed / expected) if expected else float("nan")


def ceiling(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """{metric: what one annotator reaches against the majority of the others}; empty: not known.

    Args:
        rows: rows of metrics/humans.csv.
    """
    found = {row["quantity"]: float(row["value"]) for row in rows if row["quantity"] in PRINTED}
    return {} if np.isnan([*found.values()]).any() else found


def _row(
    quantity: str, of: object, value: float, counted: pd.DataFrame, left_out: int
) -> dict[str, Any]:
    numbers = (counted[_ID].nunique(), len(counted), left_out)
    return dict(zip(HUMANS, (quantity, of, value, *numbers), strict=True))
