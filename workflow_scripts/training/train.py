"""Train some seeds of one system on one fold."""

from pathlib import Path

from emofusion.joblog import job_log
from emofusion.training.run import train_runs


def main(snakemake):
    with job_log(snakemake.log[0]):
        folders = [Path(path).parent for path in snakemake.output.predictions]
        runs = dict(zip(snakemake.params.seeds, folders, strict=True))
        kept = {Path(path).parent for path in snakemake.output.weights}
        features = [Path(path) for path in snakemake.input.features]
        train_runs(
            runs,
            model=snakemake.wildcards.model,
            modalities=snakemake.wildcards.modalities,
            fold=int(snakemake.wildcards.fold),
            split=Path(snakemake.input.split),
            features={path.stem: path for path in features},
            settings=snakemake.params.settings,
            device=snakemake.params.device,
            threads=snakemake.threads,
            code=snakemake.params.code,
            model_files=snakemake.params.model_files,
            keep_weights=[seed for seed, folder in runs.items() if folder in kept],
            votes=next(map(Path, snakemake.input.votes), None),
            checkpoint_seconds=snakemake.params.checkpoint_seconds,
        )


if __name__ == "__main__":
    main(snakemake)
