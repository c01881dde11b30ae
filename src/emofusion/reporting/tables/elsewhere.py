"""What others published on the same corpus."""

from collections.abc import Mapping
from typing import Any

from emofusion.evaluation.metrics import PRINTED
from emofusion.printed import Setting, of_others
from emofusion.reporting.layout import Row, Table
from emofusion.reporting.tables.results import Results, notes, result_cell
from emofusion.wording import number_cell, system_name

TABLES = {
    "elsewhere": {
        "title": "Published by others",
        "reads": "results",
        "uses": "setting",
        "says": "shows what others published on this corpus",
        "needs": "elsewhere",
        "order": 70,
    }
}


def elsewhere(results: Results, *, setting: Mapping[str, Any]) -> Table:
    """Our systems and those of others on the same modalities, and whether the settings agree.

    Args:
        results: the results of all systems.
        setting: fields of `Setting`, ours.
    """
    rows, own_setting = of_others(setting["corpus"]), Setting(**setting)
    sets = {row["modalities"] for row in rows}
    names = results.summary[["model", "modalities"]].drop_duplicates()
    ours = [(model, on) for model, on in names.itertuples(index=False) if on in sets]
    theirs: dict[tuple[str, str, str], dict[str, Mapping[str, str]]] = {}
    for row in rows:
        key = (row["source"], row["year"], row["features"])
        theirs.setdefault(key, {})[row["metric"]] = row
    table: list[Row] = [
        [
            system_name(*system),
            "ours",
            *(result_cell(results, results.of(*system, metric)) for metric in PRINTED),
            "",
        ]
        for system in ours
    ]
    for (source, year, features), own in theirs.items():
        differences = own_setting.differences(next(iter(own.values())))
        table.append(
            [
                features,
                f"{source} {year}",
                *(number_cell(float(own[m]["mean"])) if m in own else "-" for m in PRINTED),
                f"not comparable: {'; '.join(differences)}" if differences else "same",
            ]
        )
    return Table(
        title="Published by others",
        caption=(
            "Results that others printed for this corpus, and ours on the same modalities. "
            "Setting: whether folds and number of classes agree with ours. Features and models "
            "differ, so that even then a difference says nothing about attention."
        ),
        heads=["System", "Source", *PRINTED.values(), "Setting"],
        rows=table,
        notes=notes(results, sorted(sets), ours),
        breaks=[len(ours)] if ours else [],
    )
