"""Number of MFCC frames of a recording; without librosa, so that the probe stays fast."""


def number_of_frames(
    samples: int,
    rate: int,
    *,
    sample_rate: int,
    frame_seconds: float,
    step_seconds: float,
    edges: str = "padded",
) -> int:
    """Number of frames that `mfcc` gives for a recording.

    Args:
        samples: number of samples in the recording.
        rate: its sample rate [Hz]; the recording is resampled to `sample_rate` first.
        sample_rate: rate of the features [Hz].
        frame_seconds: length of a frame.
        step_seconds: time from frame to frame.
        edges: "whole" counts the frames that fit into the recording, so that one shorter than a
            frame has none. "padded" counts the frames that are centred on multiples of the step,
            with zeros before the start and after the end; only an empty recording has none.
    """
    length, step = in_samples(frame_seconds, sample_rate), in_samples(step_seconds, sample_rate)
    available = resampled_length(samples, rate, sample_rate)
    if edges == "padded" and available:
        available += length
    return max(0, 1 + (available - length) // step)


def in_samples(seconds: float, sample_rate: int) -> int:
    """Length of a frame or a step in samples."""
    return round(seconds * sample_rate)


def resampled_length(samples: int, rate: int, target: int) -> int:
    """Number of samples after resampling from one rate to another [Hz]."""
    return -(-samples * target // rate)
