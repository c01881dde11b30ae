"""Functions that give the rules their inputs and parameters, from the plan of the configuration.

A rule's parameters hold everything that its output depends on, so that a change reruns it. A value that must not
cause a rerun (the folder of the corpus, the device, the seeds that share a job) comes from `unrecorded`: a function
that takes `output`, whose value Snakemake does not record.

Other projects can use these rules as a module. Therefore files of the repository are found with workflow.source_path(),
relative to the file that calls it, and files that the workflow makes by the paths that Snakemake passes to a rule.
"""

from argparse import Namespace

from emofusion.gpus import visible_gpus
from emofusion.plan import SYNTHETIC_GLOVE, SYNTHETIC_RELEASE, read_plan
from emofusion.provenance import code_fingerprint, content_hash
from emofusion.reporting.explorer.page import fingerprint as page_fingerprint
from emofusion.runs import HISTORY, OUTCOME, PREDICTIONS, RECORD, RUN, WEIGHTS, run_file


def under_results(path):
    """A path with `<results>/` in front; or a list of such paths, or a dictionary of them."""
    if isinstance(path, str):
        return f"<results>/{path}"
    if isinstance(path, dict):
        return {name: under_results(one) for name, one in path.items()}
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
RESULTS = under_results(plan.result_files())
ABOUT_RESULTS = plan.about_results(paper)
# GPUs that a job requests if it can use one; none with device=cpu, since a cluster may have no GPU.
GPUS = 0 if settings.device == "cpu" else 1
# Without a scheduler (which has nodes, and counts GPUs itself) at most one job per GPU of this machine, unless
# --resources gpu=N says otherwise: jobs that share a GPU would each assume that all of its memory is free.
if (
    visible_gpus()
    and "gpu" not in workflow.global_resources
    and workflow.resource_settings.nodes is None
):
    workflow.global_resources["gpu"] = len(visible_gpus())


def code(script, *definitions):
    """Fingerprint of a script in workflow_scripts/, of the package's modules that it imports, and of
    the files with the given definitions, such as the model that is trained."""
    path = Path(workflow.source_path(f"../workflow_scripts/{script}"))
    modules = {one.module for one in definitions if one.module}
    files = {one.path for one in definitions if not one.module}
    return code_fingerprint(path, sorted(modules), sorted(files))


def unrecorded(value):
    """A parameter whose change reruns nothing; a function is called with the wildcards of the job."""
    return lambda wildcards, output: value(wildcards) if callable(value) else value


def growing(amount, unit):
    """A resource that grows with each attempt: a job that needed more gets it when it is tried again."""
    return lambda wildcards, attempt: f"{amount * attempt}{unit}"


def late(function, *arguments):
    """A value that is worked out only if the workflow needs a job of its rule, not while rules are read."""
    return lambda wildcards: function(*arguments)


DEVICE = unrecorded(settings.device)
EXTENSIONS = unrecorded(settings.files())
CORPUS = unrecorded(late(lambda: str(plan.corpus_folder)))
CORPUS_GIVEN = unrecorded(late(lambda: str(plan.corpus_given)))
GLOVE = unrecorded(late(plan.glove_path))
# Word vectors, where the workflow makes them.
MADE_GLOVE = under_results(SYNTHETIC_GLOVE) if plan.synthetic() else []


# Corpus and features


def session_files(wildcards):
    """Folder of a synthetic session, which the workflow makes; nothing for a real corpus."""
    return f"{RELEASE}/Session{wildcards.session}" if plan.synthetic() else []


def session_content(modalities):
    """Fingerprint of the files of a session: t labels and transcripts, v videos, a sounds; any of them together."""
    return lambda wildcards: plan.session_content(wildcards.session, modalities)


def shards(name):
    """One file of every session."""
    return [f"<results>/shards/session{session}/{name}" for session in sessions]


def modality_shards(wildcards):
    """The feature files of the sessions, and their manifests; only a changed manifest causes a rerun."""
    name = wildcards.modality
    return {
        "features": ancient(shards(f"{name}.h5")),
        "manifests": shards(f"{name}.json"),
    }


def own_content(wildcards):
    """Fingerprint of the user's file of a modality, wherever it is."""
    return content_hash(Path(OWN[wildcards.modality]))


# Training


def feature_names(wildcards):
    """Names of the feature files that a system reads."""
    return plan.feature_names(wildcards.model, wildcards.modalities)


def feature_files(wildcards):
    """Feature files of a system: made if missing; a newer modification time reruns nothing."""
    return [
        ancient(f"<results>/features/{name}.h5") for name in feature_names(wildcards)
    ]


def joined_files(wildcards):
    """The sessions' files that the joined feature files of a system link to."""
    names = plan.sharded_names(wildcards.model, wildcards.modalities)
    return [ancient(path) for name in names for path in shards(f"{name}.h5")]


def manifests(wildcards):
    """Manifests of those feature files, with the hash of their content.

    A feature file that was rebuilt with the same content retrains nothing. (Snakemake still reruns all later jobs in
    the invocation that rebuilds it, unless that invocation requests only this file.)
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
    return expand(under_results(f"{RUN}/{name}"), seed=seeds, allow_missing=True)


# Evaluation and reporting


def runs_of(name, systems=None):
    """One file of every run of some systems."""
    return under_results(plan.run_files(name, systems))


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


def figures(*kinds):
    """Files of all figures that can be drawn."""
    return expand("<results>/figures/{name}.{kind}", name=plan.figures(), kind=kinds)


def tables(*kinds):
    """Files of all tables that have rows."""
    return expand("<results>/tables/{name}.{kind}", name=plan.tables(), kind=kinds)


EXCLUSIONS = reported(
    "<results>/corpus/exclusions.csv",
    "Corpus",
    "What was left out, and why",
    "captions/exclusions.rst",
)


def rendered(definition, folder, *kinds):
    """Files of a table or figure by kind; Snakemake's HTML report shows the last one."""
    files = {kind: f"<results>/{folder}/{definition.name}.{kind}" for kind in kinds}
    title, shown = definition.facts["title"] or definition.name, kinds[-1]
    last = reported(files[shown], folder.capitalize(), title, caption(definition))
    return files | {shown: last}
