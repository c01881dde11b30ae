"""What the headers of media files say."""

from pathlib import Path

import soundfile

from emofusion.errors import DataError


def wav_header(path: Path) -> tuple[int, int]:
    """Samples and sample rate [Hz] of a wav file.

    Raises:
        DataError: no wav file that can be read.
    """
    try:
        header = soundfile.info(path)
    except soundfile.LibsndfileError as error:
        raise DataError(f"{path}: not a readable wav file ({error})") from None
    return header.frames, header.samplerate
