"""Time and memory of the extractors and the reader on made-up data of IEMOCAP's size.

Use: python benchmarks/extraction.py [audio|vision|text|reader|all]

Writes up to 4 GB to a temporary folder; files are read right after, so from memory rather than from
a disk. Each measurement is a process of its own, on one core; vision is measured on a sample and
with all cores or the GPU. Imports do not count as time, but as memory. On a machine
that others use, CPU time depends less on their load than wall time does. For Linux.
"""

import importlib
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

UTTERANCES, TYPES, RATE = 7487, 4000, 16000
AUDIO = {
    "sample_rate": RATE,
    "n_mfcc": 40,
    "frame_seconds": 0.025,
    "step_seconds": 0.01,
    "edges": "whole",
}
VISION = {"backbone": "resnet101", "frames_per_second": 3, "crop": 224, "seed": 0}
TEXT = {"events": "keep", "width": 300, "seed": 0}
DIALOGS = {1: 28, 2: 30, 3: 32, 4: 30, 5: 31}  # of each session
LABELLED = 10039
VIDEOS, VIDEO_SECONDS = 2, 42
GLOVE_BYTES = 10**9


class Cost(NamedTuple):
    """What a call took, and what it gave; times in seconds, memory in MB."""

    wall: float
    cpu: float
    memory: float
    result: Any


def cost(name: str, *arguments: Any, **options: Any) -> Cost:
    """Cost of a call in a process of its own, of a function of the package or of this file."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_timed, name, arguments, options).result()


def _timed(name: str, arguments: tuple, options: dict[str, Any]) -> Cost:
    module, _, function = name.rpartition(".")
    function = getattr(importlib.import_module(module or "__main__"), function)
    wall, cpu = time.perf_counter(), time.process_time()
    result = function(*arguments, **options)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    # Not ru_maxrss, which counts the parent before the child's own program is loaded.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(re.search(r"VmHWM:\s*(\d+) kB", status)[1])
    return Cost(wall, cpu, peak / 1024, result)


def durations() -> np.ndarray:
    """Lengths of the utterances [s]: 4.5 on average, 0.6 to 35."""
    return np.clip(np.random.default_rng(0).gamma(2, 2.25, UTTERANCES), 0.6, 35)


def gigabytes(path: Path) -> float:
    """Size of a file."""
    return path.stat().st_size / 1e9


# Audio


def audio(folder: Path) -> float:
    """Print the speed of the audio extractor; return GB of features."""
    selected = make_sounds(folder)
    seconds = selected["audio_samples"].sum() / RATE
    path = folder / "audio.h5"
    spent = cost("emofusion.features.audio.extract_mfcc", selected, folder, path, settings=AUDIO)
    print(
        f"audio: {seconds / spent.wall:.0f} s of sound a second and core "
        f"({seconds / spent.cpu:.0f} by CPU time): {seconds:.0f} s in {spent.wall:.1f} s\n"
        f"audio: peak memory {spent.memory:.0f} MB, file {gigabytes(path):.2f} GB"
    )
    return gigabytes(path)


def make_sounds(folder: Path) -> pd.DataFrame:
    """Write a wav file an utterance, tones in noise, and give the table of the selected ones."""
    import soundfile

    (folder / "Session1").mkdir()
    generator = np.random.default_rng(0)
    noise = generator.normal(0, 0.02, 40 * RATE)
    tones = np.sin(2 * np.pi * 150 * np.arange(40 * RATE) / RATE) * 0.3
    samples = (durations() * RATE).astype(int)
    names = [f"Session1/{number}.wav" for number in range(UTTERANCES)]
    for name, length in zip(names, samples, strict=True):
        start = generator.integers(0, 40 * RATE - length)
        soundfile.write(folder / name, noise[start : start + length] + tones[:length], RATE)
    return pd.DataFrame(
        {
            "utterance_id": names,
            "audio_path": names,
            "audio_samples": samples,
            "audio_rate": RATE,
        }
    )


# Vision


def vision(folder: Path) -> float:
    """Print the speed with decoding, and that of the network alone; return GB of features."""
    selected = make_videos(folder)
    cost("save_weights", folder / "weights.pth")
    spent = cost("time_vision", selected, folder)
    whole, network, pictures = spent.result
    all_pictures = np.ceil(durations() * VISION["frames_per_second"]).sum()
    size = gigabytes(folder / "vision.h5") / pictures * all_pictures
    print(
        f"vision: {pictures / whole:.1f} pictures a second, the network alone "
        f"{pictures / network:.1f}: time ratio {whole / network:.2f}\n"
        f"vision: peak memory {spent.memory:.0f} MB, file {size:.2f} GB "
        f"(from {pictures} of {all_pictures:.0f} pictures)"
    )
    return size


def save_weights(path: Path) -> None:
    """Write weights of the network as it is initialised."""
    import torch
    import torchvision

    torch.manual_seed(0)
    torch.save(torchvision.models.get_model(VISION["backbone"]).state_dict(), path)


def time_vision(selected: pd.DataFrame, folder: Path) -> tuple[float, float, int]:
    """Seconds of the extractor and of its network alone, and the number of pictures.

    The network gets pictures that are decoded before. Both in turn, the best of two.
    """
    import torch

    from emofusion.features import vision

    torch.set_num_threads(os.cpu_count())
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    crop, rate, weights = VISION["crop"], VISION["frames_per_second"], folder / "weights.pth"
    crops = []
    for video, rows in selected.groupby("video_path"):
        turns = [
            vision.CropPlan(
                row.utterance_id,
                row.video_side,
                vision.sample_times(row.start, row.end, row.video_seconds, rate),
            )
            for row in rows.itertuples()
        ]
        crops += vision.speaker_crops(folder / video, turns, crop)
    network = vision.load_backbone(VISION["backbone"], weights, seed=0, crop=crop).network
    whole, alone = [], []
    for _ in range(2):
        started = time.perf_counter()
        for _ in vision._embed(network, crops, device):
            pass
        alone.append(time.perf_counter() - started)
        started = time.perf_counter()
        vision.extract_resnet(
            selected,
            folder,
            folder / "vision.h5",
            settings=VISION,
            files={"weights": weights},
            device=device,
        )
        whole.append(time.perf_counter() - started)
    return min(whole), min(alone), sum(len(stack) for _, stack in crops)


def make_videos(folder: Path) -> pd.DataFrame:
    """Write videos of a drifting texture, as large as IEMOCAP's, and the turns of two speakers."""
    import av
    from scipy.ndimage import gaussian_filter

    (folder / "Session1").mkdir(exist_ok=True)
    generator = np.random.default_rng(0)
    texture = gaussian_filter(generator.normal(128, 300, (480, 900, 3)), (3, 3, 0))
    grain = generator.normal(0, 2, (8, 480, 720, 3))
    rate = Fraction(30000, 1001)
    names = [f"Session1/{number}.avi" for number in range(VIDEOS)]
    for name in names:
        with av.open(str(folder / name), "w") as container:
            stream = container.add_stream("mpeg4", rate=rate, options={"g": "300", "bf": "2"})
            stream.width, stream.height, stream.pix_fmt = 720, 480, "yuv420p"
            stream.bit_rate = 1_500_000
            for number in range(int(VIDEO_SECONDS * rate)):
                left = int(90 + 80 * np.sin(number / 40))
                picture = texture[:, left : left + 720] + grain[number % 8]
                frame = np.clip(picture, 0, 255).astype(np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            container.mux(stream.encode(None))
    # Turns of 4.5 s follow each other after pauses of 1.5 s.
    starts = np.arange(0, VIDEO_SECONDS - 6, 6.0)
    return pd.DataFrame(
        [
            {
                "utterance_id": f"{name} {start}",
                "video_path": name,
                "video_side": ("left", "right")[number % 2],
                "start": start,
                "end": start + 4.5,
                "video_seconds": float(VIDEO_SECONDS),
            }
            for name in names
            for number, start in enumerate(starts)
        ]
    )


# Text


def text(folder: Path) -> float:
    """Print time against that of merely reading the word vectors; return GB of features."""
    glove, path = folder / "glove.txt", folder / "text.h5"
    selected = make_words(glove)
    blocks, lines = cost("read_blocks", glove), cost("read_lines", glove)
    spent = cost(
        "emofusion.features.text.write_text_features", selected, glove, path, settings=TEXT
    )
    print(
        f"text: {spent.wall:.2f} s; reading {gigabytes(glove):.2f} GB of word vectors takes "
        f"{blocks.wall:.2f} s (ratio {spent.wall / blocks.wall:.1f}), "
        f"by lines {lines.wall:.2f} s (ratio {spent.wall / lines.wall:.1f})\n"
        f"text: peak memory {spent.memory:.0f} MB, file {gigabytes(path):.3f} GB"
    )
    return gigabytes(path)


def read_blocks(path: Path) -> None:
    """Read a file."""
    with path.open("rb") as file:
        while file.read(2**20):
            pass


def read_lines(path: Path) -> None:
    """Read a file line by line."""
    with path.open("rb") as file:
        for _ in file:
            pass


def make_words(glove: Path) -> pd.DataFrame:
    """Write word vectors that know nine types of ten, and give the transcripts."""
    generator = np.random.default_rng(0)
    vectors = [
        " ".join(f"{x:.5f}" for x in generator.normal(0, 0.4, TEXT["width"])) for _ in range(500)
    ]
    lines = GLOVE_BYTES // len(vectors[0])
    every = lines // TYPES
    with glove.open("w", encoding="utf-8") as file:
        for number in range(lines):
            kind, rest = divmod(number, every)
            word = f"w{kind}" if rest == 0 and kind % 10 else f"other{number}"
            file.write(f"{word} {vectors[number % 500]}\n")
    frequency = 1 / np.arange(1, TYPES + 1)
    drawn = generator.choice(TYPES, (UTTERANCES, 14), p=frequency / frequency.sum())
    drawn.flat[:TYPES] = np.arange(TYPES)  # each type at least once
    names = [str(number) for number in range(UTTERANCES)]
    spoken = [" ".join(f"w{number}" for number in row) + "." for row in drawn]
    return pd.DataFrame({"utterance_id": names, "transcript": spoken})


# Reader


def reader(folder: Path) -> float:
    """Print the time of reading labels and transcripts; no features."""
    make_release(folder)
    spent = cost("emofusion.corpora.iemocap.reading.read_release", folder)
    print(
        f"reader: {spent.wall:.2f} s for {spent.result['dialog'].nunique()} dialogs, "
        f"{len(spent.result)} utterances; peak memory {spent.memory:.0f} MB"
    )
    return 0.0


def make_release(folder: Path) -> None:
    """Write label files, with lines of three annotators, and transcripts."""
    dialogs = [
        (session, f"Ses{session:02d}{'FM'[number % 2]}_impro{number // 2:02d}")
        for session, count in DIALOGS.items()
        for number in range(count)
    ]
    for number, (session, dialog) in enumerate(dialogs):
        labels, transcripts = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n"], []
        for turn in range(len(range(number, LABELLED, len(dialogs)))):
            name, start, end = (
                f"{dialog}_{'FM'[turn % 2]}{turn // 2:03d}",
                5.0 * turn,
                5.0 * turn + 4,
            )
            labels.append(f"[{start:.4f} - {end:.4f}]\t{name}\tneu\t[2.5000, 2.5000, 2.5000]")
            labels += [f"C-E{one}:\tNeutral;\t()" for one in (2, 3, 4)]
            labels += [f"A-E{one}:\tval 3; act 2; dom  2;\t()" for one in (3, 4)] + [""]
            transcripts.append(f"{name} [{start:08.4f}-{end:08.4f}]: And what did they say to you?")
        for kind, rows in (("EmoEvaluation", labels), ("transcriptions", transcripts)):
            path = folder / f"Session{session}/dialog/{kind}/{dialog}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(rows) + "\n", encoding="utf-8")


PARTS = {"audio": audio, "vision": vision, "text": text, "reader": reader}


def main() -> None:
    """Print the load and one or two lines for each part, and the size of all features."""
    chosen = sys.argv[1] if len(sys.argv) > 1 else "all"
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    sizes = []
    for name, part in PARTS.items():
        if chosen in (name, "all"):
            print(f"{name}: load before {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
            with tempfile.TemporaryDirectory() as folder:
                sizes.append(part(Path(folder)))
    print(f"features: {sum(sizes):.2f} GB")


if __name__ == "__main__":
    main()
