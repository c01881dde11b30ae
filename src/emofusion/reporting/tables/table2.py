"""Table 2 of the paper."""

from collections.abc import Collection, Sequence

from emofusion.evaluation.metrics import PRINTED
from emofusion.reporting.layout import Row, Table
from emofusion.reporting.tables.results import (
    Results,
    best_of,
    caption_reservations,
    notes,
    result_cell,
    runs_in_words,
)
from emofusion.wording import (
    REIMPLEMENTED_NOTE,
    is_reimplemented,
    modality_name,
    model_name,
)

TABLES = {
    "table2": {
        "title": "Table 2: further configurations",
        "reads": "results",
        "uses": "table2_systems",
        "needs": "table2",
        "says": "shows further models: those of the paper's Table 2, and controls that it lacks",
        "order": 20,
    }
}

KEYS = {
    frozenset({"self_nosp", "cross_nosp"}): "SP: statistical pooling; Cross-noSP and Self-noSP: "
    "without it",
    frozenset({"self_cross"}): "Cross+Self: both models' pooled vectors together",
    frozenset({"mean"}): "Mean: averages of the encoders' outputs without attention",
    frozenset({"cross_matched"}): "Cross (shared weights): a target's attentions share their "
    "weights, so that it has as many parameters as Self",
}
"""{models: what the caption says of them}"""


def table2(results: Results, *, table2_systems: Sequence[tuple[str, str]]) -> Table:
    """Table 2: further models, each on its largest modality set.

    Args:
        results: the results of all systems.
        table2_systems: (model, modalities) of the rows, in their order.
    """
    systems = table2_systems
    widest = max((on for _, on in systems), key=len)
    found = {
        metric: {system: results.of(*system, metric) for system in systems} for metric in PRINTED
    }
    # Systems compete on the same modalities.
    best = {
        metric: {
            system
            for modalities in dict.fromkeys(on for _, on in systems)
            for system in best_of(
                results, {s: result for s, result in found[metric].items() if s[1] == modalities}
            )
        }
        for metric in PRINTED
    }
    rows: list[Row] = [
        [
            _row_name(*system, widest),
            *(result_cell(results, found[m][system], bold=system in best[m]) for m in PRINTED),
        ]
        for system in systems
    ]
    return Table(
        title="Table 2",
        caption=(
            "Weighted accuracy (WA) and unweighted accuracy (UWA) of additional model "
            "configurations, mean ± standard deviation over "
            f"{runs_in_words(results, systems)}, on {modality_name(widest)} unless said otherwise. "
            f"{_key({model for model, _ in systems})}"
            "The best results on the same modalities are in bold font."
            f"{caption_reservations(results, systems)}"
        ),
        heads=["Model", *PRINTED.values()],
        rows=rows,
        notes=notes(results, list(dict.fromkeys(s for _, s in systems)), systems),
    )


def _key(models: Collection[str]) -> str:
    """What the names of these models mean."""
    texts = [text for names, text in KEYS.items() if not names.isdisjoint(models)]
    return f"KEY – {'; '.join(texts)}. " if texts else ""


def _row_name(model: str, modalities: str, widest: str) -> str:
    remarks = [modality_name(modalities)] if modalities != widest else []
    remarks += [REIMPLEMENTED_NOTE] if is_reimplemented(model, modalities) else []
    return model_name(model) + (f" ({', '.join(remarks)})" if remarks else "")
