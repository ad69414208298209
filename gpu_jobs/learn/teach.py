"""Makes a model of examples: picks the way, trains, and gives the model with what is to be told about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gpu_jobs import contract
from gpu_jobs.contract import BadInput, BatchSpec
from gpu_jobs.events import EventLog
from gpu_jobs.kernels.values import Floats, Ints
from gpu_jobs.learn import encoders, plan
from gpu_jobs.learn.encoders import Encoder, Wish
from gpu_jobs.learn.model import Meta, Model, NetworkModel, ProbeModel
from gpu_jobs.learn.pairs import PairLikeness
from gpu_jobs.learn.params import FinetuneOptions
from gpu_jobs.learn.probe import fit_calibrated
from gpu_jobs.learn.readers import FrozenReader, HashedReader, Reader, Readout
from gpu_jobs.learn.values import EXAMPLES_FILE, Examples

if TYPE_CHECKING:
    from accelerate import Accelerator

    from gpu_jobs.learn.checkpoint import Progress
    from gpu_jobs.learn.inputs import Source
    from gpu_jobs.learn.network import Network
    from gpu_jobs.learn.train import Lesson

FOLDS = 5
HELD_SHARE, HELD_MOST, HELD_FROM = 0.1, 2000, 50  # of the labelled items, for early stopping


@dataclass(frozen=True, slots=True)
class Order:
    """One finetune run's input."""

    folder: Path
    spec: BatchSpec
    options: FinetuneOptions
    examples: Examples
    log: EventLog


@dataclass(frozen=True, slots=True)
class Taught:
    """A new model, and how training went (None for a probe)."""

    model: Model
    progress: Progress | None
    temperature: float  # without gold: of soft labels that were left out


def teach(order: Order) -> Taught:
    """Train on the labelled items that are not held out; BadInput when there are too few."""
    taught = order.examples.labelled()
    if len(taught) < len(order.options.classes):
        raise BadInput(f"{len(taught)} labelled items are too few for {len(order.options.classes)} classes")
    encoder = encoder_for(order, len(taught))
    if encoder.kind == "hashed":
        if order.options.mode in ("full", "lora"):
            raise BadInput(f"{order.options.mode} needs an encoder with weights; {encoder.reason}")
        reason = "there are no weights to train but a linear map's"
        return _probe(order, taught, HashedReader(_likeness(order, taught)), _meta(order, encoder, "probe", reason))
    return _with_network(order, taught, encoder)


def encoder_for(order: Order, labelled: int) -> Encoder:
    """What reads these items."""
    wish = Wish(**order.options.encoder.model_dump())
    if order.options.task == "image":
        return encoders.for_images(wish, labelled)
    examples = order.examples
    texts = [" ".join(one) for one in examples.words] if order.options.task == "token" else examples.text
    return encoders.for_texts(wish, texts)


def _meta(order: Order, encoder: Encoder, mode: str, reason: str) -> Meta:
    options = order.options
    taught = order.examples.labelled()
    total = np.sum([order.examples.soft[row].sum(axis=0) for row in taught], axis=0)
    return Meta(
        task=options.task,
        classes=options.classes,
        encoder=encoder.kind,
        encoder_name=encoder.name,
        encoder_reason=encoder.reason,
        mode=mode,
        mode_reason=reason,
        shares=tuple((total / total.sum()).tolist()),
        max_tokens=options.max_tokens,
        seed=order.spec.seed,
        data=contract.sha256_of(order.folder / contract.IN / EXAMPLES_FILE),
        parent=options.parent,
        labels=options.labels,
    )


def _likeness(order: Order, taught: Ints) -> PairLikeness | None:
    if order.options.task != "pair":
        return None
    known = order.examples.take(taught)
    return PairLikeness.fit(known.text, known.other)


def _probe(order: Order, taught: Ints, reader: Reader, meta: Meta) -> Taught:
    known = order.examples.take(taught)
    told = reader.read(known)
    soft, weight = label_rows(known, told)
    fitted = fit_calibrated(told.features, soft, weight, FOLDS, order.spec.seed)
    order.log.emit("eval", penalty=fitted.penalty, rows=len(soft))
    return Taught(ProbeModel(meta, reader, fitted), None, fitted.temperature)


def label_rows(known: Examples, told: Readout) -> tuple[Floats, Floats]:
    """Soft labels and weights of the rows that were read."""
    words = told.words
    soft = known.soft if words is None else [rows[read] for rows, read in zip(known.soft, words, strict=True)]
    return np.concatenate(soft), np.repeat(known.weight, [len(rows) for rows in soft])


def _with_network(order: Order, taught: Ints, encoder: Encoder) -> Taught:
    from gpu_jobs.learn.devices import accelerator_for

    accelerator = accelerator_for(order.options, order.spec, order.folder)
    network, source = build(encoder, order.options, order.spec.seed)
    inputs = source.inputs(order.examples.take(taught))
    chosen = _choose(order, encoder, network, inputs.lengths, accelerator)
    meta = _meta(order, encoder, chosen.mode, chosen.reason)
    if encoder.kind in ("image", "image-from-scratch"):
        size = source.images
        told = {"image_side": size.side, "image_mean": size.mean, "image_spread": size.spread}
        meta = meta.model_copy(update=told)
    order.log.emit("start", items=len(taught), encoder=encoder.name, reason=encoder.reason, mode=chosen.mode)
    if chosen.mode == "probe":
        network.to(accelerator.device)
        return _probe(order, taught, FrozenReader(network, source, accelerator, _likeness(order, taught)), meta)
    return _train(order, (network, source, accelerator), chosen, meta)


def build(encoder: Encoder, options: FinetuneOptions, seed: int) -> tuple[Network, Source]:
    """The encoder with a new head, and how items become its inputs."""
    import torch

    from gpu_jobs.learn.inputs import ImageSize, Source
    from gpu_jobs.learn.network import Network, load_body, scratch_image_body, width_of

    torch.manual_seed(seed)
    if encoder.folder is None:
        body, source = scratch_image_body(), Source(None, options.max_tokens)
    else:
        body = load_body(encoder.folder, options.dropout)
        images = encoder.kind == "image"
        tokenizer = None if images else encoders.load_tokenizer(encoder.folder)
        source = Source(tokenizer, options.max_tokens, ImageSize.of(encoder.folder) if images else ImageSize())
    return Network(body, width_of(body), len(options.classes)), source


def _choose(order: Order, encoder: Encoder, network: Network, lengths: Ints, accelerator: Accelerator) -> plan.Plan:
    from gpu_jobs.learn.network import width_of, word_embeddings

    options = order.options
    if encoder.kind == "image-from-scratch":
        return plan.Plan("full", options.epochs or 20, options.rate or 1e-3, "a network from scratch has to be trained")
    weights = sum(parameter.numel() for parameter in network.body.parameters()) - word_embeddings(network.body)
    gpu = accelerator.device.type == "cuda"
    work = plan.Work(len(lengths), int(lengths.sum()), weights, width_of(network.body), order.spec.limits.threads, gpu)
    chosen = plan.choose(work, options.mode, options.budget_seconds)
    return plan.Plan(chosen.mode, options.epochs or chosen.epochs, options.rate or chosen.rate, chosen.reason)


def _train(order: Order, parts: tuple[Network, Source, Accelerator], chosen: plan.Plan, meta: Meta) -> Taught:
    from gpu_jobs.learn import lora
    from gpu_jobs.learn.checkpoint import Checkpoints
    from gpu_jobs.learn.network import freeze_unused
    from gpu_jobs.learn.train import Schedule, Trainer, held_out_temperature

    network, source, accelerator = parts
    options, seed = order.options, order.spec.seed
    if chosen.mode == "lora":
        lora.adapt(network.body)
    elif meta.encoder == "transformer":
        freeze_unused(network, embeddings=options.embeddings_frozen)
    learn, left = split_rows(order.examples.labelled(), seed)
    share = -(-options.batch // accelerator.num_processes)
    schedule = Schedule(
        seed, chosen.epochs, options.batch, options.micro or share, chosen.rate, options.patience, options.save_steps
    )
    held = lesson_of(order.examples.take(left), source) if len(left) else None
    trainer = Trainer(network, lesson_of(order.examples.take(learn), source), held, schedule, accelerator)
    progress = trainer.run(Checkpoints(order.folder, contract.sha256_of(order.folder / contract.JOB_FILE)), order.log)
    lora.merge(network.body)
    heat = held_out_temperature(network, held, accelerator, progress.micro) if held else 1.0
    return Taught(NetworkModel(meta, network, source, accelerator), progress, heat)


def split_rows(labelled: Ints, seed: int) -> tuple[Ints, Ints]:
    """Items to learn from, and those left out to see when to stop; none are left out of very few."""
    if len(labelled) < HELD_FROM:
        return labelled, labelled[:0]
    mixed = np.random.default_rng(seed).permutation(labelled)
    size = min(HELD_MOST, round(HELD_SHARE * len(labelled)))
    return np.sort(mixed[size:]), np.sort(mixed[:size])


def lesson_of(known: Examples, source: Source) -> Lesson:
    """Inputs and soft labels of the rows that are read; items of which nothing is read are left out."""
    from gpu_jobs.learn.train import Lesson

    inputs = source.inputs(known)
    words = inputs.words
    if words is None:
        return Lesson(inputs, known.soft, known.weight)
    if not all(map(len, words)):
        kept = np.array([row for row, read in enumerate(words) if len(read)], dtype=np.int64)
        return lesson_of(known.take(kept), source)
    return Lesson(inputs, [rows[read] for rows, read in zip(known.soft, words, strict=True)], known.weight)
