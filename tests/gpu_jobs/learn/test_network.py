"""Adapters and networks: they start as the frozen map and fold back into it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from learn_folders import reviews, tiny_encoder
from torch import nn

from gpu_jobs.contract import BadInput
from gpu_jobs.learn import lora, network
from gpu_jobs.learn.checkpoint import trainable
from gpu_jobs.learn.encoders import load_tokenizer
from gpu_jobs.learn.inputs import Batch, Source
from gpu_jobs.learn.values import of_texts


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Batch]:
    """An encoder folder and a batch for it."""
    texts = reviews(60)[0]
    folder = tiny_encoder(tmp_path_factory.mktemp("models"), texts)
    return folder, Source(load_tokenizer(folder), 64).inputs(of_texts(texts)).batch(np.arange(8))


def test_adapters_change_nothing_until_they_learn_and_merge_without_loss(made: tuple[Path, Batch]) -> None:
    folder, batch = made
    net = network.Network(network.load_body(folder), 32, 2).eval()
    with torch.no_grad():
        before = net(batch)
        assert lora.adapt(net.body) == 4, "query and value of two layers"
        assert torch.equal(net(batch), before), "adapters start at nothing"
        for _, parameter in trainable(net):
            parameter += 0.1
        taught = net(batch)
        lora.merge(net.body)

        assert torch.allclose(net(batch), taught, atol=1e-5), "the merged body is the adapted one"
    assert not any(isinstance(module, lora.LoraLinear) for module in net.modules()), "and a plain one"


def test_only_adapters_and_head_are_trained(made: tuple[Path, Batch]) -> None:
    net = network.Network(network.load_body(made[0]), 32, 2)

    lora.adapt(net.body)

    parts = {name.rpartition(".")[2] for name, _ in trainable(net)}
    assert parts == {"up", "down", "weight", "bias"}, "thin matrices, and the head's weight and bias"
    assert all("head" in name for name, _ in trainable(net) if name.endswith(("weight", "bias"))), "nothing of the body"


def test_a_body_without_attention_maps_cannot_be_adapted() -> None:
    with pytest.raises(BadInput, match="no attention map"):
        lora.adapt(nn.Sequential(nn.Linear(2, 2)))


def test_padding_changes_no_embedding(made: tuple[Path, Batch]) -> None:
    folder, _ = made
    texts = ["great", "the film was a lovely story and its end was sad and broken"]
    inputs = Source(load_tokenizer(folder), 64).inputs(of_texts(texts))
    net = network.Network(network.load_body(folder), 32, 2)

    with network.judging(net):
        both, alone = net(inputs.batch(np.array([0, 1])))[0], net(inputs.batch(np.array([0])))[0]

    assert torch.allclose(both, alone, atol=1e-5), "an item's neighbours in the batch must not matter"


def test_the_network_from_scratch_reads_images() -> None:
    body = network.scratch_image_body()
    net = network.Network(body, network.width_of(body), 3)

    scores = net(Batch({"pixel_values": torch.zeros(2, 3, 64, 64)}, None))

    assert scores.shape == (2, 3), "a score for each class"
