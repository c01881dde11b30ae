"""Read a session of the corpus into its utterance table."""

from pathlib import Path

from emofusion.corpora import find_corpus
from emofusion.corpora.utterances import complete, configured
from emofusion.frames import write_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        params = snakemake.params
        corpus = find_corpus(params.corpus, params.extensions)
        table = corpus.read(Path(params.given), snakemake.wildcards.session)
        table = complete(table, corpus.definition.path)
        table = configured(table, params.label_column, params.crop)
        write_frame(table, snakemake.output.utterances)


if __name__ == "__main__":
    main(snakemake)
