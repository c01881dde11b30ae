"""The keys of the configuration, one class per section, and what follows from them."""

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


class Section(BaseModel):
    """A part of the configuration: no unknown key, finite numbers, no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Audio(Section):
    """MFCC features; times in seconds, rate in Hz."""

    sample_rate: Positive
    """Hz; recordings at another rate are resampled, channels averaged."""
    frame_seconds: PositiveFloat
    """Length of the Hamming window [s]."""
    step_seconds: PositiveFloat
    """Time from the start of a frame to that of the next [s]."""
    # Older configurations lack the key; the default is what was done then.
    edges: Literal["whole", "padded"] = "padded"
    """whole: only frames that fit into the recording, as published. padded: frames centred on each
    step, with zeros beyond the ends."""
    n_mfcc: Positive
    """Coefficients; with their first and second derivatives three times as many features."""
    max_length: Positive
    """Frames that a model reads at most; longer sequences are cut, shorter ones zero-padded."""


class Vision(Section):
    """ResNet features of the speaker's half frame."""

    backbone: Literal["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
    """A torchvision ResNet, read before its classifier."""
    weights: str
    """A torchvision name, a local file with a state dict, or random."""
    seed: Seed
    """Seed of random weights."""
    frames_per_second: PositiveFloat
    """Video frames read per second."""
    crop: Positive
    """Side of the square at the centre of the speaker's half frame [pixels]."""
    max_length: Positive
    """Maximum number of video frames that a model reads."""


class Text(Section):
    """Word vectors."""

    events: Literal["keep", "drop"]
    """Bracketed events such as [LAUGHTER]: keep them as words, or drop them."""
    width: Positive
    """Dimension of the word vectors."""
    seed: Seed
    """Seed of the random vectors of words that the file lacks."""
    max_length: Positive
    """Words that a model reads at most."""
    min_coverage: Share | None = 0.8
    """Share of all tokens that must have a vector, else the workflow stops; null: any share."""


class RegisteredExtractor(BaseModel):
    """An extractor that a file registers, and its settings: `emofusion.features.extract`.

    Keys of the replaced extractor may remain, since overlays only add or change keys.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)
    extractor: str
    """Name of an extractor that one of the `extensions` registers."""
    settings: dict[str, Any] = {}
    """Its settings, and `max_length`: time steps that a model reads at most."""

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
    return "registered" if named or isinstance(value, RegisteredExtractor) else "extracted"


Extractor = TypeVar("Extractor")
# The name of a file with one's own features takes the place of an extractor's settings.
OneOf = Annotated[
    Annotated[Extractor, Tag("extracted")]
    | Annotated[RegisteredExtractor, Tag("registered")]
    | Annotated[str, Tag("own")],
    Discriminator(_kind_of_features),
]


class FurtherModality(Section):
    """A modality besides text, vision and audio, from the user's own feature file."""

    name: Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]*$")]
    """Name of the modality, such as motion."""
    file: str
    """HDF5 file with the features of every utterance: docs/extend.md."""
    steps: Positive | None = None
    """Output channels of the convolution over time in the paper's models; null: no convolution."""
    standardize: bool = True
    """Zero mean and unit variance of each feature, from training frames."""


class Features(Section):
    """One section a modality, or a file with one's own features."""

    audio: OneOf[Audio]
    """Settings of the MFCC, a file with your own features, or an extractor of yours."""
    vision: OneOf[Vision]
    """Settings of the ResNet features, a file with your own, or an extractor of yours."""
    text: OneOf[Text]
    """Settings of the word vectors, a file with your own features, or an extractor of yours."""
    prosody: bool
    """Whether baselines that read prosody (mdre) get it; needs openSMILE."""


class Exclusions(Section):
    """What happens to utterances of the configured classes that lack something."""

    no_label: Decision
    """Utterances without a label."""
    empty_transcript: Decision
    """Utterances without words, where text is used."""
    no_audio: Decision
    """Utterances without a sound file, or without a frame of sound, where audio is used."""
    no_video_frame: Decision
    """Utterances without a video frame, where vision is used."""
    unreadable_file: Decision
    """Utterances with a file that cannot be read."""


class Splits(Section):
    """How the corpus is cut into folds."""

    scheme: str
    """published: the baselines' folds, replayed. random: stratified by class. session, speaker: one
    is left out. group: whole groups are left out. lines: no transcript is in two partitions.
    official: the partitions of the column split. emobox: the folds of EmoBox. Or a scheme that one
    of the `extensions` registers."""
    by: str
    """Column of the utterance table with the groups of the schemes group, official and emobox."""
    folds: str | None
    """Folder of EmoBox with the folds of this corpus, such as data/ravdess, for scheme emobox."""
    n_folds: Positive
    """Folds that the corpus is cut into."""
    repeats: Positive
    """How often the folds of the schemes random, group and lines are drawn; those of the second
    draw have the numbers from n_folds + 1 on, and so on."""
    seed: Seed
    """Seed of all random choices of folds and development partitions."""
    development: Literal["session", "random", "partner", "group"]
    """How the development partition is made. session: the next session (schemes session, speaker).
    random: a tenth of the training utterances. partner (scheme session): one speaker of the session
    is tested, the other is the development partition. group (schemes group, lines, official,
    emobox): whole groups with about a tenth of the training utterances. official and emobox use it
    only if the corpus defines no development partition."""
    unseen_lines: bool
    """Whether scripted lines that occur in training are left out of the test partition."""


class Architecture(Section):
    """Sizes of the models."""

    hidden: Positive
    """Units of each GRU direction, and of the first output layer."""
    heads: Positive
    """Heads of each attention; must divide 2 x hidden."""
    attention_dropout: Probability
    """Dropout on the attention weights."""
    vision_steps: Positive
    """Output channels of the convolution over the time of vision."""
    audio_steps: Positive
    """Output channels of the convolution over the time of audio."""


class Training(Section):
    """How a run is trained."""

    learning_rate: PositiveFloat
    """Learning rate of Adam."""
    batch_size: Positive
    """Utterances per training step."""
    replacement: bool
    """Whether batches are drawn with replacement, rather than from a new order each epoch."""
    clip_value: PositiveFloat | None
    """Bound of each element of a gradient; null: none."""
    clip_norm: PositiveFloat | None
    """Bound of the norm of each parameter's gradient; null: none."""
    loss: Literal["softmax", "sigmoid", "soft"] = "softmax"
    """softmax: cross-entropy over the classes. sigmoid: mean of one binary cross-entropy per
    class. soft: cross-entropy over the classes, whose targets are the shares of the annotators'
    votes, for corpora with raters."""
    class_weight: Literal["none", "balanced"]
    """none, or balanced: every class counts alike in the training loss."""
    epochs_per_check: PositiveFloat
    """Epochs between two checks on the development partition; a fraction of an epoch is rounded up
    to whole steps."""
    select_on: str
    """Metric that selects the best check: accuracy (the paper's UWA), balanced_accuracy, macro_f1,
    loss, or a metric that one of the `extensions` registers."""
    plateau_factor: Annotated[float, Field(gt=0, lt=1)]
    """Factor of the learning rate when the development loss no longer falls."""
    plateau_patience: Patience | None
    """The learning rate is reduced after more checks than this without a lower development
    loss; null: never."""
    stop_patience: Positive
    """Training stops after this many checks without a better one."""
    mixed_precision: bool
    """Matrix products of the training steps in bfloat16, for GPUs."""
    max_epochs: Positive
    """Epochs at most; the log warns of a run that reaches them."""
    max_steps: Positive | None
    """Steps at most; null: no bound."""


class ModelSettings(Section):
    """What differs for one model: time steps at most, sizes, keys of `training`."""

    lengths: dict[str, Positive] = {}
    """{modality: time steps} that this model reads at most."""
    sizes: dict[str, float] = {}
    """Keyword arguments of the model that are numbers."""
    training: dict[str, Any] = {}
    """Keys of `training` that differ for this model."""


class Margins(Section):
    """Differences up to these count as none (region of practical equivalence)."""

    balanced_accuracy: PositiveFloat
    """The paper's WA; 0 to 1."""
    accuracy: PositiveFloat
    """The paper's UWA; 0 to 1."""


class Endpoint(Section):
    """The one comparison that the study is about; all others are secondary."""

    models: Annotated[list[str], Field(min_length=2, max_length=2)]
    """A and B."""
    modalities: str
    """Their set of modalities."""
    metric: Literal["balanced_accuracy", "accuracy"]
    """The paper's WA or UWA."""


class Statistics(Section):
    """How results are compared."""

    alpha: Annotated[float, Field(gt=0, lt=0.5)]
    """Level of all tests; intervals cover 1 - alpha, those of equivalence 1 - 2 alpha."""
    power: Annotated[float, Field(gt=0, lt=1)]
    """Power at which the smallest detectable difference is computed."""
    margins: Margins
    """Differences smaller than these count as negligible."""
    primary: Endpoint | None
    """The primary endpoint, to be declared before results are seen: it is tested at the full level,
    without Holm's correction. null: none; Holm's correction applies to every comparison."""
    bootstrap: Annotated[int, Field(ge=100)]
    """Number of bootstrap samples, of dialogs and of speakers."""
    seed: Seed
    """Seed of the bootstrap."""
    missing_runs: Literal["train", "name", "accept"]
    """train: missing runs are trained. name: tables do without them, name them, and print no
    deviation for their cells. accept: as name, with the deviation."""

    def compared(self) -> dict[str, Any]:
        """What comparisons depend on, as plain values."""
        return self.model_dump(exclude={"missing_runs"})


class Figures(Section):
    """What is drawn."""

    attention: list[str]
    """Utterances of the first fold's test partition whose attention is drawn; []: two of 5 to 10
    words."""


class Synthetic(Section):
    """Size of the synthetic corpus; dialogs in a session, labelled turns in a dialog."""

    seed: Seed
    """Decides the whole corpus."""
    dialogs: Positive
    """Dialogs of each of the five sessions."""
    turns: Positive
    """Labelled turns of a dialog."""


def current_source(name: Any) -> Any:
    """The current name of a corpus; `yoon` is the former name of `prepared`."""
    return {"yoon": "prepared"}.get(name, name) if isinstance(name, str) else name


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

    source: Annotated[str, AfterValidator(current_source)]
    """iemocap: the unpacked release. prepared: the feature folds that the paper used.
    synthetic: made by the workflow. ravdess, cremad, meld, emodb: these corpora. table: a CSV file
    of yours. Or a corpus that one of the `extensions` registers."""
    corpus: str | None
    """Folder of the corpus; null: not set."""
    glove: str | None
    """Word vectors in text format, also compressed (.gz, .zip); the paper uses glove.840B.300d."""
    results: Annotated[str, StringConstraints(min_length=1), AfterValidator(_results_folder)]
    """Folder below which the workflow makes everything."""
    protocol: Literal["paper", "released"]
    """paper: as the article says. released: as the authors' code does. Sets the three switches
    below."""
    text_dropout: Probability | None
    """Dropout on the word vectors; null: 0 (paper) or 0.25 (released)."""
    standardize_audio: bool | None
    """Zero mean and unit variance of each coefficient, from training frames; null: true (paper) or
    false (released)."""
    dtype: Literal["float32", "float64"] | None
    """Type of all numbers in training; null: float32 (paper) or float64 (released)."""
    labels: list[str] = Field(min_length=2)
    """The classes, in the order of the logits; hap+exc makes one class of two labels."""
    label_column: str
    """Column of the utterance table with the labels, where a corpus has several kinds of them."""
    crop: Literal["whole", "left", "right"]
    """Part of the picture with the speaker, where the corpus does not say so of an utterance."""
    min_class_size: Positive
    """A class with fewer utterances is left out."""
    method: Literal["all", "scripted", "improvised"]
    """Only scripted or only improvised dialogs, or all."""
    expected_counts: str | None
    """Name of a corpus: if `source` is that corpus, its counts must be those of the full release.
    null: no check, for another version or a part of the release."""
    class_order: list[str] | None
    """For prepared folds: the labels by class number; null: recovered from the counts."""
    exclusions: Exclusions
    """drop: such utterances are left out, with a row in corpus/exclusions.csv. fail: they stop the
    workflow."""
    features: Features
    """Features of each modality."""
    splits: Splits
    """How the corpus is cut into folds."""
    folds: list[Positive] = Field(min_length=1)
    """Folds that are run."""
    seeds: list[Seed] = Field(min_length=1)
    """Seeds that are run; each decides initial weights, order of utterances and dropout."""
    models: list[str]
    """Models of Table 1, each on every set of `modalities` where it is defined."""
    modalities: list[str]
    """Sets of modalities, each a string of letters in this order: t text, v vision, a audio, then
    further modalities."""
    table2: list[str]
    """Models of Table 2, each on the largest set where it is defined."""
    model_files: list[str]
    """Files with your own models."""
    extensions: list[str] = []
    """Files with your own corpora, extractors, split schemes, metrics, tests, tables, figures and
    models."""
    further_modalities: dict[
        Annotated[str, StringConstraints(pattern="^[a-z]$")], FurtherModality
    ] = {}
    """{letter: modality} in addition to t, v and a, from feature files of yours."""
    keep_weights: Literal["none", "first", "all"]
    """Runs whose best weights stay (weights.pt): first, those of the first seed; all; none."""
    architecture: Architecture
    """Sizes of the paper's models."""
    training: Training
    """How a run is trained."""
    model_settings: dict[str, ModelSettings]
    """Sizes, training settings and sequence lengths of single models."""
    statistics: Statistics
    """How results are compared."""
    figures: Figures
    """What is drawn."""
    synthetic: Synthetic | None = None
    """Size of the synthetic corpus, for source: synthetic."""
    # Machine settings: no result depends on them.
    seeds_per_job: Positive = 1
    """Seeds of a fold that one job trains side by side."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: GPUs if there are any, else the CPU."""
    checkpoint_seconds: Annotated[float, Field(ge=0)] = 30
    """Time between two checkpoints of a run [s]."""

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
        """Facts about the corpus.

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
        """How a model is trained: `training`, overridden by the model's own keys."""
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
        """{modality: file} of the modalities in use whose features come from the user's file."""
        given = {self.modality_names()[one]: self.source_of(one) for one in self.used_modalities()}
        return {name: file for name, file in given.items() if isinstance(file, str)}

    def source_of(self, letter: str) -> Audio | Vision | Text | RegisteredExtractor | str:
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
