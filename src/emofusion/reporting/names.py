"""How models and modalities are printed."""

MODEL_NAMES = {
    "self": "Self",
    "cross": "Cross",
    "self_nosp": "Self-noSP",
    "cross_nosp": "Cross-noSP",
    "self_cross": "Cross+Self",
    "mean": "Mean (no attention)",
    "cross_matched": "Cross (shared weights)",
    "mdre": "MDRE",
    "mha": "MHA",
    "amh": "AMH",
    "mcsan": "MCSAN",
}

REIMPLEMENTED = {"mha": "tv ta va", "mdre": "tv va tva", "mcsan": "ta"}
"""{model: modality sets} without public code of the authors, written from descriptions."""

REIMPLEMENTED_NOTE = "re-implemented from the description"


def modality_name(modalities: str) -> str:
    """As the paper prints it: "tva" is T+V+A."""
    return "+".join(modalities.upper())


def model_name(model: str) -> str:
    """As the paper prints it; a model that it does not know by its own name."""
    return MODEL_NAMES.get(model, model)


def system_name(model: str, modalities: str) -> str:
    """For example "Cross T+V+A"."""
    return f"{model_name(model)} {modality_name(modalities)}"


def is_reimplemented(model: str, modalities: str) -> bool:
    """Whether a system is known by a description alone."""
    return modalities in REIMPLEMENTED.get(model, "").split()
