"""From a raw corpus to the paper's tables: snakemake --cores 8 --resources gpu=2

The protocol is config.yaml, the steps are in rules/, the work is done by the package in src/. All rules share one
environment: the one that starts the workflow, or with --sdm conda that of envs/environment.yaml.
"""

import shutil

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from emofusion.config.loading import load_config, merge, read_yaml
from emofusion.errors import DataError
from emofusion.reporting.closing import closing

min_version("9.16")


# Read config.yaml of the working folder if it exists. A workflow that uses this one as a module
# passes a configuration instead.
if Path("config.yaml").is_file():

    configfile: "config.yaml"


report: "rules/captions/workflow.rst"


# The repository's own config.yaml holds every key: a given configuration overrides it.
try:
    paper = read_yaml(Path(workflow.source_path("config.yaml")))
    config = merge([paper, config])
    settings = load_config(config)
except DataError as error:
    read = ["the repository's config.yaml", *map(str, workflow.configfiles), "--config"]
    raise WorkflowError(f"{error}\n  Read: {', '.join(read)}") from None


pathvars:
    results=settings.results,


wildcard_constraints:
    fold=r"\d+",
    seed=r"\d+",
    session="[^/]+",


include: "rules/common.smk"


# The first rule is Snakemake's default target. It requests the files of every run: otherwise
# Snakemake would keep a table although the files of its runs were deleted.
rule all:
    input:
        under_results(plan.all_run_files()),
        under_results(plan.corpus_reports()),
        tables("tex", "txt", "html"),
        figures("pdf", "svg"),
        "<results>/report/explore.html",


if plan.prepared():

    include: "rules/prepared.smk"

else:

    include: "rules/corpus.smk"
    include: "rules/features.smk"


include: "rules/training.smk"
include: "rules/evaluation.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/report.smk"
include: "rules/explorer.smk"


onsuccess:
    print(f"\n{closing(plan, ABOUT_RESULTS, shutil.get_terminal_size().columns)}")
