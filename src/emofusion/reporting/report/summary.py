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
from emofusion.reporting.latex import escape, itemize
from emofusion.reporting.tables.comparisons import one_partition, over_speakers, samples_of, scope
from emofusion.reporting.tables.results import PAPER_RUNS
from emofusion.reporting.trace import differences
from emofusion.wording import (
    above,
    count,
    listing,
    modality_name,
    model_name,
    probability,
    signed_latex,
    system_name,
)

Record = Mapping[str, Any]
"""A run's config.yaml."""

PROTOCOL_TEXTS = {"paper": "as the article says", "released": "as the authors' code does"}


def summary(
    config: Mapping[str, Any],
    records: Sequence[Record],
    verdicts: pd.DataFrame | None,
    missing: pd.DataFrame,
    unlike_paper: Sequence[str] = (),
) -> str:
    """The first page: the question, what was run, the verdicts, the reservations."""
    systems = {(r["model"], r["modalities"]) for r in records}
    folds, seeds = ({r[key] for r in records} for key in ("fold", "seed"))
    parts = [
        r"\section*{Summary}",
        r"\textbf{The question.} Self-attention relates the steps of one modality to each other, "
        "cross-attention relates one modality to another. The paper with this report's title "
        "(Rajan, Brutti, Cavallaro, ICASSP 2022) compares two models that recognise emotions from "
        "text (T), vision (V) and audio (A). They differ in the kind and in the number of their "
        "attention layers. The paper finds them statistically comparable. " + escape(NAMING_NOTE),
        rf"\textbf{{What was run.}} {count(len(systems), 'system')} (a model on a set of "
        f"modalities), {count(len(folds), 'fold')}, {count(len(seeds), 'seed')}: "
        f"{count(len(records), 'run')} on {escape(corpus_title(config['source']))}, protocol "
        f"{escape(config['protocol'])} ({_protocol(config, unlike_paper)}).",
        rf"\textbf{{Conclusion.}} {answer(verdicts)}",
        itemize(family_sentences(verdicts, "table1", config["statistics"]["alpha"])),
        r"\textbf{Reservations.}",
        itemize(list(reservations(config, records, missing, unlike_paper))) or "None.",
    ]
    return "\n\n".join(part for part in parts if part)


def _protocol(config: Mapping[str, Any], unlike_paper: Sequence[str]) -> str:
    if not unlike_paper:
        return escape(PROTOCOL_TEXTS[config["protocol"]])
    return "with changed settings, listed under Reservations"


def answer(verdicts: pd.DataFrame | None) -> str:
    """Summary of all comparisons of self with cross, in sentences."""
    own = of_family(verdicts, "table1")
    if own.empty:
        return (
            "Self and Cross were not compared: no set of modalities has verdicts on both. "
            "This report describes the systems that were run."
        )
    groups: dict[str, list[str]] = {}
    small = []
    for row in own.to_dict("records"):
        groups.setdefault(kind(row), []).append(_place(row))
        if row["direction"] and row["equivalent"]:
            small.append(_place(row))
    start = {
        "better": "Self is better than Cross",
        "worse": "Self is worse than Cross",
        "equivalent": "The two are equivalent within the configured margin",
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


def family_sentences(verdicts: pd.DataFrame | None, family: str, alpha: float) -> list[str]:
    """One text per pair and modality set, a sentence per metric, in the order of the file."""
    own = of_family(verdicts, family)
    groups = own.groupby(["model_a", "model_b", "modalities"], sort=False)
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


def reservations(
    config: Mapping[str, Any],
    records: Sequence[Record],
    missing: pd.DataFrame,
    unlike_paper: Sequence[str] = (),
) -> Iterator[str]:
    """What a reader must keep in mind, one text each."""
    if config["source"] == "synthetic":
        yield (
            r"\textbf{Synthetic corpus.} The numbers show that the pipeline works. They say "
            "nothing about people, and nothing about the paper's claim."
        )
    if unlike_paper:
        yield (
            r"\textbf{Not the paper's protocol.} Settings that differ from config.yaml (its values "
            f"in brackets): {escape('; '.join(unlike_paper))}."
        )
    runs = sorted({len(group) for group in _by_system(records).values()})
    if runs and runs != [PAPER_RUNS]:
        yield (
            rf"\textbf{{{_span(runs)} runs per system.}} The paper has {PAPER_RUNS} "
            r"(5 folds $\times$ 10 seeds)"
            + ("; with fewer, intervals are wider." if runs[-1] < PAPER_RUNS else ".")
        )
    if len(missing):
        yield (
            rf"\textbf{{{count(len(missing), 'configured run')} missing.}} They are named at the "
            "end; tables are made from the runs that are there."
        )
    if config["splits"]["scheme"] in ("published", "random"):
        yield (
            r"\textbf{Known speakers.} Folds are drawn by utterance, so that a system is tested on "
            "speakers and dialogs that it was trained on; how far is shown under Data."
        )
    mixed: dict[str, list[str]] = {}
    for system, group in _by_system(records).items():
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


def of_family(verdicts: pd.DataFrame | None, family: str) -> pd.DataFrame:
    """Rows of a family of comparisons; none without verdicts."""
    if verdicts is None:
        return pd.DataFrame(columns=["modalities", "model_a", "model_b"])
    return verdicts[verdicts["family"] == family]


def _by_system(records: Sequence[Record]) -> dict[tuple[str, str], list[Record]]:
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record["model"], record["modalities"]), []).append(record)
    return groups


def _place(row: Mapping[str, Any]) -> str:
    return f"{PRINTED[row['metric']]} on {modality_name(row['modalities'])}"


def _span(numbers: Sequence[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
