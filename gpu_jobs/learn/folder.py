"""The model registry's unit: one flat folder with everything that a model needs and everything known about it.

tapcrowd.json (what it is), head.safetensors (the linear map), and for an encoder its config.json, model.safetensors
and tokenizer files, so that the folder is itself a model folder for other tools; likeness.json for pairs of texts;
metrics.json, holdout.parquet (what it said of held-out gold), card.md and curves.png for people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ValidationError
from safetensors.numpy import load_file, save_file

from gpu_jobs import contract
from gpu_jobs.contract import BadInput
from gpu_jobs.learn.files import CARD_FILE as CARD_FILE
from gpu_jobs.learn.files import CURVES_FILE as CURVES_FILE
from gpu_jobs.learn.files import HEAD_FILE, LIKENESS_FILE, META_FILE, METRICS_FILE
from gpu_jobs.learn.files import HOLDOUT_FILE as HOLDOUT_FILE
from gpu_jobs.learn.files import hash_of as hash_of
from gpu_jobs.learn.model import Meta, Model, NetworkModel, ProbeModel
from gpu_jobs.learn.pairs import PairLikeness
from gpu_jobs.learn.probe import Probe
from gpu_jobs.learn.readers import FrozenReader, HashedReader, Reader

if TYPE_CHECKING:
    from accelerate import Accelerator

    from gpu_jobs.learn.inputs import Source
    from gpu_jobs.learn.network import Network


def save(folder: Path, model: Model) -> None:
    """Write the parts of `model` into `folder`."""
    contract.write_atomically(folder / META_FILE, model.meta.model_dump_json(indent=2))
    if isinstance(model, NetworkModel):
        weight = model.network.head.weight.detach().cpu().numpy()
        bias = model.network.head.bias.detach().cpu().numpy()
        save_file({"weight": weight, "bias": bias}, folder / HEAD_FILE)
        _save_body(folder, model.network, model.source)
    if isinstance(model, ProbeModel):
        _save_probe(folder, model)


def _save_probe(folder: Path, model: ProbeModel) -> None:
    weights = model.probe.weights.astype(np.float32)
    head = {"weight": np.ascontiguousarray(weights[:-1].T), "bias": weights[-1].copy()}
    save_file(head, folder / HEAD_FILE)
    reader = model.reader
    if isinstance(reader, FrozenReader):
        _save_body(folder, reader.network, reader.source)
    likeness = reader.likeness if isinstance(reader, FrozenReader | HashedReader) else None
    if likeness is not None:
        contract.write_atomically(folder / LIKENESS_FILE, json.dumps(asdict(likeness)))


def _save_body(folder: Path, network: Network, source: Source) -> None:
    body = network.body
    body.save_pretrained(str(folder))  # type: ignore[operator]  # nn.Module hides the methods of its kinds
    if source.tokenizer is not None:
        source.tokenizer.save_pretrained(str(folder))


def load(folder: Path, accelerator: Accelerator | None = None) -> Model:
    """The model in `folder`; BadInput when it is none. `accelerator` is needed for all but hashed models."""
    meta = read_meta(folder)
    try:
        head = load_file(folder / HEAD_FILE)
        likeness = _likeness(folder)
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(f"{folder}: {error}") from error
    if meta.mode == "probe":
        weights = np.vstack([head["weight"].T, head["bias"]]).astype(np.float64)
        return ProbeModel(meta, _reader(folder, meta, likeness, accelerator), Probe(weights, 0.0))
    network, source, accelerator = _network(folder, meta, accelerator)
    import torch

    with torch.no_grad():
        network.head.weight.copy_(torch.from_numpy(head["weight"]))
        network.head.bias.copy_(torch.from_numpy(head["bias"]))
    return NetworkModel(meta, network, source, accelerator)


def read_meta(folder: Path) -> Meta:
    """What the folder says of itself; BadInput when it is no model folder of ours."""
    try:
        return Meta.model_validate_json((folder / META_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise BadInput(f"{folder}: {error}") from error


def _likeness(folder: Path) -> PairLikeness | None:
    path = folder / LIKENESS_FILE
    return PairLikeness(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def _reader(folder: Path, meta: Meta, likeness: PairLikeness | None, accelerator: Accelerator | None) -> Reader:
    if meta.encoder == "hashed":
        return HashedReader(likeness)
    network, source, accelerator = _network(folder, meta, accelerator)
    return FrozenReader(network, source, accelerator, likeness)


def _network(folder: Path, meta: Meta, accelerator: Accelerator | None) -> tuple[Network, Source, Accelerator]:
    from accelerate import Accelerator

    from gpu_jobs.learn.encoders import checked_folder, load_tokenizer
    from gpu_jobs.learn.inputs import ImageSize, Source
    from gpu_jobs.learn.network import Network, load_body, width_of

    accelerator = accelerator or Accelerator()
    body = load_body(checked_folder(folder))
    network = Network(body, width_of(body), len(meta.classes)).to(accelerator.device)
    if meta.image_side:
        size = ImageSize(meta.image_side, meta.image_mean, meta.image_spread)
        return network, Source(None, meta.max_tokens, size), accelerator
    return network, Source(load_tokenizer(folder), meta.max_tokens), accelerator


def write_metrics(folder: Path, metrics: Mapping[str, object]) -> None:
    """Write metrics.json."""
    contract.write_atomically(folder / METRICS_FILE, json.dumps(metrics, indent=2, ensure_ascii=False))
