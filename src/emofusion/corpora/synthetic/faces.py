"""Faces drawn with mouth, brows and eyes by emotion."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from PIL import Image, ImageDraw

from emofusion.corpora.synthetic.plan import Cue

SIZE = 224
"""Side of the square that a face fills [pixels]."""

Colour = tuple[int, int, int]
Points = Sequence[Sequence[float] | np.ndarray]


@dataclass(frozen=True)
class Expression:
    """Deviations from a neutral face, each from -1 to 1."""

    smile: float
    """Corners of the mouth: up above zero, down below."""
    width: float
    """Width of the mouth."""
    jaw: float
    """How far the mouth is open."""
    brow: float
    """Height of the brows."""
    slant: float
    """Inner ends of the brows: down (anger) above zero, up (grief) below."""
    eyes: float
    """Wide above zero, narrow below."""
    flush: float
    """Redness: flushed above zero, pale below."""
    bow: float
    """The head: lowered above zero, raised below."""


EXPRESSIONS = {
    "neu": Expression(0, 0, 0, 0, 0, 0, 0, 0),
    "ang": Expression(-0.7, 0.4, 0.5, -0.8, 1.0, 0.2, 1.0, 0.3),
    "fru": Expression(-0.6, -0.5, 0, -0.5, 0.6, -0.7, 0.4, 0),
    "sad": Expression(-1.0, -0.2, 0, 0.2, -1.0, -0.5, -0.7, 1.0),
    "hap": Expression(1.0, 0.3, 0, 0.2, 0, -0.5, 0.4, 0),
    "exc": Expression(1.0, 0.9, 0.8, 0.8, 0, 0.6, 0.6, -0.6),
    "sur": Expression(0, -0.7, 1.0, 1.0, -0.1, 1.0, -0.3, -0.2),
}


@dataclass(frozen=True)
class Looks:
    """What a speaker looks like; colours are RGB."""

    skin: Colour
    hair: Colour
    shirt: Colour
    wall: Colour
    long_hair: bool
    scale: float
    x: float
    y: float


def draw_looks(rng: np.random.Generator, speaker: str) -> Looks:
    """The looks of a woman (F) or a man (M)."""
    skin = np.array((226, 180, 150)) * rng.uniform(0.75, 1.08) + rng.uniform(-8, 8, 3)
    hair = np.array((90, 65, 45)) * rng.uniform(0.3, 1.6)

    return Looks(
        skin=_colour(skin),
        hair=_colour(hair),
        shirt=_colour(rng.uniform(40, 200, 3)),
        wall=_colour(rng.uniform(110, 190) + rng.uniform(-10, 10, 3)),
        long_hair=speaker == "F",
        scale=rng.uniform(0.92, 1.0),
        x=SIZE / 2 + rng.uniform(-6, 6),
        y=SIZE / 2 + rng.uniform(-4, 4),
    )


def express(cue: Cue, loudness: float, rng: np.random.Generator) -> Expression:
    """The face that shows the cue, with some jitter; a louder voice opens the mouth further."""
    meant = cue.intensity * np.array(astuple(EXPRESSIONS[cue.emotion]))
    shown = Expression(*np.clip(meant + rng.normal(0, 0.06, len(meant)), -1, 1))
    return Expression(**vars(shown) | {"jaw": min(1.0, max(shown.jaw, 0) + 0.6 * loudness)})


def draw_face(looks: Looks, expression: Expression, rng: np.random.Generator) -> Image.Image:
    """A face of SIZE x SIZE pixels, never twice in quite the same place."""
    image = Image.new("RGB", (SIZE, SIZE), looks.wall)
    x, y = rng.normal((looks.x, looks.y + 7 * expression.bow), 1.0)
    pen = _Pen(ImageDraw.Draw(image), x, y, looks.scale)
    flush = np.array((25, -20, -20)) * expression.flush
    skin = _colour(looks.skin + flush)
    _draw_head(pen, looks, skin)
    for side in (-1, 1):
        _draw_eye(pen, side, expression, looks.hair)
    pen.line([(0, 0), (-6, 24), (4, 26)], _darker(skin), 3)
    _draw_mouth(pen, expression)
    return image


class _Pen:
    """Draws in the face's own coordinates: from its middle, a unit is a pixel at full scale."""

    def __init__(self, draw: ImageDraw.ImageDraw, x: float, y: float, scale: float) -> None:
        self._draw, self._origin, self._scale = draw, np.array((x, y)), scale

    def _place(self, points: Points) -> list[tuple[float, float]]:
        return [(x, y) for x, y in self._origin + self._scale * np.array(points)]

    def ellipse(self, x: float, y: float, across: float, down: float, fill: Colour) -> None:
        self._draw.ellipse(self._place([(x - across, y - down), (x + across, y + down)]), fill)

    def rectangle(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        self._draw.rectangle(self._place([(left, top), (right, bottom)]), fill)

    def polygon(self, points: Points, fill: Colour) -> None:
        self._draw.polygon(self._place(points), fill)

    def line(self, points: Points, fill: Colour, width: int) -> None:
        self._draw.line(self._place(points), fill, width, joint="curve")


def _colour(value: np.ndarray) -> Colour:
    red, green, blue = (int(channel) for channel in np.clip(value, 0, 255))
    return red, green, blue


def _draw_head(pen: _Pen, looks: Looks, skin: Colour) -> None:
    pen.ellipse(0, -10, 96, 100, looks.hair)
    if looks.long_hair:
        pen.rectangle(-96, -10, 96, 130, looks.hair)
    pen.rectangle(-32, 70, 32, 130, _darker(skin))
    pen.ellipse(0, 8, 82, 98, skin)
    pen.ellipse(0, -84, 64, 24, looks.hair)


def _draw_eye(pen: _Pen, side: int, expression: Expression, brow: Colour) -> None:
    opening = 11 + 9 * expression.eyes
    pen.ellipse(side * 36, -12, 22, opening, (245, 245, 240))
    pen.ellipse(side * 36, -12, min(10, opening), min(10, opening), (40, 30, 30))
    height = -42 - 16 * expression.brow
    inner, outer = height + 15 * expression.slant, height - 9 * expression.slant
    pen.line([(side * 12, inner), (side * 62, outer)], brow, 9)


def _draw_mouth(pen: _Pen, expression: Expression) -> None:
    half = 36 + 16 * expression.width
    gap = 3 + 20 * max(expression.jaw, 0)
    across = np.linspace(-1, 1, 13)
    bend = 20 * expression.smile * (0.5 - across**2)
    roundness = np.sqrt(1 - across**2)
    upper = np.column_stack([half * across, 56 + bend - gap * roundness])
    lower = np.column_stack([half * across, 56 + bend + gap * roundness])
    outline = [*upper, *lower[::-1]]
    pen.polygon(outline, (70, 20, 25))
    pen.line([*outline, outline[0]], (165, 60, 65), 5)


def _darker(colour: Colour) -> Colour:
    return _colour(np.trunc(0.8 * np.array(colour)))
