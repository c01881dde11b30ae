"""A small corpus made from a seed, in the layout of the IEMOCAP release.

espeak-ng synthesizes the speech. It is GPL-3.0-or-later, so it is in the `demo` extra and used only
for this corpus. Faces and words are random. The corpus is read with the reader of IEMOCAP.
"""

from emofusion.corpora.iemocap import (
    find,
    fingerprint,
    rating_files,
    ratings,
    read,
    sessions,
)

__all__ = ["find", "fingerprint", "rating_files", "ratings", "read", "sessions"]

CORPORA = {
    "synthetic": {
        "title": "a synthetic corpus that the workflow makes",
        "labels": "ang dis exc fea fru hap neu oth sad sur xxx",
        "rated": "label",
        "sessions": 5,
        "speakers": 10,
        "printed": True,
        "transcribed": True,
    }
}
