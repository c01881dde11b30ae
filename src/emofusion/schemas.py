"""The columns of the tables that the workflow writes, in one place."""

UTTERANCES = [
    "utterance_id", "dialog", "session", "speaker", "gender", "method", "start", "end", "label",
    "valence", "activation", "dominance", "transcript", "audio_path", "video_path", "video_side",
]  # fmt: skip
"""corpus/utterances.csv; a corpus may have further ones. start and end in seconds."""

UNKNOWN = {
    **dict.fromkeys(UTTERANCES, ""),
    **dict.fromkeys(("start", "end", "valence", "activation", "dominance"), float("nan")),
}
"""{column: its value where a corpus does not know it}"""

RATINGS = [
    "utterance_id", "annotator", "kind", "label", "valence", "activation", "dominance",
]  # fmt: skip
"""corpus/ratings.csv: one row per utterance and annotator. kind is external or self (the actor's
own); label holds all labels of the annotator, such as ang;fru."""

EXTERNAL, SELF = "external", "self"

HUMANS = ["quantity", "of", "value", "utterances", "judgements", "left_out"]
"""metrics/humans.csv"""

EXCLUSIONS = ["utterance_id", "stage", "kind", "reason"]
"""corpus/exclusions.csv"""

PARTITIONS = ("train", "dev", "test")

SPLIT = ["utterance_id", "partition", "label"]
"""splits/fold*.csv; partition is one of `PARTITIONS` or unused."""

PREPARED = ["fold", "partition", "row", "tokens", "audio_frames", "video_frames"]
"""corpus/utterances.csv of prepared folds has these too: where an utterance is found first."""

COMPARISONS = [
    "family", "modalities", "model_a", "model_b", "metric", "test", "n", "difference", "low",
    "high", "error", "statistic", "df", "p", "p_holm", "effect", "margin", "p_below", "p_within",
    "p_above",
]  # fmt: skip
"""statistics/comparisons.csv"""

VERDICTS = [
    "family", "modalities", "model_a", "model_b", "metric", "folds", "speakers", "runs_a", "runs_b",
    "primary", "sample", "samples", "difference", "low", "high", "error", "error_from",
    "p_published", "p", "p_holm",
    "p_corrected", "p_corrected_holm", "p_equivalence", "p_equivalence_corrected",
    "p_equivalence_holm", "p_equivalence_corrected_holm", "margin",
    "smallest_margin", "smallest_margin_corrected", "detectable", "detectable_corrected",
    "direction", "equivalent", "reason", "endpoint", "verdict",
]  # fmt: skip
"""statistics/verdicts.csv"""

CLAIMED = [
    "claim",
    "model_a",
    "modalities_a",
    "model_b",
    "modalities_b",
    "metric",
    "paper",
    *VERDICTS[VERDICTS.index("folds") :],
]
"""statistics/claims.csv: the verdicts on the paper's claims about systems on different inputs."""

NEW_SPEAKERS = [
    "family", "model_a", "model_b", "metric", "modalities", "speakers", "mean", "low", "high",
    "new_low", "new_high", "margin", "p_below", "p_within", "p_above", "sd_sets", "sd_speakers",
    "sd_folds",
]  # fmt: skip
"""statistics/new_speakers.csv; modalities is empty in rows of the mean over all sets."""

PUBLISHED = [
    "family", "table", "modalities", "model_a", "model_b", "metric", "difference", "p", "p_low",
    "p_high", "p_holm", "asterisk", "reading",
]  # fmt: skip
"""statistics/published.csv: the paper's own tests."""

REPRODUCTION = [
    "table", "modalities", "model", "metric", "published_mean", "published_std", "mean", "std",
    "runs", "difference", "low", "high", "within",
]  # fmt: skip
"""statistics/reproduction.csv"""

COST = [
    "model", "modalities", "parameters", "operations", "milliseconds", "megabytes", "measured_on",
    "train_seconds", "epochs", "trained_on",
]  # fmt: skip
"""metrics/cost.csv: operations, milliseconds of one utterance; megabytes of a batch."""

NUMBERS = {
    "start": "float64",
    "end": "float64",
    "audio_start": "float64",
    "audio_end": "float64",
    "valence": "float64",
    "activation": "float64",
    "dominance": "float64",
    "audio_samples": "int64",
    "audio_rate": "int64",
    "video_seconds": "float64",
    "fold": "int64",
    "row": "int64",
    "tokens": "int64",
    "audio_frames": "int64",
    "video_frames": "int64",
}
"""Types of the numeric columns of tables of utterances; all others are text."""
