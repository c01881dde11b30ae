"""Time of one training step of each system at the paper's sizes.

Use: python benchmarks/step.py [cpu|cuda] [threads]

Median of five steps on random inputs, batch 32. Shared machines are noisy: compare within one run.
"""

import statistics
import sys
import time

import torch

from emofusion.modalities import MODALITIES
from emofusion.models import LENGTHS, WIDTHS, build_model, defined_modalities

BATCH = 32


def step_seconds(model: str, modalities: str, device: torch.device) -> float:
    """Median time of forward, backward and update, after two steps to warm up [s]."""
    torch.manual_seed(0)
    network = build_model(model, modalities).to(device)
    optimiser = torch.optim.Adam(network.parameters(), fused=True)
    names = [MODALITIES[letter] for letter in modalities]
    inputs = {
        name: torch.randn(BATCH, LENGTHS[name], WIDTHS[name], device=device) for name in names
    }
    labels = torch.randint(0, 7, (BATCH,), device=device)
    times = []
    for _ in range(7):
        started = time.perf_counter()
        loss = torch.nn.functional.cross_entropy(network(inputs), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return statistics.median(times[2:])


def main() -> None:
    """Print one line a system."""
    device = torch.device(sys.argv[1] if len(sys.argv) > 1 else "cpu")
    if len(sys.argv) > 2:
        torch.set_num_threads(int(sys.argv[2]))
    print(f"torch {torch.__version__}, {device}, {torch.get_num_threads()} CPU threads")
    for model, sets in defined_modalities().items():
        for modalities in sets:
            print(f"{model:6} {modalities:4} {step_seconds(model, modalities, device):7.3f} s")


if __name__ == "__main__":
    main()
