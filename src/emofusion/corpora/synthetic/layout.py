"""A session on disk, in the layout of the IEMOCAP release."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from emofusion.corpora.synthetic.faces import Looks, draw_looks
from emofusion.corpora.synthetic.plan import Dialog, Turn, generator, plan_session
from emofusion.corpora.synthetic.speech import SAMPLE_RATE, Speaker, Synthesiser, speak
from emofusion.corpora.synthetic.video import write_video
from emofusion.corpora.synthetic.words import ASIDES

CATEGORIES = {
    "ang": "Anger",
    "hap": "Happiness",
    "exc": "Excited",
    "sad": "Sadness",
    "neu": "Neutral",
    "fru": "Frustration",
    "sur": "Surprise",
    "fea": "Fear",
    "dis": "Disgust",
    "oth": "Other",
}
"""A label as a single annotator writes it."""

ANNOTATORS = ("E2", "E3", "E4")
RATERS = ("E3", "E4")
LEAD_IN = 0.5  # s before the first turn and after the last
RESOURCE_FORK = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        \x00\x02\xff\xfe\xa9\x80"


@dataclass(frozen=True)
class _Cast:
    """Who speaks and how they look, by F and M."""

    voices: Mapping[str, Speaker]
    looks: Mapping[str, Looks]


def make_session(
    root: Path,
    session: int,
    *,
    seed: int,
    dialogs: int,
    turns: int,
) -> None:
    """Write `root/Session{session}`, whole or not at all; one that is there already is replaced.

    The sessions of a corpus share the seed and the sizes, and may be made at the same time.

    Args:
        root: the folder of the release.
        session: its number, 1 to 5.
        dialogs: in the session; scripted and improvised in turn.
        turns: labelled turns in a dialog. A few of rare labels come on top.

    Raises:
        DataError: more dialogs than names, or no speech synthesiser.
    """
    plan = plan_session(session, seed=seed, dialogs=dialogs, turns=turns)
    cast = _Cast(
        voices={s: Speaker.draw(generator(seed, "voice", session, s), session, s) for s in "FM"},
        looks={s: draw_looks(generator(seed, "looks", session, s), s) for s in "FM"},
    )
    final = root / f"Session{session}"
    partial = root / f".{final.name}.tmp"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with TemporaryDirectory() as folder:
            synthesiser = Synthesiser(Path(folder))
            for dialog in plan:
                rng = generator(seed, "media", dialog.name)
                _write_dialog(partial, dialog, synthesiser, cast, rng)
        _write_junk(partial)
        shutil.rmtree(final, ignore_errors=True)
        partial.rename(final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_dialog(
    folder: Path, dialog: Dialog, synthesiser: Synthesiser, cast: _Cast, rng: np.random.Generator
) -> None:
    voices = [
        speak(synthesiser, turn.text, cast.voices[turn.speaker], turn.cues["audio"], rng)
        for turn in dialog.turns
    ]
    spans = _schedule(dialog, voices)
    sound = np.zeros(round((spans[-1][1] + LEAD_IN) * SAMPLE_RATE))
    for turn, (start, _), voice in zip(dialog.turns, spans, voices, strict=True):
        first = round(start * SAMPLE_RATE)
        sound[first : first + len(voice)] = voice
        _write_wav(folder / "sentences/wav" / dialog.name / f"{turn.utterance_id}.wav", voice)
    inside = folder / "dialog"
    _write_wav(inside / "wav" / f"{dialog.name}.wav", sound)
    avi = _parent_made(inside / "avi/DivX" / f"{dialog.name}.avi")
    write_video(avi, dialog, spans, sound, cast.looks, rng)
    _write_text(inside / "transcriptions" / f"{dialog.name}.txt", _transcript(dialog, spans, rng))
    _write_annotation(inside / "EmoEvaluation", dialog, spans)


def _schedule(dialog: Dialog, voices: list[np.ndarray]) -> list[tuple[float, float]]:
    """Start and end [s] of each turn, to the four decimals that the label files hold."""
    spans, now = [], LEAD_IN
    for turn, voice in zip(dialog.turns, voices, strict=True):
        start = round(now + turn.pause, 4)
        now = round(start + len(voice) / SAMPLE_RATE, 4)
        spans.append((start, now))
    return spans


def _transcript(
    dialog: Dialog, spans: list[tuple[float, float]], rng: np.random.Generator
) -> list[str]:
    """One line a turn, and among them a line without an id and one whose id has no label."""
    lines = [
        f"{turn.utterance_id} [{start:08.4f}-{end:08.4f}]: {turn.text}"
        for turn, (start, end) in zip(dialog.turns, spans, strict=True)
    ]
    speaker, end = dialog.turns[-1].speaker, spans[-1][1]
    bare, unlabelled = rng.choice(ASIDES, 2)
    lines.append(
        f"{dialog.name}_{speaker}XX0 [{end:08.4f}-{end + LEAD_IN / 2:08.4f}]: {unlabelled}"
    )
    lines.insert(int(rng.integers(1, len(lines))), f"{speaker}: {bare}")
    return lines


def _write_annotation(folder: Path, dialog: Dialog, spans: list[tuple[float, float]]) -> None:
    """The consensus of each turn; in subfolders the labels by single annotators and the actor."""
    lines = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
    for turn, (start, end) in zip(dialog.turns, spans, strict=True):
        lines += [_consensus(turn, start, end), *_single_annotators(turn), ""]
    _write_text(folder / f"{dialog.name}.txt", lines)
    for i, annotator in enumerate(ANNOTATORS):
        _write_text(
            folder / "Categorical" / f"{dialog.name}_{annotator.lower()}_cat.txt",
            [f"{turn.utterance_id} :{CATEGORIES[turn.votes[i]]}; ()" for turn in dialog.turns],
        )
    for i, rater in enumerate(RATERS):
        _write_text(
            folder / "Attribute" / f"{dialog.name}_{rater.lower()}_atr.txt",
            [_attributes(turn, turn.ratings[i]) for turn in dialog.turns],
        )
    marker = dialog.actors[0]
    own = [turn for turn in dialog.turns if turn.speaker == marker]
    _write_text(
        folder / "Self-evaluation" / f"{dialog.name}_{marker.lower()}1_atr.txt",
        [_attributes(turn, turn.ratings[0]) for turn in own],
    )


def _consensus(turn: Turn, start: float, end: float) -> str:
    valence, activation, dominance = np.mean(turn.ratings, axis=0)
    return (
        f"[{start:.4f} - {end:.4f}]\t{turn.utterance_id}\t{turn.label}\t"
        f"[{valence:.4f}, {activation:.4f}, {dominance:.4f}]"
    )


def _single_annotators(turn: Turn) -> list[str]:
    votes = zip(ANNOTATORS, turn.votes, strict=True)
    ratings = zip(RATERS, turn.ratings, strict=True)
    return [
        *(f"C-{annotator}:\t{CATEGORIES[vote]};\t()" for annotator, vote in votes),
        *(f"A-{rater}:\tval {v}; act {a}; dom  {d};\t()" for rater, (v, a, d) in ratings),
    ]


def _attributes(turn: Turn, rating: tuple[int, int, int]) -> str:
    valence, activation, dominance = rating
    return f"{turn.utterance_id} :act {activation}; :val {valence}; :dom {dominance}; ()"


def _write_junk(folder: Path) -> None:
    """For the first file of each kind, the `._` twin that a Mac leaves on foreign disks."""
    for pattern in (
        "dialog/EmoEvaluation/*.txt",
        "dialog/EmoEvaluation/Categorical/*.txt",
        "dialog/transcriptions/*.txt",
        "dialog/avi/DivX/*.avi",
        "dialog/wav/*.wav",
        "sentences/wav/*/*.wav",
    ):
        first = min(folder.glob(pattern))
        first.with_name(f"._{first.name}").write_bytes(RESOURCE_FORK)


def _write_wav(path: Path, samples: np.ndarray) -> None:
    soundfile.write(_parent_made(path), samples, SAMPLE_RATE, subtype="PCM_16")


def _write_text(path: Path, lines: list[str]) -> None:
    _parent_made(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _parent_made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
