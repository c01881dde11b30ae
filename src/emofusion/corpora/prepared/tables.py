"""Read the prepared folds into the same tables as other corpora."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.corpora.prepared.reading import read_folds
from emofusion.corpora.probe import leave_out_small_classes, probe_folds
from emofusion.splits import prepared_split


def read_prepared(
    root: Path,
    *,
    class_order: Sequence[str] | None,
    classes: Mapping[str, Any],
    probe: Mapping[str, Any],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[int, pd.DataFrame]]:
    """Read prepared folds.

    Args:
        root: the folder that holds them.
        class_order: names of the classes by label number; None: recovered from the counts.
        classes: `labels` and `min_class_size`.
        probe: `modalities` and `policy` of `probe_folds`.

    Returns:
        The utterances, the selected ones, the exclusions, and {fold: its partitions}.

    Raises:
        DataError: the folds cannot be read, or do not hold the same utterances.
    """
    utterances, folds = read_folds(root, class_order=class_order)
    selected, exclusions = probe_folds(utterances, labels=classes["labels"], **probe)
    selected, exclusions = leave_out_small_classes(utterances, selected, exclusions, **classes)
    splits = {fold: prepared_split(table, selected, fold) for fold, table in folds.items()}
    return utterances, selected, exclusions, splits
