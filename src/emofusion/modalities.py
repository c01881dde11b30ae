"""The three modalities, their letters in paths and their order, which is the paper's."""

MODALITIES = {"t": "text", "v": "vision", "a": "audio"}
MODALITY_SETS = ("t", "v", "a", "tv", "ta", "va", "tva")
