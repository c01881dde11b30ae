import pytest
import torch
from torch import nn

from emofusion.models import build_model
from emofusion.models.attention import MeanAttention
from emofusion.models.selfcross import statistical_pooling

SIZES = {
    "lengths": {"text": 6, "vision": 5, "audio": 8},
    "widths": {"text": 7, "vision": 9, "audio": 4},
    "hidden": 6,
    "heads": 3,
    "vision_steps": 4,
    "audio_steps": 3,
}
NAMES = {"t": "text", "v": "vision", "a": "audio"}


def oracle_attention(attention: MeanAttention) -> nn.MultiheadAttention:
    """torch's attention with the same weights."""
    width = attention.query.in_features
    oracle = nn.MultiheadAttention(width, attention.heads, batch_first=True, dtype=torch.float64)
    parts = (attention.query, attention.key, attention.value)
    oracle.in_proj_weight = nn.Parameter(torch.cat([part.weight for part in parts]).detach())
    oracle.in_proj_bias = nn.Parameter(torch.cat([part.bias for part in parts]).detach())
    oracle.out_proj.load_state_dict(attention.output.state_dict())
    return oracle


def plain_forward(network, inputs):
    """The model of section 2 written out with torch's own parts, attended sequences and all."""
    encoded = {}
    for name, encoder in network.encoders.items():
        x = inputs[name]
        if name != "text":
            convolution = encoder.mix.convolution
            x = torch.einsum("oi,bif->bof", convolution.weight[..., 0], x)
            x = x + convolution.bias[:, None]
        encoded[name] = encoder.gru(x)[0]
    means = []
    for (target, source), attention in zip(network.pairs, network.attentions, strict=True):
        attended, _ = oracle_attention(attention)(encoded[target], encoded[source], encoded[source])
        means.append(attended.mean(dim=1))
    stack = torch.stack(means)
    n = len(means)
    mean = stack.sum(dim=0) / n
    variance = (stack - mean).square().sum(dim=0) / max(n - 1, 1)
    first, second = network.classifier
    return second(first(torch.cat([mean, variance.sqrt()], dim=1)))


@pytest.mark.parametrize(
    ("model", "modalities"),
    [("self", "t"), ("self", "va"), ("self", "tva"), ("cross", "ta"), ("cross", "tva")],
)
def test_outputs_equal_a_plain_build_from_torch_s_own_parts(model, modalities):
    torch.manual_seed(1)
    network = build_model(model, modalities, **SIZES).double().eval()
    inputs = {
        NAMES[letter]: torch.randn(
            2, SIZES["lengths"][NAMES[letter]], SIZES["widths"][NAMES[letter]], dtype=torch.float64
        )
        for letter in modalities
    }
    torch.testing.assert_close(network(inputs), plain_forward(network, inputs), rtol=0, atol=1e-10)


def test_gradients_of_the_mean_attention_equal_those_of_torch_s_attention():
    torch.manual_seed(2)
    attention = MeanAttention(12, heads=3, dropout=0.0).double()
    oracle = oracle_attention(attention)
    target = torch.randn(2, 5, 12, dtype=torch.float64, requires_grad=True)
    source = torch.randn(2, 4, 12, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 12, dtype=torch.float64)
    ours = torch.autograd.grad((attention(target, source) * weight).sum(), [target, source])
    theirs = torch.autograd.grad(
        (oracle(target, source, source)[0].mean(dim=1) * weight).sum(), [target, source]
    )
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-10)


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
