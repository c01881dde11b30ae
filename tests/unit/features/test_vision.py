"""What the network sees, and what it makes of it."""

import itertools
import threading
from fractions import Fraction
from functools import cache
from urllib.error import URLError

import av
import h5py
import numbered
import numpy as np
import pandas as pd
import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms.functional import normalize

from emofusion.errors import DataError
from emofusion.features import video as decoding
from emofusion.features import vision
from emofusion.features.backbone import load_backbone
from emofusion.features.store.read import RaggedStore
from emofusion.features.vision import (
    CropPlan,
    embed_utterance,
    extract_resnet,
    read_ahead,
    sample_times,
    speaker_crops,
)

SETTINGS = {"backbone": "resnet18", "frames_per_second": 3, "crop": 16, "seed": 0}
FRAMES_PER_SECOND = 10


def write_video(path, frames, rate=FRAMES_PER_SECOND, codec_options=None, **options):
    """Write frames [time, height, width] of grey levels."""
    with av.open(str(path), "w", **{"format": "avi", **options}) as container:
        stream = container.add_stream("mpeg4", rate=Fraction(rate), options=codec_options or {})
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:], "yuv420p"
        stream.bit_rate = 2_000_000
        for grey in frames:
            picture = np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Two seconds, 96 x 48; by 10 a frame, the left half brightens from 0, the right darkens."""
    path = tmp_path_factory.mktemp("video") / "dialog.avi"
    frames = np.empty((20, 48, 96))
    for number, frame in enumerate(frames):
        frame[:, :48], frame[:, 48:] = 10 * number, 250 - 10 * number
    write_video(path, frames)
    return path


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [
        (1.0, 2.0, [1, 4 / 3, 5 / 3]),  # the end does not count
        (1.0, 2.01, [1, 4 / 3, 5 / 3, 2]),
        (1.0, 1.1, [1]),
        (9.5, 12.0, [9.5, 9.5 + 1 / 3]),  # the video has 10 s
        (0.1, 0.1 + 2, [0.1 + k / 3 for k in range(6)]),
    ],
)
def test_utterances_are_looked_at_from_their_start_at_a_fixed_rate(start, end, times):
    np.testing.assert_allclose(sample_times(start, end, 10.0, 3), times)


def test_each_speaker_is_seen_on_their_side_at_their_times(video):
    turns = [
        CropPlan("a", "left", np.array([0.25, 0.95, 1.0])),
        CropPlan("b", "right", np.array([0.0, 0.25])),
        CropPlan("c", "right", np.array([1.95])),
    ]
    crops = dict(speaker_crops(video, turns, 16))
    assert {name: stack.shape for name, stack in crops.items()} == {
        "a": (3, 16, 16, 3),
        "b": (2, 16, 16, 3),
        "c": (1, 16, 16, 3),
    }
    # The frames of 0.25, 0.95, 1.0 and 1.95 s are number 2, 9, 10 and 19.
    greys = {name: stack.mean(axis=(1, 2, 3)) for name, stack in crops.items()}
    np.testing.assert_allclose(greys["a"], [20, 90, 100], atol=4)
    np.testing.assert_allclose(greys["b"], [250, 230], atol=4)
    np.testing.assert_allclose(greys["c"], [60], atol=4)


def test_the_crop_is_the_centre_of_the_half(tmp_path):
    frame = np.zeros((1, 48, 96))
    frame[0, 16:32, 16:32], frame[0, 16:32, 64:80] = 100, 200
    write_video(tmp_path / "v.avi", frame)
    turns = [CropPlan("l", "left", np.zeros(1)), CropPlan("r", "right", np.zeros(1))]
    crops = dict(speaker_crops(tmp_path / "v.avi", turns, 16))
    np.testing.assert_allclose(crops["l"], 100, atol=12)
    np.testing.assert_allclose(crops["r"], 200, atol=12)


def test_a_half_smaller_than_the_crop_is_an_error(video):
    with pytest.raises(DataError, match=r"dialog.avi: half a frame has 48 x 48 pixels, .* 64 x 64"):
        list(speaker_crops(video, [CropPlan("a", "left", np.zeros(1))], 64))


def test_a_video_that_ends_early_is_an_error(video):
    with pytest.raises(DataError, match=r"dialog.avi: no frame at 4.00 s, it ends at 2.00 s"):
        list(speaker_crops(video, [CropPlan("a", "left", np.array([1.0, 4.0]))], 16))


def test_a_file_that_is_no_video_is_an_error(tmp_path):
    (tmp_path / "v.avi").write_bytes(b"no video")
    with pytest.raises(DataError, match=r"v.avi: not a readable video"):
        list(speaker_crops(tmp_path / "v.avi", [CropPlan("a", "left", np.zeros(1))], 16))


def write_groups(path, group, **options):
    """Write ten seconds at 29.97 a second, 96 x 48, of noise that drifts: groups with B-frames."""
    noise = np.random.default_rng(0).integers(0, 250, (48, 96 + 300))
    frames = np.stack([noise[:, number : number + 96] for number in range(300)])
    codec = {"g": str(group), "bf": "2", "sc_threshold": "1000000000"}
    write_video(path, frames, Fraction(30000, 1001), codec, **options)


@pytest.fixture(scope="module")
def long_video(tmp_path_factory):
    """With a keyframe every 12 frames, 0.4 s."""
    path = tmp_path_factory.mktemp("video") / "long.avi"
    write_groups(path, 12)
    return path


@cache
def all_frames(video):
    """Every frame by its time, [48, 96, 3]; one comes every 1001 / 30000 s, from 0 on."""
    with av.open(str(video)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode()]
    return {number * 1001 / 30000: frame for number, frame in enumerate(frames)}


def left_halves(video, times):
    """What is shown at some times, [time, 48, 48, 3]."""
    frames = all_frames(video)
    first = min(frames)
    shown = [max((t for t in frames if t <= time + 1e-6), default=first) for time in times]
    return np.stack([frames[time][:, :48] for time in shown])


def crops_at(video, times):
    return next(speaker_crops(video, [CropPlan("a", "left", np.array(times))], 48))[1]


FRAME_TIMES = st.integers(0, 299).map(lambda number: number * 1001 / 30000)


@settings(max_examples=50)
@given(st.lists(st.floats(0, 10) | FRAME_TIMES, min_size=1, max_size=8).map(sorted))
def test_frames_are_those_of_decoding_the_whole_video(long_video, times):
    np.testing.assert_array_equal(crops_at(long_video, times), left_halves(long_video, times))


@pytest.fixture
def decoded_frames(monkeypatch):
    """Times of the frames that are decoded."""
    times, decode = [], decoding._decoded

    def counted(*arguments, **options):
        for frame in decode(*arguments, **options):
            times.append(frame.time)
            yield frame

    monkeypatch.setattr(decoding, "_decoded", counted)
    return times


def test_only_groups_with_frames_to_look_at_are_decoded(long_video, decoded_frames):
    crops_at(long_video, [0.1, 9.0])
    # Of 9 s: from the last keyframe before 8.5 s on; groups last 0.4 s.
    assert all(time < 0.3 or 8.1 < time < 9.2 for time in decoded_frames)
    assert len(decoded_frames) < 40


def test_frames_close_together_are_decoded_once(long_video, decoded_frames):
    crops_at(long_video, np.arange(27) / 3)
    assert len(decoded_frames) == len(set(decoded_frames))


def test_items_are_prepared_ahead_in_their_order():
    prepared = []

    def items():
        for number in range(10):
            prepared.append(number)
            yield number

    consumed = []
    for number in read_ahead(items()):
        consumed.append(number)
        assert len(prepared) <= len(consumed) + 2  # the caller's last item and two ahead
    assert consumed == prepared == list(range(10))


def test_preparing_overlaps_with_the_caller():
    begun = threading.Event()

    def items():
        yield "first"
        begun.set()
        yield "second"

    ahead = read_ahead(items())
    assert next(ahead) == "first"
    assert begun.wait(timeout=60)  # with no call for the second
    assert list(ahead) == ["second"]


def test_an_error_ahead_comes_after_the_items_before_it():
    def items():
        yield 1
        raise DataError("cut off")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(DataError, match="cut off"):
        next(ahead)


def test_preparing_stops_with_the_caller():
    prepared = []
    ahead = read_ahead(prepared.append(number) or number for number in itertools.count())
    next(ahead)
    threads = threading.active_count()
    ahead.close()
    assert threading.active_count() == threads - 1
    assert prepared[:2] == [0, 1]
    assert len(prepared) <= 3


@pytest.fixture(scope="module")
def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torchvision.models.resnet18().eval()


@pytest.fixture(scope="module")
def weights(network, tmp_path_factory):
    """A file as older versions wrote it, without counters."""
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    state = {k: v for k, v in network.state_dict().items() if "num_batches" not in k}
    torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def selected():
    """Three utterances of both speakers; the second is looked at first."""
    return pd.DataFrame(
        {
            "utterance_id": ["a", "b", "c"],
            "video_path": "Session1/dialog.avi",
            "video_side": ["left", "right", "left"],
            "start": [0.3, 0.0, 1.8],
            "end": [1.2, 0.2, 5.0],
            "video_seconds": 2.0,
        }
    )


@pytest.fixture
def root(video, tmp_path):
    (tmp_path / "Session1").mkdir()
    (tmp_path / "Session1/dialog.avi").write_bytes(video.read_bytes())
    return tmp_path


def test_the_store_holds_the_features_before_the_classifier(
    root, selected, network, weights, video
):
    extract_resnet(selected, root, root / "v.h5", settings=SETTINGS, files={"weights": weights})
    store = RaggedStore(root / "v.h5")
    assert store.ids == ["a", "b", "c"]
    assert store.lengths.tolist() == [3, 1, 1]
    turns = [
        CropPlan("a", "left", 0.3 + np.arange(3) / 3),
        CropPlan("b", "right", np.zeros(1)),
        CropPlan("c", "left", np.array([1.8])),
    ]
    seen = {}
    hook = network.avgpool.register_forward_hook(lambda *call: seen.update(pooled=call[2]))
    for utterance, stack in speaker_crops(video, turns, 16):
        pictures = torch.from_numpy(stack).permute(0, 3, 1, 2) / 255
        with torch.inference_mode():
            network(normalize(pictures, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
        expected = seen["pooled"].flatten(1).numpy()
        np.testing.assert_allclose(store[utterance], expected, rtol=1e-3, atol=1e-3)
    hook.remove()


def test_the_attributes_say_where_the_weights_are_from(root, selected, weights):
    for origin, said in [(weights, "file sha256:"), ("random", "random seed 0")]:
        extract_resnet(selected, root, root / "v.h5", settings=SETTINGS, files={"weights": origin})
        with h5py.File(root / "v.h5") as file:
            assert file.attrs["weights"].startswith(said)
            assert {key: file.attrs[key] for key in SETTINGS} == SETTINGS
            assert "torchvision" in file.attrs["packages"]


def test_a_table_in_another_order_gives_the_same_features(root, selected, weights):
    shuffled = selected.iloc[[2, 0, 1]]
    extract_resnet(selected, root, root / "v.h5", settings=SETTINGS, files={"weights": weights})
    extract_resnet(shuffled, root, root / "w.h5", settings=SETTINGS, files={"weights": weights})
    first, second = RaggedStore(root / "v.h5"), RaggedStore(root / "w.h5")
    assert second.ids == ["c", "a", "b"]
    for utterance in first.ids:
        np.testing.assert_allclose(first[utterance], second[utterance], rtol=1e-4, atol=1e-4)


def test_a_graphics_card_is_recorded_by_its_name(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"card {device.index}")
    assert vision._name(torch.device("cuda:1")) == "card 1"
    assert vision._name(torch.device("cpu")) == "cpu"


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ((0.5, 1.5), None),
        ((0.5, 2.5), "no frame from 2.00 to 4.00 s"),
        (None, "no frame from 2.00 to 4.00 s"),
        ((4.5, 5.5), "no span from 4.5 to 5.5 s in it, it has 5.00 s"),
        ((-1, 1), "no span from -1 to 1 s"),
    ],
)
def test_one_utterance_is_held_to_the_checks_of_the_corpus(tmp_path, span, message):
    path = numbered.write(tmp_path / "v.mp4", 90, stamps=[*range(60), *range(120, 150)])
    backbone = load_backbone("resnet18", "random", seed=0, crop=16)
    arguments = {"crop": 16, "frames_per_second": 3}
    if message is None:
        features = embed_utterance(path, "left", span, backbone, **arguments)
        assert features.shape == (3, 512)
    else:
        with pytest.raises(DataError, match=f"v.mp4: {message}"):
            embed_utterance(path, "left", span, backbone, **arguments)


def draw_faces(side):
    """Eight pictures of ellipses that could be faces, [8, 3, side, side], scaled as inputs."""
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side] / side - 0.5
    pictures = np.empty((8, side, side, 3), np.float32)
    for picture in pictures:
        picture[:] = generator.uniform(0, 1, 3)
        for centre_x, centre_y, across, down in [
            (0, 0, 0.35, 0.43),
            (-0.15, -0.1, 0.08, 0.04),
            (0.15, -0.1, 0.08, 0.04),
            (0, 0.23, 0.14, generator.uniform(0.02, 0.1)),
        ]:
            inside = ((x - centre_x) / across) ** 2 + ((y - centre_y) / down) ** 2 < 1
            picture[inside] = generator.uniform(0, 1, 3)
    return normalize(
        torch.from_numpy(pictures).permute(0, 3, 1, 2),
        [0.485, 0.456, 0.406],
        [0.229, 0.224, 0.225],
    )


@pytest.mark.parametrize(("name", "dim"), [("resnet18", 512), ("resnet101", 2048)])
def test_random_weights_give_features_of_order_one(name, dim):
    backbone = load_backbone(name, "random", seed=0, crop=64)
    with torch.inference_mode():
        features = backbone.network(draw_faces(64))
    assert features.shape == (8, dim) == (8, backbone.dim)
    assert 0.1 < features.abs().mean() < 6
    assert features.std(dim=0).mean() > 0.05  # and faces differ


def test_random_weights_come_from_the_seed_alone():
    def first_weights(seed):
        return next(load_backbone("resnet18", "random", seed=seed, crop=32).network.parameters())

    before = torch.random.get_rng_state()
    assert torch.equal(first_weights(1), first_weights(1))
    assert not torch.equal(first_weights(1), first_weights(2))
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize(
    ("name", "weights", "message"),
    [
        ("resnet18", "IMAGENET1K_V9", "neither a file nor a name .* IMAGENET1K_V1, DEFAULT and"),
        ("mobilenet_v2", "random", "backbone: mobilenet_v2 is not a ResNet"),
        ("resnet1", "IMAGENET1K_V1", "backbone: resnet1 is not a ResNet"),
    ],
)
def test_unknown_names_are_refused(name, weights, message):
    with pytest.raises(DataError, match=message):
        load_backbone(name, weights, seed=0, crop=32)


def test_weights_of_another_network_name_the_keys(weights):
    with pytest.raises(
        DataError, match=r"resnet18.pth does not fit resnet34: \d+ keys missing \(l"
    ):
        load_backbone("resnet34", weights, seed=0, crop=32)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"no weights", "is text"),
        (b"", "is an empty file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
        (torch.nn.Linear(2, 2), "holds objects other than tensors"),
        ([1, 2], "is not a state dict, it holds list"),
        ({"epoch": 3, "state_dict": {}}, "is not a state dict, it holds epoch, state_dict"),
    ],
)
def test_a_file_without_a_state_dict_is_refused(tmp_path, content, found):
    path = tmp_path / "weights.pth"
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(DataError, match=rf"weights\.pth: {found}.*a state dict") as refused:
        load_backbone("resnet18", path, seed=0, crop=32)
    assert "weights_only" not in str(refused.value)


def test_without_a_network_it_says_how_to_get_the_weights(monkeypatch):
    def offline(*arguments, **options):
        raise URLError("no network")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    with pytest.raises(
        DataError, match=r"w\('ResNet18_Weights.IMAGENET1K_V1'\).*copy .*`features.vision.weights`"
    ):
        load_backbone("resnet18", "IMAGENET1K_V1", seed=0, crop=32)


def test_weights_of_torchvision_are_told_by_name(monkeypatch, network):
    monkeypatch.setattr(
        "torchvision.models._api.load_state_dict_from_url", lambda *_, **__: network.state_dict()
    )
    backbone = load_backbone("resnet18", "DEFAULT", seed=0, crop=32)
    assert backbone.source == "torchvision IMAGENET1K_V1 resnet18-f37072fd.pth"
    assert torch.equal(backbone.network.conv1.weight, network.conv1.weight)
