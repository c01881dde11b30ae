import math

import pytest
import torch
from torch import nn

from emofusion.models import build_model
from emofusion.models.mcsan import Block, ConvolutionPool, positions

SIZES = {"widths": {"text": 5, "audio": 3}, "width": 8, "heads": 2, "feedforward": 6}


def test_parameter_count():
    convolutions = 128 * (3 * 120 + 1) + 128 * (3 * 128 + 1)
    lstms = sum(8 * (w * 128 + 128 * 128 + 256) for w in (300, 128))
    block = 4 * (128 * 128 + 128) + 2 * 256 + (128 * 512 + 512) + (512 * 128 + 128)
    network = build_model("mcsan", "ta")
    expected = convolutions + lstms + 4 * block + 512 * 7 + 7
    assert sum(p.numel() for p in network.parameters()) == expected


def test_positions_by_hand():
    expected = [
        [0.0, 1.0, 0.0, 1.0],
        [math.sin(1), math.cos(1), math.sin(0.01), math.cos(0.01)],
        [math.sin(2), math.cos(2), math.sin(0.02), math.cos(0.02)],
    ]
    torch.testing.assert_close(positions(torch.zeros(2, 3, 4)), torch.tensor(expected))


def test_convolution_and_pooling_by_hand():
    layer = ConvolutionPool(1, 1)
    layer.convolution.weight.data = torch.tensor([[[0.0, 1.0, 1.0]]])  # this step and the next
    layer.convolution.bias.data = torch.tensor([0.5])
    x = torch.tensor([[1.0, 2.0, -7.0, 4.0, 9.0], [-1.0, -2.0, 9.0, 9.0, 9.0]])[..., None]
    pooled, lengths = layer(x, torch.tensor([4, 2]))
    # First: sums 3, -5, -3, 4, plus 0.5, negative ones cut: (3.5, 0, 0), (4.5). The 9 is padding.
    # Second: sums -3, -2, plus 0.5: all cut.
    assert pooled[..., 0].tolist() == [[3.5, 4.5], [0.0, 0.0]]
    assert lengths.tolist() == [2, 1]


@pytest.mark.parametrize("time", [6, 7, 8, 9])
def test_convolution_and_pooling_equal_torch_s_where_all_steps_are_valid(time):
    torch.manual_seed(1)
    layer = ConvolutionPool(3, 4)
    x = torch.randn(2, time, 3)
    pool = nn.MaxPool1d(3, ceil_mode=True)
    expected = pool(layer.convolution(x.transpose(1, 2)).relu()).transpose(1, 2)
    pooled, lengths = layer(x, torch.tensor([time, time]))
    torch.testing.assert_close(pooled, expected)
    assert lengths.tolist() == [expected.shape[1]] * 2


def transformer_layer(block):
    """torch's encoder layer with a block's weights."""
    layer = nn.TransformerEncoderLayer(8, 2, 6, dropout=0.0, batch_first=True).double()
    layer.self_attn.load_state_dict(block.attention.state_dict())
    for name, part in [
        ("linear1", block.feedforward[0]),
        ("linear2", block.feedforward[2]),
        ("norm1", block.norms[0]),
        ("norm2", block.norms[1]),
    ]:
        getattr(layer, name).load_state_dict(part.state_dict())
    return layer


def test_a_self_block_equals_torch_s_transformer_layer():
    torch.manual_seed(2)
    block = Block(8, heads=2, feedforward=6, dropout=0.0).double()
    x = torch.randn(2, 5, 8, dtype=torch.float64)
    padding = torch.arange(5) >= torch.tensor([[3], [5]])
    expected = transformer_layer(block)(x, src_key_padding_mask=padding)
    torch.testing.assert_close(block(x, x, padding), expected, rtol=0, atol=1e-12)


def test_logits_equal_a_plain_build_where_all_steps_are_valid():
    torch.manual_seed(3)
    network = build_model("mcsan", "ta", **SIZES, dropout=0.0).double()
    inputs = {
        "text": torch.randn(2, 4, 5, dtype=torch.float64),
        "audio": torch.randn(2, 20, 3, dtype=torch.float64),
        "text_lengths": torch.tensor([4, 4]),
        "audio_lengths": torch.tensor([20, 20]),
    }

    def averaged(rnn, x):
        lstm = nn.LSTM(x.shape[2], 8, batch_first=True, bidirectional=True).double()
        weights = dict(rnn.onward.rnn.state_dict())
        weights |= {f"{n}_reverse": w for n, w in rnn.backward.rnn.state_dict().items()}
        lstm.load_state_dict(weights)
        states, _ = lstm(x)
        return (states[..., :8] + states[..., 8:]) / 2 + positions(x.new_zeros(1, x.shape[1], 8))

    def attended(block, target, source):
        mixed, _ = block.attention(target, source, source)
        h = block.norms[0](target + mixed)
        return block.norms[1](h + block.feedforward(h)).max(dim=1).values

    audio = inputs["audio"].transpose(1, 2)
    for layer in network.convolutions:
        audio = nn.functional.max_pool1d(layer.convolution(audio).relu(), 3, ceil_mode=True)
    t = averaged(network.text_rnn, inputs["text"])
    a = averaged(network.audio_rnn, audio.transpose(1, 2))
    pairs = [(t, t), (t, a), (a, t), (a, a)]  # target and source
    joined = [attended(block, *pair) for block, pair in zip(network.blocks, pairs, strict=True)]
    expected = torch.cat(joined, dim=1) @ network.output.weight.T + network.output.bias
    torch.testing.assert_close(network(inputs), expected, rtol=0, atol=1e-12)
