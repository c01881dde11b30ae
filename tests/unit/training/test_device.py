import math
import multiprocessing
import os
import platform
import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
import torch

from emofusion.errors import DataError
from emofusion.training import device
from emofusion.training.device import exclusive, lease_device, least_loaded

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def gpus(monkeypatch, tmp_path):
    """Two pretended GPUs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "pretended")
    monkeypatch.setattr(torch.cuda, "set_device", lambda index: None)
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda index: SimpleNamespace(uuid=f"gpu-{index}")
    )
    monkeypatch.setattr(device, "local_folder", lambda name: tmp_path)


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_auto_takes_the_cpu_where_there_is_no_gpu(no_gpu):
    with lease_device("auto") as found:
        assert found.type == "cpu"


def test_cuda_without_a_gpu_is_refused(no_gpu):
    with pytest.raises(DataError, match="torch sees no GPU"), lease_device("cuda"):
        pass


def test_jobs_take_the_gpus_by_turns_and_cpu_stays_cpu(gpus):
    with ExitStack() as jobs:
        found = [jobs.enter_context(lease_device("auto")).index for _ in range(5)]
        assert found == [0, 1, 0, 1, 0]
        assert jobs.enter_context(lease_device("cpu")).type == "cpu"


def test_a_gpu_that_was_left_is_taken_first(gpus):
    with lease_device("cuda"), ExitStack() as second:
        second.enter_context(lease_device("cuda"))
        second.close()
        with lease_device("cuda") as found:
            assert found.index == 1


def test_out_of_memory_says_what_to_do(gpus):
    message = r"no memory left .*--resources gpu=N"
    with pytest.raises(DataError, match=message), lease_device("cuda"):
        raise torch.cuda.OutOfMemoryError("tried to allocate 2 GiB")


def hold(folder, start, notes, seed):
    generator = random.Random(seed)
    start.wait()
    for _ in range(6):
        with least_loaded(["a", "b", "c"], folder) as index:
            began = time.monotonic()
            time.sleep(generator.uniform(0, 0.02))
            notes.put((index, began, time.monotonic()))
        time.sleep(generator.uniform(0, 0.005))


def test_of_many_processes_racing_no_device_ever_holds_more_than_its_share(tmp_path):
    count, notes, start = 14, FORK.Queue(), FORK.Event()
    processes = [
        FORK.Process(target=hold, args=(tmp_path, start, notes, seed)) for seed in range(count)
    ]
    for process in processes:
        process.start()
    start.set()
    found = [notes.get(timeout=60) for _ in range(6 * count)]
    for process in processes:
        process.join()
    for index in range(3):
        changes = sorted(
            change
            for i, began, ended in found
            if i == index
            for change in ((began, 1), (ended, -1))
        )
        held = [sum(step for _, step in changes[: n + 1]) for n in range(len(changes))]
        assert 0 < max(held) <= math.ceil(count / 3)


def stay(folder, ready):
    with least_loaded(["a"], folder):
        ready.set()
        time.sleep(60)


def test_a_process_that_is_killed_lets_go_of_its_device(tmp_path):
    ready = FORK.Event()
    process = FORK.Process(target=stay, args=(tmp_path, ready))
    process.start()
    ready.wait()
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with least_loaded(["a"], tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["a.0.lock"]


def work(folder, order, number):
    with exclusive(folder):
        order.put(("in", number))
        time.sleep(0.1)
        order.put(("out", number))


def test_one_process_at_a_time_works_in_a_run_s_folder(tmp_path):
    order = FORK.SimpleQueue()  # its events are in the order in which they were put
    processes = [FORK.Process(target=work, args=(tmp_path, order, n)) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    events = [order.get() for _ in range(6)]
    for first, second in zip(events[::2], events[1::2], strict=True):
        assert (first[0], second[0]) == ("in", "out")
        assert first[1] == second[1]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the setting")
def test_memory_is_kept_for_the_next_step():
    code = """
import resource
import torch
from emofusion.training.device import keep_memory

def cleared_pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.empty(2**26, dtype=torch.uint8).fill_(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

keep_memory()
print(cleared_pages(), sum(cleared_pages() for _ in range(20)))
"""
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    first, rest = map(int, result.stdout.split())
    assert rest < 20 * first / 2  # the C library finds the place again most of the time, not always
