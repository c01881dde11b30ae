"""Where a configuration differs from the paper's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emofusion.config.schema import PROTOCOLS, Config, RegisteredExtractor
from emofusion.modalities import MODALITIES

# Paths, and keys that change no result.
MACHINE = {"corpus", "glove", "results", "model_files", "extensions"}
MACHINE |= {"seeds_per_job", "device", "checkpoint_seconds"}
OUTPUTS = {"keep_weights", "figures"}
SYSTEMS = {"models", "modalities", "table2"}
CORPUS = {"source", "synthetic", "expected_counts", "class_order"}
EXTRACTORS = {"audio": "MFCC", "vision": "ResNet", "text": "word vectors"}
DEMANDS = {"features.text.min_coverage"}  # checks only; no result depends on them
# Keys of which a corpus that the paper does not use needs values of its own.
FOLLOW_CORPUS = {"labels", "label_column", "min_class_size", "method", "crop", "folds", "splits"}
FOLLOW_CORPUS |= {"seeds", "exclusions", "max_length", "vision_steps", "audio_steps", "lengths"}


def differing_settings(config: Config, paper: Mapping[str, Any]) -> list[str]:
    """Every scientific setting that differs from the paper's, by section.

    Not listed: machine settings, which change no result, and the corpus and the systems, which the
    report names elsewhere; where the corpus is not the paper's, also classes, folds, seeds and
    lengths.

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
        | {"statistics": _of_tests(config.statistics.compared())}
    )
    switches = {name: paper.get(name) for name in PROTOCOLS["paper"]}
    expected = _flat(
        {key: value for key, value in paper.items() if key not in left_out}
        | PROTOCOLS[paper["protocol"]]
        | {name: value for name, value in switches.items() if value is not None}
        | {"statistics": _of_tests(paper["statistics"])}
    )
    own = {f"features.{name}" for name in config.own_features()}
    for name in MODALITIES.values():
        one = getattr(config.features, name)
        if isinstance(one, RegisteredExtractor):
            replaced = f"features.{name}"
            settings = ", ".join(f"{key} {value}" for key, value in one.settings.items())
            given = {k: v for k, v in given.items() if not k.startswith(f"{replaced}.")}
            expected = {k: v for k, v in expected.items() if not k.startswith(f"{replaced}.")}
            given[replaced] = f"{one.extractor}{f' with {settings}' if settings else ''}"
            expected[replaced] = EXTRACTORS[name]
    models = {model for model, _ in config.systems()}
    printed = config.corpus_entry().printed
    sections: dict[str, list[str]] = {}
    for key in dict.fromkeys([*given, *expected]):
        section, _, name = key.rpartition(".")
        area, *parts = section.split(".")
        used = area != "model_settings" or parts[0] in models
        free = not printed and not FOLLOW_CORPUS.isdisjoint(key.split("."))
        same = given.get(key) == expected.get(key)
        if same or section in own or key in DEMANDS or not used or free:
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


def _of_tests(statistics: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the tests; which comparison is the primary one is no deviation."""
    return {k: v for k, v in statistics.items() if k not in ("primary", "missing_runs")}


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
        return Path(value).name if "/" in value else value  # of a file with weights
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
