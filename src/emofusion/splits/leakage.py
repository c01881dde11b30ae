"""What the training partition shares with the development and test partitions."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from emofusion.features.store.read import RaggedStore
from emofusion.splits import PARTITIONS, UNUSED, same_words


def leakage(
    splits: Mapping[int, pd.DataFrame],
    selected: pd.DataFrame,
    by: str = "",
    audio: pd.Series | None = None,
) -> pd.DataFrame:
    """What training shares with the development and test partitions of each fold.

    Args:
        splits: {fold: its table}.
        selected: the selected utterances.
        by: the column of the groups that the folds keep together; empty: there is none.
        audio: hash of the audio features, by utterance_id (`audio_hashes`); None: audio is not
            used.

    Returns:
        One row per fold and partition (dev, test): its `utterances`, those of `training`, and those
        left `unused`; the shares of its utterances whose `speaker`, `dialog`, `group` or `audio`
        occurs in training, or whose words do: `scripted_transcript` among scripted utterances,
        `improvised_transcript` among the others of four words or more; `standard_error` and
        `standard_error_balanced`, the standard errors of an accuracy and a balanced accuracy of one
        half on this partition, which are the largest possible ones. A share is NaN if the corpus
        lacks that information.
    """
    facts = selected.set_index("utterance_id").assign(
        words=same_words(selected["transcript"]).to_numpy(),
        group=selected[by].astype("str").to_numpy() if by else "",
    )
    facts["audio"] = "" if audio is None else audio.reindex(facts.index)
    rows = []
    for fold, table in splits.items():
        members = {name: facts.loc[table["utterance_id"][table["partition"] == name]]
              for name in (*PARTITIONS, UNUSED)}  # fmt: skip
        for name in ("dev", "test"):
            rows.append(
                {
                    "fold": fold,
                    "partition": name,
                    "utterances": len(members[name]),
                    "training": len(members["train"]),
                    "unused": len(members[UNUSED]),
                    **_shared(members["train"], members[name]),
                    **_standard_errors(members[name]["label"]),
                }
            )
    return pd.DataFrame(rows)


def _shared(train: pd.DataFrame, other: pd.DataFrame) -> dict[str, float]:
    long = other["words"].str.split().str.len() >= 4
    scripted = other["method"] == "scripted"
    return {
        "speaker": _share(other["speaker"], train["speaker"]),
        "dialog": _share(other["dialog"], train["dialog"]),
        "group": _share(other["group"], train["group"]),
        "audio": _share(other["audio"], train["audio"]),
        "scripted_transcript": _share(other["words"][scripted], train["words"]),
        "improvised_transcript": _share(other["words"][~scripted & long], train["words"]),
    }


def _share(values: pd.Series, known: pd.Series) -> float:
    """Share of the values that occur in training; NaN where the corpus does not have them."""
    return values.isin(known).mean() if (known != "").any() else np.nan


def audio_hashes(path: Path, ids: pd.Series) -> pd.Series:
    """Hash of the audio features of each utterance, by utterance_id; equal features, equal hash."""
    store = RaggedStore(path)
    hashes = [hashlib.sha256(store[utterance].tobytes()).hexdigest() for utterance in ids]
    return pd.Series(hashes, index=list(ids), dtype="str")


def _standard_errors(labels: pd.Series) -> dict[str, float]:
    sizes = labels.value_counts().to_numpy()
    return {
        "standard_error": 0.5 / np.sqrt(sizes.sum()),
        "standard_error_balanced": 0.5 * np.sqrt((1 / sizes).sum()) / len(sizes),
    }


def class_counts(splits: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """Utterances of each class in each partition: fold, partition, one column per class."""
    tables = pd.concat(splits, names=["fold"]).reset_index("fold")
    counts = tables.pivot_table(
        index=["fold", "partition"], columns="label", aggfunc="size", fill_value=0
    )
    return counts.reset_index()
