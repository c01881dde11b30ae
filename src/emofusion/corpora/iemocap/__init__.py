"""IEMOCAP: five sessions of two actors each, scripted and improvised."""

from pathlib import Path
from typing import TYPE_CHECKING

from emofusion.corpora.iemocap.release import release_root as find
from emofusion.corpora.iemocap.release import session_fingerprint, session_numbers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["find", "fingerprint", "read", "sessions"]

CORPORA = {
    "iemocap": {
        "title": "IEMOCAP",
        "folder": "IEMOCAP_full_release",
        "labels": "ang dis exc fea fru hap neu oth sad sur xxx",
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
