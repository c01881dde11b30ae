"""What a configuration means: its systems and runs, what each reads, which outputs exist.

Neither Snakemake nor torch is needed. Paths are relative to the folder of the results; the rules
put `<results>/` in front.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from emofusion.config import MACHINE, Config, differing_settings
from emofusion.errors import DataError
from emofusion.modalities import MODALITIES
from emofusion.provenance import content_hash

System = tuple[str, str]
"""A model and the modality set that it runs on, such as ("self", "tva")."""

RUN = "runs/{model}/{modalities}/fold{fold}_seed{seed}"
RUN_FILES = ("predictions.csv", "history.csv", "metrics.json", "config.yaml")
WEIGHTS = "weights.pt"
SYNTHETIC_RELEASE = "synthetic/IEMOCAP_full_release"
SYNTHETIC_GLOVE = "synthetic/glove.txt"


class RunKey(TypedDict):
    """What tells a run from the others."""

    model: str
    modalities: str
    fold: int
    seed: int


def run_file(key: RunKey, name: str) -> str:
    """Path of a file of a run, relative to the results."""
    return f"{RUN.format(**key)}/{name}"


@dataclass(frozen=True)
class Plan:
    """A configuration and the folder of its results.

    Attributes:
        config: the checked configuration.
        results: the folder, as found on the disk.
        missing: runs that results do without (statistics.missing_runs); empty if they are trained.
    """

    config: Config
    results: Path
    missing: tuple[RunKey, ...] = ()

    # Corpus and features

    def synthetic(self) -> bool:
        """Whether the workflow makes the corpus itself."""
        return self.config.source == "synthetic"

    def prepared(self) -> bool:
        """Whether the corpus is the prepared folds, which bring their own features."""
        return self.config.source == "yoon"

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

    def splits(self) -> list[str]:
        """The tables of the folds that are run."""
        return [f"splits/fold{fold}.csv" for fold in self.config.folds]

    def corpus_reports(self) -> list[str]:
        """What is known of the corpus in addition to its tables."""
        golden = ["corpus/golden.csv"] if self.full_release() else []
        return ["corpus/exclusions.csv", *golden, "splits/leakage.csv"]

    def extractor_settings(self, modality: str) -> dict[str, Any]:
        """Settings of an extractor that its output depends on; none for the user's own features.

        `max_length` matters only to training, `min_coverage` changes no value.
        """
        given = getattr(self.config.features, modality)
        others = {"max_length", "min_coverage"}
        return {} if isinstance(given, str) else given.model_dump(exclude=others)

    def vision_settings(self) -> dict[str, Any]:
        """Settings of the vision extractor; of a file with weights the content, not the path."""
        given = self.extractor_settings("vision")
        file = Path(given["weights"])
        return given | {"weights": content_hash(file)} if file.is_file() else given

    def min_coverage(self) -> float | None:
        """Share of the tokens that must have a word vector; None: no demand."""
        return getattr(self.config.features.text, "min_coverage", None)

    def glove(self) -> str:
        """The user's file of word vectors, empty if none is needed."""
        needed = not self.synthetic() and "t" in self.config.raw_modalities()
        return (self.config.glove or "") if needed else ""

    def used_names(self) -> list[str]:
        """Names of the modalities that any system uses."""
        return [MODALITIES[letter] for letter in self.config.used_modalities()]

    def used_sets(self) -> list[str]:
        """The modality sets of all systems."""
        return list(dict.fromkeys(modalities for _, modalities in self.config.systems()))

    def feature_names(self, model: str, modalities: str) -> list[str]:
        """Names of the feature files that a system reads."""
        prosody = self.config.reads_prosody(model, modalities)
        return modality_names(modalities) + (["prosody"] if prosody else [])

    def sharded_names(self, model: str, modalities: str) -> list[str]:
        """Those of them whose files show files of the sessions."""
        sharded = {"audio", "vision", "prosody"} - self.config.own_features().keys()
        names = self.feature_names(model, modalities)
        return [] if self.prepared() else [name for name in names if name in sharded]

    # Training

    def max_length(self, model: str, name: str) -> int | None:
        """Time steps of a modality that a model reads at most; None: as the user's file says."""
        own = self.config.model_settings.get(model)
        limits = [own.lengths[name]] if own and name in own.lengths else []
        if name not in self.config.own_features():
            limits.append(getattr(self.config.features, name).max_length)
        return min(limits, default=None)

    def run_settings(self, model: str, modalities: str) -> dict[str, Any]:
        """The part of the configuration that decides a run, as plain values."""
        config, names = self.config, modality_names(modalities)
        sizes = config.sizes_of(model)
        if config.is_paper_s(model):
            switch = config.switch("text_dropout") if "text" in names else 0.0
            sizes.setdefault("text_dropout", switch)
        return {
            "labels": config.labels,
            "dtype": config.switch("dtype"),
            "standardize_audio": "audio" in names and config.switch("standardize_audio"),
            "lengths": {name: self.max_length(model, name) for name in names},
            "architecture": sizes,
            "training": config.training_of(model),
        }

    def floor_lengths(self) -> dict[str, int | None]:
        """Time steps that the floor classifiers see of each modality: those of `self`."""
        return {name: self.max_length("self", name) for name in self.used_names()}

    def seed_chunks(self) -> list[list[int]]:
        """The seeds, as they share jobs."""
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

    def self_and_cross(self) -> list[System]:
        """The systems of the paper's figure 3, in its order."""
        there = self.systems()
        return widest([s for name in ("self", "cross") for s in there if s[0] == name])

    def figure_systems(self) -> list[System]:
        """Self and cross on their widest set; without them the first four systems."""
        return self.self_and_cross() or widest(self.systems())[:4]

    def classes_figure(self) -> dict[str, Any]:
        """The systems whose classes are drawn, and the order of the classes."""
        systems = widest(self.systems())
        return {
            "models": [model for model, _ in systems],
            "modalities": systems[0][1],
            "labels": self.config.labels,
        }

    def attention_runs(self) -> list[RunKey]:
        """Runs whose attention is drawn: the first of self and of cross that kept its weights."""
        fold, seed = self.config.folds[0], self.config.seeds[0]
        keys = self.runs(self.self_and_cross())
        return [k for k in keys if (k["fold"], k["seed"]) == (fold, seed) and self.has_weights(k)]

    def word_attention_runs(self) -> list[RunKey]:
        """Runs whose attention over words the page shows: those of the first seed in every fold."""
        if not self.attention_runs():
            return []
        keys = self.runs(self.self_and_cross())
        return [k for k in keys if k["seed"] == self.config.seeds[0] and self.has_weights(k)]

    def figures(self) -> list[str]:
        """Names of the figures that can be drawn."""
        sets = [{s for m, s in self.systems() if m == name} for name in ("self", "cross")]
        wanted = {
            "confusion": True,
            "curves": True,
            "forest": set.intersection(*sets),
            "classes": True,
            "spread": True,
            "attention": self.attention_runs(),
        }
        return [name for name, has_content in wanted.items() if has_content]

    def tables(self) -> list[str]:
        """Names of the tables that have rows."""
        sets = [modalities for _, modalities in self.systems()]
        pairs = len(set(sets)) < len(sets)
        wanted = {
            "table1": self.config.table1_systems(),
            "table2": self.config.table2_systems(),
            "tests": pairs,
            "equivalence": pairs,
            "reproduction": True,
            "published": True,
        }
        return [name for name, has_rows in wanted.items() if has_rows]

    def table1_settings(self) -> dict[str, Any]:
        """What Table 1 shows."""
        return {
            "models": self.config.models,
            "modalities": self.config.modalities,
            "alpha": self.config.statistics.alpha,
        }

    def table2_settings(self) -> dict[str, Any]:
        """What Table 2 shows."""
        return {"systems": self.config.table2_systems()}

    def page_settings(self, paper: Mapping[str, Any]) -> dict[str, Any]:
        """What the page to explore shows; an empty table is one without rows.

        Args:
            paper: content of the repository's config.yaml, the paper's protocol.
        """
        tables = self.tables()
        return {
            "results": self.about_results(paper),
            "first_table": self.table1_settings() if "table1" in tables else {},
            "second_table": self.table2_settings() if "table2" in tables else {},
        }

    def about_results(self, paper: Mapping[str, Any]) -> dict[str, Any]:
        """What all tables say of the results in addition to their numbers.

        Args:
            paper: content of the repository's config.yaml, the paper's protocol.
        """
        registry = self.config.registry().items()
        return {
            "runs": len(self.config.folds) * len(self.config.seeds),
            "accept_missing": self.config.statistics.missing_runs == "accept",
            "source": self.config.source,
            "own_models": [name for name, entry in registry if not entry.module],
            "unlike_paper": differing_settings(self.config, paper),
        }

    def report_settings(self) -> dict[str, Any]:
        """The configuration without paths and settings of the machine: the same hash everywhere."""
        given = self.config.model_dump(exclude=MACHINE)
        features = {
            name: "own" if isinstance(value, str) else value
            for name, value in given["features"].items()
        }
        if features["vision"] != "own":
            features["vision"] |= self.vision_settings()
        return given | {"features": features} | self.config.switches()


def read_plan(config: Config, results: Path) -> Plan:
    """The plan of a configuration; looks for missing runs where results shall do without them.

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


def is_finished(results: Path, key: RunKey) -> bool:
    """Whether a run has left all its files."""
    return all((results / run_file(key, name)).is_file() for name in RUN_FILES)


def configured_runs(config: Config, systems: Iterable[System]) -> list[RunKey]:
    """Key of every run of some systems, in the order of the configuration."""
    return [
        RunKey(model=model, modalities=modalities, fold=fold, seed=seed)
        for model, modalities in systems
        for fold in config.folds
        for seed in config.seeds
    ]


def modality_names(modalities: str) -> list[str]:
    """Names of the modalities of a set: "ta" gives ["text", "audio"]."""
    return [MODALITIES[letter] for letter in modalities]


def widest(systems: Iterable[System]) -> list[System]:
    """Those systems that run on the widest modality set; of equally wide sets the first."""
    given = list(systems)
    most = max((modalities for _, modalities in given), key=len, default="")
    return [system for system in given if system[1] == most]
