"""The keys of the configuration, one class a section, and what follows from them."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
)

from emofusion.corpora import Corpus, find_corpus
from emofusion.modalities import MODALITIES
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
DEMO = "to see the pipeline run without it: make demo"


SELECTABLE = ("accuracy", "balanced_accuracy", "macro_f1", "loss")
"""What `training.select_on` can name without a registered metric."""


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


class Registered(BaseModel):
    """An extractor that a file registers, and its settings: `emofusion.features.extract`.

    Keys of the extractor that is replaced are left: configurations are laid over each other.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)
    extractor: str
    # Time steps that a model reads at most, and what the extractor itself takes.
    settings: dict[str, Any] = {}

    @property
    def max_length(self) -> int | None:
        """Time steps that a model reads at most; None: as the extractor's file says."""
        return self.settings.get("max_length")

    def own_settings(self) -> dict[str, Any]:
        """What the extractor itself takes, as it was given."""
        return {key: value for key, value in self.settings.items() if key != "max_length"}


def _kind_of_features(value: Any) -> str:
    if isinstance(value, str):
        return "own"
    named = value.get("extractor") if isinstance(value, dict) else None
    return "registered" if named or isinstance(value, Registered) else "extracted"


Extractor = TypeVar("Extractor")
# The name of a file with one's own features takes the place of an extractor's settings.
OneOf = Annotated[
    Annotated[Extractor, Tag("extracted")]
    | Annotated[Registered, Tag("registered")]
    | Annotated[str, Tag("own")],
    Discriminator(_kind_of_features),
]


class FurtherModality(Section):
    """A modality besides text, vision and audio, from the user's own feature file."""

    name: Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]*$")]
    file: str
    # Output channels of the convolution over time in the paper's models; None: no convolution.
    steps: Positive | None = None
    # Zero mean, unit variance by feature, from training frames.
    standardize: bool = True


class Features(Section):
    """One section a modality, or a file with one's own features."""

    audio: OneOf[Audio]
    vision: OneOf[Vision]
    text: OneOf[Text]
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

    scheme: str
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
    select_on: str
    plateau_factor: Annotated[float, Field(gt=0, lt=1)]
    plateau_patience: Patience | None
    stop_patience: Positive
    mixed_precision: bool
    max_epochs: Positive
    max_steps: Positive | None


class ModelSettings(Section):
    """What a model has of its own: time steps at most, sizes, keys of `training`."""

    lengths: dict[str, Positive] = {}
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

    source: str
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
    class_order: list[str] | None
    exclusions: Exclusions
    features: Features
    splits: Splits
    folds: list[Positive] = Field(min_length=1)
    seeds: list[Seed] = Field(min_length=1)
    models: list[str]
    modalities: list[str]
    table2: list[str]
    model_files: list[str]
    extensions: list[str] = []
    further_modalities: dict[
        Annotated[str, StringConstraints(pattern="^[a-z]$")], FurtherModality
    ] = {}
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

    def switch(self, name: SwitchName) -> Any:
        """Value of a protocol switch: the one given, else the protocol's."""
        given = getattr(self, name)
        return PROTOCOLS[self.protocol][name] if given is None else given

    def switches(self) -> dict[SwitchName, Any]:
        """Value of every protocol switch."""
        return {name: self.switch(name) for name in PROTOCOLS[self.protocol]}

    def registry(self) -> dict[str, Entry]:
        """All models that can be configured."""
        return registry(self.files())

    def files(self) -> list[str]:
        """Files outside the package that define something."""
        return [*self.model_files, *self.extensions]

    def corpus_entry(self) -> Corpus:
        """What is known of the corpus.

        Raises:
            DataError: `source` is not the name of one.
        """
        return find_corpus(self.source, self.extensions)

    def modality_names(self) -> dict[str, str]:
        """{letter: name} of all modalities that can be used, in order."""
        further = sorted(self.further_modalities.items())
        return MODALITIES | {letter: modality.name for letter, modality in further}

    def table1_systems(self) -> list[tuple[str, str]]:
        """(model, modalities) of the first table, in the order of the configuration."""
        known = self.registry()
        return [
            (model, modalities)
            for model in self.models
            for modalities in self.modalities
            if known[model].is_on(modalities)
        ]

    def table2_systems(self) -> list[tuple[str, str]]:
        """(model, modalities) of the second table: each model on its largest set.

        Modalities that no set of the first table has are not used here either.
        """
        used = set("".join(self.modalities))
        letters = [letter for letter in self.modality_names() if letter in used or not used]
        known = self.registry()
        sets = {model: known[model].sets(letters) for model in self.table2}
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
        shared = self.architecture.model_dump() if self.in_paper_family(model) else {}
        whole = {name: int(value) for name, value in own.items() if isinstance(sizes[name], int)}
        return shared | own | whole

    def in_paper_family(self, model: str) -> bool:
        """Whether a model is of the paper's family, which shares `architecture`."""
        return self.registry()[model].module == PAPER_FAMILY

    def used_modalities(self) -> str:
        """Letters of the modalities that any configured system uses, in order."""
        used = {letter for _, modalities in self.systems() for letter in modalities}
        return "".join(letter for letter in self.modality_names() if letter in used)

    def reads_prosody(self, model: str, modalities: str) -> bool:
        """Whether a system reads prosody."""
        reads = "prosody" in self.registry()[model].reads
        return self.features.prosody and reads and "a" in modalities

    def own_features(self) -> dict[str, str]:
        """{modality: file} of the modalities in use whose features are one's own."""
        given = {self.modality_names()[one]: self.source_of(one) for one in self.used_modalities()}
        return {name: file for name, file in given.items() if isinstance(file, str)}

    def source_of(self, letter: str) -> Audio | Vision | Text | Registered | str:
        """Where a modality's features come from: an extractor's settings, or the user's file."""
        if letter in self.further_modalities:
            return self.further_modalities[letter].file
        return getattr(self.features, MODALITIES[letter])

    def audio_framing(self) -> dict[str, Any] | None:
        """How recordings are cut into frames; None where they are not, or not by our MFCC."""
        if not isinstance(self.features.audio, Audio):
            return None
        return self.features.audio.model_dump(exclude={"n_mfcc", "max_length"})

    def text_events(self) -> str:
        """What is done with bracketed events; only our word vectors can leave them out."""
        return self.features.text.events if isinstance(self.features.text, Text) else "keep"

    def raw_modalities(self) -> str:
        """Letters of the modalities in use whose files the corpus must have."""
        own = self.own_features()
        prosody = any(self.reads_prosody(*system) for system in self.systems())
        return "".join(
            letter
            for letter in self.used_modalities()
            if self.modality_names()[letter] not in own or (letter == "a" and prosody)
        )
