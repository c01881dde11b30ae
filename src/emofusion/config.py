"""The only reader of the configuration: strict, and all errors at once."""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from emofusion.corpora.release import release_root
from emofusion.errors import DataError
from emofusion.modalities import MODALITIES, MODALITY_SETS
from emofusion.models import defined_modalities

Positive = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
Patience = Annotated[int, Field(ge=0)]
Probability = Annotated[float, Field(ge=0, lt=1)]
Seed = Annotated[int, Field(ge=0)]
Label = Literal["ang", "dis", "exc", "fea", "fru", "hap", "neu", "oth", "sad", "sur", "xxx"]
SwitchName = Literal["text_dropout", "standardize_audio", "dtype"]

PROTOCOLS: dict[str, dict[SwitchName, Any]] = {
    "paper": {"text_dropout": 0.0, "standardize_audio": True, "dtype": "float32"},
    "released": {"text_dropout": 0.25, "standardize_audio": False, "dtype": "float64"},
}

DEMO = "to see the pipeline run without it: make demo"
NO_CORPUS = (
    "corpus: the IEMOCAP release is not set. Set `corpus` in config.yaml or add "
    f"--config corpus=/path/to/IEMOCAP_full_release; {DEMO}"
)


class Section(BaseModel):
    """A part of the configuration: no unknown key, no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Audio(Section):
    """MFCC features; times in seconds, rate in Hz."""

    sample_rate: Positive
    frame_seconds: PositiveFloat
    step_seconds: PositiveFloat
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

    width: Positive
    seed: Seed
    max_length: Positive


class Features(Section):
    """One section a modality."""

    audio: Audio
    vision: Vision
    text: Text


class Splits(Section):
    """How the corpus is cut into folds."""

    scheme: Literal["published", "random"]
    n_folds: Annotated[int, Field(ge=2)]
    seed: Seed


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
    plateau_factor: Annotated[float, Field(gt=0, lt=1)]
    plateau_patience: Patience
    stop_patience: Patience
    max_epochs: Positive


class Statistics(Section):
    """How results are compared."""

    alpha: Annotated[float, Field(gt=0, lt=1)]


class Synthetic(Section):
    """Size of the embedded corpus; dialogs in a session, labelled turns in a dialog."""

    seed: Seed
    dialogs: Positive
    turns: Positive


class Config(Section):
    """The whole configuration, as merged from config.yaml, overlays and the command line."""

    source: Literal["iemocap", "synthetic"]
    corpus: str | None
    glove: str | None
    results: Annotated[str, StringConstraints(min_length=1), AfterValidator(os.path.normpath)]
    protocol: Literal["paper", "released"]
    text_dropout: Probability | None
    standardize_audio: bool | None
    dtype: Literal["float32", "float64"] | None
    labels: list[Label] = Field(min_length=2)
    features: Features
    splits: Splits
    folds: list[Positive] = Field(min_length=1)
    seeds: list[Seed] = Field(min_length=1)
    models: list[str] = Field(min_length=1)
    modalities: list[Literal[MODALITY_SETS]] = Field(min_length=1)
    architecture: Architecture
    training: Training
    statistics: Statistics
    synthetic: Synthetic | None = None
    # Matters of the machine: no result depends on them.
    seeds_per_job: Positive = 1
    device: Literal["auto", "cpu", "cuda"] = "auto"

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

    def systems(self) -> list[tuple[str, str]]:
        """(model, modalities) of every system to train, in the order of the configuration."""
        return [
            (model, modalities)
            for model in self.models
            for modalities in self.modalities
            if modalities in defined_modalities()[model]
        ]

    def used_modalities(self) -> str:
        """Letters of the modalities that any configured system uses, in the paper's order."""
        return "".join(
            letter for letter in MODALITIES if any(letter in used for _, used in self.systems())
        )


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


def _explain(problem: Mapping[str, Any]) -> list[str]:
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        valid = _fields_at(problem["loc"][:-1])
        near = difflib.get_close_matches(str(problem["loc"][-1]), valid, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(valid)}"
        return [f"{key} is not a known key; {hint}"]
    if problem["type"] == "missing":
        return [f"{key} is missing"]
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"]).splitlines()
    return [f"{key}: {problem['msg']}, found {problem['input']!r}"]


def _fields_at(location: tuple[str, ...]) -> list[str]:
    section: type[BaseModel] = Config
    for name in location:
        annotation = section.model_fields[name].annotation
        options = [annotation, *getattr(annotation, "__args__", ())]
        section = next(o for o in options if isinstance(o, type) and issubclass(o, BaseModel))
    return list(section.model_fields)


def _inconsistencies(config: Config) -> Iterator[str]:
    for name in ("labels", "folds", "seeds", "models", "modalities"):
        values = getattr(config, name)
        if len(set(values)) != len(values):
            yield f"{name}: each value may stand there once, found {values}"
    known = defined_modalities()
    for model in config.models:
        if model not in known:
            near = difflib.get_close_matches(model, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            yield f"models: {model} is not a known model; {hint}"
    outside = [fold for fold in config.folds if fold > config.splits.n_folds]
    if outside:
        yield f"folds: {outside} found, but splits.n_folds is {config.splits.n_folds}"
    if config.splits.scheme == "published" and config.splits.n_folds != 5:
        yield f"splits.n_folds: the published scheme has 5 folds, found {config.splits.n_folds}"
    if 2 * config.architecture.hidden % config.architecture.heads:
        yield (
            "architecture.heads: must divide the width of the encoders, "
            f"2 x hidden = {2 * config.architecture.hidden}, found {config.architecture.heads}"
        )
    if set(config.models) <= set(known):
        yield from _missing_data(config)


def _missing_data(config: Config) -> Iterator[str]:
    if not config.systems():
        yield f"modalities: no configured model is defined on {', '.join(config.modalities)}"
    if config.source == "synthetic":
        if config.synthetic is None:
            yield "synthetic: the section is missing; protocols/demo.yaml shows it"
        return
    if config.corpus is None:
        yield NO_CORPUS
    else:
        try:
            release_root(Path(config.corpus))
        except DataError as error:
            yield f"corpus: {error}; {DEMO}"
    weights = config.features.vision.weights
    if "/" in weights and not Path(weights).is_file():
        yield f"features.vision.weights: there is no file {weights}"
    if "t" not in config.used_modalities():
        return
    if config.glove is None:
        yield (
            "glove: the word vectors are not set. Set `glove` in config.yaml or add "
            "--config glove=/path/to/glove.840B.300d.txt"
        )
    elif not Path(config.glove).is_file():
        yield f"glove: there is no file {config.glove}"
