"""What is said: short lines with one or two words by emotion."""

import numpy as np

WEAK = (
    "It is {adjective} {when}.",
    "I think it was {adjective}.",
    "{who} said it's {adjective}.",
    "That was {adjective}, you know.",
    "Well, it's {noun} {when}.",
    "{who} told me about {noun}.",
    "There was {noun} {when}.",
    "Isn't it {adjective} {when}?",
)
STRONG = (
    "{opener} It's {adjective} {when}.",
    "{opener} {who} had {noun}.",
    "{opener} That's {noun}, you know.",
    "It was {noun}, really {adjective}.",
    "{who} said it's {adjective}, just {noun}.",
    "{opener} Isn't that {adjective}?",
)
FILLERS = {
    "who": ("I", "We", "They", "He", "She", "My brother", "Someone", "Brindlewick"),
    "when": ("today", "again", "now", "here", "this time", "at home", "this morning", "over there"),
}
EMOTION_WORDS = {
    "neu": {
        "adjective": ("ordinary", "usual", "normal", "available", "necessary", "typical"),
        "noun": ("a form", "the office", "a number", "the address", "a ticket", "the schedule"),
        "opener": ("Okay.", "Right.", "All right.", "Sure.", "Let me see."),
    },
    "ang": {
        "adjective": ("outrageous", "insulting", "furious", "rude", "hateful", "vicious", "cruel"),
        "noun": ("a disgrace", "a rotten liar", "an insult", "pure rage", "a damn lie", "a fight"),
        "opener": ("Damn it!", "Shut up!", "Get out!", "How dare you!", "Leave!"),
    },
    "fru": {
        "adjective": ("annoying", "ridiculous", "pointless", "useless", "tedious", "exhausting"),
        "noun": ("a hassle", "nonsense", "a stupid rule", "a mess", "endless paperwork", "a waste"),
        "opener": ("Come on.", "Hmph.", "Seriously.", "Not this.", "Enough."),
    },
    "sad": {
        "adjective": ("lonely", "hopeless", "heartbreaking", "painful", "unbearable", "miserable"),
        "noun": ("a funeral", "a terrible loss", "grief", "the grave", "so many tears"),
        "opener": ("Oh God.", "I miss him.", "[BREATHING]", "I cried.", "I'm sorry."),
    },
    "hap": {
        "adjective": ("lovely", "pleasant", "sweet", "delightful", "nice", "charming", "cozy"),
        "noun": ("a blessing", "a smile", "a joy", "true love", "a gift", "a kind friend"),
        "opener": ("[LAUGHTER]", "I'm glad.", "Bless you.", "Thank you.", "How nice."),
    },
    "exc": {
        "adjective": ("amazing", "awesome", "fantastic", "incredible", "thrilling", "brilliant"),
        "noun": ("a huge party", "a victory", "the jackpot", "an adventure", "a triumph"),
        "opener": ("Yippee!", "Yes, yes!", "Hooray!", "We won!", "[LAUGHTER]"),
    },
    "sur": {
        "adjective": ("unexpected", "unbelievable", "sudden", "shocking", "strange", "startling"),
        "noun": ("a shock", "a surprise", "a mystery", "a ghost", "a miracle", "a twist"),
        "opener": ("What?", "Wow.", "Really?", "Whoa!", "No way!"),
    },
}  # fmt: skip
ASIDES = ("Sorry.", "Mm-hmm.", "Okay.", "Yeah.", "What?")
"""Interjections in lines of a transcript that have no utterance id, or one without a label."""

SOUNDS = {"[LAUGHTER]": "Ha ha ha ha.", "[BREATHING]": "Hah, hah."}
"""{bracketed event of a transcript: what is spoken there}"""


NOT_IN_GLOVE = frozenset({"brindlewick", "hmph", "yippee", "tedious", "startling"})
"""Used, but unknown to the word vectors, as a few hundred words of IEMOCAP are to GloVe's."""

FURTHER_IN_GLOVE = (
    "table", "river", "window", "green", "seven", "walk", "the", "of", ";", ":", "...",
)  # fmt: skip
"""Known to the word vectors; except "the", they are never said."""


def line(rng: np.random.Generator, emotion: str, strong: bool) -> str:
    """One short line with one (or, if `strong`, two) expressions of `emotion`.

    Now and then it is only a bracketed event, such as [LAUGHTER].
    """
    marks = [opener for opener in EMOTION_WORDS[emotion]["opener"] if opener in SOUNDS]
    if marks and rng.random() < 0.05:
        return marks[0]
    slots = FILLERS | EMOTION_WORDS[emotion]
    text = _pick(rng, STRONG if strong else WEAK).format(
        **{slot: _pick(rng, expressions) for slot, expressions in slots.items()}
    )
    return text[0].upper() + text[1:]


def spoken(text: str) -> str:
    """The text as the synthesiser is to say it."""
    for mark, sound in SOUNDS.items():
        text = text.replace(mark, sound)
    return text


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[rng.integers(len(options))]
