"""The votes of single raters: from what each said to the target classes."""

from collections.abc import Sequence

import pandas as pd

from emofusion.corpora.labels import class_of_codes
from emofusion.schemas import EXTERNAL


def votes_of(ratings: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """The votes of the external annotators; each label that one gives is a vote.

    Args:
        ratings: corpus/ratings.csv, columns as in `schemas.RATINGS`.
        labels: the configured classes. A label outside them stays a code; two labels of one class
            by one annotator are one vote.

    Returns:
        One row per vote: utterance_id, annotator, label.
    """
    given = ratings[(ratings["kind"] == EXTERNAL) & (ratings["label"] != "")]
    votes = given.assign(label=given["label"].str.split(";")).explode("label")
    votes["label"] = votes["label"].replace(class_of_codes(labels))
    columns = ["utterance_id", "annotator", "label"]
    return votes[columns].drop_duplicates().reset_index(drop=True)


def count_votes(ratings: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """How many external annotators voted for each class.

    Args:
        ratings: corpus/ratings.csv, columns as in `schemas.RATINGS`.
        labels: the configured classes.

    Returns:
        utterance_id and one column per class; utterances without a vote for any class are absent.
    """
    votes = votes_of(ratings, labels)
    inside = votes[votes["label"].isin(list(labels))]
    counts = pd.crosstab(inside["utterance_id"], inside["label"])
    return counts.reindex(columns=list(labels), fill_value=0).reset_index()
