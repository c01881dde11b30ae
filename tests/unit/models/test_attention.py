"""The mean weights of the attention."""

import math

import pytest
import torch
from plain import SIZES, attention_weights
from torch import nn
from torch.func import functional_call

from emofusion.models import attention, build_model
from emofusion.models.attention import MeanAttention, MeanWeights
from emofusion.models.layers import DropoutMask


def noise(batch=2):
    torch.manual_seed(0)
    return {
        name: torch.randn(batch, n, SIZES["widths"][name]) for name, n in SIZES["lengths"].items()
    }


def test_the_weights_of_a_head_are_the_softmax_of_its_scores_by_hand():
    attention = MeanAttention(width=1, heads=1, dropout=0.0)
    for part in (attention.query, attention.key):
        nn.init.ones_(part.weight)
    # One query of 1: scores are the keys, here log 1, log 2, log 5; of -1: their negatives.
    source = torch.tensor([[[0.0], [math.log(2)], [math.log(5)]]])
    found = attention.weights(torch.tensor([[[1.0]]]), source)
    assert found.flatten().tolist() == pytest.approx([1 / 8, 2 / 8, 5 / 8])
    both = attention.weights(torch.tensor([[[1.0], [-1.0]]]), source)
    opposite = [10 / 17, 5 / 17, 2 / 17]
    expected = [(a + b) / 2 for a, b in zip([1 / 8, 2 / 8, 5 / 8], opposite, strict=True)]
    assert both.flatten().tolist() == pytest.approx(expected)


def test_the_weights_are_those_of_torch_averaged_over_the_queries():
    torch.manual_seed(1)
    attention = MeanAttention(width=12, heads=3, dropout=0.0)
    target, source = torch.randn(2, 4, 12), torch.randn(2, 5, 12)
    like = nn.MultiheadAttention(12, 3, batch_first=True)
    options = {"average_attn_weights": False}
    _, weights = functional_call(
        like, attention_weights(attention), (target, source, source), options
    )
    torch.testing.assert_close(attention.weights(target, source), weights.mean(dim=2))


def masked_softmax(q, k, p, keys):
    """Mean weights from plain operations, with the factors that the keys give for blocks of two."""
    weights = (q @ k.transpose(-1, -2) / 3**0.5).softmax(dim=-1)
    if p:
        draws = [DropoutMask(key, p, torch.device("cpu")) for key in keys]
        kept = [
            torch.cat([draw.draw(block.shape) for block in seed.split(2)])
            for draw, seed in zip(draws, weights, strict=True)
        ]
        weights = weights * torch.stack(kept) * draws[0].scale
    return weights.mean(dim=-2)


@pytest.mark.parametrize("p", [0.0, 0.3])
def test_blocks_with_dropout_give_the_weights_and_gradients_of_plain_operations(monkeypatch, p):
    monkeypatch.setitem(attention.BLOCK, "cpu", 2 * 4 * 6)  # two rows at a time, of five
    torch.manual_seed(0)
    q = torch.randn(2, 5, 4, 3, dtype=torch.float64, requires_grad=True)
    k = torch.randn(2, 5, 6, 3, dtype=torch.float64, requires_grad=True)
    above, keys = torch.randn(2, 5, 6, dtype=torch.float64), [7, 8]
    found, expected = MeanWeights.apply(q, k, p, keys), masked_softmax(q, k, p, keys)
    torch.testing.assert_close(found, expected)
    gradients = (torch.autograd.grad(means, (q, k), above) for means in (found, expected))
    torch.testing.assert_close(*gradients)


def test_no_weights_are_stored_for_the_backward_pass():
    stored = []

    def note(tensor):
        stored.append(tensor.numel() * tensor.element_size())
        return tensor

    model = MeanAttention(width=12, heads=3, dropout=0.1)
    x = torch.randn(2, 100, 12, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        model(x, x)
    assert max(stored) == 2 * 3 * 100 * 100  # a byte each: what stayed


@pytest.mark.parametrize(
    ("name", "modalities", "pairs"),
    [
        ("self", "tv", {("text", "text"): 6, ("vision", "vision"): 4}),
        ("cross", "ta", {("text", "audio"): 3, ("audio", "text"): 6}),
        ("cross_nosp", "va", {("vision", "audio"): 3, ("audio", "vision"): 4}),
        ("mean", "tva", {}),
    ],
)
def test_a_model_tells_its_attention_by_target_and_source(name, modalities, pairs):
    model = build_model(name, modalities, **SIZES).eval()
    found = model.attention(noise())
    assert {pair: weights.shape[1] for pair, weights in found.items()} == pairs
    for weights in found.values():
        torch.testing.assert_close(weights.sum(dim=1), torch.ones(2))


def test_a_target_s_shared_attention_is_told_for_each_source():
    model = build_model("cross_matched", "tva", **SIZES).eval()
    assert len(model.attention(noise())) == 6


def test_the_weights_explain_the_output():
    """What the model makes of a pair is the source's values under the weights that it tells."""
    model = build_model("self", "t", **SIZES | {"heads": 1}).eval()
    inputs = noise()
    encoded = model.encoders["text"](inputs["text"])
    attention = model.attentions["text_text"]
    weights = model.attention(inputs)["text", "text"]
    expected = attention.output((weights.unsqueeze(1) @ attention.value(encoded)).squeeze(1))
    torch.testing.assert_close(attention(encoded, encoded), expected)
