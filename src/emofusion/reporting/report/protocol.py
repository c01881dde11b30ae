"""The section on the protocol: features, training, models."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from emofusion.modalities import MODALITIES
from emofusion.reporting.latex import tabular
from emofusion.reporting.report.summary import Record
from emofusion.wording import listing, modality_name, model_name, setting_text

EVENTS = {"keep": "kept", "drop": "left out"}

EDGES = {
    "whole": "frames that fit into the recording",
    "padded": "frames centred on each step, zeros beyond the ends",
}


def protocol(config: Mapping[str, Any], records: Sequence[Record], runs: pd.DataFrame) -> str:
    """Features, training, models."""
    rows = [
        ("protocol", f"{config['protocol']}: {_switches(config)}"),
        *(
            (name, _extractor(name, config["features"][name]))
            for letter, name in MODALITIES.items()
            if any(letter in modalities for modalities in runs["modalities"])
        ),
        *(
            (one["name"], f"{_extractor(one['name'], one['file'])}{_further(one)}")
            for one in config.get("further_modalities", {}).values()
        ),
        ("prosody", "for the baselines that read it" if config["features"]["prosody"] else "none"),
        ("paper's models", _settings(config["architecture"])),
        ("training", _training(config["training"])),
        ("folds; seeds", f"{listing(config['folds'])}; {listing(config['seeds'])}"),
    ]
    text = (
        "All keys and values are in the configuration; each run's own are in its folder. "
        "Parameters are counted on a model's largest set of modalities, and include word "
        "vectors where they are trained. Settings that a model does not list are those above."
    )
    return "\n\n".join(
        [
            r"\section{Protocol}",
            tabular(r"lL{.8\textwidth}", ["what", "setting"], rows),
            rf"\textbf{{Models.}} {text}{capacity(runs)}",
            model_table(config, records, runs),
        ]
    )


def model_table(config: Mapping[str, Any], records: Sequence[Record], runs: pd.DataFrame) -> str:
    """Each model: its sets of modalities, parameters, runs, and settings that differ."""
    rows = []
    for model in dict.fromkeys(runs["model"]):
        own = runs[runs["model"] == model]
        sets = list(dict.fromkeys(own["modalities"]))
        largest = own[own["modalities"] == max(sets, key=len)]
        settings: dict[str, str] = {}
        for record in records:
            if record["model"] == model:
                settings |= own_settings(record, config)
        rows.append(
            [
                model_name(model),
                ", ".join(map(modality_name, sets)),
                f"{int(largest['parameters'].max()):,}",
                len(own),
                ", ".join(f"{key} {value}" for key, value in settings.items()) or "as above",
            ]
        )
    head = ["model", "modalities", "parameters", "runs", "differs in"]
    return tabular(r"L{.18\textwidth}L{.14\textwidth}rrL{.43\textwidth}", head, rows)


def capacity(runs: pd.DataFrame) -> str:
    """How much larger Cross is than Self on the largest set that both were run on."""
    own = runs[runs["model"].isin(["self", "cross"])]
    sizes = own.pivot_table(index="modalities", columns="model", values="parameters", aggfunc="max")
    both = sizes.dropna()
    if both.empty or both.shape[1] < 2:
        return ""
    largest = max(both.index, key=len)
    more = both.loc[largest, "cross"] / both.loc[largest, "self"] - 1
    return (
        rf" On {modality_name(largest)} Cross has {100 * abs(more):.1f}\,\% "
        f"{'more' if more >= 0 else 'fewer'} parameters than Self: capacity is part of what is "
        "compared."
    )


def own_settings(record: Record, config: Mapping[str, Any]) -> dict[str, str]:
    """Settings of a run that are not those of the configuration's common sections."""
    switched = ("text_dropout", "further_steps")  # said of the protocol and of the modality
    common = config["architecture"] | {key: record["architecture"].get(key) for key in switched}
    sections = {
        name: given.get("settings", given)
        for name, given in config["features"].items()
        if isinstance(given, Mapping)
    }
    limits = {name: one["max_length"] for name, one in sections.items() if "max_length" in one}
    pairs = [
        (config["training"], record["training"], "{}"),
        (common, record["architecture"], "{}"),
        (limits, record["lengths"], "{} steps"),
    ]
    return {
        name.format(key): setting_text(value)
        for shared, own, name in pairs
        for key, value in own.items()
        if key not in shared or shared[key] != value
    }


def _switches(config: Mapping[str, Any]) -> str:
    standard = "standardised" if config["standardize_audio"] else "not standardised"
    return (
        f"dropout {config['text_dropout']:g} on the word vectors, audio {standard}, "
        f"{config['dtype']}"
    )


def _extractor(name: str, given: Mapping[str, Any] | str) -> str:
    if isinstance(given, str):
        return "the user's own features, from a file"
    if "extractor" in given:
        return f"{given['extractor']} ({_settings(given['settings']) or 'no settings'})"
    if name == "text":
        return (
            f"word vectors of {given['width']} values, bracketed events "
            f"{EVENTS[given['events']]}; at most {given['max_length']} words"
        )
    if name == "vision":
        return (
            f"{given['backbone']} ({given['weights']}) on the centre {given['crop']} pixels of the "
            f"speaker's half frame, {given['frames_per_second']:g} a second; at most "
            f"{given['max_length']} frames"
        )
    return (
        f"{given['n_mfcc']} MFCC with two derivatives, Hamming window of "
        f"{1000 * given['frame_seconds']:g} ms every {1000 * given['step_seconds']:g} ms, "
        f"{EDGES[given['edges']]}; at most {given['max_length']} frames"
    )


def _further(given: Mapping[str, Any]) -> str:
    """What the paper's models do with a further modality."""
    steps = f", mixed over time to {given['steps']} steps" if given["steps"] else ""
    return steps + (", standardised" if given["standardize"] else "")


def _training(given: Mapping[str, Any]) -> str:
    plateau = (
        f"the rate is multiplied by {given['plateau_factor']:g} when the development loss has not "
        f"fallen for more than {given['plateau_patience']} checks, "
        if given["plateau_patience"] is not None
        else ""
    )
    return (
        f"Adam, learning rate {given['learning_rate']:g}, batches of {given['batch_size']}, "
        f"{given.get('loss', 'softmax')} cross-entropy (class weights: {given['class_weight']}), "
        f"a check on the development partition every {_epochs(given['epochs_per_check'])}, "
        f"{plateau}stop after {given['stop_patience']} checks without a better "
        f"{given['select_on']}, at most {given['max_epochs']} epochs; the best check is tested, "
        "once"
    )


def _epochs(number: float) -> str:
    return "epoch" if number == 1 else f"{number:g} epochs"


def _settings(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {setting_text(value)}" for key, value in values.items())
