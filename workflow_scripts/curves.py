"""Draw the learning curves."""

import pandas as pd

from emofusion.evaluation.metrics import RUN_KEYS
from emofusion.joblog import job_log
from emofusion.reporting.figures.curves import draw_curves
from emofusion.reporting.figures.style import save
from emofusion.reporting.names import system_name


def main(snakemake):
    with job_log(snakemake.log[0]):
        best = pd.read_csv(snakemake.input.runs).set_index(RUN_KEYS)["best_epoch"]
        systems = {}
        for run, path in zip(snakemake.params.runs, snakemake.input.histories, strict=True):
            name = system_name(run["model"], run["modalities"])
            curve = pd.read_csv(path), best[tuple(run[key] for key in RUN_KEYS)]
            systems.setdefault(name, []).append(curve)
        save(draw_curves(systems), snakemake.output)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
