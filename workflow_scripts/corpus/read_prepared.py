"""Read the prepared folds into the utterance table, the exclusions and the splits."""

from pathlib import Path

from emofusion.corpora.prepared.tables import read_prepared
from emofusion.frames import write_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        params, output = snakemake.params, snakemake.output
        utterances, selected, exclusions, splits = read_prepared(
            Path(params.root),
            class_order=params.class_order,
            classes=params.classes,
            probe=params.probe,
        )
        write_frame(utterances, output.utterances)
        write_frame(selected, output.selected)
        write_frame(exclusions, output.exclusions)
        for fold, path in zip(params.folds, output.splits, strict=True):
            write_frame(splits[fold], path)


if __name__ == "__main__":
    main(snakemake)
