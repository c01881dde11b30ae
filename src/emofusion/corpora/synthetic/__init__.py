"""A small corpus made from a seed, in the layout of the IEMOCAP release.

The speech is spoken by espeak-ng, which is GPL-3.0-or-later: it comes with the `demo` extra and is
used for this corpus alone. Faces and words are drawn by chance. What reads the release reads this.
"""

from emofusion.corpora.synthetic.glove import make_glove
from emofusion.corpora.synthetic.layout import make_session

__all__ = ["make_glove", "make_session"]
