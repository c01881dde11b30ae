"""The section on the data: corpus, exclusions, folds, leakage."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from emofusion.corpora import corpus_title
from emofusion.registry import find
from emofusion.reporting.latex import escape, tabular
from emofusion.wording import count, listing, percent

MOST_SESSIONS = 8
"""More columns than this do not fit on a page."""
CLASS_NAMES = {
    "ang": "angry",
    "exc": "excited",
    "hap": "happy",
    "sad": "sad",
    "fru": "frustrated",
    "sur": "surprised",
    "neu": "neutral",
    "fea": "fearful",
    "dis": "disgusted",
    "oth": "other",
    "xxx": "no agreement",
}

EXCLUSION_TEXTS = {
    "no_label": "without a label",
    "other_label": "with a label that is not among the classes",
    "other_method": "from dialogs of the other kind",
    "small_class": "of too small a class",
    "empty_transcript": "without words",
    "no_audio": "without sound",
    "no_video_frame": "without a video frame",
    "unreadable_file": "with a file that cannot be read",
    "known_fault": "with a file that is faulty in every copy of the corpus",
}

PARTNER = (
    "one speaker is tested, who is new; the partner in the same dialogs is the development "
    "partition"
)


def data(config: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> str:
    """Corpus, exclusions, folds, leakage."""
    selected, exclusions = frames["selected"], frames["exclusions"]
    method = "" if config["method"] == "all" else f", only {config['method']} dialogs"
    folds, unseen = config["folds"], config["splits"]["unseen_lines"]
    parts = [
        r"\section{Data}",
        rf"\textbf{{Corpus.}} {len(selected):,} utterances of {len(config['labels'])} classes are "
        f"used, from {escape(corpus_title(config['source']) + method)}.",
        class_table(selected, config["labels"]),
        rf"\textbf{{Left out:}} {exclusion_counts(exclusions)}.",
        expected_counts_table(frames.get("expected_counts")),
        rf"\textbf{{Folds.}} Scheme {escape(config['splits']['scheme'])}: "
        rf"{escape(_scheme(config['splits']))}. Of {_folds(config['splits'])} folds "
        f"{'all' if len(folds) == _folds(config['splits']) else escape(listing(folds))} were run"
        + (", scripted lines that occur in training are not tested" if unseen else "")
        + ".",
        leakage_table(frames["leakage"]),
        "The columns from speaker to words are the shares of test utterances whose speaker, "
        "dialog, group (of the folds), audio or words occur in training; a column is left out "
        "where nothing is known of it. Audio is the same where all its features are equal. Words "
        "are compared "
        "without case and punctuation; of improvised dialogs only utterances of four words or more "
        "count. SE is the "
        "largest standard error that an accuracy measured on the test partition can have. "
        f"{smallest_class(frames['classes'])}",
    ]
    return "\n\n".join(part for part in parts if part)


def _folds(splits: Mapping[str, Any]) -> int:
    """Number of folds over all draws."""
    return splits["n_folds"] * splits.get("repeats", 1)


def _scheme(splits: Mapping[str, Any]) -> str:
    """Description of a scheme; schemes from outside the package have none."""
    if splits["scheme"] == "session" and splits["development"] == "partner":
        return PARTNER
    known = find("SPLITS")
    name = splits["scheme"]
    return known[name].facts["says"] if name in known else "defined by the user"


def class_table(selected: pd.DataFrame, labels: Sequence[str]) -> str:
    """Utterances by class and, where the corpus has a few, by session."""
    totals = selected["label"].value_counts()
    of_sessions = pd.crosstab(selected["label"], selected["session"].replace("", float("nan")))
    sessions = list(of_sessions) if 1 < of_sessions.shape[1] <= MOST_SESSIONS else []
    classes = [*labels, *totals.index.difference(labels)]
    of_sessions = of_sessions.reindex(index=classes, columns=sessions, fill_value=0)
    rows = [
        [
            label,
            _class_name(label),
            *(f"{of_sessions.loc[label, session]:,}" for session in sessions),
            f"{totals.get(label, 0):,}",
        ]
        for label in classes
    ]
    sums = (f"{of_sessions[session].sum():,}" for session in sessions)
    total = ["all", "", *sums, f"{len(selected):,}"]
    head = ["class", "", *(f"session {session}" for session in sessions), "utterances"]
    if all(label == name for label, name, *_ in rows):  # labels that are names
        head, total, *rows = ([first, *rest] for first, _, *rest in (head, total, *rows))
    return tabular(
        "l" * (len(head) - len(sessions) - 1) + "r" * (len(sessions) + 1), head, rows, total
    )


def _class_name(label: str) -> str:
    return " or ".join(CLASS_NAMES.get(code, code) for code in label.split("+"))


def exclusion_counts(exclusions: pd.DataFrame) -> str:
    """How many utterances were left out, by kind."""
    counts = exclusions["kind"].value_counts().sort_index()
    texts = ", ".join(f"{n:,} {EXCLUSION_TEXTS.get(kind, kind)}" for kind, n in counts.items())
    reasons = r". Each has a row with its reason in \texttt{corpus/exclusions.csv}"
    return escape(texts) + reasons if texts else "nothing"


def expected_counts_table(counts: pd.DataFrame | None) -> str:
    """Counts of the release, and the known ones of the full release."""
    if counts is None or counts.empty:
        return ""
    rows = [[row.quantity, f"{row.expected:g}", f"{row.found:g}"] for row in counts.itertuples()]
    equal = int((counts["expected"] == counts["found"]).sum())
    notes = [
        f"{escape(f'{row.quantity}: {row.note}')}."
        for row in counts.itertuples()
        if isinstance(getattr(row, "note", None), str) and row.note
    ]
    half = (len(rows) + 1) // 2
    pairs = [left + right for left, right in zip(rows, [*rows[half:], [""] * 3], strict=False)]
    return (
        rf"\textbf{{Compared with the full release:}} {equal} of {len(rows)} known figures "
        "agree. Counts must agree; lengths depend on the tokenizer and on rounding.\n\n"
    ) + "\n\n".join(
        [tabular("lrr@{\\qquad}lrr", ["quantity", "known", "found"] * 2, pairs), *notes]
    )


def leakage_table(leakage: pd.DataFrame) -> str:
    """Sizes of the partitions and what the test partition shares with training, by fold."""
    tests = leakage[leakage["partition"] == "test"].set_index("fold")
    development = leakage[leakage["partition"] == "dev"].set_index("fold")["utterances"]
    names = {
        "speaker": "speaker",
        "dialog": "dialog",
        "group": "group",
        "audio": "audio",
        "scripted_transcript": "words, scripted",
        "improvised_transcript": "words, improvised",
    }
    shares = [name for name in names if tests[name].notna().any()]
    rows = [
        [
            fold,
            *(f"{n:,}" for n in (row["training"], development[fold], row["utterances"])),
            *(percent(row[share]) for share in shares),
            f"{100 * row['standard_error_balanced']:.1f}",
            f"{100 * row['standard_error']:.1f}",
        ]
        for fold, row in tests.iterrows()
    ]
    known = [names[name] for name in shares]
    head = ["fold", "training", "dev.", "test", *known, "SE WA", "SE UWA"]
    return tabular("l" + "r" * (len(head) - 1), head, rows)


def smallest_class(classes: pd.DataFrame) -> str:
    """What one utterance of the rarest class of a test partition weighs."""
    tests = classes[classes["partition"] == "test"]
    labels = tests.columns.drop(["fold", "partition"])
    if tests.empty:
        return ""
    number, fold, label = min(
        (int(row[label]), int(row["fold"]), label)
        for row in tests.to_dict("records")
        for label in labels
    )
    if number == 0:
        return f"Fold {fold} has no test utterance of {escape(label)}, which WA leaves out there."
    return (
        f"The rarest class of a test partition is {escape(label)} in fold {fold} with "
        f"{count(number, 'utterance')}: one of them moves WA by "
        f"{100 / (number * len(labels)):.1f} points."
    )
