"""The only reader of the configuration: strict, and all errors at once."""

import difflib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    model_validator,
)

from emofusion.corpora.folds import fold_folders
from emofusion.corpora.release import release_root
from emofusion.errors import DataError
from emofusion.features.vectors import check_vectors
from emofusion.modalities import MODALITIES, MODALITY_SETS
from emofusion.models import Entry, registry

Positive = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
Patience = Annotated[int, Field(ge=0)]
Probability = Annotated[float, Field(ge=0, lt=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]  # NumPy and torch take no larger one
Decision = Literal["drop", "fail"]
SwitchName = Literal["text_dropout", "standardize_audio", "dtype"]

PROTOCOLS: dict[str, dict[SwitchName, Any]] = {
    "paper": {"text_dropout": 0.0, "standardize_audio": True, "dtype": "float32"},
    "released": {"text_dropout": 0.25, "standardize_audio": False, "dtype": "float64"},
}

PAPER_FAMILY = "emofusion.models.selfcross"
CODES = ("ang", "dis", "exc", "fea", "fru", "hap", "neu", "oth", "sad", "sur", "xxx")
"""The annotators' labels; a class is one of them or several, joined by "+"."""

SESSIONS, SPEAKERS = 5, 10  # of IEMOCAP and of the embedded corpus
DEMO = "to see the pipeline run without it: make demo"
NO_CORPUS = (
    "corpus: the IEMOCAP release is not set. Set `corpus` in config.yaml or add "
    f"--config corpus=/path/to/IEMOCAP_full_release; {DEMO}"
)


class Section(BaseModel):
    """A part of the configuration: no unknown key, finite numbers, no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Audio(Section):
    """MFCC features; times in seconds, rate in Hz."""

    sample_rate: Positive
    frame_seconds: PositiveFloat
    step_seconds: PositiveFloat
    # Older configurations lack the key; the default is what was done then.
    edges: Literal["whole", "padded"] = "padded"
    n_mfcc: Positive
    max_length: Positive


class Vision(Section):
    """ResNet features of the speaker's half frame."""

    backbone: Literal["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
    weights: str
    seed: Seed
    frames_per_second: PositiveFloat
    crop: Positive
    max_length: Positive


class Text(Section):
    """Word vectors."""

    events: Literal["keep", "drop"]
    width: Positive
    seed: Seed
    max_length: Positive
    min_coverage: Share | None = 0.8


def _own_or_extracted(value: Any) -> str:
    return "own" if isinstance(value, str) else "extracted"


Extractor = TypeVar("Extractor")
# The name of a file with one's own features takes the place of an extractor's settings.
OrOwn = Annotated[
    Annotated[Extractor, Tag("extracted")] | Annotated[str, Tag("own")],
    Discriminator(_own_or_extracted),
]


class Features(Section):
    """One section a modality, or a file with one's own features."""

    audio: OrOwn[Audio]
    vision: OrOwn[Vision]
    text: OrOwn[Text]
    prosody: bool


class Exclusions(Section):
    """What happens to utterances of the configured classes that lack something."""

    no_label: Decision
    empty_transcript: Decision
    no_audio: Decision
    no_video_frame: Decision
    unreadable_file: Decision


class Splits(Section):
    """How the corpus is cut into folds."""

    scheme: Literal["published", "random", "session", "speaker"]
    n_folds: Annotated[int, Field(ge=2)]
    seed: Seed
    development: Literal["session", "random", "partner"]
    unseen_lines: bool


class Architecture(Section):
    """Sizes of the models."""

    hidden: Positive
    heads: Positive
    attention_dropout: Probability
    vision_steps: Positive
    audio_steps: Positive


class Training(Section):
    """How a run is trained."""

    learning_rate: PositiveFloat
    batch_size: Positive
    replacement: bool
    clip_value: PositiveFloat | None
    clip_norm: PositiveFloat | None
    loss: Literal["softmax", "sigmoid"] = "softmax"
    class_weight: Literal["none", "balanced"]
    epochs_per_check: PositiveFloat
    select_on: Literal["accuracy", "balanced_accuracy", "macro_f1", "loss"]
    plateau_factor: Annotated[float, Field(gt=0, lt=1)]
    plateau_patience: Patience | None
    stop_patience: Positive
    mixed_precision: bool
    max_epochs: Positive
    max_steps: Positive | None


class ModelSettings(Section):
    """What a model has of its own: time steps at most, sizes, keys of `training`."""

    lengths: dict[Literal["text", "vision", "audio"], Positive] = {}
    sizes: dict[str, float] = {}
    training: dict[str, Any] = {}


class Margins(Section):
    """Differences up to these count as none (region of practical equivalence)."""

    balanced_accuracy: PositiveFloat
    accuracy: PositiveFloat


class Statistics(Section):
    """How results are compared."""

    alpha: Annotated[float, Field(gt=0, lt=0.5)]
    power: Annotated[float, Field(gt=0, lt=1)]
    margins: Margins
    bootstrap: Annotated[int, Field(ge=100)]
    seed: Seed
    missing_runs: Literal["train", "name", "accept"]

    def compared(self) -> dict[str, Any]:
        """What comparisons depend on, as plain values."""
        return self.model_dump(exclude={"missing_runs"})


class Figures(Section):
    """What is drawn."""

    attention: list[str]


class Synthetic(Section):
    """Size of the embedded corpus; dialogs in a session, labelled turns in a dialog."""

    seed: Seed
    dialogs: Positive
    turns: Positive


def _results_folder(path: str) -> str:
    """A folder that Snakemake's rules can name; without a slash at its end.

    Raises:
        ValueError: says what is wrong with it.
    """
    folder = os.path.normpath(path)
    found = f"results: found {path!r}, but"
    special = sorted(set(path) & set("{}<>"))
    if special:
        raise ValueError(
            f"{found} {' '.join(special)} have a meaning in Snakemake's paths; "
            "name a folder without them"
        )
    if not path.isprintable() or path != path.strip():
        raise ValueError(f"{found} line breaks, tabs and blanks at its ends cannot be used")
    if path.startswith(("~", "$")):
        raise ValueError(f"{found} ~ and variables are not replaced here; write the path in full")
    if Path(folder).is_file():
        raise ValueError(f"{found} that is a file; name a folder for the results")
    if folder == ".":
        raise ValueError(f"{found} results need a separate folder; name one, such as results")
    return folder


class Config(Section):
    """The whole configuration, as merged from config.yaml, overlays and the command line."""

    source: Literal["iemocap", "yoon", "synthetic"]
    corpus: str | None
    glove: str | None
    results: Annotated[str, StringConstraints(min_length=1), AfterValidator(_results_folder)]
    protocol: Literal["paper", "released"]
    text_dropout: Probability | None
    standardize_audio: bool | None
    dtype: Literal["float32", "float64"] | None
    labels: list[str] = Field(min_length=2)
    min_class_size: Positive
    method: Literal["all", "scripted", "improvised"]
    expected_counts: Literal["iemocap"] | None
    class_order: list[Literal[CODES]] | None
    exclusions: Exclusions
    features: Features
    splits: Splits
    folds: list[Positive] = Field(min_length=1)
    seeds: list[Seed] = Field(min_length=1)
    models: list[str]
    modalities: list[Literal[MODALITY_SETS]]
    table2: list[str]
    model_files: list[str]
    keep_weights: Literal["none", "first", "all"]
    architecture: Architecture
    training: Training
    model_settings: dict[str, ModelSettings]
    statistics: Statistics
    figures: Figures
    synthetic: Synthetic | None = None
    # Matters of the machine: no result depends on them.
    seeds_per_job: Positive = 1
    device: Literal["auto", "cpu", "cuda"] = "auto"
    checkpoint_seconds: Annotated[float, Field(ge=0)] = 30

    @model_validator(mode="after")
    def _consistent(self) -> "Config":
        problems = list(_inconsistencies(self))
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def switch(self, name: SwitchName) -> Any:
        """Value of a protocol switch: the one given, else the protocol's."""
        given = getattr(self, name)
        return PROTOCOLS[self.protocol][name] if given is None else given

    def switches(self) -> dict[SwitchName, Any]:
        """Value of every protocol switch."""
        return {name: self.switch(name) for name in PROTOCOLS[self.protocol]}

    def registry(self) -> dict[str, Entry]:
        """All models that can be configured."""
        return registry(self.model_files)

    def table1_systems(self) -> list[tuple[str, str]]:
        """(model, modalities) of the first table, in the order of the configuration."""
        known = self.registry()
        return [
            (model, modalities)
            for model in self.models
            for modalities in self.modalities
            if modalities in known[model].modalities
        ]

    def table2_systems(self) -> list[tuple[str, str]]:
        """(model, modalities) of the second table: each model on its largest set.

        Modalities that no set of the first table has are not used here either.
        """
        letters = set("".join(self.modalities)) or set(MODALITIES)
        known = self.registry()
        sets = {m: [s for s in known[m].modalities if letters.issuperset(s)] for m in self.table2}
        return [(model, max(found, key=len)) for model, found in sets.items() if found]

    def systems(self) -> list[tuple[str, str]]:
        """(model, modalities) of every system to train."""
        return list(dict.fromkeys([*self.table1_systems(), *self.table2_systems()]))

    def training_of(self, model: str) -> dict[str, Any]:
        """How a model is trained: `training` with its own keys in place."""
        own = self.model_settings.get(model, ModelSettings())
        return Training.model_validate(self.training.model_dump() | own.training).model_dump()

    def sizes_of(self, model: str) -> dict[str, float]:
        """Sizes of a model: its own, over `architecture` for the paper's family."""
        own = self.model_settings.get(model, ModelSettings()).sizes
        sizes = self.registry()[model].sizes
        shared = self.architecture.model_dump() if self.is_paper_s(model) else {}
        whole = {name: int(value) for name, value in own.items() if isinstance(sizes[name], int)}
        return shared | own | whole

    def is_paper_s(self, model: str) -> bool:
        """Whether a model is of the paper's family, which shares `architecture`."""
        return self.registry()[model].module == PAPER_FAMILY

    def used_modalities(self) -> str:
        """Letters of the modalities that any configured system uses, in the paper's order."""
        return "".join(
            letter for letter in MODALITIES if any(letter in used for _, used in self.systems())
        )

    def reads_prosody(self, model: str, modalities: str) -> bool:
        """Whether a system reads prosody."""
        reads = "prosody" in self.registry()[model].reads
        return self.features.prosody and reads and "a" in modalities

    def own_features(self) -> dict[str, str]:
        """{modality: file} of the modalities in use whose features are one's own."""
        names = (MODALITIES[letter] for letter in self.used_modalities())
        given = {name: getattr(self.features, name) for name in names}
        return {name: file for name, file in given.items() if isinstance(file, str)}

    def audio_framing(self) -> dict[str, Any] | None:
        """How recordings are cut into frames; None with the user's own audio features."""
        if isinstance(self.features.audio, str):
            return None
        return self.features.audio.model_dump(exclude={"n_mfcc", "max_length"})

    def text_events(self) -> str:
        """What is done with bracketed events; the user's own text features keep them."""
        return "keep" if isinstance(self.features.text, str) else self.features.text.events

    def raw_modalities(self) -> str:
        """Letters of the modalities in use whose files the corpus must have."""
        own = self.own_features()
        prosody = any(self.reads_prosody(*system) for system in self.systems())
        return "".join(
            letter
            for letter in self.used_modalities()
            if MODALITIES[letter] not in own or (letter == "a" and prosody)
        )


MACHINE = {"corpus", "glove", "results", "model_files"}  # paths, and what changes no result
MACHINE |= {"seeds_per_job", "device", "checkpoint_seconds"}
OUTPUTS = {"keep_weights", "figures"}
SYSTEMS = {"models", "modalities", "table2"}
CORPUS = {"source", "synthetic", "expected_counts", "class_order"}
DEMANDS = {"features.text.min_coverage"}  # what must hold; no result depends on it


def differing_settings(config: Config, paper: Mapping[str, Any]) -> list[str]:
    """Every setting of the science that is not the paper's, by section.

    Left out are settings of the machine, which change no result, and the corpus and the systems
    that are run, which the report names elsewhere.

    Args:
        config: the configuration of this run.
        paper: content of the repository's config.yaml, the paper's protocol.

    Returns:
        For example "features.audio: step_seconds 0.025 (0.01), max_length 64 (1000)"; the paper's
        values are in brackets.
    """
    left_out = MACHINE | OUTPUTS | SYSTEMS | CORPUS
    given = _flat(
        config.model_dump(exclude=left_out)
        | config.switches()
        | {"statistics": config.statistics.compared()}
    )
    switches = {name: paper.get(name) for name in PROTOCOLS["paper"]}
    expected = _flat(
        {key: value for key, value in paper.items() if key not in left_out}
        | PROTOCOLS[paper["protocol"]]
        | {name: value for name, value in switches.items() if value is not None}
        | {"statistics": {k: v for k, v in paper["statistics"].items() if k != "missing_runs"}}
    )
    own = {f"features.{name}" for name in config.own_features()}
    models = {model for model, _ in config.systems()}
    sections: dict[str, list[str]] = {}
    for key in dict.fromkeys([*given, *expected]):
        section, _, name = key.rpartition(".")
        area, *parts = section.split(".")
        used = area != "model_settings" or parts[0] in models
        if given.get(key) == expected.get(key) or section in own or key in DEMANDS or not used:
            continue
        sections.setdefault(section, []).append(
            f"{name} from the user's own file"
            if key in own
            else f"{name} {_printed(given, key)} ({_printed(expected, key)})"
        )
    return [
        f"{section}: {', '.join(texts)}" if section else ", ".join(texts)
        for section, texts in sections.items()
    ]


def _flat(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """{"features.audio.n_mfcc": 40, ...}"""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        inner = isinstance(value, Mapping)
        flat |= _flat(value, f"{above}{key}.") if inner else {f"{above}{key}": value}
    return flat


def _printed(flat: Mapping[str, Any], key: str) -> str:
    if key not in flat:
        return "default"
    value = flat[key]
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, str):
        return Path(value).name  # of a file with weights
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def merge(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Lay configurations over each other, later ones in front, section by section.

    Raises:
        DataError: one that holds anything but keys with values.
    """
    merged: dict[str, Any] = {}
    for part in parts:
        if not isinstance(part, Mapping):
            raise DataError(f"configuration: found {part!r}, expected keys with values")
        for key, value in part.items():
            before = merged.get(key)
            both = isinstance(before, dict) and isinstance(value, dict)
            merged[key] = merge([before, value]) if both else value
    return merged


def default_file() -> Path:
    """The config.yaml that holds every key: that of the repository, next to the package's sources.

    Raises:
        DataError: the package was installed without the repository.
    """
    path = Path(__file__).parents[2] / "config.yaml"
    if not path.is_file():
        raise DataError(
            f"{path}: there is no such file; expected the repository's config.yaml. Install the "
            "package from a clone (pip install --editable .)"
        )
    return path


def read_yaml(path: Path) -> dict[str, Any]:
    """Content of a configuration file.

    Raises:
        DataError: a file that cannot be read, or that holds anything but keys with values.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{path}: cannot be read ({reason}); expected a YAML file with keys and values, such "
            "as config.yaml"
        ) from None
    if not isinstance(content, dict):
        raise DataError(
            f"{path}: holds one {type(content).__name__}; expected keys with values, such as "
            "`corpus: /path/to/the/release`"
        )
    return content


def load_config(raw: Mapping[str, Any]) -> Config:
    """Check a merged configuration.

    Raises:
        DataError: one line a problem: the key, the value, what is allowed, the nearest valid key.
    """
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        lines = [line for problem in error.errors() for line in _explain(problem)]
        # The checks of the whole do not run on broken parts; data that are not set are told at
        # once.
        if raw.get("source") == "iemocap" and raw.get("corpus") is None and NO_CORPUS not in lines:
            lines.append(NO_CORPUS)
        raise DataError("The configuration cannot be used:\n  " + "\n  ".join(lines)) from None


def read_statistics(raw: Mapping[str, Any], source: Path) -> dict[str, Any]:
    """How results are compared, from a configuration that need not hold anything else.

    Args:
        raw: content of a YAML file.
        source: the file to name in errors.

    Raises:
        DataError: no section `statistics`, or a value that cannot be used.
    """
    try:
        return Statistics.model_validate(raw["statistics"]).compared()
    except (KeyError, TypeError):
        raise DataError(
            f"{source}: no section `statistics`; name a file that has it, such as the repository's "
            "config.yaml"
        ) from None
    except ValidationError as error:
        problems = (
            {**problem, "loc": ("statistics", *problem["loc"])} for problem in error.errors()
        )
        lines = [line for problem in problems for line in _explain(problem)]
        raise DataError(f"{source} cannot be used:\n  " + "\n  ".join(lines)) from None


def _explain(problem: Mapping[str, Any]) -> list[str]:
    location = [part for part in problem["loc"] if part not in ("extracted", "own")]
    key = ".".join(map(str, location))
    if problem["type"] == "extra_forbidden":
        return [f"{key} is not a known key; {_hint(str(location[-1]), _fields_at(location[:-1]))}"]
    if problem["type"] == "missing":
        return [f"{key} is missing"]
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"]).splitlines()
    return [f"{key}: {problem['msg']}, found {problem['input']!r}"]


def _fields_at(location: list[str]) -> list[str]:
    section: type[BaseModel] = Config
    for name in location:
        waiting = [section.model_fields[name].annotation]
        while waiting:
            option = waiting.pop()
            if isinstance(option, type) and issubclass(option, BaseModel):
                section = option
            waiting += getattr(option, "__args__", ())
    return list(section.model_fields)


def _inconsistencies(config: Config) -> Iterator[str]:
    for name in ("labels", "folds", "seeds", "models", "modalities", "table2"):
        values = getattr(config, name)
        if len(set(values)) != len(values):
            yield f"{name}: each value may stand there once, found {values}"
    yield from _label_problems(config)
    outside = [fold for fold in config.folds if fold > config.splits.n_folds]
    if outside:
        yield f"folds: {outside} found, but splits.n_folds is {config.splits.n_folds}"
    yield from _split_problems(config)
    if 2 * config.architecture.hidden % config.architecture.heads:
        yield (
            "architecture.heads: must divide the width of the encoders, "
            f"2 x hidden = {2 * config.architecture.hidden}, found {config.architecture.heads}"
        )
    problems = list(_model_problems(config))
    yield from problems or [
        *_missing_data(config),
        *_precision_problems(config),
        *_coverage_problems(config),
    ]


def _precision_problems(config: Config) -> Iterator[str]:
    models = dict.fromkeys([*config.models, *config.table2])
    mixed = [model for model in models if config.training_of(model)["mixed_precision"]]
    if mixed and config.switch("dtype") != "float32":
        yield (
            f"training.mixed_precision: rounds float32, found true with dtype "
            f"{config.switch('dtype')} (for {', '.join(mixed)}); set dtype: float32 or leave it out"
        )


def _coverage_problems(config: Config) -> Iterator[str]:
    """A problem if text features on disk have a lower coverage than is demanded now."""
    text = config.features.text
    if "t" not in config.raw_modalities() or text.min_coverage is None:
        return
    path = Path(config.results, "features/text.json")
    try:
        made = json.loads(path.read_text(encoding="utf-8"))["attributes"]
        share = (made["tokens"] - made["tokens_missing"]) / made["tokens"]
    except (OSError, ValueError, LookupError, TypeError, ZeroDivisionError):
        return  # not there, or not of this extractor
    if share < text.min_coverage:
        yield (
            f"features.text.min_coverage: {text.min_coverage} of the tokens must have a vector, "
            f"but {path} was made with {share:.3f}. Delete that file to extract with other word "
            "vectors (`glove`), or set the key lower (null: no demand)"
        )


def _model_problems(config: Config) -> Iterator[str]:
    try:
        known = config.registry()
    except DataError as error:
        yield f"model_files: {error}"
        return
    for key in ("models", "table2", "model_settings"):
        for model in getattr(config, key):
            if model not in known:
                yield f"{key}: {model} is not a known model; {_hint(model, known)}"
    for model, own in config.model_settings.items():
        where = f"model_settings.{model}"
        for size, value in own.sizes.items():
            if model in known and size not in known[model].sizes:
                yield f"{where}.sizes.{size} is not a known key; {_hint(size, known[model].sizes)}"
            elif model in known and isinstance(known[model].sizes[size], int) and value % 1:
                yield f"{where}.sizes.{size}: a whole number is expected, found {value}"
        try:
            Training.model_validate(config.training.model_dump() | own.training)
        except ValidationError as error:
            for problem in error.errors():
                located = {**problem, "loc": ("training", *problem["loc"])}
                yield from (f"{where}.{line}" for line in _explain(located))


def _hint(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def _label_problems(config: Config) -> Iterator[str]:
    codes = [code for name in config.labels for code in name.split("+")]
    for code in codes:
        if code not in CODES:
            yield f"labels: {code} is not a label; {_hint(code, CODES)}"
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice and len(set(config.labels)) == len(config.labels):
        yield f"labels: a label belongs to one class, found more than once: {', '.join(twice)}"


def _split_problems(config: Config) -> Iterator[str]:
    splits, known = config.splits, {"published": 5, "session": SESSIONS, "speaker": SPEAKERS}
    if splits.development == "partner":
        known["session"] = SPEAKERS
        if splits.scheme == "speaker":
            yield (
                "splits.development: partner is none of the speaker scheme, which leaves the "
                "partner's turns out; use scheme: session with it"
            )
    folds = known.get(splits.scheme, splits.n_folds)
    if splits.n_folds != folds:
        yield f"splits.n_folds: this {splits.scheme} scheme has {folds}, found {splits.n_folds}"
    if config.source == "yoon":
        yield from _prepared_problems(config)


def _prepared_problems(config: Config) -> Iterator[str]:
    """What the prepared folds cannot be asked for: they hold no ids, transcripts or speakers."""
    fixed = {
        "splits.scheme": (config.splits.scheme, "published"),
        "splits.unseen_lines": (config.splits.unseen_lines, False),
        "method": (config.method, "all"),
    }
    if isinstance(config.features.text, Text):
        fixed["features.text.events"] = (config.features.text.events, "keep")
    for key, (found, only) in fixed.items():
        if found != only:
            yield f"{key}: the prepared folds (source: yoon) have {only} alone, found {found}"


def _missing_data(config: Config) -> Iterator[str]:
    if not config.systems():
        yield (
            "models, table2: no system to train; no configured model is defined on "
            f"{', '.join(config.modalities) or 'nothing'}"
        )
    made = [Path(config.results, f"features/{name}.h5").resolve() for name in MODALITIES.values()]
    for name, file in config.own_features().items():
        if Path(file).is_dir():
            yield f"features.{name}: {file} is a folder; name the HDF5 file with the features"
        elif not Path(file).is_file():
            yield f"features.{name}: there is no file {file}"
        elif not os.access(file, os.R_OK):
            yield f"features.{name}: {file} cannot be read; change its permissions"
        elif Path(file).resolve() in made:
            yield f"features.{name}: {file} is a file that the workflow makes; copy it elsewhere"
    if config.source == "synthetic":
        if config.synthetic is None:
            yield "synthetic: the section is missing; protocols/demo.yaml shows it"
        return
    if config.corpus is None:
        yield NO_CORPUS
    else:
        find = fold_folders if config.source == "yoon" else release_root
        try:
            found = find(Path(config.corpus))
            if config.source == "yoon" and not found.keys() >= set(config.folds):
                yield f"folds: {config.folds} asked for, but the corpus has {sorted(found)}"
        except DataError as error:
            yield f"corpus: {error}; {DEMO}"
    if config.source == "iemocap":
        yield from _missing_weights(config)
    elif config.own_features():
        yield f"features: source: yoon brings its own, found {', '.join(config.own_features())}"


def _missing_weights(config: Config) -> Iterator[str]:
    raw = config.raw_modalities()
    reading = [system for system in config.systems() if config.reads_prosody(*system)]
    if reading and find_spec("opensmile") is None:
        yield (
            f"features.prosody: {reading[0][0]} reads it, but openSMILE is not installed: "
            "pip install 'emofusion[prosody]', or set it to false"
        )
    if "v" in raw:
        weights = config.features.vision.weights
        if "/" in weights and not Path(weights).is_file():
            yield f"features.vision.weights: there is no file {weights}"
    if "t" not in raw:
        return
    if config.glove is None:
        yield (
            "glove: the word vectors are not set. Set `glove` in config.yaml or add "
            "--config glove=/path/to/glove.840B.300d.txt"
        )
        return
    file = Path(config.glove)
    try:
        if file.is_file() or file.is_dir():
            check_vectors(file, config.features.text.width)
        else:
            yield f"glove: there is no file {file}"
    except DataError as error:
        yield f"glove: {error}"
    except PermissionError as error:
        yield f"glove: {file}: cannot be read ({error.strerror}); change its permissions"
