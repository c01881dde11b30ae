"""IEMOCAP: five sessions of two actors each, scripted and improvised."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from emofusion.corpora.iemocap.release import label_files, session_fingerprint, session_numbers
from emofusion.corpora.iemocap.release import release_root as find

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["find", "fingerprint", "rating_files", "ratings", "read", "sessions"]

CORPORA = {
    "iemocap": {
        "title": "IEMOCAP",
        "folder": "IEMOCAP_full_release",
        "labels": "ang dis exc fea fru hap neu oth sad sur xxx",
        "rated": "label",
        "sessions": 5,
        "speakers": 10,
        "printed": True,
        "transcribed": True,
    }
}


def sessions(given: Path) -> list[int]:
    """Numbers of the sessions that are there, in order."""
    return session_numbers(find(given))


def fingerprint(given: Path, session: str, modalities: str) -> str:
    """Hash of the content of a session: see `session_fingerprint`."""
    return session_fingerprint(given, int(session), modalities)


def read(given: Path, session: str) -> "pd.DataFrame":
    """The utterances of a session: see `read_session`."""
    # Here, since the workflow asks for sessions at every start, and pandas takes half a second.
    from emofusion.corpora.iemocap.reading import read_session

    return read_session(given, int(session))


def rating_files(given: Path) -> list[Path]:
    """The label files of all sessions, as far as they are there."""
    return [path for path in label_files(find(given)) if path.is_file()]


def ratings(given: Path, column: str) -> list[dict[str, Any]]:
    """What each annotator, and the actor, said of each utterance: see `parse_ratings`."""
    from emofusion.corpora.iemocap.annotators import read_ratings

    return read_ratings(rating_files(given))
