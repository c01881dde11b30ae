"""The sections on cost and environment: hours, versions, hashes."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import pandas as pd

from emofusion.reporting.latex import escape, tabular
from emofusion.reporting.report.summary import Record
from emofusion.reporting.trace import SHORT
from emofusion.runs import RUN_KEYS
from emofusion.wording import count

LIBRARIES = ("scikit-learn", "scipy", "statsmodels", "pandas", "matplotlib", "snakemake")


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
            tabular("lrrrr", ["device", "threads", "runs", "hours", "minutes per run"], rows),
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
        ["training code", f"{len({record['code'] for record in records})} different code hashes in "
         f"{len({record['model'] for record in records})} models"],
        ["configuration", fingerprint(config)],
    ]  # fmt: skip
    return "\n\n".join(
        [
            r"\section{Environment and traces}",
            tabular(r"lL{.75\textwidth}", ["what", "as the runs recorded it"], rows),
            "The configuration's hash depends neither on a machine nor on a commit. This command "
            "lists the runs behind a cell, with their folds, seeds, hashes, folders and logs:",
            r"\begin{center}\texttt{"
            + escape(
                f"python -m emofusion trace table1 {records[0]['model']} {records[0]['modalities']}"
            )
            + r"}\end{center}",
        ]
    )


def fingerprint(config: Mapping[str, Any]) -> str:
    """Hash of the configuration, the same on every machine and at every commit."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:SHORT]
