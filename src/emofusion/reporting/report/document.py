"""The report in print: what was run, on what, and what follows, as one LaTeX document."""

import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.corpora import corpus_title
from emofusion.evaluation.verdicts import read_verdicts
from emofusion.frames import read_frame
from emofusion.reporting.latex import escape, itemize
from emofusion.reporting.question import question
from emofusion.reporting.report.data import data
from emofusion.reporting.report.machines import cost, environment, fingerprint
from emofusion.reporting.report.protocol import protocol
from emofusion.reporting.report.results import results
from emofusion.reporting.report.statistics import statistics
from emofusion.reporting.report.summary import Record, summary
from emofusion.runs import RUN_KEYS, read_record
from emofusion.wording import count, listing, system_name

PREAMBLE = r"""\documentclass[10pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp,lmodern,microtype}
\usepackage[margin=1.7cm]{geometry}
\usepackage{array,booktabs,graphicx,longtable,ltcaption}
\usepackage[font=small,labelfont=bf]{caption}
\usepackage[hidelinks,pdftitle={QUESTION}]{hyperref}
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

CSV_FILES = (
    "runs",
    "cost",
    "missing",
    "new_speakers",
    "floors",
    "humans",
    "exclusions",
    "expected_counts",
    "leakage",
    "classes",
)


def report(
    config: Mapping[str, Any],
    records: Sequence[Record],
    frames: Mapping[str, pd.DataFrame],
    tables: Mapping[str, tuple[Path, int, str]] | None = None,
    figures: Mapping[str, tuple[Path, str]] | None = None,
    *,
    about: Mapping[str, Any],
) -> str:
    """The whole document.

    Args:
        config: the configuration without the paths and settings of a machine.
        records: the records of all runs that are there.
        frames: {name: table} of `runs`, `selected`, `exclusions`, `leakage`, `classes`; `missing`,
            `cost`, `verdicts`, `new_speakers`, `floors`, `humans` and `expected_counts` as far as
            they are there.
        tables: {name: (LaTeX file relative to the document, its number, what it is)}, in order.
        figures: {name: (file relative to the document, caption)}, in order.
        about: `source`, `printed` and `unlike_paper`, as `Plan.about_results` has them.
    """
    verdicts = frames.get("verdicts")
    missing = frames.get("missing", pd.DataFrame(columns=RUN_KEYS))
    asked = escape(question((r["model"], r["modalities"]) for r in records))
    sections = [
        title(config, records, asked),
        summary(config, records, frames, about),
        data(config, frames),
        protocol(config, records, frames["runs"]),
        results(tables or {}, figures or {}, frames.get("floors"), frames.get("humans")),
        statistics(config, verdicts, frames.get("new_speakers")),
        cost(frames["runs"], records),
        environment(config, records),
        missing_runs(missing),
    ]
    body = "\n\n".join(section for section in sections if section)
    preamble = PREAMBLE.replace("QUESTION", asked)
    return f"{preamble}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"


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
    frames["selected"] = read_frame(Path(files["selected"]))
    frames["verdicts"] = read_verdicts(Path(files["verdicts"]))
    figures = {path.stem: path for path in map(Path, files["figures"])}
    set_tables = {path.stem: path for path in map(Path, files["tables"])}
    return {
        "records": [read_record(Path(path).parent) for path in files["records"]],
        "frames": frames,
        "tables": {name: (near(path), *tables[name]) for name, path in set_tables.items()},
        "figures": {name: (near(path), captions[name]) for name, path in figures.items()},
    }


def title(config: Mapping[str, Any], records: Sequence[Record], asked: str) -> str:
    """Title, without a date; `asked` is the question, in LaTeX."""
    subject = escape(f"Report of {count(len(records), 'run')} on {corpus_title(config['source'])}")
    made = escape(f"emofusion {version('emofusion')}, configuration {fingerprint(config)}")
    return (
        rf"\begin{{center}}\parbox{{.8\textwidth}}{{\centering\LARGE {asked}\par}}\par"
        r"\vspace{1.5ex}"
        rf"{{\large {subject}\par}}\vspace{{.5ex}}{made}\end{{center}}"
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
