"""The video of a dialog: two actors side by side."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from emofusion.corpora.synthetic.faces import SIZE, Looks, draw_face, express
from emofusion.corpora.synthetic.plan import Cue, Dialog, Turn
from emofusion.corpora.synthetic.speech import SAMPLE_RATE

WIDTH, HEIGHT = 720, 480

# IEMOCAP's frame rate is three times as high. A lower one is faster to encode and changes nothing
# else, because frames are selected by time stamp.
FRAME_RATE = Fraction(30_000, 3_003)
FRAMES_PER_DRAWING = 2
LISTENING = Cue("neu", 1.0)


def write_video(
    path: Path,
    dialog: Dialog,
    spans: Sequence[tuple[float, float]],
    samples: np.ndarray,
    looks: Mapping[str, Looks],
    rng: np.random.Generator,
) -> None:
    """Write one AVI (MPEG-4, 720 x 480) whose left half shows the actor with the markers.

    Args:
        spans: start and end [s] of each turn.
        samples: the dialog's sound [time] at `SAMPLE_RATE`, which moves the speaker's mouth.
        looks: {speaker: looks}, of F and M.
    """
    with av.open(str(path), "w", format="avi") as container:
        stream = container.add_stream("mpeg4", rate=FRAME_RATE, bit_rate=1_000_000)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1  # the same bytes on every machine
        number = 0
        for picture in _pictures(dialog, spans, samples, looks, rng):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            for _ in range(FRAMES_PER_DRAWING):
                frame.pts, frame.time_base = number, 1 / FRAME_RATE
                container.mux(stream.encode(frame))
                number += 1
        container.mux(stream.encode(None))


def _pictures(
    dialog: Dialog,
    spans: Sequence[tuple[float, float]],
    samples: np.ndarray,
    looks: Mapping[str, Looks],
    rng: np.random.Generator,
) -> Iterator[np.ndarray]:
    """Frames [HEIGHT, WIDTH, 3], one a drawing; the array is reused."""
    canvas = _background([looks[actor] for actor in dialog.actors])
    top = (HEIGHT - SIZE) // 2
    step = float(FRAMES_PER_DRAWING / FRAME_RATE)
    for time in np.arange(0, len(samples) / SAMPLE_RATE, step):
        loudness = _loudness(samples, time)
        turn = _turn_at(time, dialog, spans)
        for side, actor in enumerate(dialog.actors):
            cue, voice = LISTENING, 0.0
            if turn is not None and turn.speaker == actor:
                cue, voice = turn.cues["vision"], loudness
            face = draw_face(looks[actor], express(cue, voice, rng), rng)
            left = side * WIDTH // 2 + (WIDTH // 2 - SIZE) // 2
            canvas[top : top + SIZE, left : left + SIZE] = face
        yield canvas


def _turn_at(time: float, dialog: Dialog, spans: Sequence[tuple[float, float]]) -> Turn | None:
    for turn, (start, end) in zip(dialog.turns, spans, strict=True):
        if start <= time < end:
            return turn
    return None


def _background(looks: Sequence[Looks]) -> np.ndarray:
    canvas = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    for side, look in enumerate(looks):
        half = canvas[:, side * WIDTH // 2 : (side + 1) * WIDTH // 2]
        half[:] = look.wall
        half[(HEIGHT + SIZE) // 2 :] = look.shirt
    return canvas


def _loudness(samples: np.ndarray, time: float) -> float:
    """From 0 to 1, in the 100 ms around a time; compressed, as soft speech moves a mouth too."""
    middle, reach = int(time * SAMPLE_RATE), SAMPLE_RATE // 20
    window = samples[max(0, middle - reach) : middle + reach]
    return float(min(1.0, 2 * np.mean(window**2) ** 0.25))
