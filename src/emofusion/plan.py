"""What a configuration means: its systems and runs, what each reads, which outputs exist.

Neither Snakemake nor torch is needed. Paths are relative to the folder of the results; the rules
put `<results>/` in front.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from emofusion.config.differences import MACHINE, differing_settings
from emofusion.config.schema import Config, RegisteredExtractor, Text
from emofusion.corpora import Corpus
from emofusion.corpora.prepared.folds import fold_folders, folds_fingerprint
from emofusion.errors import DataError
from emofusion.modalities import MODALITIES, names_of
from emofusion.models import Entry
from emofusion.printed import CLAIMS, of_others
from emofusion.provenance import content_hash
from emofusion.registry import Definition, find
from emofusion.runs import RUN_FILES, WEIGHTS, RunKey, is_finished, run_file

System = tuple[str, str]
"""A model and the modality set that it runs on, such as ("self", "tva")."""

SYNTHETIC_RELEASE = "synthetic/IEMOCAP_full_release"
SYNTHETIC_GLOVE = "synthetic/glove.txt"
EXTRACTOR_OF = {"audio": "mfcc", "vision": "resnet", "prosody": "prosody"}
"""{feature file: its extractor}, where the configuration names none."""

RESULT_FILES = {
    "summary": "metrics/summary.csv",
    "floors": "metrics/floors.csv",
    "missing": "metrics/missing.csv",
}
"""{name: file} of what all tables read; `Plan.result_files` adds what people reach."""
READABLE_FILES = {
    "runs": "metrics/runs.csv",
    "cost": "metrics/cost.csv",
    "comparisons": "statistics/comparisons.csv",
    "verdicts": "statistics/verdicts.csv",
    "reproduction": "statistics/reproduction.csv",
    "published": "statistics/published.csv",
    "claims": "statistics/claims.csv",
    "selected": "corpus/selected.csv",
    "exclusions": "corpus/exclusions.csv",
    "leakage": "splits/leakage.csv",
}
"""{name: file} of what tables and figures can read; `Plan.files_of` knows lists of files too."""


@dataclass(frozen=True)
class Plan:
    """A configuration and the folder of its results.

    Attributes:
        config: the checked configuration.
        results: the folder, as found on the disk.
        missing: runs that are not there and are not trained (statistics.missing_runs: name or
            accept); empty with missing_runs: train.
    """

    config: Config
    results: Path
    missing: tuple[RunKey, ...] = ()

    # Corpus and features

    @cached_property
    def corpus(self) -> Corpus:
        """Facts about the corpus."""
        return self.config.corpus_entry()

    @cached_property
    def corpus_folder(self) -> Path:
        """The folder that the corpus's paths are relative to.

        Raises:
            DataError: it is not there.
        """
        if self.synthetic():
            return self.corpus_given
        return self.corpus.find(self.corpus_given)

    @property
    def corpus_given(self) -> Path:
        """What the corpus is read from: the path that `corpus` names."""
        if self.synthetic():
            return self.results / SYNTHETIC_RELEASE
        return Path(self.config.corpus or "")

    def sessions(self) -> list[str]:
        """The parts of the corpus that are read and extracted by separate jobs."""
        if self.synthetic():
            return [str(number) for number in range(1, self.corpus.n_sessions + 1)]
        return self.corpus.sessions(self.corpus_given)

    def session_content(self, session: str, modalities: str) -> str:
        """Fingerprint of a session's files: t labels and transcripts, v videos, a sounds.

        It is constant for the synthetic corpus, whose files Snakemake tracks as inputs.
        """
        if self.synthetic():
            return "synthetic"
        return self.corpus.fingerprint(self.corpus_given, session, modalities)

    def probe_settings(self) -> dict[str, Any]:
        """What decides which utterances can be used."""
        return {
            "labels": self.config.labels,
            "method": self.config.method,
            "modalities": self.config.raw_modalities(),
            "policy": self.config.exclusions.model_dump(),
            "framing": self.config.audio_framing(),
            "events": self.config.text_events(),
            "text_in_every_dialog": self.corpus.transcribed,
        }

    def synthetic(self) -> bool:
        """Whether the workflow makes the corpus itself."""
        return self.config.source == "synthetic"

    def prepared(self) -> bool:
        """Whether the corpus is the prepared folds, which bring their own features."""
        return self.config.source == "prepared"

    def full_release(self) -> bool:
        """Whether counts are compared with the known ones of the whole release."""
        return self.config.source == "iemocap" and self.config.expected_counts == "iemocap"

    def class_settings(self) -> dict[str, Any]:
        """The target classes."""
        return {"labels": self.config.labels, "min_class_size": self.config.min_class_size}

    def split_settings(self) -> dict[str, Any]:
        """How the corpus is cut into folds."""
        method = {"method": self.config.method}
        return self.class_settings() | method | self.config.splits.model_dump()

    def folds_content(self) -> str:
        """Hash of the lists that the folds are read from; empty if there are none."""
        if self.config.splits.folds is None:
            return ""
        lists = sorted(Path(self.config.splits.folds).glob(self.split_scheme().facts["lists"]))
        return hashlib.sha256("".join(map(content_hash, lists)).encode()).hexdigest()

    def splits(self) -> list[str]:
        """The tables of the folds that are run."""
        return [f"splits/fold{fold}.csv" for fold in self.config.folds]

    def is_rated(self) -> bool:
        """Whether single raters of the labels are known."""
        return self.config.label_column in self.corpus.rated

    def ratings_content(self) -> str:
        """Fingerprint of the ratings; constant for the synthetic corpus, an input of the rule."""
        if self.synthetic():
            return "synthetic"
        hashes = map(content_hash, self.corpus.rating_files(self.corpus_given))
        return hashlib.sha256("".join(hashes).encode()).hexdigest()

    def source_name(self) -> str:
        """Name of the corpus for the jobs that write tables and reports.

        A corpus of the package: `source`, whose title those jobs look up. One from outside the
        package: its title. The user's table: its file name without the ending.
        """
        if not self.corpus.definition.module:
            return self.corpus.title
        name = self.corpus_given.stem
        titled = self.corpus.definition.facts["title"] or name in find("CORPORA")
        return self.config.source if titled else name

    def split_scheme(self) -> Definition:
        """Facts about the scheme of the folds."""
        return find("SPLITS", self.config.extensions)[self.config.splits.scheme]

    def split_column(self) -> str:
        """The column with the groups that the folds keep together; empty: there is none."""
        grouped = "by" in self.split_scheme().facts["settings"].split()
        return self.config.splits.by if grouped else ""

    def audio_feature(self) -> list[str]:
        """The feature file of audio, if it is used."""
        return [name for name in self.used_names() if name == MODALITIES["a"]]

    def corpus_reports(self) -> list[str]:
        """Facts about the corpus in addition to its tables."""
        counts = ["corpus/golden.csv"] if self.full_release() else []
        return ["corpus/exclusions.csv", *counts, "splits/leakage.csv"]

    def extractor_of(self, name: str) -> Definition:
        """Facts about the extractor of a feature file."""
        given = getattr(self.config.features, name, None)
        chosen = given.extractor if isinstance(given, RegisteredExtractor) else EXTRACTOR_OF[name]
        return find("EXTRACTORS", self.config.extensions)[chosen]

    def letter_of(self, name: str) -> str:
        """Letter of the files of a session that an extractor reads."""
        return next((one for one, modality in MODALITIES.items() if modality == name), "a")

    def extractor_settings(self, name: str) -> dict[str, Any]:
        """Settings of an extractor that its output depends on; none for the user's own features.

        `max_length` matters only to training, `min_coverage` changes no value.
        """
        given = getattr(self.config.features, name)
        if isinstance(given, RegisteredExtractor):
            return self.extractor_of(name).facts["settings"] | given.own_settings()
        others = {"max_length", "min_coverage"}
        return {} if isinstance(given, str | bool) else given.model_dump(exclude=others)

    def extractor_files(self, name: str) -> dict[str, str]:
        """Those settings that name a local file."""
        given = self.extractor_settings(name)
        registered = isinstance(getattr(self.config.features, name), RegisteredExtractor)
        keys = given if registered else given.keys() & {"weights"}
        texts = {key: given[key] for key in keys if isinstance(given[key], str)}
        return {key: file for key, file in texts.items() if Path(file).is_file()}

    def recorded_settings(self, name: str) -> dict[str, Any]:
        """The settings of an extractor; of a local file the content, not the path."""
        files = self.extractor_files(name).items()
        hashes = {key: content_hash(Path(file)) for key, file in files}
        return self.extractor_settings(name) | hashes

    def min_coverage(self) -> float | None:
        """Share of the tokens that must have a word vector; None: no demand."""
        text = self.config.features.text
        return text.min_coverage if isinstance(text, Text) else None

    def extracts_words(self) -> bool:
        """Whether text is word vectors that the workflow looks up."""
        return isinstance(self.config.features.text, Text)

    def glove(self) -> str:
        """The user's file of word vectors, empty if none is needed."""
        raw = self.config.raw_modalities()
        needed = not self.synthetic() and "t" in raw and self.extracts_words()
        return (self.config.glove or "") if needed else ""

    def glove_path(self) -> str:
        """File of the word vectors, the user's or made by the workflow; empty if none is needed."""
        return str(self.results / SYNTHETIC_GLOVE) if self.synthetic() else self.glove()

    def glove_content(self) -> str:
        """Fingerprint of the user's word vectors; synthetic ones are watched as an input."""
        return content_hash(Path(self.glove())) if self.glove() else ""

    def prepared_folds(self) -> list[int]:
        """Numbers of the prepared folds that are there: all are converted, whichever are run."""
        return list(fold_folders(self.corpus_folder))

    def prepared_content(self) -> str:
        """Fingerprint of the prepared folds."""
        return folds_fingerprint(self.corpus_folder)

    def used_names(self) -> list[str]:
        """Names of the modalities that any system uses."""
        return self.names_of(self.config.used_modalities())

    def names_of(self, modalities: str) -> list[str]:
        """Names of the modalities of a set: "ta" gives ["text", "audio"]."""
        return names_of(modalities, self.further(modalities))

    def further(self, modalities: str) -> dict[str, str]:
        """{letter: name} of those modalities of a set that are not the paper's."""
        names = self.config.modality_names()
        return {letter: names[letter] for letter in modalities if letter not in MODALITIES}

    def used_sets(self) -> dict[str, list[str]]:
        """{modality set: names of its modalities} of all systems."""
        return {modalities: self.names_of(modalities) for _, modalities in self.config.systems()}

    def feature_names(self, model: str, modalities: str) -> list[str]:
        """Names of the feature files that a system reads."""
        prosody = self.config.reads_prosody(model, modalities)
        return self.names_of(modalities) + (["prosody"] if prosody else [])

    def read_names(self) -> list[str]:
        """Names of the feature files that any system reads."""
        read = [name for system in self.systems() for name in self.feature_names(*system)]
        return list(dict.fromkeys(read))

    def sharded_names(self, model: str, modalities: str) -> list[str]:
        """The feature files of a system that are joined from one shard per session."""
        names = self.feature_names(model, modalities)
        return [] if self.prepared() else [name for name in names if name in self.sharded()]

    def sharded(self) -> list[str]:
        """The feature files that can be extracted session by session."""
        own = self.config.own_features()
        names = ["audio", "vision", "prosody", *([] if self.extracts_words() else ["text"])]
        return [name for name in names if name not in own]

    # Training

    def max_length(self, model: str, name: str) -> int | None:
        """Time steps of a modality that a model reads at most; None: as the user's file says."""
        own = self.config.model_settings.get(model)
        limits = [own.lengths[name]] if own and name in own.lengths else []
        if name in MODALITIES.values() and name not in self.config.own_features():
            longest = getattr(self.config.features, name).max_length
            limits += [] if longest is None else [longest]
        return min(limits, default=None)

    def run_settings(self, model: str, modalities: str) -> dict[str, Any]:
        """The part of the configuration that decides a run, as plain values."""
        config, names = self.config, self.names_of(modalities)
        sizes: dict[str, Any] = config.sizes_of(model)
        further = [config.further_modalities[letter] for letter in self.further(modalities)]
        if config.in_paper_family(model):
            switch = config.switch("text_dropout") if "text" in names else 0.0
            sizes.setdefault("text_dropout", switch)
            if steps := {one.name: one.steps for one in further if one.steps}:
                sizes["further_steps"] = steps
        more = {
            "further_modalities": self.further(modalities),
            "standardize": [one.name for one in further if one.standardize],
        }
        return {
            "labels": config.labels,
            "dtype": config.switch("dtype"),
            "standardize_audio": "audio" in names and config.switch("standardize_audio"),
            "lengths": {name: self.max_length(model, name) for name in names},
            "architecture": sizes,
            "training": config.training_of(model),
            **{key: value for key, value in more.items() if value},
        }

    def votes(self, model: str) -> list[str]:
        """The file of the votes that a model's targets are made from; none for hard labels."""
        return ["corpus/votes.csv"] if self.config.training_of(model)["loss"] == "soft" else []

    def floor_lengths(self) -> dict[str, int | None]:
        """Time steps that the floor classifiers see of each modality: those of `self`."""
        return {name: self.max_length("self", name) for name in self.used_names()}

    def seed_chunks(self) -> list[list[int]]:
        """The seeds of each job, in chunks of `seeds_per_job`."""
        seeds, size = self.config.seeds, self.config.seeds_per_job
        return [seeds[start : start + size] for start in range(0, len(seeds), size)]

    def kept(self, seeds: Iterable[int]) -> list[int]:
        """Those seeds whose best weights are kept."""
        every = self.config.seeds
        chosen = {"none": [], "first": every[:1], "all": every}[self.config.keep_weights]
        return [seed for seed in seeds if seed in chosen]

    # Runs

    def runs(self, systems: Iterable[System] | None = None) -> list[RunKey]:
        """Keys of the runs that results are made of, in the order of the configuration.

        Args:
            systems: only runs of these; default: all systems.
        """
        chosen = self.config.systems() if systems is None else systems
        return [key for key in configured_runs(self.config, chosen) if key not in self.missing]

    def run_files(self, name: str, systems: Iterable[System] | None = None) -> list[str]:
        """One file of each run, in the order of runs()."""
        return [run_file(key, name) for key in self.runs(systems)]

    def all_run_files(self) -> list[str]:
        """Every file of every run."""
        weights = [run_file(key, WEIGHTS) for key in self.runs() if self.has_weights(key)]
        return [path for name in RUN_FILES for path in self.run_files(name)] + weights

    def has_weights(self, key: RunKey) -> bool:
        """Whether the weights of a run are kept, or were."""
        if self.config.statistics.missing_runs != "train":
            return (self.results / run_file(key, WEIGHTS)).is_file()
        return bool(self.kept([key["seed"]]))

    def systems(self) -> list[System]:
        """Systems with a run that results are made of."""
        return list(dict.fromkeys((key["model"], key["modalities"]) for key in self.runs()))

    # Results

    def result_files(self) -> dict[str, str]:
        """{name: file} of what all tables read."""
        return RESULT_FILES | ({"humans": "metrics/humans.csv"} if self.is_rated() else {})

    def self_and_cross(self) -> list[System]:
        """The systems of the paper's figure 3, in its order."""
        there = self.systems()
        return widest([s for name in ("self", "cross") for s in there if s[0] == name])

    def figure_systems(self) -> list[System]:
        """Self and cross on their widest set; else the first four systems on the widest set."""
        pair = self.self_and_cross()
        return pair if len(pair) == 2 else widest(self.systems())[:4]

    def attention_runs(self) -> list[RunKey]:
        """Runs whose attention is drawn: of the first fold and seed, if weights were kept."""
        fold, seed = self.config.folds[0], self.config.seeds[0]
        keys = self.runs(self.self_and_cross())
        return [k for k in keys if (k["fold"], k["seed"]) == (fold, seed) and self.has_weights(k)]

    def attention_models(self) -> list[Entry]:
        """The models whose attention is drawn."""
        return [self.config.registry()[model] for model in ("self", "cross")]

    def word_attention_runs(self) -> list[RunKey]:
        """Runs whose attention over words the page shows: those of the first seed in every fold."""
        if not self.attention_runs():
            return []
        keys = self.runs(self.self_and_cross())
        return [k for k in keys if k["seed"] == self.config.seeds[0] and self.has_weights(k)]

    def metrics(self) -> list[Definition]:
        """The metrics of every run."""
        return list(find("METRICS", self.config.extensions).values())

    def selecting_metric(self, model: str) -> list[Definition]:
        """The registered metric that selects the best check of a model, if one does."""
        name = self.config.training_of(model)["select_on"]
        return [one for one in self.metrics() if one.name == name and one.facts["selects"]]

    def tests(self) -> list[Definition]:
        """The tests of every comparison, in their order."""
        known = find("TESTS", self.config.extensions).values()
        return sorted(known, key=lambda one: one.facts["order"])

    def figures(self) -> dict[str, Definition]:
        """{name: definition} of the figures that can be drawn, in their order."""
        return self._makeable("FIGURES")

    def tables(self) -> dict[str, Definition]:
        """{name: definition} of the tables that have rows, in their order."""
        return self._makeable("TABLES")

    def _makeable(self, kind: str) -> dict[str, Definition]:
        """Definitions that have content, in order; those from outside the package last."""
        known, conditions = find(kind, self.config.extensions), self._conditions()
        for name, one in known.items():
            if one.facts["needs"] not in ["", *conditions]:
                raise DataError(
                    f"{one.path}: {kind} needs {one.facts['needs']!r} for {name!r}, expected any "
                    f"of {', '.join(conditions)}, or nothing"
                )
        chosen = [one for one in known.values() if conditions.get(one.facts["needs"], True)]
        return {one.name: one for one in sorted(chosen, key=lambda one: one.facts["order"])}

    def _conditions(self) -> dict[str, bool]:
        """What a table or figure may need in order to have content."""
        sets = [modalities for _, modalities in self.systems()]
        asked = [{s for m, s in self.systems() if m == name} for name in ("self", "cross")]
        return {
            "table1": bool(self.config.table1_systems()),
            "table2": bool(self.config.table2_systems()),
            "pairs": len(set(sets)) < len(sets),
            "self_and_cross": bool(set.intersection(*asked)),
            "attention": bool(self.attention_runs()),
            "printed": self.corpus.printed,
            "claims": any({claim.a, claim.b} <= {*self.systems()} for claim in CLAIMS),
            "elsewhere": self._others_use_the_same_modalities(),
        }

    def setting(self) -> dict[str, Any]:
        """What decides whether results of others can be compared with ours."""
        splits, by = self.config.splits, self.split_column()
        scheme = f"{splits.scheme}:{by}" if by and splits.scheme == "group" else splits.scheme
        return {
            "corpus": self.config.source,
            "classes": len(self.config.labels),
            "scheme": scheme,
        }

    def _others_use_the_same_modalities(self) -> bool:
        """Whether someone published results on this corpus for a set of modalities that is run."""
        ours = {modalities for _, modalities in self.systems()}
        return any(row["modalities"] in ours for row in of_others(self.config.source))

    def table_texts(self) -> dict[str, tuple[int, str]]:
        """{table: (its number, what it is)}; a number stays where another table has no rows."""
        known = find("TABLES", self.config.extensions).values()
        order = [one.name for one in sorted(known, key=lambda one: one.facts["order"])]
        made = self.tables().items()
        return {name: (order.index(name) + 1, one.facts["says"]) for name, one in made}

    def files_of(self, definition: Definition) -> dict[str, str | list[str]]:
        """{name: file or files} that a table or figure reads."""
        found: dict[str, str | list[str]] = {}
        lists = {
            "splits": self.splits,
            "predictions": lambda: self.run_files("predictions.csv", self.figure_systems()),
            "histories": lambda: self.run_files("history.csv", self.figure_systems()),
        }
        for name in definition.facts["reads"].split():
            if name == "results":
                found |= self.result_files()
            elif name in lists:
                found[name] = lists[name]()
            else:
                found[name] = _known(READABLE_FILES, name, definition, "reads", ["results", *lists])
        return found

    def values_of(self, definition: Definition) -> dict[str, Any]:
        """{name: value} of the settings that a table or figure uses."""
        values: dict[str, Callable[[], Any]] = {
            "alpha": lambda: self.config.statistics.alpha,
            "setting": self.setting,
            "power": lambda: self.config.statistics.power,
            "labels": lambda: self.config.labels,
            "models": lambda: self.config.models,
            "modalities": lambda: self.config.modalities,
            "systems": self.figure_systems,
            "widest_systems": lambda: widest(self.systems()),
            "table2_systems": self.config.table2_systems,
        }
        used = definition.facts["uses"].split()
        return {name: _known(values, name, definition, "uses")() for name in used}

    def run_keys_of(self, definition: Definition) -> list[RunKey]:
        """The runs whose files a figure reads."""
        read = {"predictions", "histories"} & set(definition.facts["reads"].split())
        return self.runs(self.figure_systems()) if read else []

    def page_settings(self, paper: Mapping[str, Any]) -> dict[str, Any]:
        """What the page to explore shows; first_table, second_table: empty if it has no rows.

        Args:
            paper: content of the repository's config.yaml, the paper's protocol.
        """
        tables = self.tables()
        return {
            "results": self.about_results(paper),
            "metrics": [one.name for one in self.metrics()],
            "tests": {one.name: one.facts["title"] or one.name for one in self.tests()},
            "first_table": self.values_of(tables["table1"]) if "table1" in tables else {},
            "second_table": self.values_of(tables["table2"]) if "table2" in tables else {},
        }

    def about_results(self, paper: Mapping[str, Any]) -> dict[str, Any]:
        """What all tables say of the results in addition to their numbers.

        Args:
            paper: content of the repository's config.yaml, the paper's protocol.
        """
        registry = self.config.registry().items()
        further = self.further(self.config.used_modalities())
        return {
            "runs": len(self.config.folds) * len(self.config.seeds),
            "accept_missing": self.config.statistics.missing_runs == "accept",
            "source": self.source_name(),
            "printed": self.corpus.printed,
            "own_models": [name for name, entry in registry if not entry.module],
            "unlike_paper": differing_settings(self.config, paper),
            **({"further": further} if further else {}),
        }

    def report_settings(self) -> dict[str, Any]:
        """The configuration without paths and settings of the machine.

        Its hash, which the report prints, is the same on every machine.
        """
        given = self.config.model_dump(exclude=MACHINE) | {"source": self.source_name()}
        features = {
            name: "own" if isinstance(value, str) else value
            for name, value in given["features"].items()
        }
        if isinstance(features["vision"], dict):
            features["vision"] = features["vision"] | self.recorded_settings("vision")
        if further := given.pop("further_modalities"):
            # Where a file is changes nothing.
            others = {letter: {**one, "file": "own"} for letter, one in further.items()}
            given["further_modalities"] = others
        return given | {"features": features} | self.config.switches()


def read_plan(config: Config, results: Path) -> Plan:
    """The plan of a configuration; looks for missing runs if results are to be made without them.

    Args:
        config: the checked configuration.
        results: the folder of its results on the disk.

    Raises:
        DataError: results shall do without missing runs, and no run is there.
    """
    if config.statistics.missing_runs == "train":
        return Plan(config, results)
    keys = configured_runs(config, config.systems())
    missing = tuple(key for key in keys if not is_finished(results, key))
    if len(missing) == len(keys):
        raise DataError(
            "statistics.missing_runs: no run of this configuration is in "
            f"{results / 'runs'}; train some first"
        )
    return Plan(config, results, missing)


def configured_runs(config: Config, systems: Iterable[System]) -> list[RunKey]:
    """Key of every run of some systems, in the order of the configuration."""
    return [
        RunKey(model=model, modalities=modalities, fold=fold, seed=seed)
        for model, modalities in systems
        for fold in config.folds
        for seed in config.seeds
    ]


def widest(systems: Iterable[System]) -> list[System]:
    """Those systems that run on the widest modality set; of equally wide sets the first."""
    given = list(systems)
    most = max((modalities for _, modalities in given), key=len, default="")
    return [system for system in given if system[1] == most]


def _known(
    values: Mapping[str, Any],
    name: str,
    definition: Definition,
    fact: str,
    others: Iterable[str] = (),
) -> Any:
    """One of the things that a table or figure can ask for.

    Raises:
        DataError: it asks for something else.
    """
    if name not in values:
        raise DataError(
            f"{definition.path}: {definition.name} {fact} {name!r}, expected any of "
            f"{', '.join([*values, *others])}"
        )
    return values[name]
