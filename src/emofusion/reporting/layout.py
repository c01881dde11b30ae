"""A table as LaTeX (booktabs), as HTML and for the terminal."""

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from emofusion.reporting.latex import escape

WIDE = 9
"""Columns from which a LaTeX table spans two columns of text."""

FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
"""Scales what is wider than the text."""


@dataclass(frozen=True)
class Cell:
    """A cell: text, bold if best, trailing marks."""

    text: str
    bold: bool = False
    mark: str = ""


@dataclass(frozen=True)
class Group:
    """A heading over some columns; its short name is a prefix where headings take one line."""

    name: str
    short: str
    columns: int


Row = Sequence[str | Cell]


@dataclass(frozen=True)
class Table:
    """What a table says, in plain text.

    Attributes:
        title: such as "Table 1".
        caption: the text above.
        heads: the heads of the columns.
        rows: as many cells as heads; the first is the row's name.
        notes: the texts below.
        groups: headings over the columns after the first; a group without a name gets no rule.
        breaks: rows before which a rule is drawn.
    """

    title: str
    caption: str
    heads: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    groups: Sequence[Group] = ()
    breaks: Sequence[int] = ()


def renderings(table: Table) -> dict[str, str]:
    """The table by kind of file: tex, txt, html."""
    return {"tex": tex(table), "txt": text(table), "html": page(table)}


def tex(table: Table) -> str:
    """A LaTeX table; it needs the packages booktabs and graphicx."""
    kind = "table*" if len(table.heads) >= WIDE else "table"
    body = [
        FITTED,
        rf"\begin{{tabular}}{{l{'c' * (len(table.heads) - 1)}}}",
        r"\toprule",
        *_tex_groups(table.groups),
        _tex_line([escape(head) for head in table.heads]),
        r"\midrule",
        *chain.from_iterable(
            ([r"\midrule"] if number in table.breaks else [])
            + [_tex_line([_tex_cell(cell) for cell in row])]
            for number, row in enumerate(table.rows)
        ),
        r"\bottomrule",
        r"\end{tabular}}",
    ]
    notes = escape(" ".join(table.notes))
    lines = [
        rf"\begin{{{kind}}}",
        r"\centering",
        rf"\caption{{{escape(table.caption)}}}",
        r"\small",
        *([r"\setlength{\tabcolsep}{3pt}"] if kind == "table*" else []),
        *body,
        *([r"\par\smallskip", rf"\parbox{{\linewidth}}{{\footnotesize {notes}}}"] if notes else []),
        rf"\end{{{kind}}}",
    ]
    return "\n".join(lines) + "\n"


def text(table: Table) -> str:
    """For the terminal: aligned columns, the best between underscores."""
    grid = [_flat_heads(table), *([_plain_cell(cell) for cell in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    lines = [
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in grid
    ]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    bold = any(isinstance(cell, Cell) and cell.bold for row in table.rows for cell in row)
    notes = [*(["_best_: bold in print."] if bold else []), *table.notes]
    caption = textwrap.fill(f"{table.title}. {table.caption}", 100)
    below = [textwrap.fill(note, 100) for note in notes]
    return "\n".join([caption, "", lines[0], rule, *lines[1:], "", *below]) + "\n"


def page(table: Table) -> str:
    """A whole HTML page, for the workflow's report."""
    heads = "".join(f"<th>{html.escape(head)}</th>" for head in _flat_heads(table))
    rows = "".join(f"<tr>{''.join(_html_cell(cell) for cell in row)}</tr>\n" for row in table.rows)
    notes = "".join(f"<p>{html.escape(note)}</p>\n" for note in table.notes)
    style = (
        "body{font:14px sans-serif;margin:1.5em} table{border-collapse:collapse;margin:1em 0} "
        "th,td{padding:.25em .7em;text-align:left;white-space:nowrap} "
        "thead{border-top:2px solid;border-bottom:1px solid} tbody{border-bottom:2px solid}"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(table.title)}</title><style>{style}</style></head><body>\n"
        f"<p><b>{html.escape(table.title)}.</b> {html.escape(table.caption)}</p>\n"
        f"<table><thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table>\n{notes}"
        "</body></html>\n"
    )


def _tex_groups(groups: Sequence[Group]) -> list[str]:
    if not groups:
        return []
    spans, first = [], 2
    for group in groups:
        spans.append((first, first + group.columns - 1))
        first += group.columns
    names = "".join(
        rf" & \multicolumn{{{group.columns}}}{{c}}{{{escape(group.name)}}}" for group in groups
    )
    rules = " ".join(
        rf"\cmidrule(lr){{{first}-{last}}}"
        for group, (first, last) in zip(groups, spans, strict=True)
        if group.name
    )
    return [names + r" \\", rules]


def _tex_line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _tex_cell(cell: str | Cell) -> str:
    if isinstance(cell, str):
        return escape(cell)
    words = escape(cell.text)
    return (rf"\textbf{{{words}}}" if cell.bold else words) + escape(cell.mark)


def _plain_cell(cell: str | Cell) -> str:
    if isinstance(cell, str):
        return cell
    return (f"_{cell.text}_" if cell.bold else f" {cell.text} ") + cell.mark


def _html_cell(cell: str | Cell) -> str:
    if isinstance(cell, str):
        return f"<td>{html.escape(cell)}</td>"
    words = html.escape(cell.text)
    return f"<td>{f'<b>{words}</b>' if cell.bold else words}{html.escape(cell.mark)}</td>"


def _flat_heads(table: Table) -> list[str]:
    """The heads in one line, each with its group's short name."""
    shorts = [group.short for group in table.groups for _ in range(group.columns)]
    if not shorts:
        return list(table.heads)
    first, *others = table.heads
    pairs = zip(shorts, others, strict=True)
    return [first, *(f"{short} {head}".strip() for short, head in pairs)]
