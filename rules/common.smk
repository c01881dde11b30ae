"""What the rules read and depend on: wildcards to the plan of the configuration, names to paths.

A rule's parameters hold what its output depends on, so that a change reruns it. What must reach a script
without counting (where a corpus lies, the device, which seeds share a job) comes from a function that takes
`output` as well: Snakemake holds its value for derived and does not record it. Those are marked "unrecorded".

Other projects use these rules as a module: files of the repository are found by workflow.source_path(), from the file
at hand, and files that the workflow makes by the paths that Snakemake gives a rule (a module may have a prefix).
"""

from argparse import Namespace

from emofusion.corpora.folds import fold_folders, folds_fingerprint
from emofusion.corpora.release import release_root, session_fingerprint, sessions
from emofusion.gpus import visible_gpus
from emofusion.plan import (
    SYNTHETIC_GLOVE,
    SYNTHETIC_RELEASE,
    WEIGHTS,
    read_plan,
    run_file,
)
from emofusion.plan import RUN as RUN_FOLDER
from emofusion.provenance import code_fingerprint, content_hash
from emofusion.reporting.explorer.page import fingerprint as page_fingerprint


def under_results(paths):
    """Paths below the results, as rules name them."""
    return [f"<results>/{path}" for path in paths]


def on_disk(path):
    """A path of a rule as Snakemake resolves it; to be called while rules are read."""
    return Path(workflow.pathvars.apply(workflow.modifier.modify_path(path)))


try:
    plan = read_plan(settings, on_disk("<results>"))
except DataError as error:
    raise WorkflowError(str(error)) from None
OWN = settings.own_features()
RELEASE = f"<results>/{SYNTHETIC_RELEASE}"
GLOVE = f"<results>/{SYNTHETIC_GLOVE}"
RUN = f"<results>/{RUN_FOLDER}"
# GPUs that a job asks for which can use one; a scheduler may have none to give.
GPUS = 0 if settings.device == "cpu" else 1
# Without a scheduler (which counts GPUs itself, and has nodes) one job at a time for each GPU of this machine,
# unless --resources gpu=N says otherwise: jobs that share one each believe that its memory is free.
if (
    visible_gpus()
    and "gpu" not in workflow.global_resources
    and workflow.resource_settings.nodes is None
):
    workflow.global_resources["gpu"] = len(visible_gpus())


def code(script, *modules):
    """Fingerprint of a script in workflow_scripts/ and of the package modules behind it."""
    return code_fingerprint(script_file(script), modules)


def script_file(name):
    """A script in workflow_scripts/."""
    return Path(workflow.source_path(f"../workflow_scripts/{name}"))


def run_device(wildcards, output):
    """Device to compute on (unrecorded)."""
    return settings.device


def growing(amount, unit):
    """A resource that grows with each attempt: a job that needed more gets it when it is tried again."""

    def value(wildcards, attempt):
        return f"{amount * attempt}{unit}"

    return value


def checkpoint_seconds(wildcards, output):
    """Between two savings of a run's state (unrecorded)."""
    return settings.checkpoint_seconds


# Corpus


def session_numbers():
    """Sessions of the corpus; each is read, probed and extracted by jobs of its own."""
    return (
        range(1, 6)
        if plan.synthetic()
        else sessions(release_root(Path(settings.corpus)))
    )


def session_files(wildcards):
    """What the workflow itself makes of a session: all of a synthetic one, nothing of a real one."""
    return f"{RELEASE}/Session{wildcards.session}" if plan.synthetic() else []


def corpus_root(wildcards, output):
    """Folder of the corpus (unrecorded)."""
    if plan.synthetic():  # what is made of a session: <results>/shards/session1/...
        return Path(output[0]).parents[2] / SYNTHETIC_RELEASE
    return Path(settings.corpus)


def session_content(modalities):
    """Fingerprint of those files of a real session that count: t labels and transcripts, v videos, a sounds.

    A synthetic session is watched through the files that lead here.
    """

    def value(wildcards):
        if plan.synthetic():
            return "synthetic"
        return session_fingerprint(
            Path(settings.corpus), int(wildcards.session), modalities
        )

    return value


def folds_content(wildcards):
    """Fingerprint of the prepared folds."""
    return folds_fingerprint(Path(settings.corpus))


def prepared_folds():
    """Numbers of the prepared folds that are there: all are converted, whichever are run."""
    return list(fold_folders(Path(settings.corpus)))


def shards(name):
    """One file of every session."""
    return [f"<results>/shards/session{n}/{name}" for n in session_numbers()]


# Features


def own_file(wildcards, output):
    """The user's file of a modality (unrecorded)."""
    return Path(OWN[wildcards.modality])


def own_content(wildcards):
    """Fingerprint of that file, wherever it lies."""
    return content_hash(Path(OWN[wildcards.modality]))


def modality_shards(wildcards):
    """The feature files of the sessions, and the manifests that count."""
    name = wildcards.modality
    return {
        "features": ancient(shards(f"{name}.h5")),
        "manifests": shards(f"{name}.json"),
    }


def vision_weights(wildcards, output):
    """Name or file of the backbone's weights (unrecorded)."""
    return plan.extractor_settings("vision")["weights"]


def vision_settings(wildcards):
    """Settings of the vision extractor; called only where it runs."""
    return plan.vision_settings()


def glove_file(wildcards):
    """Word vectors, where the workflow makes them."""
    return GLOVE if plan.synthetic() else []


def glove_path(wildcards, output):
    """File of the word vectors, empty if none is needed (unrecorded)."""
    if plan.synthetic():  # what is made with them: <results>/features/text.h5
        return str(Path(output[0]).parents[1] / SYNTHETIC_GLOVE)
    return plan.glove()


def min_coverage(wildcards, output):
    """Share of the tokens that must have a vector (unrecorded: the start checks features that are there)."""
    return plan.min_coverage()


def glove_content(wildcards):
    """Fingerprint of the user's word vectors; synthetic ones are watched as an input."""
    return content_hash(Path(plan.glove())) if plan.glove() else ""


# Training


def feature_names(wildcards):
    """Names of the feature files that a system reads."""
    return plan.feature_names(wildcards.model, wildcards.modalities)


def feature_files(wildcards):
    """Feature files of a system: made when missing, but it is their content that counts."""
    return [
        ancient(f"<results>/features/{name}.h5") for name in feature_names(wildcards)
    ]


def joined_files(wildcards):
    """The shards that those files show."""
    names = plan.sharded_names(wildcards.model, wildcards.modalities)
    return [ancient(path) for name in names for path in shards(f"{name}.h5")]


def manifests(wildcards):
    """Their manifests, with the hash of the content: a file that was rebuilt equal retrains nothing.

    (In the invocation that rebuilds it Snakemake runs all that follows; asked for alone, it does not.)
    """
    return [f"<results>/features/{name}.json" for name in feature_names(wildcards)]


def run_settings(wildcards):
    """The part of the configuration that decides a run."""
    return plan.run_settings(wildcards.model, wildcards.modalities)


def model_code(wildcards):
    """Fingerprint of training and of the one model that is trained."""
    entry = settings.registry()[wildcards.model]
    inside = [entry.module] if entry.module else []
    outside = [] if inside else [entry.path]
    return code_fingerprint(script_file("train.py"), inside, outside)


def model_files(wildcards, output):
    """Model files outside the package (unrecorded)."""
    return settings.model_files


def run_seeds(wildcards, output):
    """Seeds of a job, from the names of its folders (unrecorded)."""
    return [
        int(Path(path).parent.name.partition("_seed")[2]) for path in output.predictions
    ]


# Evaluation


def runs_of(name, systems=None):
    """One file of every run of some systems."""
    return under_results(plan.run_files(name, systems))


def attention_files(name):
    """One file of each run whose attention is shown."""
    return under_results(run_file(key, name) for key in plan.word_attention_runs())


def attention_splits():
    """The fold of each of them."""
    return [
        f"<results>/splits/fold{key['fold']}.csv" for key in plan.word_attention_runs()
    ]


def attended():
    """The wildcards of the first of those runs: both read the same features."""
    return Namespace(**plan.attention_runs()[0])


def figures(*kinds):
    """Files of all figures that can be drawn."""
    names = plan.figures()
    return [f"<results>/figures/{name}.{kind}" for name in names for kind in kinds]


def tables(*kinds):
    """Files of all tables that have rows."""
    names = plan.tables()
    return [f"<results>/tables/{name}.{kind}" for name in names for kind in kinds]


TITLES = {
    "table1": "Table 1: models by modalities",
    "table2": "Table 2: further configurations",
    "tests": "Tests and verdicts",
    "equivalence": "Equivalence",
    "reproduction": "Published and reproduced",
    "published": "The paper's own tests",
    "forest": "Differences with intervals",
    "confusion": "Confusion matrices",
    "classes": "Recall by class",
    "spread": "Spread over folds and seeds",
    "curves": "Learning curves",
    "attention": "Where the models attend",
    "comparisons": "All tests of all pairs",
    "verdicts": "Verdicts on all pairs",
    "exclusions": "What was left out, and why",
    "leakage": "What the partitions share with training",
}


def reported(path, category):
    """An output that Snakemake's HTML report shows, with its title and caption."""
    name = Path(path).stem
    caption = f"captions/{name}.rst"
    return report(
        path, caption=caption, category=category, labels={"what": TITLES[name]}
    )


def table_files(name):
    """Renderings of a table by kind."""
    path = f"<results>/tables/{name}"
    html = reported(f"{path}.html", "Tables")
    return {"tex": f"{path}.tex", "txt": f"{path}.txt", "html": html}


def figure_files(name):
    """A figure for print and for the HTML report."""
    path = f"<results>/figures/{name}"
    return [f"{path}.pdf", reported(f"{path}.svg", "Figures")]


RESULT_FILES = {
    "summary": "<results>/metrics/summary.csv",
    "floors": "<results>/metrics/floors.csv",
    "missing": "<results>/metrics/missing.csv",
}
# What all tables say of the results beside their numbers.
ABOUT_RESULTS = plan.about_results(paper)


# Report


def embedded_corpus():
    """What the page holds of a synthetic corpus; others have licences, so that it is served beside the page."""
    if not plan.synthetic():
        return {}
    texts = "text" in plan.used_names()
    words = {"words": ancient("<results>/features/text.h5")} if texts else {}
    return {"release": [f"{RELEASE}/Session{n}" for n in session_numbers()]} | words


def captions():
    """{figure: its caption}: one text for the report in print and for Snakemake's."""
    files = {
        name: workflow.source_path(f"captions/{name}.rst") for name in plan.figures()
    }
    return {name: Path(file).read_text("utf-8") for name, file in files.items()}
