"""Read the prepared folds into the utterance table, the exclusions and the splits."""

from pathlib import Path

from emofusion.corpora.probe import leave_out_small_classes, probe_folds
from emofusion.corpora.yoon import read_folds
from emofusion.files import replacing
from emofusion.joblog import job_log
from emofusion.splits import prepared_split


def main(snakemake):
    with job_log(snakemake.log[0]):
        params, output = snakemake.params, snakemake.output
        utterances, folds = read_folds(Path(params.root), class_order=params.class_order)
        labels = params.classes["labels"]
        selected, exclusions = probe_folds(utterances, labels=labels, **params.probe)
        selected, exclusions = leave_out_small_classes(
            utterances, selected, exclusions, **params.classes
        )
        tables = {
            output.utterances: utterances,
            output.selected: selected,
            output.exclusions: exclusions,
        }
        for fold, path in zip(params.folds, output.splits, strict=True):
            tables[path] = prepared_split(folds[fold], selected, fold)
        for path, table in tables.items():
            with replacing(Path(path)) as beside:
                table.to_csv(beside, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
