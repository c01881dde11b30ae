"""What a finished workflow says on the terminal: at most one screen."""

import csv
import textwrap
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emofusion.plan import Plan
from emofusion.reporting.question import main_pair
from emofusion.reporting.reservations import reservations
from emofusion.runs import is_finished
from emofusion.wording import count, metric_name, modality_name, model_name

PAGE = "report/explore.html"
RESERVED = (
    "metrics/runs.csv",
    "metrics/floors.csv",
    "splits/leakage.csv",
    "metrics/missing.csv",
)
"""What the reservations are read from."""
METRICS_KEY = "WA: mean recall of the classes. UWA: share of utterances that are right."


def closing(plan: Plan, about: Mapping[str, Any], width: int = 100) -> str:
    """What was made, what was left out, the answer, reservations, Table 1, where to look next.

    Args:
        plan: the plan of the configuration; only files in its results folder are counted.
        about: as `Plan.about_results` gives it.
        width: columns of the terminal.
    """
    results = plan.results
    finished = [key for key in plan.runs() if is_finished(results, key)]
    systems = {(key["model"], key["modalities"]) for key in finished}
    missing = f", {count(len(plan.missing), 'run')} missing" if plan.missing else ""
    tables, figures = (
        sum((results / folder / f"{name}.{kind}").is_file() for name in names)
        for folder, names, kind in (
            ("tables", plan.tables(), "txt"),
            ("figures", plan.figures(), "pdf"),
        )
    )
    lines = [
        f"Made: {count(len(finished), 'run')} of {count(len(systems), 'system')}{missing}, "
        f"{count(tables, 'table')} and {count(figures, 'figure')}, in {results}"
    ]
    exclusions = results / "corpus/exclusions.csv"
    if exclusions.is_file():
        kinds = left_out(exclusions)
        place = "" if kinds == "nothing" else f", each with its reason in {exclusions}"
        lines.append(f"Left out: {kinds}{place}")
    counts = results / "corpus/golden.csv"
    if counts.is_file():
        lines.append(f"Counts of this release and the expected counts: {counts}")
    verdicts = results / "statistics/verdicts.csv"
    if verdicts.is_file():
        lines.append(f"Answer: {short_answer(verdicts)}")
    if all((results / name).is_file() for name in RESERVED):
        runs, floors, leakage, lacking = (_rows(results / name) for name in RESERVED)
        found = reservations(about, runs=runs, floors=floors, leakage=leakage, missing=len(lacking))
        if statements := " ".join(one.statement for one in found):
            lines.append(f"Keep in mind: {statements}")
    parts = ["\n".join(textwrap.fill(line, width, break_long_words=False) for line in lines)]
    table = results / "tables/table1.txt"
    if table.is_file():
        parts.append(f"{table_body(table.read_text(encoding='utf-8'), width)}\n{METRICS_KEY}")
    page = results / PAGE
    folders = f"{results / 'tables'}, {results / 'figures'}"
    if page.is_file():
        parts.append(f"Look: open {page}")
    elif tables or figures:
        parts.append(f"Look: {folders}")
    return "\n\n".join(parts)


def left_out(exclusions: Path) -> str:
    """How many utterances are not used, by kind: "no_label 35, other_label 10"."""
    kinds = Counter(row["kind"] for row in _rows(exclusions))
    return ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items())) or "nothing"


def short_answer(verdicts: Path) -> str:
    """One sentence on the primary endpoint, else on the main pair on its widest set."""
    rows = _rows(verdicts)
    wanted = [row for row in rows if row["metric"] == "balanced_accuracy"]
    compared = main_pair(wanted)
    if compared is None:
        return "nothing was compared; no two models have runs on the same modalities."
    own = [row for row in wanted if (row["model_a"], row["model_b"]) == compared]
    widest = max(own, key=lambda row: len(row["modalities"]))
    row = next((row for row in rows if row.get("endpoint") == "True"), widest)
    pair = f"{model_name(row['model_a'])} minus {model_name(row['model_b'])}"
    place = f"{pair} on {modality_name(row['modalities'])}"
    if not row["difference"] or not row["p_holm"]:
        return f"{place}: {row['verdict']}."
    p = float(row["p_holm"])
    holm = f"P {'< 0.001' if p < 0.001 else f'= {p:.3f}'}"
    holm += " (the primary endpoint)" if row.get("endpoint") == "True" else " after Holm"
    metric = metric_name(row["metric"])
    return f"{place}: {_points(row)} of {metric}, {holm}; {row['verdict']}."


def table_body(text: str, width: int) -> str:
    """The table without caption and notes; without UWA where both metrics are too wide.

    Args:
        text: content of tables/table1.txt: blocks divided by empty lines, the second the table.
        width: columns of the terminal.
    """
    rows = text.split("\n\n")[1].splitlines()
    if max(map(len, rows)) > width and "UWA" in rows[0]:
        cut = rows[0].index("UWA")
        rows = [row[:cut].rstrip() for row in rows]
    return "\n".join(rows)


def _points(row: Mapping[str, str]) -> str:
    difference, low, high = (100 * float(row[name]) for name in ("difference", "low", "high"))
    return f"{difference:+.1f} points [{low:+.1f}, {high:+.1f}]".replace("-", "−")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
