"""From the annotators' labels to the target classes."""

from collections.abc import Sequence

import pandas as pd


def class_of_codes(labels: Sequence[str]) -> dict[str, str]:
    """{label code: class} of the configured labels; "hap+exc" is one class of two codes."""
    return {code: name for name in labels for code in name.split("+")}


def classes_of(codes: pd.Series, labels: Sequence[str], min_class_size: int = 1) -> pd.Series:
    """Class of each utterance; empty for other codes and for classes that are too small.

    The paper leaves out the classes with fewer than 100 utterances.

    Args:
        codes: the annotators' consensus, [utterance].
        labels: the configured classes.
        min_class_size: utterances among `codes` that a class needs.
    """
    classes = codes.map(class_of_codes(labels)).fillna("").astype("str")
    sizes = classes.value_counts()
    return classes.where(classes.map(sizes) >= min_class_size, "")
