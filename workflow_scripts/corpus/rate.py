"""Read what each single annotator said of each utterance."""

from pathlib import Path

import pandas as pd

from emofusion.corpora import find_corpus
from emofusion.frames import write_frame
from emofusion.joblog import job_log
from emofusion.schemas import RATINGS


def main(snakemake):
    with job_log(snakemake.log[0]):
        params = snakemake.params
        corpus = find_corpus(params.corpus, params.extensions)
        rows = corpus.ratings(Path(params.given), params.label_column)
        write_frame(pd.DataFrame(rows, columns=RATINGS), snakemake.output.ratings)


if __name__ == "__main__":
    main(snakemake)
