"""Select the usable utterances once, so that all later steps use the same ones."""

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.corpora.folders import is_file
from emofusion.corpora.labels import class_of_codes, classes_of
from emofusion.errors import DataError
from emofusion.features.events import without_events
from emofusion.features.framing import number_of_frames
from emofusion.features.sound import sound_header, span_in_samples
from emofusion.features.timeline import Timeline, no_frames, read_timeline
from emofusion.schemas import EXCLUSIONS
from emofusion.wording import count

log = logging.getLogger(__name__)

SHOWN = 5  # examples in a message


class _Excluded(Exception):
    def __init__(self, stage: str, kind: str, reason: str) -> None:
        super().__init__(stage, kind, reason)
        self.row = (stage, kind, reason)


def probe(
    utterances: pd.DataFrame,
    root: Path,
    *,
    labels: Sequence[str],
    method: str,
    modalities: str,
    policy: Mapping[str, str],
    framing: Mapping[str, Any] | None = None,
    events: str = "keep",
    text_in_every_dialog: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Divide the utterances of a session into those to use and those to leave out, with the reason.

    Only media of the modalities in use are read: headers of wav files, packets of videos, and sound
    in other formats, which is decoded.

    Args:
        utterances: the session's utterance table.
        root: the corpus that its paths are relative to.
        labels: the classes, "hap+exc" for one of two labels; other utterances are left out.
        method: "scripted" or "improvised" leaves out the others, "all" none.
        modalities: letters of the modalities that any configured system uses, such as "tva".
        policy: "drop" or "fail" for each kind: no_label, empty_transcript, no_audio,
            no_video_frame, unreadable_file.
        framing: settings of `number_of_frames`: a recording without a frame counts as one without
            sound. None: recordings are not cut into frames; one sample is enough.
        events: "drop": an utterance of bracketed events only, such as [LAUGHTER], has no words.
        text_in_every_dialog: whether a dialog without any transcript is an error, since the corpus
            has transcripts of all of them.

    Returns:
        The selected utterances with their class as `label`, `audio_samples`, `audio_rate` [Hz] and
        `video_seconds` (end of the video's last frame; all three 0 for a modality not in use),
        and the exclusions: `utterance_id`, `stage` (label, method, text, audio, vision: the first
        that failed, but a known fault of the video before other faults of the sound), `kind` and
        `reason`. Both keep the order.

    Raises:
        DataError: an utterance has a problem whose policy is "fail", a modality has no files, or a
            dialog has no transcript and `text_in_every_dialog` is set.
    """
    if text_in_every_dialog and "t" in modalities:
        _require_text(utterances, root)
    _require_media(utterances, root, modalities)
    selected, sizes, exclusions = _divide(
        utterances, _examiner(root, labels, method, modalities, framing, events), policy
    )
    selected["label"] = selected["label"].map(class_of_codes(labels))
    columns = ["audio_samples", "audio_rate", "video_seconds"]
    return selected.join(pd.DataFrame(sizes, columns=columns)), exclusions


def probe_folds(
    utterances: pd.DataFrame,
    *,
    labels: Sequence[str],
    modalities: str,
    policy: Mapping[str, str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same for prepared folds, whose table says how many frames and tokens there are.

    If any configured system uses vision, a row without video frames is excluded for all systems, as
    the paper's code excludes it for every modality set. (The paper's code keeps such a row if it is
    row 0 and the only one of its partition; this code excludes it too.)
    """
    codes = class_of_codes(labels)
    wanted = [
        ("t", "tokens", "text", "empty_transcript", "no words"),
        ("a", "audio_frames", "audio", "no_audio", "no audio frame"),
        ("v", "video_frames", "vision", "no_video_frame", "no video frame"),
    ]

    def examine(row: Any) -> None:
        if row.label not in codes:
            raise _other_label(row.label)
        for letter, column, *excluded in wanted:
            if letter in modalities and getattr(row, column) == 0:
                raise _Excluded(*excluded)

    selected, _, exclusions = _divide(utterances, examine, policy)
    selected["label"] = selected["label"].map(codes)
    return selected, exclusions


def _divide(
    utterances: pd.DataFrame, examine: Callable[[Any], Any], policy: Mapping[str, str]
) -> tuple[pd.DataFrame, list[Any], pd.DataFrame]:
    """The utterances that pass, what `examine` says of each, and the exclusions."""
    kept, found, exclusions = [], [], []
    for number, row in enumerate(utterances.itertuples()):
        try:
            found.append(examine(row))
            kept.append(number)
        except _Excluded as reason:
            exclusions.append((row.utterance_id, *reason.row))
    excluded = pd.DataFrame(exclusions, columns=EXCLUSIONS)
    _refuse(excluded[excluded["kind"].map(policy) == "fail"])
    return utterances.iloc[kept].reset_index(drop=True), found, excluded


def leave_out_small_classes(
    utterances: pd.DataFrame,
    selected: pd.DataFrame,
    exclusions: pd.DataFrame,
    *,
    labels: Sequence[str],
    min_class_size: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The selection over all sessions: classes with too few utterances are left out as a whole.

    An utterance that lacks a file still counts for the size of its class.

    Returns:
        The selected utterances and the exclusions, both in the order of the utterance table.

    Raises:
        DataError: fewer than two classes are left.
    """
    elsewhere = exclusions["utterance_id"][exclusions["stage"].isin(["label", "method"])]
    pool = utterances[~utterances["utterance_id"].isin(elsewhere)]
    small = pool["utterance_id"][classes_of(pool["label"], labels, min_class_size) == ""]
    leaving = selected[selected["utterance_id"].isin(small)]
    added = pd.DataFrame(
        {
            "utterance_id": leaving["utterance_id"],
            "stage": "label",
            "kind": "small_class",
            "reason": [
                f"class {name} has fewer than {min_class_size} utterances"
                for name in leaving["label"]
            ],
        }
    )
    selected = selected.drop(index=leaving.index)
    order = {utterance: number for number, utterance in enumerate(utterances["utterance_id"])}
    exclusions = pd.concat([exclusions, added]).sort_values(
        "utterance_id", key=lambda ids: ids.map(order), kind="stable"
    )
    counts = exclusions.groupby(["stage", "kind"]).size()
    for (stage, kind), number in counts.items():
        log.info("left out for %s, %s: %d utterances", stage, kind, number)
    log.info("%d of %d utterances are used", len(selected), len(utterances))
    if selected["label"].nunique() < 2:
        reasons = ", ".join(f"{kind} {number}" for (_, kind), number in counts.items())
        raise DataError(
            f"{len(selected)} of {len(utterances)} utterances can be used, of "
            f"{selected['label'].nunique()} classes; expected at least two (left out: {reasons}). "
            "See labels, min_class_size, method and exclusions in the configuration"
        )
    return selected.reset_index(drop=True), exclusions.reset_index(drop=True)


def _require_text(utterances: pd.DataFrame, root: Path) -> None:
    """Fail if a dialog has no transcript at all: they were probably not unpacked."""
    spoken = utterances["transcript"].str.strip() != ""
    silent = set(utterances["dialog"]) - set(utterances["dialog"][spoken])
    if silent:
        raise DataError(
            f"{root}: {len(silent)} dialogs without any transcript, such as {min(silent)}. "
            "Unpack the transcripts too (of IEMOCAP: dialog/transcriptions in each session), "
            "or take t out of `modalities`"
        )


def _require_media(utterances: pd.DataFrame, root: Path, modalities: str) -> None:
    """Fail if all media of a modality are missing: they were probably not unpacked."""
    for letter, column, kind in (("a", "audio_path", "audio"), ("v", "video_path", "video")):
        paths = [root / path for path in dict.fromkeys(utterances[column]) if path]
        if letter in modalities and paths and not any(map(is_file, paths)):
            raise DataError(
                f"{root}: none of {len(paths)} {kind} files of this session is there, for "
                f"example {paths[0]}; unpack them, or take {letter} out of `modalities`"
            )


def _examiner(
    root: Path,
    labels: Sequence[str],
    method: str,
    modalities: str,
    framing: Mapping[str, Any] | None,
    events: str,
) -> Callable[[Any], tuple[int, int, float]]:
    """Return a function that measures an utterance's media or raises `_Excluded`."""
    codes = class_of_codes(labels)
    timeline_of, header_of = cache(_timeline), cache(_header)

    def examine(row: Any) -> tuple[int, int, float]:
        if not row.label:
            raise _Excluded("label", "no_label", "no label")
        if row.label not in codes:
            raise _other_label(row.label)
        if method not in ("all", row.method):
            raise _Excluded("method", "other_method", f"{row.method} dialog")
        if "t" in modalities and not row.transcript.strip():
            raise _Excluded("text", "empty_transcript", "empty transcript")
        if "t" in modalities and events == "drop" and not without_events(row.transcript).strip():
            reason = f"no words but {row.transcript.strip()}"
            raise _Excluded("text", "empty_transcript", reason)
        samples, rate, seconds = 0, 0, 0.0
        for letter, stage, column in (
            ("a", "audio", "audio_fault"),
            ("v", "vision", "video_fault"),
        ):
            if letter in modalities and (fault := getattr(row, column, "")):
                raise _Excluded(stage, "known_fault", fault)
        if "a" in modalities:
            samples, rate = _sound(root, row, header_of, framing)
        if "v" in modalities:
            if not row.video_path:
                raise _Excluded("vision", "no_video_frame", "no video")
            video = root / row.video_path
            seconds = _seconds_with_frames(video, timeline_of(video), row.start, row.end)
        return samples, rate, seconds

    return examine


def _other_label(label: str) -> _Excluded:
    return _Excluded("label", "other_label", f"label {label} is not among the configured ones")


def _header(path: Path) -> tuple[int, int] | _Excluded:
    """Samples and rate of a recording, or why it has none; kept for all its utterances."""
    if not is_file(path):
        return _Excluded("audio", "no_audio", f"no file {path.name}")
    try:
        return sound_header(path)
    except DataError as error:
        return _Excluded("audio", "unreadable_file", str(error))


def _sound(
    root: Path,
    row: Any,
    header_of: Callable[[Path], tuple[int, int] | _Excluded],
    framing: Mapping[str, Any] | None,
) -> tuple[int, int]:
    """Samples and rate [Hz] of an utterance's sound; else `_Excluded`."""
    if not row.audio_path:
        raise _Excluded("audio", "no_audio", "no recording")
    header = header_of(root / row.audio_path)
    if isinstance(header, _Excluded):
        raise header
    samples, rate = header
    start, end = (getattr(row, name, math.nan) for name in ("audio_start", "audio_end"))
    first, last = span_in_samples(samples, rate, start, end)
    name = Path(row.audio_path).name
    if first >= last:
        reason = f"no samples in {name}"
        if samples:
            reason = f"no sound from {start} to {end} s; {name} has {samples / rate:.2f} s"
        raise _Excluded("audio", "no_audio", reason)
    if framing is not None and number_of_frames(last - first, rate, **framing) == 0:
        reason = f"{name} lasts {(last - first) / rate:.4f} s, less than a frame"
        raise _Excluded("audio", "no_audio", reason)
    return last - first, rate


def _timeline(path: Path) -> Timeline | _Excluded:
    """The timeline of a video, or why there is none; kept for all utterances of the video."""
    if not is_file(path):
        return _Excluded("vision", "no_video_frame", f"no file {path.name}")
    try:
        return read_timeline(path)
    except DataError as error:
        return _Excluded("vision", "unreadable_file", str(error))


def _seconds_with_frames(
    video: Path, timeline: Timeline | _Excluded, start: float, end: float
) -> float:
    """Length of a video that has frames for an utterance [s]; else `_Excluded`."""
    if isinstance(timeline, _Excluded):
        raise timeline
    seconds = timeline.end
    start, end = (0.0 if math.isnan(start) else start), (seconds if math.isnan(end) else end)
    if not start < min(end, seconds):
        reason = f"no frame from {start} to {end} s; the video has {seconds:.2f} s"
        raise _Excluded("vision", "no_video_frame", reason)
    hole = timeline.hole(start, min(end, seconds))
    if hole:
        raise _Excluded("vision", "unreadable_file", str(no_frames(video, hole)))
    return seconds


def _refuse(failures: pd.DataFrame) -> None:
    if len(failures):
        raise DataError("\n  ".join(_explain(failures)))


def _explain(failures: pd.DataFrame) -> Iterator[str]:
    for kind, group in failures.groupby("kind", sort=False):
        reasons = Counter(group["reason"])
        yield (
            f"{count(len(group), 'utterance')} cannot be used ({kind}), the first is "
            f"{group['utterance_id'].iloc[0]}; repair the files, or put this line into the "
            f"configuration to leave such utterances out: `exclusions: {{{kind}: drop}}`"
        )
        yield from list(reasons)[:SHOWN]
        if len(reasons) > SHOWN:
            yield f"... and {len(reasons) - SHOWN} more"
