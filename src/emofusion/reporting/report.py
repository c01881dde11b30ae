"""The report in print: what was run, on what, and what follows, as one LaTeX document.

Every function gives the LaTeX text of one section, or of a part of one. Text from data is escaped;
a part whose data are not there is left out.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.corpora import corpus_title
from emofusion.evaluation.metrics import PRINTED
from emofusion.evaluation.verdicts import FOLDS_NEEDED, kind, read_verdicts
from emofusion.registry import find
from emofusion.reporting.latex import escape, itemize, tabular
from emofusion.reporting.summary import (
    Record,
    family_sentences,
    of_family,
    primary,
    summary,
)
from emofusion.reporting.tables.comparisons import scope
from emofusion.reporting.trace import SHORT
from emofusion.runs import RUN_KEYS, read_record
from emofusion.wording import (
    count,
    decimals,
    listing,
    modality_name,
    model_name,
    percent,
    setting_text,
    system_name,
)

PREAMBLE = r"""\documentclass[10pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp,lmodern,microtype}
\usepackage[margin=1.7cm]{geometry}
\usepackage{array,booktabs,graphicx}
\usepackage[font=small,labelfont=bf]{caption}
\usepackage[hidelinks,pdftitle={Self- or cross-attention: report of emofusion}]{hyperref}
% The same input gives the same bytes; a figure may bring its own transparency group.
\pdfinfoomitdate=1 \pdftrailerid{} \pdfsuppressptexinfo=-1 \pdfsuppresswarningpagegroup=1
% Floats may take most of a page, text fills the rest of it; a figure is never enlarged.
\makeatletter
\renewcommand\fps@table{!htbp}
\renewcommand\fps@figure{!htbp}
\renewcommand\topfraction{.95} \renewcommand\bottomfraction{.95} \renewcommand\textfraction{.05}
\renewcommand\floatpagefraction{.85} \setcounter{topnumber}{4} \setcounter{totalnumber}{6}
\setlength\@fptop{0pt} \setlength\@fpsep{2\baselineskip} \setlength\@fpbot{0pt plus 1fil}
\newcommand\nowider{\ifdim\Gin@nat@width>\linewidth \linewidth\else\Gin@nat@width\fi}
\newcommand\nohigher{\ifdim\Gin@nat@height>.8\textheight .8\textheight\else\Gin@nat@height\fi}
% What announces a list or a table stays with it.
\@beginparpenalty=10000
\makeatother
\newcolumntype{L}[1]{>{\raggedright\arraybackslash}p{#1}}
\raggedbottom
\widowpenalty=10000 \clubpenalty=10000
\emergencystretch=3em
\setlength{\parindent}{0pt}
\setlength{\parskip}{.5\baselineskip}
"""

CLASS_NAMES = {
    "ang": "angry",
    "exc": "excited",
    "hap": "happy",
    "sad": "sad",
    "fru": "frustrated",
    "sur": "surprised",
    "neu": "neutral",
    "fea": "fearful",
    "dis": "disgusted",
    "oth": "other",
    "xxx": "no agreement",
}
EVENTS = {"keep": "kept", "drop": "left out"}
EDGES = {
    "whole": "frames that fit into the recording",
    "padded": "frames centred on each step, zeros beyond the ends",
}
EXCLUSION_TEXTS = {
    "no_label": "without a label",
    "other_label": "with a label that is not among the classes",
    "other_method": "from dialogs of the other kind",
    "small_class": "of too small a class",
    "empty_transcript": "without words",
    "no_audio": "without sound",
    "no_video_frame": "without a video frame",
    "unreadable_file": "with a file that cannot be read",
}
FURTHER = {
    "table2": "Comparisons that the paper makes in Table 2",
    "controls": "Controls that the paper lacks",
}
"""{family of comparisons: title} whose verdicts are sentences."""
COUNTED = {
    "baselines": "Self and Cross against the baselines",
    "other": "All other pairs on the same modalities",
}
"""{family of comparisons: title} whose verdicts are counted."""
LIBRARIES = ("scikit-learn", "scipy", "statsmodels", "pandas", "matplotlib", "snakemake")


def report(
    config: Mapping[str, Any],
    records: Sequence[Record],
    frames: Mapping[str, pd.DataFrame],
    tables: Mapping[str, tuple[Path, int, str]] | None = None,
    figures: Mapping[str, tuple[Path, str]] | None = None,
    unlike_paper: Sequence[str] = (),
) -> str:
    """The whole document.

    Args:
        config: the configuration without the paths and settings of a machine.
        records: the records of all runs that are there.
        frames: {name: table} of `runs`, `selected`, `exclusions`, `leakage`, `classes`; `missing`,
            `verdicts`, `floors` and `expected_counts` as far as they are there.
        tables: {name: (LaTeX file relative to the document, its number, what it is)}, in order.
        figures: {name: (file relative to the document, caption)}, in order.
        unlike_paper: scientific settings that differ from config.yaml.
    """
    verdicts = frames.get("verdicts")
    missing = frames.get("missing", pd.DataFrame(columns=RUN_KEYS))
    sections = [
        title(config, records),
        summary(config, records, verdicts, missing, unlike_paper),
        data(config, frames),
        protocol(config, records, frames["runs"]),
        results(tables or {}, figures or {}, frames.get("floors")),
        statistics(config, verdicts),
        cost(frames["runs"], records),
        environment(config, records),
        missing_runs(missing),
    ]
    body = "\n\n".join(section for section in sections if section)
    return f"{PREAMBLE}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"


CSV_FILES = (
    "runs",
    "missing",
    "floors",
    "selected",
    "exclusions",
    "expected_counts",
    "leakage",
    "classes",
)


def read_report_files(
    files: Mapping[str, Any],
    folder: Path,
    captions: Mapping[str, str],
    tables: Mapping[str, tuple[int, str]],
) -> dict[str, Any]:
    """What `report` is given in addition to the configuration, from the files of the results.

    Args:
        files: {name: file}, and the lists `records`, `tables` and `figures`.
        folder: the folder of the document; paths are relative to it.
        captions: {figure: caption}.
        tables: {table: (its number, what it is)}.
    """

    def near(path: Path) -> Path:
        return Path(os.path.relpath(path, folder))

    frames = {
        name: pd.read_csv(files[name], dtype={"modalities": str}).fillna({"modalities": ""})
        for name in CSV_FILES
        if files.get(name)
    }
    frames["verdicts"] = read_verdicts(Path(files["verdicts"]))
    figures = {path.stem: path for path in map(Path, files["figures"])}
    set_tables = {path.stem: path for path in map(Path, files["tables"])}
    return {
        "records": [read_record(Path(path).parent) for path in files["records"]],
        "frames": frames,
        "tables": {name: (near(path), *tables[name]) for name, path in set_tables.items()},
        "figures": {name: (near(path), captions[name]) for name, path in figures.items()},
    }


def fingerprint(config: Mapping[str, Any]) -> str:
    """Hash of the configuration, the same on every machine and at every commit."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:SHORT]


def title(config: Mapping[str, Any], records: Sequence[Record]) -> str:
    """Title, without a date."""
    subject = escape(f"Report of {count(len(records), 'run')} on {corpus_title(config['source'])}")
    made = escape(f"emofusion {version('emofusion')}, configuration {fingerprint(config)}")
    return (
        r"\begin{center}{\LARGE Is cross-attention preferable to self-attention\\[.3ex] for "
        r"multi-modal emotion recognition?\par}\vspace{1.5ex}"
        rf"{{\large {subject}\par}}\vspace{{.5ex}}{made}\end{{center}}"
    )


# Data


def data(config: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> str:
    """Corpus, exclusions, folds, leakage."""
    selected, exclusions = frames["selected"], frames["exclusions"]
    method = "" if config["method"] == "all" else f", only {config['method']} dialogs"
    folds, unseen = config["folds"], config["splits"]["unseen_lines"]
    parts = [
        r"\section{Data}",
        rf"\textbf{{Corpus.}} Used are {len(selected):,} utterances of {len(config['labels'])} "
        f"classes of {escape(corpus_title(config['source']) + method)}.",
        class_table(selected, config["labels"]),
        rf"\textbf{{Left out:}} {exclusion_counts(exclusions)}. Each has a row with its reason in "
        r"\texttt{corpus/exclusions.csv}.",
        expected_counts_table(frames.get("expected_counts")),
        rf"\textbf{{Folds.}} Scheme {escape(config['splits']['scheme'])}: "
        rf"{escape(_scheme(config['splits']))}. Of {config['splits']['n_folds']} folds "
        f"{'all' if len(folds) == config['splits']['n_folds'] else escape(listing(folds))} were run"
        + (", scripted lines that occur in training are not tested" if unseen else "")
        + ".",
        leakage_table(frames["leakage"]),
        "Known are the shares of test utterances whose speaker, dialog or words occur in training: "
        "words are compared without case and punctuation, in improvised dialogs from four words "
        "on. SE is the largest standard error that an accuracy measured on the test partition can "
        f"have. {smallest_class(frames['classes'])}",
    ]
    return "\n\n".join(part for part in parts if part)


PARTNER = (
    "one speaker is tested, who is new; the partner in the same dialogs is the development "
    "partition"
)


def _scheme(splits: Mapping[str, Any]) -> str:
    """What is held out; nothing is known of a scheme from outside the package but its name."""
    if splits["scheme"] == "session" and splits["development"] == "partner":
        return PARTNER
    known = find("SPLITS")
    name = splits["scheme"]
    return known[name].facts["says"] if name in known else "defined by the user"


def class_table(selected: pd.DataFrame, labels: Sequence[str]) -> str:
    """Utterances by class and, where the corpus has them, by session."""
    counts = pd.crosstab(selected["label"], selected["session"])
    counts = counts.reindex([*labels, *counts.index.difference(labels)], fill_value=0)
    sessions = list(counts.columns) if counts.shape[1] > 1 else []
    rows = [
        [label, _class_name(label), *(f"{row[s]:,}" for s in sessions), f"{row.sum():,}"]
        for label, row in counts.iterrows()
    ]
    total = ["all", "", *(f"{counts[s].sum():,}" for s in sessions), f"{len(selected):,}"]
    head = ["class", "", *(f"session {s}" for s in sessions), "utterances"]
    return tabular("ll" + "r" * (len(head) - 2), head, rows, total)


def _class_name(label: str) -> str:
    return " or ".join(CLASS_NAMES.get(code, code) for code in label.split("+"))


def exclusion_counts(exclusions: pd.DataFrame) -> str:
    """How many utterances were left out, by kind."""
    counts = exclusions["kind"].value_counts().sort_index()
    texts = ", ".join(f"{n:,} {EXCLUSION_TEXTS.get(kind, kind)}" for kind, n in counts.items())
    return escape(texts or "nothing")


def expected_counts_table(counts: pd.DataFrame | None) -> str:
    """Counts of the release, and those that are known of it."""
    if counts is None or counts.empty:
        return ""
    rows = [[row.quantity, f"{row.expected:g}", f"{row.found:g}"] for row in counts.itertuples()]
    equal = int((counts["expected"] == counts["found"]).sum())
    notes = [
        f"{escape(f'{row.quantity}: {row.note}')}."
        for row in counts.itertuples()
        if isinstance(getattr(row, "note", None), str) and row.note
    ]
    half = (len(rows) + 1) // 2
    pairs = [left + right for left, right in zip(rows, [*rows[half:], [""] * 3], strict=False)]
    return (
        rf"\textbf{{Compared with the full release:}} {equal} of {len(rows)} known figures "
        "agree. Counts must agree; lengths depend on the tokenizer and on rounding.\n\n"
    ) + "\n\n".join(
        [tabular("lrr@{\\qquad}lrr", ["quantity", "known", "found"] * 2, pairs), *notes]
    )


def leakage_table(leakage: pd.DataFrame) -> str:
    """Sizes of the partitions and what the test partition shares with training, by fold."""
    tests = leakage[leakage["partition"] == "test"].set_index("fold")
    development = leakage[leakage["partition"] == "dev"].set_index("fold")["utterances"]
    shares = ["speaker", "dialog", "scripted_transcript", "improvised_transcript"]
    rows = [
        [
            fold,
            *(f"{n:,}" for n in (row["training"], development[fold], row["utterances"])),
            *(percent(row[share]) for share in shares),
            f"{100 * row['standard_error_balanced']:.1f}",
            f"{100 * row['standard_error']:.1f}",
        ]
        for fold, row in tests.iterrows()
    ]
    head = ["fold", "training", "dev.", "test", "known speaker", "dialog", "words, scripted",
            "words, improvised", "SE WA", "SE UWA"]  # fmt: skip
    return tabular("l" + "r" * 9, head, rows)


def smallest_class(classes: pd.DataFrame) -> str:
    """What one utterance of the rarest class of a test partition weighs."""
    tests = classes[classes["partition"] == "test"]
    labels = tests.columns.drop(["fold", "partition"])
    if tests.empty:
        return ""
    number, fold, label = min(
        (int(row[label]), int(row["fold"]), label)
        for row in tests.to_dict("records")
        for label in labels
    )
    if number == 0:
        return f"Fold {fold} has no test utterance of {escape(label)}, which WA leaves out there."
    return (
        f"The rarest class of a test partition is {escape(label)} in fold {fold} with "
        f"{count(number, 'utterance')}: one of them moves WA by "
        f"{100 / (number * len(labels)):.1f} points."
    )


# Protocol


def protocol(config: Mapping[str, Any], records: Sequence[Record], runs: pd.DataFrame) -> str:
    """Features, training, models."""
    rows = [
        ("protocol", f"{config['protocol']}: {_switches(config)}"),
        *(
            (name, _extractor(name, config["features"][name]))
            for name in ("text", "vision", "audio")
        ),
        *(
            (one["name"], f"{_extractor(one['name'], one['file'])}{_further(one)}")
            for one in config.get("further_modalities", {}).values()
        ),
        ("prosody", "for the baselines that read it" if config["features"]["prosody"] else "none"),
        ("paper's models", _settings(config["architecture"])),
        ("training", _training(config["training"])),
        ("folds; seeds", f"{listing(config['folds'])}; {listing(config['seeds'])}"),
    ]
    text = (
        "All keys and values are in the configuration; each run's own are in its folder. "
        "Parameters are of the largest set of modalities, word vectors that are trained among "
        "them. What a model does not name is as above."
    )
    return "\n\n".join(
        [
            r"\section{Protocol}",
            tabular(r"lL{.8\textwidth}", ["what", "setting"], rows),
            rf"\textbf{{Models.}} {text}{capacity(runs)}",
            model_table(config, records, runs),
        ]
    )


def model_table(config: Mapping[str, Any], records: Sequence[Record], runs: pd.DataFrame) -> str:
    """Each model: its sets of modalities, parameters, runs, and settings that differ."""
    rows = []
    for model in dict.fromkeys(runs["model"]):
        own = runs[runs["model"] == model]
        sets = list(dict.fromkeys(own["modalities"]))
        largest = own[own["modalities"] == max(sets, key=len)]
        settings: dict[str, str] = {}
        for record in records:
            if record["model"] == model:
                settings |= own_settings(record, config)
        rows.append(
            [
                model_name(model),
                ", ".join(map(modality_name, sets)),
                f"{int(largest['parameters'].max()):,}",
                len(own),
                ", ".join(f"{key} {value}" for key, value in settings.items()) or "as above",
            ]
        )
    head = ["model", "modalities", "parameters", "runs", "differs in"]
    return tabular(r"L{.18\textwidth}L{.14\textwidth}rrL{.43\textwidth}", head, rows)


def capacity(runs: pd.DataFrame) -> str:
    """How much larger Cross is than Self on the largest set that both were run on."""
    own = runs[runs["model"].isin(["self", "cross"])]
    sizes = own.pivot_table(index="modalities", columns="model", values="parameters", aggfunc="max")
    both = sizes.dropna()
    if both.empty or both.shape[1] < 2:
        return ""
    largest = max(both.index, key=len)
    more = both.loc[largest, "cross"] / both.loc[largest, "self"] - 1
    return (
        rf" On {modality_name(largest)} Cross has {100 * abs(more):.1f}\,\% "
        f"{'more' if more >= 0 else 'fewer'} parameters than Self: capacity is part of what is "
        "compared."
    )


def own_settings(record: Record, config: Mapping[str, Any]) -> dict[str, str]:
    """Settings of a run that are not those of the configuration's common sections."""
    switched = ("text_dropout", "further_steps")  # said of the protocol and of the modality
    common = config["architecture"] | {key: record["architecture"].get(key) for key in switched}
    sections = {
        name: given.get("settings", given)
        for name, given in config["features"].items()
        if isinstance(given, Mapping)
    }
    limits = {name: one["max_length"] for name, one in sections.items() if "max_length" in one}
    pairs = [
        (config["training"], record["training"], "{}"),
        (common, record["architecture"], "{}"),
        (limits, record["lengths"], "{} steps"),
    ]
    return {
        name.format(key): setting_text(value)
        for shared, own, name in pairs
        for key, value in own.items()
        if key not in shared or shared[key] != value
    }


def _switches(config: Mapping[str, Any]) -> str:
    standard = "standardised" if config["standardize_audio"] else "not standardised"
    return (
        f"dropout {config['text_dropout']:g} on the word vectors, audio {standard}, "
        f"{config['dtype']}"
    )


def _extractor(name: str, given: Mapping[str, Any] | str) -> str:
    if isinstance(given, str):
        return "the user's own features, from a file"
    if "extractor" in given:
        return f"{given['extractor']} ({_settings(given['settings']) or 'no settings'})"
    if name == "text":
        return (
            f"word vectors of {given['width']} values, bracketed events "
            f"{EVENTS[given['events']]}; at most {given['max_length']} words"
        )
    if name == "vision":
        return (
            f"{given['backbone']} ({given['weights']}) on the centre {given['crop']} pixels of the "
            f"speaker's half frame, {given['frames_per_second']:g} a second; at most "
            f"{given['max_length']} frames"
        )
    return (
        f"{given['n_mfcc']} MFCC with two derivatives, Hamming window of "
        f"{1000 * given['frame_seconds']:g} ms every {1000 * given['step_seconds']:g} ms, "
        f"{EDGES[given['edges']]}; at most {given['max_length']} frames"
    )


def _further(given: Mapping[str, Any]) -> str:
    """What the paper's models do with a further modality."""
    steps = f", mixed over time to {given['steps']} steps" if given["steps"] else ""
    return steps + (", standardised" if given["standardize"] else "")


def _training(given: Mapping[str, Any]) -> str:
    plateau = (
        f"the rate is multiplied by {given['plateau_factor']:g} when the development loss has not "
        f"fallen for more than {given['plateau_patience']} checks, "
        if given["plateau_patience"] is not None
        else ""
    )
    return (
        f"Adam, learning rate {given['learning_rate']:g}, batches of {given['batch_size']}, "
        f"{given.get('loss', 'softmax')} cross-entropy (class weights: {given['class_weight']}), "
        f"a check on the development partition every {_epochs(given['epochs_per_check'])}, "
        f"{plateau}stop after {given['stop_patience']} checks without a better "
        f"{given['select_on']}, at most {given['max_epochs']} epochs; the best check is tested, "
        "once"
    )


def _epochs(number: float) -> str:
    return "epoch" if number == 1 else f"{number:g} epochs"


def _settings(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {setting_text(value)}" for key, value in values.items())


# Results


def results(
    tables: Mapping[str, tuple[Path, int, str]],
    figures: Mapping[str, tuple[Path, str]],
    floors: pd.DataFrame | None,
) -> str:
    """Tables as they are, floors, figures."""
    guide = "; ".join(f"Table {number} {says}" for _, number, says in tables.values() if says)
    inputs = [
        rf"\setcounter{{table}}{{{number - 1}}}\input{{{path.with_suffix('').as_posix()}}}"
        for path, number, _ in tables.values()
    ]
    pictures = [picture(name, *figure) for name, figure in figures.items()]
    parts = [
        r"\section{Results}",
        guide and f"{guide}.",
        floor_table(floors),
        *inputs,
        *pictures,
    ]
    return "\n\n".join(part for part in parts if part)


def picture(name: str, path: Path, caption: str) -> str:
    """A figure at its own size, made smaller where the page demands it."""
    return "\n".join(
        [
            r"\begin{figure}",
            r"\centering",
            rf"\includegraphics[width=\nowider,height=\nohigher,keepaspectratio]{{{path.as_posix()}}}",
            rf"\caption{{{escape(caption)}}}",
            rf"\label{{fig:{name}}}",
            r"\end{figure}",
        ]
    )


def floor_table(floors: pd.DataFrame | None) -> str:
    """What a classifier reaches that has seen no emotion: the majority, the lengths."""
    if floors is None or floors.empty:
        return ""
    names = {"majority": "always the most frequent class", "lengths": "lengths of the sequences"}
    means = floors.groupby(["floor", "modalities"], sort=False)[list(PRINTED)].mean()
    rows = [
        [
            names.get(floor, floor),
            modality_name(modalities) if modalities else "none",
            *(decimals(row[metric]) for metric in PRINTED),
        ]
        for (floor, modalities), row in means.iterrows()
    ]
    return (
        r"\textbf{Floors,} mean over folds. What these classifiers reach without having seen an "
        "emotion, a system must surpass; unmasked averages over time let a model read the "
        "duration.\n\n" + tabular("llrr", ["what it knows", "of", *PRINTED.values()], rows)
    )


# Statistics


def statistics(config: Mapping[str, Any], verdicts: pd.DataFrame | None) -> str:
    """What was tested how, and the verdicts beyond self against cross."""
    given = config["statistics"]
    margins = ", ".join(
        f"{100 * given['margins'][metric]:g} points of {name}" for metric, name in PRINTED.items()
    )
    parts = [
        r"\section{Statistics in brief}",
        "The paper's test treats all runs as independent. They are not: seeds of a fold share "
        "their data, and folds share most of their training utterances, so that $P$ can be far "
        rf"too small or too large. Verdicts (level {given['alpha']:g}) rest on "
        f"{'the tests below' if verdicts is None else primary(verdicts)}. The standard error is "
        "the larger of two: that between these differences, and that of sampling the test "
        f"utterances. Fewer than {FOLDS_NEEDED} folds give no verdict. "
        f"{'' if verdicts is None else scope(verdicts)}",
        "A pair is called equivalent where two one-sided tests, with Nadeau and Bengio's "
        f"correction too, show that the difference is within the configured margin: {margins}. "
        "These tests are not corrected for the number of comparisons. "
        r"\emph{Equivalence would hold within} is the smallest margin for which they would have "
        r"shown it; a difference \emph{would be found} where the corrected test, before Holm, "
        rf"finds it with power {given['power']:g}. Further tests (bootstrap over dialogs and "
        r"speakers, Bayesian) are in \texttt{statistics/comparisons.csv}; "
        r"\texttt{docs/statistics.md} says what each answers.",
    ]
    for family, title in FURTHER.items():
        sentences = family_sentences(verdicts, family, given["alpha"])
        if sentences:
            parts += [f"{title}, a separate family for Holm's correction:", itemize(sentences)]
    for family, title in COUNTED.items():
        rows = of_family(verdicts, family)
        if len(rows):
            kinds = Counter(kind(row) for row in rows.to_dict("records"))
            counts = ", ".join(f"{name} {n}" for name, n in sorted(kinds.items()))
            pairs = len(rows.drop_duplicates(["modalities", "model_a", "model_b"]))
            parts.append(
                f"{title} ({count(pairs, 'pair')} of systems, {len(PRINTED)} metrics each), by "
                rf"verdict on the first: {escape(counts)} (\texttt{{statistics/verdicts.csv}})."
            )
    return "\n\n".join(parts)


# Cost, environment, missing runs


def cost(runs: pd.DataFrame, records: Sequence[Record]) -> str:
    """Hours of training by device."""
    table = hours(runs, records)
    rows = [
        [
            f"{'GPU' if row.device.startswith('cuda') else row.device.upper()}: {row.device_name}",
            row.threads,
            f"{row.runs:,}",
            f"{row.hours:,.2f}",
            f"{60 * row.hours / row.runs:,.1f}",
        ]
        for row in table.itertuples()
    ]
    return "\n\n".join(
        [
            r"\section{Cost}",
            f"Training took {_device_hours(table)}. Seeds of one job share its time, jobs "
            r"that share a GPU each count their whole time. Time and memory of every job, "
            r"features included, are in \texttt{benchmarks/}.",
            tabular("lrrrr", ["device", "threads", "runs", "hours", "minutes a run"], rows),
        ]
    )


def hours(runs: pd.DataFrame, records: Sequence[Record]) -> pd.DataFrame:
    """Training time by device: device, device_name, threads, runs, hours."""
    machines = pd.DataFrame(
        [
            {key: record[key] for key in RUN_KEYS}
            | {key: record["machine"][key] for key in ("device", "device_name", "threads")}
            for record in records
        ]
    )
    joined = runs.merge(machines, on=RUN_KEYS, validate="one_to_one")
    groups = joined.groupby(["device", "device_name", "threads"])["train_seconds"]
    table = groups.agg(runs="size", hours="sum").reset_index()
    return table.assign(hours=table["hours"] / 3600)


def _device_hours(table: pd.DataFrame) -> str:
    kinds = table["device"].str.startswith("cuda").map({True: "GPU", False: "CPU"})
    sums = table.groupby(kinds)["hours"].sum()
    return " and ".join(f"{value:,.2f} {kind} hours" for kind, value in sums.items())


def environment(config: Mapping[str, Any], records: Sequence[Record]) -> str:
    """Versions, machines, hashes, and the way from a cell to its runs."""
    found: dict[str, Counter[str]] = {}
    for record in records:
        hashes = {f"{name} features": value[:SHORT] for name, value in record["features"].items()}
        for name, value in (record["machine"] | hashes).items():
            found.setdefault(name.replace("_", " "), Counter())[str(value)] += 1
    rows = [
        [name, ", ".join(f"{v} ({count(n, 'run')})" if len(c) > 1 else v for v, n in c.items())]
        for name, c in found.items()
    ]
    rows += [
        ["tables and figures", ", ".join(f"{name} {version(name)}" for name in LIBRARIES)],
        ["code of training", f"{len({record['code'] for record in records})} fingerprints for "
         f"{len({record['model'] for record in records})} models"],
        ["configuration", fingerprint(config)],
    ]  # fmt: skip
    return "\n\n".join(
        [
            r"\section{Environment and traces}",
            tabular(r"lL{.75\textwidth}", ["what", "as the runs recorded it"], rows),
            "The configuration's hash depends neither on a machine nor on a commit. From a cell of "
            "a table to its runs, with their folds, seeds, hashes, folders and logs:",
            r"\begin{center}\texttt{"
            + escape("python -m emofusion trace table1 self tva")
            + r"}\end{center}",
        ]
    )


def missing_runs(missing: pd.DataFrame) -> str:
    """Configured runs that are not there, by name; nothing if all are."""
    if missing.empty:
        return ""
    groups = missing.groupby(["model", "modalities", "fold"], sort=False)["seed"]
    items = [
        escape(f"{system_name(model, modalities)}, fold {fold}: seed {listing(list(seeds))}")
        for (model, modalities, fold), seeds in groups
    ]
    return "\n\n".join([r"\section{Missing runs}", itemize(items)])
