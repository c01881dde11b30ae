import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from emofusion.modalities import MODALITIES
from emofusion.models import build_model
from emofusion.models.baselines import (
    MaskedRNN,
    RecurrentEncoder,
    Source,
    attend,
    reverse,
    tensorflow_gru,
    uniform_linear,
)

BASELINES = [("mdre", "tva"), ("mha", "tv"), ("mha", "va"), ("amh", "tva"), ("mcsan", "ta")]
WIDTHS = {"text": 5, "vision": 8, "audio": 4}


def build(model, modalities, **options):
    torch.manual_seed(1)
    return build_model(model, modalities, widths=WIDTHS, **options).double()


def padded_inputs(modalities, lengths, time=11):
    names = [MODALITIES[letter] for letter in modalities]
    inputs = {
        name: torch.randn(len(lengths), time, WIDTHS[name], dtype=torch.float64) for name in names
    }
    return inputs | {f"{name}_lengths": torch.tensor(lengths) for name in names}


@pytest.mark.parametrize("cell", [nn.GRU, nn.LSTM])
def test_both_directions_equal_torch_s_bidirectional_layer_on_packed_sequences(cell):
    torch.manual_seed(2)
    oracle = cell(3, 2, batch_first=True, bidirectional=True).double()
    halves = [cell(3, 2, batch_first=True).double() for _ in range(2)]
    for half, suffix in zip(halves, ("", "_reverse"), strict=True):
        half.load_state_dict({n: getattr(oracle, n + suffix) for n in half.state_dict()})
    x = torch.randn(4, 5, 3, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([2, 5, 1, 4])

    onward, onward_last = MaskedRNN(halves[0])(x, lengths)
    backward, backward_last = MaskedRNN(halves[1], backward=True)(x, lengths)
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    packed, last = oracle(packed)
    states, _ = pad_packed_sequence(packed, batch_first=True)
    last = last[0] if cell is nn.LSTM else last

    ours = torch.cat([onward, backward], dim=-1)
    torch.testing.assert_close(ours, states, rtol=0, atol=1e-12)
    torch.testing.assert_close(torch.stack([onward_last, backward_last]), last, rtol=0, atol=1e-12)
    weight = torch.randn_like(states)
    torch.testing.assert_close(
        torch.autograd.grad((ours * weight).sum(), x),
        torch.autograd.grad((states * weight).sum(), x),
        rtol=0,
        atol=1e-12,
    )


@pytest.mark.parametrize("backward", [False, True])
def test_a_sequence_without_a_step_has_zero_states(backward):
    rnn = MaskedRNN(nn.GRU(3, 2, batch_first=True), backward=backward)
    states, last = rnn(torch.randn(2, 4, 3), torch.tensor([0, 4]))
    assert states[0].abs().max() == last[0].abs().max() == 0
    assert states[1].abs().min() > 0


def test_reversing_turns_the_valid_steps_and_leaves_the_padding():
    x = torch.tensor([[1, 2, 3, 0], [4, 0, 0, 0], [5, 6, 7, 8]])[..., None]
    expected = [[3, 2, 1, 0], [4, 0, 0, 0], [8, 7, 6, 5]]
    assert reverse(x, torch.tensor([3, 1, 4]))[..., 0].tolist() == expected


@settings(max_examples=50)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_reversing_twice_changes_nothing(lengths):
    x = torch.arange(len(lengths) * 6).reshape(len(lengths), 6, 1)
    lengths = torch.tensor(lengths)
    assert torch.equal(reverse(reverse(x, lengths), lengths), x)


def test_attention_by_hand():
    # Scores of the valid steps are ln 3 and 0: weights 3/4 and 1/4. The third step is padding.
    query = torch.tensor([[math.log(3), 0.0]])
    states = torch.tensor([[[1.0, 4.0], [0.0, 8.0], [9.0, 9.0]]])
    expected = torch.tensor([[0.75, 5.0]])
    torch.testing.assert_close(attend(query, states, torch.tensor([2])), expected)


def test_attention_over_no_step_is_zero_and_so_are_its_gradients():
    query = torch.ones(1, 2, requires_grad=True)
    states = torch.randn(1, 3, 2, requires_grad=True)
    found = attend(query, states, torch.tensor([0]))
    assert found.tolist() == [[0, 0]]
    for gradient in torch.autograd.grad(found.sum(), [query, states]):
        assert gradient.abs().max() == 0


def test_keep_is_the_share_of_the_inputs_that_stay_in_training():
    torch.manual_seed(3)
    encoder = RecurrentEncoder(Source("audio"), 0.3, nn.GRU(1, 1, batch_first=True))
    kept = encoder.dropout(torch.ones(20_000)) != 0
    assert kept.double().mean().item() == pytest.approx(0.3, abs=0.02)


def test_gru_weights_start_orthogonal_over_input_and_state_and_gates_open():
    torch.manual_seed(4)
    gru = tensorflow_gru(5, 3)
    joined = torch.cat([gru.weight_ih_l0, gru.weight_hh_l0], dim=1)
    gates, candidate = joined[:6], joined[6:]
    torch.testing.assert_close(gates @ gates.T, torch.eye(6), rtol=0, atol=1e-5)
    torch.testing.assert_close(candidate @ candidate.T, torch.eye(3), rtol=0, atol=1e-5)
    assert (gru.bias_ih_l0 + gru.bias_hh_l0).tolist() == [1] * 6 + [0] * 3


def test_linear_layers_start_uniform_within_a_quarter_and_without_bias():
    torch.manual_seed(5)
    linear = uniform_linear(100, 100)
    assert linear.weight.min().item() == pytest.approx(-0.25, abs=1e-3)
    assert linear.weight.max().item() == pytest.approx(0.25, abs=1e-3)
    assert linear.weight.std().item() == pytest.approx(0.5 / math.sqrt(12), rel=0.02)
    assert linear.bias.abs().max() == 0


@pytest.mark.parametrize(("model", "modalities"), BASELINES)
def test_neither_content_nor_amount_of_padding_changes_the_logits(model, modalities):
    network = build(model, modalities).eval()
    inputs = padded_inputs(modalities, [0, 1, 4, 11])
    expected = network(inputs)
    for letter in modalities:
        name = MODALITIES[letter]
        x = torch.nn.functional.pad(inputs[name], (0, 0, 0, 3))
        padding = torch.arange(14) >= inputs[f"{name}_lengths"][:, None]
        inputs[name] = torch.where(padding[..., None], 100 * torch.randn_like(x), x)
    torch.testing.assert_close(network(inputs), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("model", "modalities"), BASELINES)
def test_the_last_valid_step_of_each_modality_counts(model, modalities):
    network = build(model, modalities).eval()
    inputs = padded_inputs(modalities, [4])
    expected = network(inputs)
    for letter in modalities:
        name = MODALITIES[letter]
        changed = inputs[name].clone()
        changed[0, 3] += 5
        assert not torch.allclose(network(inputs | {name: changed}), expected, atol=1e-6)


@pytest.mark.parametrize(("model", "modalities"), BASELINES)
def test_a_length_beyond_the_padded_time_means_all_of_it(model, modalities):
    network = build(model, modalities).eval()
    inputs = padded_inputs(modalities, [11, 11])
    expected = network(inputs)
    for name in inputs:
        if name.endswith("_lengths"):
            inputs[name] = torch.tensor([750, 12])
    assert torch.equal(network(inputs), expected)


WITH_TEXT = [(model, modalities) for model, modalities in BASELINES if "t" in modalities]


@pytest.mark.parametrize(("model", "modalities"), WITH_TEXT)
def test_trained_word_vectors_start_as_the_given_ones_and_padding_stays_zero(model, modalities):
    embedding = torch.randn(6, 5, dtype=torch.float64)
    embedding[0] = 0
    given_matrix = embedding.clone()
    inputs = padded_inputs(modalities, [4, 2], time=5)
    tokens = torch.tensor([[1, 2, 0, 3, 0], [5, 1, 0, 0, 0]])
    with_vectors = build(model, modalities).eval()(inputs | {"text": embedding[tokens]})
    del inputs["text"]
    network = build(model, modalities, embedding=embedding).eval()
    logits = network(inputs | {"text_tokens": tokens})
    torch.testing.assert_close(logits, with_vectors, rtol=0, atol=1e-12)

    optimiser = torch.optim.SGD(network.parameters(), lr=1.0)
    logits.square().sum().backward()
    optimiser.step()
    (words,) = [p for name, p in network.named_parameters() if name.endswith("words.weight")]
    moved = (words != given_matrix).any(dim=1)
    assert moved.tolist() == [False, True, True, True, False, True]  # type 4 stands nowhere
    assert torch.equal(embedding, given_matrix)  # the caller's matrix is left alone
