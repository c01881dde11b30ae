"""The report's first page: the question, what was run, the verdicts in words, reservations."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from emofusion.corpora import corpus_title
from emofusion.evaluation.metrics import NAMING_NOTE, PRINTED
from emofusion.evaluation.verdicts import (
    CLUSTERS_NEEDED,
    FOLDS_NEEDED,
    SEEDS_NEEDED,
    TOO_FEW,
    kind,
    partition_suffix,
    verdict_text,
)
from emofusion.frames import rows_of
from emofusion.reporting.latex import escape, itemize
from emofusion.reporting.question import PAPER_PAIR, main_pair
from emofusion.reporting.reservations import by_system, reservations
from emofusion.reporting.tables.comparisons import one_partition, over_speakers, samples_of, scope
from emofusion.reporting.trace import differences
from emofusion.schemas import VERDICTS
from emofusion.wording import (
    above,
    count,
    listing,
    modality_name,
    model_name,
    probability,
    signed_latex,
    significant,
    system_name,
)

Record = Mapping[str, Any]
"""A run's config.yaml."""

PROTOCOL_TEXTS = {"paper": "as the article says", "released": "as the authors' code does"}


def summary(
    config: Mapping[str, Any],
    records: Sequence[Record],
    frames: Mapping[str, pd.DataFrame],
    about: Mapping[str, Any],
) -> str:
    """The first page: the question, what was run, the verdicts, the reservations.

    Args:
        config: the configuration.
        records: the records of all runs.
        frames: `verdicts`, `cost`, `runs`, `floors`, `leakage` and `missing`, as far as they are
            there.
        about: `source`, `printed` and `unlike_paper`, as `Plan.about_results` has them.
    """
    systems = list(dict.fromkeys((r["model"], r["modalities"]) for r in records))
    folds, seeds = ({r[key] for r in records} for key in ("fold", "seed"))
    verdicts = frames.get("verdicts", pd.DataFrame(columns=VERDICTS))
    own = of_main_pair(verdicts)
    parts = [
        r"\section*{Summary}",
        rf"\textbf{{The question.}} {question_text(own)} {escape(NAMING_NOTE)}",
        rf"\textbf{{What was run.}} {count(len(systems), 'system')} (a model on a set of "
        f"modalities), {count(len(folds), 'fold')}, {count(len(seeds), 'seed')}: "
        f"{count(len(records), 'run')} on {escape(corpus_title(config['source']))}, protocol "
        f"{escape(config['protocol'])} ({_protocol(config, about)}).",
        endpoint_text(config, verdicts),
        rf"\textbf{{Conclusion.}} {answer(verdicts)}",
        itemize(pair_sentences(own, config["statistics"]["alpha"])),
        cost_sentence(own, frames.get("cost")),
        r"\textbf{Reservations.}",
        itemize(list(reservation_items(about, records, frames))) or "None.",
    ]
    return "\n\n".join(part for part in parts if part)


def question_text(own: pd.DataFrame) -> str:
    """The question in sentences.

    Args:
        own: the verdicts on the main pair.
    """
    if own.empty:
        return "How well do the systems of this report recognise emotions? They are not compared."
    pair = own[["model_a", "model_b"]].iloc[0]
    if tuple(pair) == PAPER_PAIR:
        return (
            "Self-attention relates the steps of one modality to each other, cross-attention "
            "relates one modality to another. The paper with this report's title (Rajan, Brutti, "
            "Cavallaro, ICASSP 2022) compares two models that recognise emotions from text (T), "
            "vision (V) and audio (A). They differ in the kind and in the number of their "
            "attention layers. The paper finds them statistically comparable."
        )
    sets = listing([modality_name(one) for one in dict.fromkeys(own["modalities"])])
    a, b = (escape(model_name(name)) for name in pair)
    return (
        f"Which recognises emotions better from {sets} (T is text, V vision, A audio): {a} or {b}? "
        "The paper that the pipeline implements asks whether cross-attention is preferable to "
        "self-attention (Rajan, Brutti, Cavallaro, ICASSP 2022); Self and Cross were not run on "
        "the same modalities here."
    )


def endpoint_text(config: Mapping[str, Any], verdicts: pd.DataFrame) -> str:
    """What was declared to be the primary endpoint, and its verdict."""
    declared = config["statistics"]["primary"]
    if declared is None:
        return (
            r"\textbf{Primary endpoint.} The configuration declares no primary endpoint "
            r"(\texttt{statistics.primary}): Holm's correction applies to every comparison, within "
            "its family."
        )
    a, b = (escape(model_name(name)) for name in declared["models"])
    found = verdicts[verdicts["endpoint"].astype(bool)] if len(verdicts) else verdicts
    result = (
        verdict_sentence(found.iloc[0].to_dict(), config["statistics"]["alpha"])
        if len(found)
        else "It was not tested: these systems have no runs to compare."
    )
    return (
        r"\textbf{Primary endpoint,} declared in the configuration: "
        f"{PRINTED[declared['metric']]} of {a} and {b} on "
        f"{modality_name(declared['modalities'])}, folds {escape(config['splits']['scheme'])}, "
        "tested without Holm's correction; all other comparisons are secondary. "
        f"{result}"
    )


def _protocol(config: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    if about["unlike_paper"]:
        return "with changed settings, listed under Reservations"
    text = escape(PROTOCOL_TEXTS[config["protocol"]])
    return text if about["printed"] else f"{text}, on another corpus"


def answer(verdicts: pd.DataFrame) -> str:
    """Summary of the comparisons of the main pair, in sentences.

    Args:
        verdicts: all verdicts.
    """
    own = of_main_pair(verdicts)
    if own.empty:
        return (
            "Nothing was compared: no two models have runs on the same modalities. This report "
            "describes the systems that were run."
        )
    a, b = (model_name(own[name].iloc[0]) for name in ("model_a", "model_b"))
    groups: dict[str, list[str]] = {}
    small = []
    for row in own.to_dict("records"):
        groups.setdefault(kind(row), []).append(_place(row))
        if row["direction"] and row["equivalent"]:
            small.append(_place(row))
    start = {
        "better": f"{a} is better than {b}",
        "worse": f"{a} is worse than {b}",
        "equivalent": f"{a} and {b} are equivalent within the configured margin",
        "undecided": "These runs show neither a difference nor equivalence",
    }
    sentences = [f"{start[one]} for {listing(groups[one])}." for one in start if one in groups]
    if small:
        sentences.append(f"That difference is within the configured margin for {listing(small)}.")
    if own["reason"].isin(TOO_FEW).all() and one_partition(own):
        sentences.append(
            f"A verdict on one partition needs at least {CLUSTERS_NEEDED} dialogs or speakers in "
            f"it, and {SEEDS_NEEDED} seeds."
        )
    elif own["reason"].isin(TOO_FEW).all():
        speakers = f" and {FOLDS_NEEDED} speakers" if over_speakers(own) else ""
        sentences.append(f"A verdict needs at least {FOLDS_NEEDED} folds{speakers}.")
    elif set(groups) == {"undecided"}:
        sentences.append(
            "That no difference was found is not evidence that there is none: each line says how "
            "large one could still be."
        )
    return " ".join([*sentences, f"Verdicts rest on {primary(own)}.", scope(own)])


def primary(verdicts: pd.DataFrame) -> str:
    """The test that verdicts rest on, as the object of a sentence."""
    if one_partition(verdicts):
        units = " or ".join(f"{one}s" for one in samples_of(verdicts))
        return (
            f"a paired t-test over the {units} of the test partition, on differences averaged over "
            "seeds; its error includes that from the seeds, and P after Holm has to be below the "
            "level"
        )
    unit = "speaker" if over_speakers(verdicts) else "fold"
    return (
        f"the differences between the two models for each {unit}, averaged over seeds: a paired "
        f"t-test over the {unit}s, whose P after Holm has to be below the level, without and "
        "with Nadeau and Bengio's correction for training sets that overlap"
    )


def pair_sentences(verdicts: pd.DataFrame, alpha: float) -> list[str]:
    """One text per pair and modality set, a sentence per metric, in the order of the rows."""
    groups = verdicts.groupby(["model_a", "model_b", "modalities"], sort=False)
    return [
        rf"\textbf{{{escape(f'{model_name(a)} against {system_name(b, modalities)}')}.}} "
        + " ".join(verdict_sentence(row, alpha) for row in rows.to_dict("records"))
        for (a, b, modalities), rows in groups
    ]


def verdict_sentence(row: Mapping[str, Any], alpha: float) -> str:
    """A comparison in words, for example "WA: Self is better than Cross by 1.7 points (...)."."""
    a, b = (escape(model_name(row[key])) for key in ("model_a", "model_b"))
    points = 100 * row["difference"]
    margin = f"within {100 * row['margin']:.1f} points"
    if pd.isna(points):
        return f"{PRINTED[row['metric']]}: {escape(verdict_text(row))}."
    found = {
        "better": f"{a} is better than {b} by {abs(points):.1f} points",
        "worse": f"{a} is worse than {b} by {abs(points):.1f} points",
        "equivalent": f"{a} and {b} are equivalent {margin}; {a} is {above(points)}",
        "undecided": f"{escape(verdict_text(row))}; {a} is {above(points)} {b}",
    }[kind(row)]
    if row["direction"] and row["equivalent"]:
        found += f", yet equivalent {margin}"
    found += "" if kind(row) == "undecided" else partition_suffix(row)
    evidence = []
    if pd.notna(row["low"]):
        low, high = signed_latex(100 * row["low"]), signed_latex(100 * row["high"])
        evidence.append(rf"{100 * (1 - alpha):g}\,\% interval {low} to {high}")
    names = {
        "p_holm": "$P$ after Holm",
        "p_corrected_holm": "Nadeau-Bengio $P$ after Holm",
        "p_published": "$P$ of the paper's test",
    }
    evidence += [
        f"{name} ${probability(row[column])}$"
        for column, name in names.items()
        if pd.notna(row[column])
    ]
    text = f"{PRINTED[row['metric']]}: {found}" + (f" ({'; '.join(evidence)})" if evidence else "")
    few = row["reason"] in TOO_FEW
    if kind(row) == "undecided" and not few and pd.notna(row["smallest_margin_corrected"]):
        smallest = 100 * row["smallest_margin_corrected"]
        text += f"; equivalence would hold within {smallest:.1f} points"
        if pd.notna(row["detectable_corrected"]):
            found = 100 * row["detectable_corrected"]
            text += (
                f", and only a difference of {found:.1f} points or more would be found"
                if found < 100
                else ", and no difference is large enough to be found"
            )
    return text + "."


def cost_sentence(verdicts: pd.DataFrame, cost: pd.DataFrame | None) -> str:
    """What two models need where neither was found better; empty if one was on every set.

    Args:
        verdicts: the verdicts on one pair of models.
        cost: one row per system, as in metrics/cost.csv.
    """
    if cost is None:
        return ""
    needed = cost.set_index(["model", "modalities"])["operations"] / 1e6
    texts = []
    for modalities, rows in verdicts.groupby("modalities", sort=False):
        if rows["direction"].any():
            continue
        pair = [(needed[m, modalities], m) for m in rows[["model_a", "model_b"]].iloc[0]]
        (less, cheaper), (more, other) = sorted(pair)
        texts.append(
            f"{escape(model_name(cheaper))} needs {100 * (1 - less / more):.1f}\\,\\% fewer "
            f"operations than {escape(model_name(other))} on {modality_name(modalities)} "
            f"({significant(less)} and {significant(more)} million)"
        )
    start = r"\textbf{Cost} per utterance, where neither was found better:"
    return f"{start} {listing(texts)}." if texts else ""


def reservation_items(
    about: Mapping[str, Any], records: Sequence[Record], frames: Mapping[str, pd.DataFrame]
) -> Iterator[str]:
    """What a reader must keep in mind, one text each."""

    def rows(name: str) -> list[dict[str, Any]]:
        return rows_of(frames[name]) if name in frames else []

    found = reservations(
        about,
        runs=rows("runs"),
        floors=rows("floors"),
        leakage=rows("leakage"),
        missing=len(rows("missing")),
    )
    for one in found:
        yield rf"\textbf{{{escape(one.statement)}}} {escape(one.details)}".strip()
    mixed: dict[str, list[str]] = {}
    for system, group in by_system(records).items():
        for difference in differences(group):
            mixed.setdefault(difference, []).append(system_name(*system))
    if mixed:
        origins = "; ".join(
            f"{difference} ({', '.join(names) if len(names) < 4 else f'{len(names)} systems'})"
            for difference, names in mixed.items()
        )
        yield (
            rf"\textbf{{Mixed origins.}} Runs of the same system differ in {escape(origins)}. "
            r"The command \texttt{trace} shows which."
        )


def of_main_pair(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Rows of the comparison that the report is about."""
    a, b = main_pair(rows_of(verdicts)) or ("", "")
    return verdicts[(verdicts["model_a"] == a) & (verdicts["model_b"] == b)]


def _place(row: Mapping[str, Any]) -> str:
    return f"{PRINTED[row['metric']]} on {modality_name(row['modalities'])}"
