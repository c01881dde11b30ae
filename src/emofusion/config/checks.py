"""Checks across keys: values that contradict each other, and missing data files."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from emofusion.config.schema import (
    DEMO,
    Config,
    RegisteredExtractor,
    Text,
    Training,
    Vision,
    current_source,
)
from emofusion.config.wording import explain, hint
from emofusion.corpora import Corpus
from emofusion.corpora.prepared.folds import fold_folders
from emofusion.errors import DataError
from emofusion.features.vectors import check_vectors
from emofusion.modalities import MODALITIES, is_set, ordered
from emofusion.models import registry
from emofusion.registry import Definition, find
from emofusion.training import SELECTABLE


def corpus_not_set(corpus: Corpus) -> str:
    """Error message: the folder of a corpus is not set, and how to set it."""
    return (
        f"corpus: the folder of {corpus.title} is not set. Set `corpus` in the configuration or "
        f"add --config corpus=/path/to/{corpus.folder}; {DEMO}"
    )


def problems(config: Config) -> Iterator[str]:
    """Problems of a configuration whose single values are valid; one line per problem."""
    for name in ("labels", "folds", "seeds", "models", "modalities", "table2"):
        values = getattr(config, name)
        if len(set(values)) != len(values):
            yield f"{name}: each value may occur only once, found {values}"
    yield from _modality_problems(config)
    for key, one in _registered(config):
        known = find("EXTRACTORS", config.extensions)[one.extractor]
        yield from _extractor_problems(key, one, known)
    yield from _label_problems(config)
    yield from _count_problems(config)
    n_folds, repeats = config.splits.n_folds, config.splits.repeats
    outside = [fold for fold in config.folds if fold > n_folds * repeats]
    if outside:
        times = f" and splits.repeats is {repeats}" if repeats > 1 else ""
        yield f"folds: {outside} found, but splits.n_folds is {n_folds}{times}"
    yield from _split_problems(config)
    if 2 * config.architecture.hidden % config.architecture.heads:
        yield (
            "architecture.heads: must divide the width of the encoders, "
            f"2 x hidden = {2 * config.architecture.hidden}, found {config.architecture.heads}"
        )
    problems = [*_model_problems(config), *_selection_problems(config)]
    yield from problems or [
        *_endpoint_problems(config),
        *_missing_data(config),
        *_rating_problems(config),
        *_precision_problems(config),
        *_coverage_problems(config),
    ]


def _selection_problems(config: Config) -> Iterator[str]:
    """Metrics that the loop does not know and no file registers."""
    metrics = find("METRICS", config.extensions).values()
    known = [*SELECTABLE, *(one.name for one in metrics if one.facts["selects"])]
    sections = {"training": config.training.select_on} | {
        f"model_settings.{model}.training": own.training["select_on"]
        for model, own in config.model_settings.items()
        if "select_on" in own.training
    }
    for section, name in sections.items():
        if name not in known:
            yield f"{section}.select_on: {name!r} is not known; {hint(str(name), known)}"


def _endpoint_problems(config: Config) -> Iterator[str]:
    """A primary endpoint that no run is for."""
    if (one := config.statistics.primary) is None:
        return
    for model in one.models:
        if (model, one.modalities) not in config.systems():
            on = [modalities for name, modalities in config.systems() if name == model]
            yield (
                f"statistics.primary: {model} is not run on {one.modalities}; it is run on "
                f"{', '.join(on) or 'nothing'}"
            )


def _rating_problems(config: Config) -> Iterator[str]:
    """The loss soft, where no single raters of the labels are known."""
    models = dict.fromkeys([*config.models, *config.table2])
    soft = [model for model in models if config.training_of(model)["loss"] == "soft"]
    corpus = config.corpus_entry()
    if soft and config.label_column not in corpus.rated:
        columns = ", ".join(corpus.rated)
        known = f"; it has those of {columns}: set label_column to one of them" if columns else ""
        yield (
            f"training.loss: soft (for {', '.join(soft)}) needs the votes of single annotators, "
            f"but {corpus.title} has none for its labels (label_column: {config.label_column})"
            f"{known or '; use softmax'}"
        )


def _precision_problems(config: Config) -> Iterator[str]:
    models = dict.fromkeys([*config.models, *config.table2])
    mixed = [model for model in models if config.training_of(model)["mixed_precision"]]
    if mixed and config.switch("dtype") != "float32":
        yield (
            f"training.mixed_precision: needs dtype float32, found true with dtype "
            f"{config.switch('dtype')} (for {', '.join(mixed)}); set one of them accordingly"
        )


def _coverage_problems(config: Config) -> Iterator[str]:
    """A problem if existing text features have a lower coverage than `min_coverage`."""
    text = config.features.text
    if not isinstance(text, Text) or "t" not in config.raw_modalities():
        return
    if text.min_coverage is None:
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


def name_problems(raw: Mapping[str, Any]) -> Iterator[str]:
    """Names that no file defines, and files that define nothing, before anything else is checked.

    Args:
        raw: the merged configuration; parts of an unexpected type are skipped here.
    """
    splits, features = (_section(raw.get(key)) for key in ("splits", "features"))
    extensions = _texts(raw.get("extensions"))
    model_files = _texts(raw.get("model_files"))
    for key, files in (("model_files", model_files), ("extensions", extensions)):
        try:
            registry(files)
        except DataError as error:
            yield f"{key}: {error}"
            return
    extractors = {
        f"features.{name}": _section(features.get(name)).get("extractor")
        for name in MODALITIES.values()
    }
    for kind, names in (
        ("CORPORA", {"source": current_source(raw.get("source"))}),
        ("SPLITS", {"splits.scheme": splits.get("scheme")}),
        ("EXTRACTORS", extractors),
    ):
        try:
            known = find(kind, extensions)
        except DataError as error:
            yield f"extensions: {error}"
            return
        for key, name in names.items():
            if isinstance(name, str) and name not in known:
                yield f"{key}: {name!r} is not known; {hint(name, known)}"
    letters = [*MODALITIES, *sorted(map(str, _section(raw.get("further_modalities"))))]
    for modalities in _texts(raw.get("modalities")):
        if not is_set(modalities) or not {*modalities} <= {*letters}:
            near = ordered({*modalities} & {*letters})
            hinted = f"did you mean {near}?" if near else f"known are {' '.join(letters)}, in order"
            yield f"modalities: {modalities!r} is not a set of modalities; {hinted}"


def _section(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _registered(config: Config) -> list[tuple[str, RegisteredExtractor]]:
    """The extractors that are named in the configuration, with their keys."""
    given = ((name, getattr(config.features, name)) for name in MODALITIES.values())
    return [
        (f"features.{name}", one) for name, one in given if isinstance(one, RegisteredExtractor)
    ]


def _extractor_problems(key: str, given: RegisteredExtractor, known: Definition) -> Iterator[str]:
    """Settings that an extractor does not have, or that are of another type than their defaults."""
    modality = known.facts["modality"]
    if key != f"features.{modality}":
        wanted = f"name an extractor of {key.removeprefix('features.')}"
        yield f"{key}: {known.name} is an extractor of {modality or 'nothing'}; {wanted}"
    longest = given.max_length
    if longest is not None and not (isinstance(longest, int) and longest > 0):
        yield f"{key}.settings.max_length: found {longest!r}, expected a whole number from 1"
    defaults = known.facts["settings"]
    for setting, value in given.own_settings().items():
        if setting not in defaults:
            yield f"{key}.settings.{setting} is not a known key; {hint(setting, defaults)}"
        elif not isinstance(value, type(defaults[setting]) | float | None):
            expected = f"expected a value such as {defaults[setting]!r}"
            yield f"{key}.settings.{setting}: found {value!r}, {expected}"


def _modality_problems(config: Config) -> Iterator[str]:
    names = config.modality_names()
    for letter, modality in config.further_modalities.items():
        key = f"further_modalities.{letter}"
        if letter in MODALITIES:
            yield f"{key}: {letter} is {MODALITIES[letter]}; choose another letter"
        if list(names.values()).count(modality.name) > 1 or modality.name == "prosody":
            yield f"{key}.name: {modality.name} is already used; choose another name"
    for model, own in config.model_settings.items():
        for name in own.lengths:
            if name not in names.values():
                yield (
                    f"model_settings.{model}.lengths.{name} is not a known key; "
                    f"{hint(name, names.values())}"
                )


def _model_problems(config: Config) -> Iterator[str]:
    known = config.registry()
    for key in ("models", "table2", "model_settings"):
        for model in getattr(config, key):
            if model not in known:
                yield f"{key}: {model} is not a known model; {hint(model, known)}"
    for model, own in config.model_settings.items():
        key = f"model_settings.{model}"
        for size, value in own.sizes.items():
            if model in known and size not in known[model].sizes:
                yield f"{key}.sizes.{size} is not a known key; {hint(size, known[model].sizes)}"
            elif model in known and isinstance(known[model].sizes[size], int) and value % 1:
                yield f"{key}.sizes.{size}: found {value}, expected a whole number"
        try:
            Training.model_validate(config.training.model_dump() | own.training)
        except ValidationError as error:
            for problem in error.errors():
                located = {**problem, "loc": ("training", *problem["loc"])}
                yield from (f"{key}.{line}" for line in explain(located))


def _label_problems(config: Config) -> Iterator[str]:
    codes = [code for name in config.labels for code in name.split("+")]
    known = config.corpus_entry().labels
    for code in codes:
        if known and code not in known:
            yield f"labels: {code} is not a label; {hint(code, known)}"
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice and len(set(config.labels)) == len(config.labels):
        yield f"labels: a label belongs to one class, found more than once: {', '.join(twice)}"


def _label_problems_of(config: Config, corpus: Corpus) -> Iterator[str]:
    """Labels that no utterance of a corpus has, where that is quickly known."""
    columns = corpus.columns(Path(config.corpus or ""))
    if columns is None:
        return
    if config.label_column not in columns:
        close = hint(config.label_column, columns)
        yield f"label_column: {config.label_column} is not a column; {close}"
        return
    found = Counter(filter(None, columns[config.label_column]))
    for name in config.labels:
        for code in name.split("+"):
            if code not in found:
                counts = ", ".join(f"{label} {number:,}" for label, number in found.most_common())
                yield (
                    f"labels: no utterance of {config.corpus} has the label {code}; found: "
                    f"{counts or 'no label'}"
                )


def _split_problems(config: Config) -> Iterator[str]:
    splits, corpus = config.splits, config.corpus_entry()
    known = {"sessions": corpus.n_sessions, "speakers": corpus.n_speakers}
    facts = find("SPLITS", config.extensions)[splits.scheme].facts
    counted = "speakers" if splits.development == "partner" else facts["folds"]
    allowed = facts["development"].split()
    if allowed and splits.development not in allowed:
        yield (
            f"splits.development: found {splits.development}, expected for the scheme "
            f"{splits.scheme}: {', '.join(allowed)}"
        )
    if facts["lists"] and not any(Path(splits.folds or "").glob(facts["lists"])):
        yield (
            f"splits.folds: found {splits.folds}, expected a folder with {facts['lists']}; "
            f"the scheme {splits.scheme} reads them"
        )
    if splits.repeats > 1 and not facts["repeats"]:
        yield (
            f"splits.repeats: the scheme {splits.scheme} gives the same folds each time, found "
            f"{splits.repeats}; use 1"
        )
    folds = int(counted) if counted.isdecimal() else known.get(counted, 0)
    if folds and splits.n_folds != folds:
        yield f"splits.n_folds: found {splits.n_folds}; the scheme {splits.scheme} has {folds}"
    if config.source == "prepared":
        yield from _prepared_problems(config)


def _prepared_problems(config: Config) -> Iterator[str]:
    """Settings that prepared folds do not support: they hold no ids, transcripts or speakers."""
    fixed = {
        "splits.scheme": (config.splits.scheme, "published"),
        "splits.unseen_lines": (config.splits.unseen_lines, False),
        "method": (config.method, "all"),
    }
    if isinstance(config.features.text, Text):
        fixed["features.text.events"] = (config.features.text.events, "keep")
    for key, (found, only) in fixed.items():
        if found != only:
            yield f"{key}: the prepared folds (source: prepared) have only {only}, found {found}"


def _count_problems(config: Config) -> Iterator[str]:
    known = find("CORPORA", config.extensions)
    if config.expected_counts is not None and config.expected_counts not in known:
        close = hint(config.expected_counts, known)
        yield f"expected_counts: {config.expected_counts} is not a corpus; {close}"


def _missing_data(config: Config) -> Iterator[str]:
    if not config.systems():
        yield (
            "models, table2: no system to train; no configured model is defined on "
            f"{', '.join(config.modalities) or 'nothing'}"
        )
    names = config.modality_names()
    made = [Path(config.results, f"features/{name}.h5").resolve() for name in names.values()]
    keys = {f"features.{name}": name for name in MODALITIES.values()}
    keys |= {f"further_modalities.{letter}.file": names[letter] for letter in names}
    key_of = {name: key for key, name in reversed(keys.items())}
    for name, file in config.own_features().items():
        key = key_of[name]
        if Path(file).is_dir():
            yield f"{key}: {file} is a folder; name the HDF5 file with the features"
        elif not Path(file).is_file():
            yield f"{key}: there is no file {file}"
        elif not os.access(file, os.R_OK):
            yield f"{key}: {file} cannot be read; change its permissions"
        elif Path(file).resolve() in made:
            yield f"{key}: the workflow itself writes {file}; copy the file and name the copy"
    if config.source == "synthetic":
        if config.synthetic is None:
            yield "synthetic: the section is missing; protocols/demo.yaml shows it"
        return
    corpus = config.corpus_entry()
    if config.corpus is None:
        if corpus.folder:
            yield corpus_not_set(corpus)
    else:
        try:
            corpus.find(Path(config.corpus))
            yield from _label_problems_of(config, corpus)
            if config.expected_counts == config.source:
                yield from corpus.count_differences(Path(config.corpus))
            if config.source == "prepared":
                found = fold_folders(Path(config.corpus))
                if not found.keys() >= set(config.folds):
                    yield f"folds: found {config.folds}, but the corpus has only {sorted(found)}"
        except DataError as error:
            yield f"corpus: {error}; {DEMO}"
    if config.source != "prepared":
        yield from _missing_weights(config)
    elif config.own_features():
        yield (
            f"features: found your own files for {', '.join(config.own_features())}; the prepared "
            "folds (source: prepared) have their own features, remove these files from features"
        )


def _missing_weights(config: Config) -> Iterator[str]:
    raw = config.raw_modalities()
    reading = [system for system in config.systems() if config.reads_prosody(*system)]
    if reading and find_spec("opensmile") is None:
        yield (
            f"features.prosody: {reading[0][0]} reads it, but openSMILE is not installed: "
            "pip install 'emofusion[prosody]', or set it to false"
        )
    if "v" in raw:
        vision = config.features.vision
        weights = vision.weights if isinstance(vision, Vision) else ""
        if "/" in weights and not Path(weights).is_file():
            yield f"features.vision.weights: there is no file {weights}"
    if "t" not in raw or not isinstance(config.features.text, Text):
        return
    if config.glove is None:
        yield (
            "glove: the word vectors are not set. Set `glove` in the configuration or add "
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
