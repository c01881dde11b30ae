"""The utterances of a corpus as rows of text, which every start of the workflow can read."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from emofusion.corpora.folders import size_of

Row = Mapping[str, str]
"""{column: value}; columns as in docs/corpora.md, values as in a CSV file."""

MOST_PARTS = 24
"""Up to this many sessions or speakers, each is a part; of more, several share a part."""
HASHED_PARTS = 16
"""Number of parts where a hash of the session, speaker or id selects the part."""


def parts_of(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """{part: its rows}, the parts that separate jobs read: by session, speaker, or id."""
    by = next((name for name in ("session", "speaker") if any(row.get(name) for row in rows)), "")
    keys = [(row.get(by) or "none") if by else row["utterance_id"] for row in rows]
    hashed = not by or len(set(keys)) > MOST_PARTS
    parts: dict[str, list[Row]] = {}
    for key, row in zip(keys, rows, strict=True):
        parts.setdefault(_hashed(key) if hashed else _file_name(key), []).append(row)
    return dict(sorted(parts.items()))


def fingerprint_of(rows: Sequence[Row], folder: Path, modalities: str) -> str:
    """Hash of the rows if `modalities` is t, else of names and sizes of videos (v), sounds (a)."""
    lines = [f"{key}\t{value}" for row in rows for key, value in row.items() if modalities == "t"]
    videos = [row.get("video_path", "") for row in rows]
    paths = list(videos) if "v" in modalities else []
    if "a" in modalities:
        paths += [row.get("audio_path") or video for row, video in zip(rows, videos, strict=True)]
    lines += [f"{path}\t{size_of(folder / path)}" for path in dict.fromkeys(paths) if path]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _hashed(key: str) -> str:
    """A part that depends only on the key, so that a new row changes one part."""
    return f"{int(hashlib.sha256(key.encode()).hexdigest(), 16) % HASHED_PARTS + 1:02d}"


def _file_name(key: str) -> str:
    """A name that folders may have, different for different keys."""
    if re.fullmatch(r"[\w-]{1,40}", key, re.ASCII):
        return key
    plain = re.sub(r"[^\w-]+", "_", key, flags=re.ASCII)[:30]
    return f"{plain}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
