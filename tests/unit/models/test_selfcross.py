from itertools import permutations

import pytest
import torch
from plain import SIZES, attention_weights
from torch import nn
from torch.func import functional_call

from emofusion.modalities import MODALITIES, sets_of
from emofusion.models import build_model
from emofusion.models.attention import MeanAttention
from emofusion.models.selfcross import MODELS, statistical_pooling


def same(part, like, *args):
    """What another part of torch's gives with a part's parameters; gradients reach the latter."""
    return functional_call(like, dict(part.named_parameters()), args)


def plain_attention(attention: MeanAttention, target, source):
    """Mean over time of torch's attention with the same weights."""
    width = attention.query.in_features
    like = nn.MultiheadAttention(width, attention.heads, batch_first=True)
    attended, _ = functional_call(like, attention_weights(attention), (target, source, source))
    return attended.mean(dim=1)


def plain_encoding(encoder, name, x):
    if name != "text":
        like = nn.Conv1d(x.shape[1], SIZES[f"{name}_steps"], kernel_size=1)
        x = same(encoder.mix.convolution, like, x)
    like = nn.GRU(x.shape[2], SIZES["hidden"], batch_first=True, bidirectional=True)
    return same(encoder.gru, like, x)[0]


def plain_pooling(means):
    n = len(means)
    mean = sum(means) / n
    if n == 1:
        return torch.cat([mean, torch.zeros_like(mean)], dim=1)
    variance = sum((x - mean) ** 2 for x in means) / (n - 1)
    return torch.cat([mean, variance.sqrt()], dim=1)


def plain_forward(model, network, inputs):
    """Each model written out with torch's own parts and the network's weights."""
    encoded = {name: plain_encoding(network.encoders[name], name, x) for name, x in inputs.items()}

    def attended(target, source):
        key = target if model == "cross_matched" else f"{target}_{source}"
        return plain_attention(network.attentions[key], encoded[target], encoded[source])

    def own():
        return [attended(name, name) for name in encoded]

    def crossed():
        return [attended(target, source) for target, source in permutations(encoded, 2)]

    vector = {
        "self": lambda: plain_pooling(own()),
        "cross": lambda: plain_pooling(crossed()),
        "self_nosp": lambda: torch.cat(own(), dim=1),
        "cross_nosp": lambda: torch.cat(crossed(), dim=1),
        "self_cross": lambda: torch.cat([plain_pooling(own()), plain_pooling(crossed())], dim=1),
        "mean": lambda: plain_pooling([x.mean(dim=1) for x in encoded.values()]),
        "cross_matched": lambda: plain_pooling(crossed()),
    }[model]()
    first, second = network.classifier
    return second(first(vector))


EVERY_SYSTEM = [
    (model, modalities) for model, least in MODELS.items() for modalities in sets_of("tva", least)
]


@pytest.mark.parametrize(("dtype", "atol"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize(("model", "modalities"), EVERY_SYSTEM)
def test_outputs_and_gradients_equal_a_plain_build_from_torch_s_own_parts(
    model, modalities, dtype, atol
):
    torch.manual_seed(1)
    network = build_model(model, modalities, **SIZES, attention_dropout=0.0).to(dtype)
    names = [MODALITIES[letter] for letter in modalities]
    inputs = {
        name: torch.randn(2, SIZES["lengths"][name], SIZES["widths"][name], dtype=dtype)
        for name in names
    }
    weight = torch.randn(2, 7, dtype=dtype)
    variables = [*network.parameters(), *(x.requires_grad_() for x in inputs.values())]
    ours, theirs = network(inputs), plain_forward(model, network, inputs)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=atol)
    torch.testing.assert_close(
        torch.autograd.grad((ours * weight).sum(), variables),
        torch.autograd.grad((theirs * weight).sum(), variables),
        rtol=0,
        atol=atol,
    )


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        ("self", 1_645_892),
        ("cross", 1_820_132),
        # An attention has 4 x (120 x 120 + 120) = 58,080 parameters; the first output layer 60 for
        # each number that the pooling gives: 240 in the paper's models.
        ("self_nosp", 1_645_892 + 60 * (3 * 120 - 240)),
        ("cross_nosp", 1_820_132 + 60 * (6 * 120 - 240)),
        ("self_cross", 1_645_892 + 6 * 58_080 + 60 * 240),
        ("mean", 1_645_892 - 3 * 58_080),
        ("cross_matched", 1_645_892),
    ],
)
def test_three_modal_models_have_their_known_parameter_counts(model, parameters):
    assert sum(p.numel() for p in build_model(model, "tva").parameters()) == parameters


def test_dropout_acts_on_single_attention_weights_before_the_mean():
    # Two queries, one key: each weight is 1, dropped or doubled at p = .5. Their mean over queries
    # is then 0, 1 or 2 times the value, with chances 1/4, 1/2, 1/4.
    torch.manual_seed(3)
    attention = MeanAttention(1, heads=1, dropout=0.5)
    for linear in (attention.query, attention.key, attention.value, attention.output):
        nn.init.ones_(linear.weight)
    out = attention(torch.ones(4000, 2, 1), torch.ones(4000, 1, 1)).flatten()
    shares = [(out == value).double().mean().item() for value in (0, 1, 2)]
    assert shares == pytest.approx([0.25, 0.5, 0.25], abs=0.03)


def test_projections_start_with_the_same_spread_as_torch_s_attention():
    torch.manual_seed(4)
    ours = MeanAttention(120, heads=6, dropout=0.0)
    theirs = nn.MultiheadAttention(120, 6)
    limit = theirs.in_proj_weight.abs().max().item()
    assert ours.query.weight.abs().max().item() == pytest.approx(limit, rel=0.01)
    assert ours.query.bias.abs().max() == ours.output.bias.abs().max() == 0


def test_statistical_pooling_by_hand():
    means = torch.tensor([[[1.0, 4.0], [3.0, 4.0]]])
    # mean (2, 4); unbiased deviation of 1 and 3 is sqrt(2), of 4 and 4 is 0
    expected = torch.tensor([[2.0, 4.0, 2.0**0.5, 0.0]])
    torch.testing.assert_close(statistical_pooling(means), expected)


def test_statistical_pooling_of_one_modality_has_no_deviation():
    means = torch.tensor([[[1.0, 4.0]]])
    assert statistical_pooling(means).tolist() == [[1.0, 4.0, 0.0, 0.0]]


def test_text_dropout_touches_the_words_only_in_training():
    torch.manual_seed(5)
    network = build_model("self", "t", **SIZES, text_dropout=0.5, attention_dropout=0.0)
    inputs = {"text": torch.randn(2, 6, 7)}
    assert not torch.equal(network(inputs), network(inputs))
    network.eval()
    assert torch.equal(network(inputs), network(inputs))


FOUR = {
    "further": {"m": "motion"},
    "lengths": {"text": 3, "vision": 4, "audio": 5, "motion": 6},
    "widths": {"text": 2, "vision": 3, "audio": 2, "motion": 4},
}


@pytest.mark.parametrize(
    ("model", "attentions", "pooled"),
    [("self", 4, 2), ("cross", 12, 2), ("cross_matched", 4, 2), ("self_cross", 16, 4),
     ("cross_nosp", 12, 12), ("mean", 0, 2)],
)  # fmt: skip
def test_four_modalities_make_four_own_and_twelve_ordered_pairs(model, attentions, pooled):
    network = build_model(model, "tvam", **FOUR, hidden=4, heads=2, further_steps={"motion": 3})
    assert len(network.attentions) == attentions
    assert network.classifier[0].in_features == pooled * 8  # vectors of twice the hidden units
    inputs = {name: torch.randn(2, FOUR["lengths"][name], w) for name, w in FOUR["widths"].items()}
    assert network(inputs).shape == (2, 7)


def test_a_further_modality_is_mixed_over_time_only_if_steps_are_given():
    mixed, plain = (
        build_model("self", "tm", **FOUR, hidden=4, heads=2, further_steps=steps)
        for steps in ({"motion": 3}, None)
    )
    inputs = {"text": torch.randn(1, 3, 2), "motion": torch.randn(1, 6, 4)}
    assert mixed.attention(inputs)["motion", "motion"].shape == (1, 3)
    assert plain.attention(inputs)["motion", "motion"].shape == (1, 6)
