"""What the rules read and depend on: from wildcards to the plan of the configuration.

A rule's parameters hold what its output depends on, so that a change reruns it. What must reach a script
without counting (where a corpus is, the device, which seeds share a job) comes from a function that takes
`output` as well: Snakemake takes its value for derived and does not record it. Those are marked "unrecorded".

Other projects use these rules as a module: files of the repository are found by workflow.source_path(), from the file
at hand, and files that the workflow makes by the paths that Snakemake gives a rule (a module may have a prefix).
"""

from argparse import Namespace

from emofusion.corpora.prepared.folds import fold_folders, folds_fingerprint
from emofusion.gpus import visible_gpus
from emofusion.plan import RESULT_FILES, SYNTHETIC_GLOVE, SYNTHETIC_RELEASE, read_plan
from emofusion.provenance import code_fingerprint, content_hash
from emofusion.reporting.explorer.page import fingerprint as page_fingerprint
from emofusion.runs import RUN as RUN_FOLDER
from emofusion.runs import HISTORY, NOTED, PREDICTIONS, RECORD, WEIGHTS, run_file


def under_results(path):
    """A path below the results, or several, as rules name them."""
    if isinstance(path, str):
        return f"<results>/{path}"
    return [under_results(one) for one in path]


def on_disk(path):
    """A path of a rule as Snakemake resolves it; to be called while rules are read."""
    return Path(workflow.pathvars.apply(workflow.modifier.modify_path(path)))


try:
    plan = read_plan(settings, on_disk("<results>"))
    sessions = [] if plan.prepared() else plan.sessions()
except DataError as error:
    raise WorkflowError(str(error)) from None
OWN = settings.own_features()
RELEASE = under_results(SYNTHETIC_RELEASE)
RUN = under_results(RUN_FOLDER)
RESULTS = {name: under_results(path) for name, path in RESULT_FILES.items()}
# What all tables say of the results in addition to their numbers.
ABOUT_RESULTS = plan.about_results(paper)
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


def code(script, *definitions):
    """Fingerprint of a script in workflow_scripts/, of the package's modules that it imports, and of
    the files of what it finds by name."""
    path = Path(workflow.source_path(f"../workflow_scripts/{script}"))
    modules = {one.module for one in definitions if one.module}
    files = {one.path for one in definitions if not one.module}
    return code_fingerprint(path, sorted(modules), sorted(files))


def unrecorded(value):
    """A parameter that does not count; of a function the value when the job starts."""
    return lambda wildcards, output: value(wildcards) if callable(value) else value


def growing(amount, unit):
    """A resource that grows with each attempt: a job that needed more gets it when it is tried again."""
    return lambda wildcards, attempt: f"{amount * attempt}{unit}"


DEVICE = unrecorded(settings.device)
EXTENSIONS = unrecorded(settings.files())
CORPUS = unrecorded(lambda wildcards: str(plan.corpus_folder))


# Corpus and features


def session_files(wildcards):
    """What the workflow itself makes of a session: all of a synthetic one, nothing of a real one."""
    return f"{RELEASE}/Session{wildcards.session}" if plan.synthetic() else []


def session_content(modalities):
    """Fingerprint of those files of a session that count: t labels and transcripts, v videos, a sounds."""
    return lambda wildcards: plan.session_content(wildcards.session, modalities)


def folds_content(wildcards):
    """Fingerprint of the prepared folds."""
    return folds_fingerprint(Path(settings.corpus))


def prepared_folds():
    """Numbers of the prepared folds that are there: all are converted, whichever are run."""
    return list(fold_folders(Path(settings.corpus)))


def shards(name):
    """One file of every session."""
    return [f"<results>/shards/session{session}/{name}" for session in sessions]


def modality_shards(wildcards):
    """The feature files of the sessions, and the manifests that count."""
    name = wildcards.modality
    return {
        "features": ancient(shards(f"{name}.h5")),
        "manifests": shards(f"{name}.json"),
    }


def extractor_settings(name):
    """Settings of an extractor; files of its own are read only where it runs."""
    return lambda wildcards: plan.recorded_settings(name)


def extractor_files(name):
    """Local files that an extractor reads (unrecorded)."""
    return unrecorded(lambda wildcards: plan.extractor_files(name))


def own_content(wildcards):
    """Fingerprint of the user's file of a modality, wherever it is."""
    return content_hash(Path(OWN[wildcards.modality]))


def glove_file(wildcards):
    """Word vectors, where the workflow makes them."""
    return under_results(SYNTHETIC_GLOVE) if plan.synthetic() else []


def glove_path(wildcards, output):
    """File of the word vectors, empty if none is needed (unrecorded)."""
    return str(plan.results / SYNTHETIC_GLOVE) if plan.synthetic() else plan.glove()


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
    """Fingerprint of training, of the one model that is trained, and of what selects its best check."""
    model = settings.registry()[wildcards.model]
    return code("training/train.py", model, *plan.selecting_metric(wildcards.model))


def seed_files(name, seeds):
    """One file of each of the runs that share a job."""
    return expand(f"{RUN}/{name}", seed=seeds, allow_missing=True)


def run_seeds(wildcards, output):
    """Seeds of a job, from the names of its folders (unrecorded)."""
    return [
        int(Path(path).parent.name.partition("_seed")[2]) for path in output.predictions
    ]


# Evaluation and reporting


def runs_of(name, systems=None):
    """One file of every run of some systems."""
    return under_results(plan.run_files(name, systems))


def attended():
    """The wildcards of the first run whose attention is shown: all read the same features."""
    return Namespace(**plan.attention_runs()[0])


def attention_files(name):
    """One file of each run whose attention is shown."""
    return under_results(run_file(key, name) for key in plan.word_attention_runs())


def reported(path, category, title, caption):
    """An output that Snakemake's HTML report shows."""
    return report(path, caption=caption, category=category, labels={"what": title})


def caption(definition):
    """File with the caption of a table or figure: in captions/, or next to a file outside the package."""
    if definition.module:
        return workflow.source_path(f"captions/{definition.name}.rst")
    path = definition.path.with_name(f"{definition.name}.rst").resolve()
    if not path.is_file():
        raise WorkflowError(
            f"{path}: no such file; expected the caption of {definition.name}, which "
            f"{definition.path} defines"
        )
    return str(path)


EXCLUSIONS = reported(
    "<results>/corpus/exclusions.csv",
    "Corpus",
    "What was left out, and why",
    "captions/exclusions.rst",
)


def captions():
    """{figure: its caption}: one text for the report in print and for Snakemake's."""
    return {
        name: Path(caption(one)).read_text("utf-8")
        for name, one in plan.figures().items()
    }


def figures(*kinds):
    """Files of all figures that can be drawn."""
    return [
        f"<results>/figures/{name}.{kind}" for name in plan.figures() for kind in kinds
    ]


def tables(*kinds):
    """Files of all tables that have rows."""
    return [
        f"<results>/tables/{name}.{kind}" for name in plan.tables() for kind in kinds
    ]


def figure_files(name, definition):
    """A figure for print and for the HTML report."""
    path = f"<results>/figures/{name}"
    title = definition.facts["title"] or name
    svg = reported(f"{path}.svg", "Figures", title, caption(definition))
    return [f"{path}.pdf", svg]


def table_files(name, definition):
    """Renderings of a table by kind."""
    path = f"<results>/tables/{name}"
    title = definition.facts["title"] or name
    html = reported(f"{path}.html", "Tables", title, caption(definition))
    return {"tex": f"{path}.tex", "txt": f"{path}.txt", "html": html}


def files_of(definition):
    """{name: files} that a table or figure reads."""
    return {
        name: under_results(paths) for name, paths in plan.files_of(definition).items()
    }


def embedded_corpus():
    """What the page holds of a synthetic corpus; others have licences, so that it is served beside the page."""
    if not plan.synthetic():
        return {}
    texts = "text" in plan.used_names()
    words = {"words": ancient("<results>/features/text.h5")} if texts else {}
    return {"release": [f"{RELEASE}/Session{session}" for session in sessions]} | words
