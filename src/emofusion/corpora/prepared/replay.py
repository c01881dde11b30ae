"""Prepared folds compared with the published split as it is replayed."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from emofusion.schemas import PARTITIONS


def confirm(
    utterances: pd.DataFrame,
    folds: Mapping[int, pd.DataFrame],
    release_labels: Sequence[str],
    published: Callable[[int, int], np.ndarray],
    *,
    release_frames: Sequence[float] | np.ndarray | None = None,
) -> pd.DataFrame:
    """Compare the partitions of prepared folds with the published split as it is replayed.

    This needs both the release and the prepared folds. Agreement shows that the replayed split and
    the order of the utterances match those of the baselines.

    Args:
        utterances, folds: as `read_folds` gives them.
        release_labels: labels of the release's utterances of these classes, in release order.
        published: a function (number of utterances, fold) -> partition of each:
            `emofusion.splits.published.published_split`.
        release_frames: number of audio frames of the same utterances, computed from their
            durations; a second check that is independent of the labels.

    Returns:
        One row per fold and partition: `fold, partition, expected, found` (utterances), `agreeing`
        (positions with equal labels), `first_difference` (first position with different labels;
        empty: none), `confirmed` (all agree), `frames_correlation` (correlation of the found and
        the expected numbers of frames, the latter truncated at the longest found; NaN without
        `release_frames` or if the sizes differ).
    """
    labels = np.asarray(release_labels, dtype=object)
    frame_counts = utterances.set_index("utterance_id")["audio_frames"]
    rows = []
    for fold, table in folds.items():
        drawn = published(len(labels), fold)
        for partition in PARTITIONS:
            members, chosen = table[table["partition"] == partition], drawn == partition
            row = _compare(members["label"].to_numpy(object), labels[chosen])
            correlation = float("nan")
            if release_frames is not None and row["found"] == row["expected"]:
                found = frame_counts[members["utterance_id"]].to_numpy(np.float64)
                correlation = _correlation(found, np.asarray(release_frames, np.float64)[chosen])
            rows.append(
                {"fold": fold, "partition": partition, **row, "frames_correlation": correlation}
            )
    return pd.DataFrame(rows).astype({"first_difference": "Int64"})


def confirmation_text(confirmation: pd.DataFrame) -> str:
    """What the table of `confirm` says, in one sentence."""
    wrong = confirmation[~confirmation["confirmed"]]
    lengths = confirmation["frames_correlation"].min()
    correlation = "" if pd.isna(lengths) else f"; lengths correlate at {lengths:.4f} or more"
    if wrong.empty:
        return (
            f"Confirmed: all {len(confirmation)} partitions of the prepared folds have the sizes "
            f"and, row by row, the labels of the replayed published split{correlation}."
        )
    first = wrong.iloc[0]
    return (
        f"Not confirmed: {len(wrong)} of {len(confirmation)} partitions differ from the replayed "
        f"published split, the first being fold {first['fold']}, {first['partition']}: "
        f"{first['found']} utterances, expected {first['expected']}, {first['agreeing']} labels "
        f"agree, row {first['first_difference']} is the first that does not{correlation}."
    )


def _compare(found: np.ndarray, expected: np.ndarray) -> dict[str, int | bool | None]:
    """Labels of a partition, position by position; where one list ends first, they differ."""
    common = min(len(found), len(expected))
    agree = found[:common] == expected[:common]
    confirmed = len(found) == len(expected) and bool(agree.all())
    return {
        "expected": len(expected),
        "found": len(found),
        "agreeing": int(agree.sum()),
        "first_difference": None if confirmed else int(np.argmin([*agree, False])),
        "confirmed": confirmed,
    }


def _correlation(found: np.ndarray, expected: np.ndarray) -> float:
    expected = np.minimum(expected, found.max(initial=0))
    if len(found) < 2 or np.ptp(found) == 0 or np.ptp(expected) == 0:
        return float("nan")
    return float(np.corrcoef(found, expected)[0, 1])
