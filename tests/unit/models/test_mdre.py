import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from emofusion.models import WIDTHS, build_model

SIZES = {
    "widths": {"text": 5, "vision": 7, "audio": 4, "prosody": 3},
    "text_hidden": 4,
    "vision_hidden": 2,
    "audio_hidden": 6,
}


def test_parameter_counts():
    def count(modalities, **extra):
        network = build_model("mdre", modalities, widths=WIDTHS | extra)
        return sum(p.numel() for p in network.parameters())

    # A GRU of h units over w features: 3 (w h + h h + 2 h). A half: h (h / 2) + h / 2.
    audio = 3 * (120 * 200 + 200 * 200 + 400) + 200 * 100 + 100
    text = 3 * (300 * 200 + 200 * 200 + 400) + 200 * 100 + 100
    vision = 3 * (2048 * 128 + 128 * 128 + 256) + 128 * 64 + 64
    assert count("tva") == text + vision + audio + (100 + 64 + 100) * 7 + 7
    assert count("ta") == text + audio + (100 + 100) * 7 + 7
    # 35 values of prosody: the audio's 235 are halved to 117.
    with_prosody = 3 * (120 * 200 + 200 * 200 + 400) + 235 * 117 + 117
    assert count("ta", prosody=35) == text + with_prosody + (100 + 117) * 7 + 7
    assert count("tv", prosody=35) == count("tv")


def test_logits_equal_a_plain_build_over_packed_sequences():
    torch.manual_seed(1)
    network = build_model("mdre", "tva", **SIZES).double().eval()
    inputs = {"prosody": torch.randn(2, 3, dtype=torch.float64)}
    halves = []
    for name in ("text", "vision", "audio"):
        width, hidden = SIZES["widths"][name], SIZES[f"{name}_hidden"]
        inputs[name] = torch.randn(2, 6, width, dtype=torch.float64)
        inputs[f"{name}_lengths"] = torch.tensor([3, 6])
        gru = nn.GRU(width, hidden, batch_first=True).double()
        gru.load_state_dict(network.encoders[name].rnns[0].rnn.state_dict())
        _, last = gru(pack_padded_sequence(inputs[name], [3, 6], True, enforce_sorted=False))
        joined = torch.cat([last[0], inputs["prosody"]], dim=1) if name == "audio" else last[0]
        half = network.halves[name]
        halves.append(joined @ half.weight.T + half.bias)
    assert [half.shape[1] for half in halves] == [2, 1, 4]  # of 4, 2, and 6 + 3
    expected = torch.cat(halves, dim=1) @ network.output.weight.T + network.output.bias
    torch.testing.assert_close(network(inputs), expected, rtol=0, atol=1e-12)
