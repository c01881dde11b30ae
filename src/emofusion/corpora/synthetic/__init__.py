"""A small corpus made from a seed, in the layout of the IEMOCAP release.

The speech is spoken by espeak-ng, which is GPL-3.0-or-later: it comes with the `demo` extra and is
used only for this corpus. Faces and words are drawn by chance. What reads the release reads this.
"""

from emofusion.corpora.iemocap import find, fingerprint, read, sessions

__all__ = ["find", "fingerprint", "read", "sessions"]

CORPORA = {
    "synthetic": {
        "title": "a synthetic corpus that the workflow makes",
        "labels": "ang dis exc fea fru hap neu oth sad sur xxx",
        "sessions": 5,
        "speakers": 10,
    }
}
