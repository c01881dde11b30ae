"""The configured runs, and what each rule reads and depends on.

A rule's parameters hold what its output depends on, so that a change reruns it. What must reach a script
without counting (where a corpus lies, the device, which seeds share a job) comes from a function that takes
`output` as well: Snakemake holds its value for derived and does not record it. Those are marked "unrecorded".

Other projects use these rules as a module: files of the repository are found by workflow.source_path(), from the file
at hand, and files that the workflow makes by the paths that Snakemake gives a rule (a module may have a prefix).
"""

import csv
from argparse import Namespace
from collections import Counter

from emofusion.config import MACHINE, differing_settings
from emofusion.corpora.folds import fold_folders, folds_fingerprint
from emofusion.corpora.release import release_root, session_fingerprint, sessions
from emofusion.gpus import visible_gpus
from emofusion.modalities import MODALITIES
from emofusion.provenance import code_fingerprint, content_hash

SYNTHETIC = settings.source == "synthetic"
PREPARED = settings.source == "yoon"
FULL_RELEASE = settings.source == "iemocap" and settings.expected_counts == "iemocap"
OWN = settings.own_features()
SYNTHETIC_RELEASE = "synthetic/IEMOCAP_full_release"
SYNTHETIC_GLOVE = "synthetic/glove.txt"
RELEASE = f"<results>/{SYNTHETIC_RELEASE}"
GLOVE = f"<results>/{SYNTHETIC_GLOVE}"
RUN = "<results>/runs/{model}/{modalities}/fold{fold}_seed{seed}"
RUN_FILES = ["predictions.csv", "history.csv", "metrics.json", "config.yaml"]
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
    return range(1, 6) if SYNTHETIC else sessions(release_root(Path(settings.corpus)))


def session_files(wildcards):
    """What the workflow itself makes of a session: all of a synthetic one, nothing of a real one."""
    return f"{RELEASE}/Session{wildcards.session}" if SYNTHETIC else []


def corpus_root(wildcards, output):
    """Folder of the corpus (unrecorded)."""
    if SYNTHETIC:  # what is made of a session: <results>/shards/session1/...
        return Path(output[0]).parents[2] / SYNTHETIC_RELEASE
    return Path(settings.corpus)


def session_content(modalities):
    """Fingerprint of those files of a real session that count: t labels and transcripts, v videos, a sounds.

    A synthetic session is watched through the files that lead here.
    """

    def value(wildcards):
        if SYNTHETIC:
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


def class_settings():
    """Which classes are told apart."""
    return {"labels": settings.labels, "min_class_size": settings.min_class_size}


def all_splits():
    """The tables of the folds that are run."""
    return [f"<results>/splits/fold{fold}.csv" for fold in settings.folds]


# Features


def extractor_settings(modality):
    """Settings of an extractor; `max_length` matters to training alone, `min_coverage` to no value."""
    given = getattr(settings.features, modality)
    others = {"max_length", "min_coverage"}
    return {} if isinstance(given, str) else given.model_dump(exclude=others)


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
    return extractor_settings("vision")["weights"]


def vision_settings(wildcards):
    """Settings of the vision extractor; of a file with weights its content counts, not its place."""
    file = Path(extractor_settings("vision")["weights"])
    changed = {"weights": content_hash(file)} if file.is_file() else {}
    return extractor_settings("vision") | changed


def glove_file(wildcards):
    """Word vectors, where the workflow makes them."""
    return GLOVE if SYNTHETIC else []


def glove_path(wildcards, output):
    """File of the word vectors, empty if none is needed (unrecorded)."""
    if SYNTHETIC:  # what is made with them: <results>/features/text.h5
        return str(Path(output[0]).parents[1] / SYNTHETIC_GLOVE)
    return real_glove()


def real_glove():
    """File of the user's word vectors, empty if none is needed."""
    return settings.glove if "t" in settings.raw_modalities() else ""


def min_coverage(wildcards, output):
    """Share of the tokens that must have a vector (unrecorded: the start checks features that are there)."""
    return getattr(settings.features.text, "min_coverage", None)


def glove_content(wildcards):
    """Fingerprint of the user's word vectors; synthetic ones are watched as an input."""
    return "" if SYNTHETIC or not real_glove() else content_hash(Path(real_glove()))


# Training


def used_names():
    """Names of the modalities that any system uses."""
    return [MODALITIES[letter] for letter in settings.used_modalities()]


def used_sets():
    """The modality sets of all systems."""
    return list(dict.fromkeys(modalities for _, modalities in settings.systems()))


def modality_names(wildcards):
    """Names of a system's modalities."""
    return [MODALITIES[letter] for letter in wildcards.modalities]


def feature_names(wildcards):
    """Names of the feature files that a system reads."""
    reads_prosody = settings.reads_prosody(wildcards.model, wildcards.modalities)
    return modality_names(wildcards) + (["prosody"] if reads_prosody else [])


def feature_files(wildcards):
    """Feature files of a system: made when missing, but it is their content that counts."""
    return [
        ancient(f"<results>/features/{name}.h5") for name in feature_names(wildcards)
    ]


def joined_files(wildcards):
    """The shards that those files show."""
    sharded = [] if PREPARED else {"audio", "vision", "prosody"} - OWN.keys()
    names = [name for name in feature_names(wildcards) if name in sharded]
    return [ancient(path) for name in names for path in shards(f"{name}.h5")]


def manifests(wildcards):
    """Their manifests, with the hash of the content: a file that was rebuilt equal retrains nothing.

    (In the invocation that rebuilds it Snakemake runs all that follows; asked for alone, it does not.)
    """
    return [f"<results>/features/{name}.json" for name in feature_names(wildcards)]


def max_length(model, name):
    """Time steps that a model reads of a modality at most; None: as one's own file says."""
    own = settings.model_settings.get(model)
    limits = [own.lengths[name]] if own and name in own.lengths else []
    if name not in OWN:
        limits.append(getattr(settings.features, name).max_length)
    return min(limits, default=None)


def run_settings(wildcards):
    """The part of the configuration that decides a run, as plain values."""
    model, names = wildcards.model, modality_names(wildcards)
    sizes = settings.sizes_of(model)
    if settings.is_paper_s(model):
        switch = settings.switch("text_dropout") if "text" in names else 0.0
        sizes.setdefault("text_dropout", switch)
    return {
        "labels": settings.labels,
        "dtype": settings.switch("dtype"),
        "standardize_audio": "audio" in names and settings.switch("standardize_audio"),
        "lengths": {name: max_length(model, name) for name in names},
        "architecture": sizes,
        "training": settings.training_of(model),
    }


def model_code(wildcards):
    """Fingerprint of training and of the one model that is trained."""
    entry = settings.registry()[wildcards.model]
    inside = [entry.module] if entry.module else []
    outside = [] if inside else [entry.path]
    return code_fingerprint(script_file("train.py"), inside, outside)


def model_files(wildcards, output):
    """Model files outside the package (unrecorded)."""
    return settings.model_files


def seed_chunks():
    """The seeds, as they share jobs."""
    size = settings.seeds_per_job
    return [
        settings.seeds[start : start + size]
        for start in range(0, len(settings.seeds), size)
    ]


def kept(seeds):
    """Those seeds whose best weights stay."""
    chosen = {"none": [], "first": settings.seeds[:1], "all": settings.seeds}
    return [seed for seed in seeds if seed in chosen[settings.keep_weights]]


def run_seeds(wildcards, output):
    """Seeds of a job, from the names of its folders (unrecorded)."""
    return [
        int(Path(path).parent.name.partition("_seed")[2]) for path in output.predictions
    ]


# Evaluation


def corpus_reports():
    """What is known of the corpus beside its tables."""
    golden = ["<results>/corpus/golden.csv"] if FULL_RELEASE else []
    return [*golden, "<results>/splits/leakage.csv"]


def configured_runs(systems):
    """Key of every run of some systems, in the order of the configuration."""
    return [
        {"model": model, "modalities": modalities, "fold": fold, "seed": seed}
        for model, modalities in systems
        for fold in settings.folds
        for seed in settings.seeds
    ]


def missing_runs():
    """Keys of the runs that are not there, where results shall do without them."""
    if settings.statistics.missing_runs == "train":
        return []
    keys = configured_runs(settings.systems())
    missing = [key for key in keys if not all(map(Path.is_file, files_of_run(key)))]
    if len(missing) == len(keys):
        raise WorkflowError(
            "statistics.missing_runs: no run of this configuration is in "
            f"{on_disk('<results>/runs')}; train some first"
        )
    return missing


def files_of_run(key):
    """The files that every run leaves, as they lie on the disk."""
    return [on_disk(f"{RUN}/{name}".format(**key)) for name in RUN_FILES]


def on_disk(path):
    """A path of a rule as Snakemake resolves it; to be called while rules are read."""
    return Path(workflow.pathvars.apply(workflow.modifier.modify_path(path)))


MISSING = missing_runs()


def run_keys(systems):
    """Key of every run of some systems that results stand on."""
    return [key for key in configured_runs(systems) if key not in MISSING]


def runs_of(name, systems):
    """One file of every run of some systems, in the order of run_keys()."""
    return [f"{RUN}/{name}".format(**key) for key in run_keys(systems)]


def has_weights(key):
    """Whether the weights of a run are kept, or were."""
    if settings.statistics.missing_runs != "train":
        return on_disk(f"{RUN}/weights.pt".format(**key)).is_file()
    return bool(kept([key["seed"]]))


def run_files():
    """All files of every run."""
    keys = run_keys(settings.systems())
    weights = [f"{RUN}/weights.pt".format(**key) for key in keys if has_weights(key)]
    return [*(runs_of(name, settings.systems()) for name in RUN_FILES), weights]


def run_systems():
    """Systems with a run that results stand on."""
    keys = run_keys(settings.systems())
    return list(dict.fromkeys((key["model"], key["modalities"]) for key in keys))


def systems_by_set():
    """{modality set: its models}."""
    models = {}
    for model, modalities in run_systems():
        models.setdefault(modalities, []).append(model)
    return models


def widest(systems):
    """Those systems that run on the widest of their modality sets."""
    most = max((modalities for _, modalities in systems), key=len, default="")
    return [system for system in systems if system[1] == most]


def self_and_cross():
    """The systems of figure 3, in its order."""
    names = ("self", "cross")
    return widest([s for name in names for s in run_systems() if s[0] == name])


def figure_systems():
    """Self and cross on their widest set; without them the first four systems."""
    return self_and_cross() or widest(run_systems())[:4]


def classes_figure():
    """The systems whose classes are drawn, and the order of these."""
    systems = widest(run_systems())
    return {
        "models": [model for model, _ in systems],
        "modalities": systems[0][1],
        "labels": settings.labels,
    }


def attention_runs():
    """Keys of the runs of self and cross that are looked into, one each, if weights are kept."""
    first = {"fold": settings.folds[0], "seed": settings.seeds[0]}
    keys = [key for key in run_keys(self_and_cross()) if has_weights(key)]
    return [key for key in keys if key.items() >= first.items()]


def figures():
    """The figures that can be drawn, for print and for the HTML report."""
    sets = [{s for m, s in run_systems() if m == name} for name in ("self", "cross")]
    wanted = {
        "confusion": True,
        "curves": True,
        "forest": set.intersection(*sets),
        "classes": True,
        "spread": True,
        "attention": attention_runs(),
    }
    return [
        f"<results>/figures/{name}.{kind}"
        for name in wanted
        for kind in ("pdf", "svg")
        if wanted[name]
    ]


def tables():
    """The tables that have rows, in all their renderings."""
    pairs = any(len(models) > 1 for models in systems_by_set().values())
    wanted = {
        "table1": settings.table1_systems(),
        "table2": settings.table2_systems(),
        "tests": pairs,
        "equivalence": pairs,
        "reproduction": True,
        "published": True,
    }
    return [
        f"<results>/tables/{name}.{kind}"
        for name in wanted
        for kind in ("tex", "txt", "html")
        if wanted[name]
    ]


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


def unlike_paper():
    """Scientific settings that differ from the paper's protocol."""
    return differing_settings(settings, paper)


RESULT_FILES = {
    "summary": "<results>/metrics/summary.csv",
    "floors": "<results>/metrics/floors.csv",
    "missing": "<results>/metrics/missing.csv",
}
# What all tables say of the results beside their numbers.
ABOUT_RESULTS = {
    "runs": len(settings.folds) * len(settings.seeds),
    "accept_missing": settings.statistics.missing_runs == "accept",
    "source": settings.source,
    "own_models": [
        name for name, entry in settings.registry().items() if not entry.module
    ],
    "unlike_paper": unlike_paper(),
}


# Report


def printed_files(paths, kind):
    """Those of some tables or figures that go into print."""
    return [path for path in paths if path.endswith(f".{kind}")]


def captions(paths):
    """{figure: its caption}: one text for the report in print and for Snakemake's."""
    names = [Path(path).stem for path in paths]
    files = {name: workflow.source_path(f"captions/{name}.rst") for name in names}
    return {name: Path(file).read_text("utf-8") for name, file in files.items()}


def report_settings():
    """The configuration, without paths and settings of the machine: the same hash everywhere."""
    given = settings.model_dump(exclude=MACHINE)
    features = {
        name: "own" if isinstance(value, str) else value
        for name, value in given["features"].items()
    }
    if features["vision"] != "own":
        features["vision"] |= vision_settings(None)
    return given | {"features": features} | settings.switches()


def show_results():
    """Print the tables that are there, and say where everything lies."""
    results = Path(settings.results)
    exclusions = results / "corpus/exclusions.csv"
    if exclusions.is_file():
        with exclusions.open(newline="", encoding="utf-8") as file:
            kinds = Counter(row["kind"] for row in csv.DictReader(file))
        counts = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
        print(f"Left out, each with a row in {exclusions}: {counts or 'nothing'}")
    golden = results / "corpus/golden.csv"
    if golden.is_file():
        print(f"Counts and lengths beside the known ones ({golden}):")
        print(golden.read_text(encoding="utf-8"))
    for name in ("table1", "table2", "tests"):
        path = results / f"tables/{name}.txt"
        if path.is_file():
            print(path.read_text(encoding="utf-8"))
    print(
        f"Tables: {results}/tables   figures: {results}/figures   runs: {results}/runs"
    )
