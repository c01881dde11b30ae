"""A model file outside the package, as docs/extend.md describes it."""

TINY = """from torch import nn

MODELS = {"tiny": "t"}


class Tiny(nn.Module):
    def __init__(self, width, classes, *, hidden=4):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, hidden), nn.Linear(hidden, classes))

    def forward(self, inputs):
        return self.layers(inputs["text"].mean(dim=1))


def build(name, modalities, *, lengths, widths, classes, **sizes):
    return Tiny(widths["text"], classes, **sizes)
"""
