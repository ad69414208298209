"""What the learning loop makes of one recorded crowd at one number of answers per task: raw results for tables."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import sparse

from bench import aggregate_crowds
from gpu_jobs.kernels import Auto, DawidSkene
from gpu_jobs.kernels.audit import audit
from gpu_jobs.kernels.joint import capped, item_prior
from gpu_jobs.kernels.majority_vote import MajorityVote
from gpu_jobs.kernels.text_features import features
from gpu_jobs.kernels.values import Answers, Floats, Ints
from gpu_jobs.learn import encoders, teach
from gpu_jobs.learn.calibration import acceptance
from gpu_jobs.learn.encoders import Wish
from gpu_jobs.learn.pairs import PairLikeness
from gpu_jobs.learn.params import FinetuneOptions
from gpu_jobs.learn.probe import Features, Probe, assign_folds, fit_calibrated
from gpu_jobs.learn.readers import FrozenReader, HashedReader, Reader
from gpu_jobs.learn.values import Bools, Examples, of_texts

PAIRS = {"rte": (("premise",), ("hypothesis",)), "product": (("name_a", "price_a"), ("name_b", "price_b"))}
"""Crowds that judge pairs, and the columns of either side; all columns of the others are one text."""
LABELLERS = ("majority vote", "Dawid-Skene", "auto", "joint")
TEACHERS = ("majority vote", "joint, soft", "gold")
SCORES = ("crowd alone", "model alone", "joint")
HELD = 3  # a third of the tasks is kept from the fine-tuned model
PROMISED = 0.95
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Story:
    """A recorded crowd with its items, as the joint method and as the fine-tuned model read them."""

    name: str
    answers: Answers
    truth: Ints
    inputs: sparse.csr_array  # of the joint method
    read: Features  # of the fine-tuned model
    encoder: str
    train: Ints  # tasks
    held: Ints
    by_gold: Ints  # labels of the held-out tasks by a model of gold; none where no model is asked for


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of answers: labels and hits by task, and what was found among them."""

    labels: Ints  # [labeller, task]
    taught: Ints  # [teacher, held-out task]
    found: Floats  # [score], precision at k
    wrong: int  # k, the labels of auto that are wrong
    weight: float  # of the text in the joint method
    accepted: tuple[int, int]  # held-out tasks accepted without people, and how many of them rightly


def read(folder: Path, encoder: str, *, model: bool = True) -> Story:
    """The crowd in `folder`; `encoder` is a model folder, "hashed", or empty for what is installed.

    Without `model` no fine-tuned one is trained, which is what takes the time.
    """
    crowd = aggregate_crowds.load(folder)
    assert crowd is not None, f"{folder} is not a crowd of classes"
    with (folder / "answers.csv").open(encoding="utf-8") as file:
        answered = {row["task"] for row in csv.DictReader(file)}
    with (folder / "gold.csv").open(encoding="utf-8") as file:
        names = sorted(answered & {row["task"] for row in csv.DictReader(file)})
    with (folder / "items.csv").open(encoding="utf-8") as file:
        rows = {row.pop("task"): row for row in csv.DictReader(file)}
    items = [rows[name] for name in names]
    fold = assign_folds(len(names), HELD, 0)
    train, held = np.flatnonzero(fold != 0), np.flatnonzero(fold == 0)
    examples = _examples(folder.name, items)
    told, reader = _reader(examples, train, pair=folder.name in PAIRS, wish=encoder)
    inputs = features([[row[name] for row in items] for name in items[0]])
    numbers = reader.read(examples).features
    by_gold: Ints = np.empty(0, np.int64)
    if model:
        gold = _model(numbers[train], np.eye(crowd.answers.n_classes)[crowd.truth[train]])
        by_gold = gold.probabilities(numbers[held]).argmax(axis=1)
    return Story(folder.name, crowd.answers, crowd.truth, inputs, numbers, told, train, held, by_gold)


def _examples(name: str, items: list[dict[str, str]]) -> Examples:
    first, second = PAIRS.get(name, (tuple(items[0]), ()))
    one, two = ([" ".join(row[column] for column in side) for row in items] for side in (first, second))
    return of_texts(one, others=two)


def _reader(examples: Examples, train: Ints, *, pair: bool, wish: str) -> tuple[str, Reader]:
    """As the finetune job reads items for a probe; word rareness comes from the training tasks."""
    known = examples.take(train)
    likeness = PairLikeness.fit(known.text, known.other) if pair else None
    encoder = encoders.for_texts(Wish(wish), examples.text)
    if encoder.kind == "hashed":
        return encoder.name, HashedReader(likeness)
    from accelerate import Accelerator

    accelerator = Accelerator()
    network, source = teach.build(encoder, FinetuneOptions(classes=("0", "1")), 0)
    return encoder.name, FrozenReader(network.to(accelerator.device), source, accelerator, likeness)


def play(story: Story, overlap: int, seed: int) -> Draw:
    """The whole loop on a random `overlap` answers of every task."""
    rng = np.random.default_rng([seed, overlap])
    crowd = aggregate_crowds.Crowd(story.name, story.answers, story.truth)
    answers = aggregate_crowds.draw(crowd, overlap, 0.0, rng)
    found = audit(answers, story.inputs)
    auto, joint = found.crowd.labels, found.crowd.labels
    if found.prior is not None:
        joint = Auto().fit(replace(answers, prior=capped(found.prior))).labels
    plain = [MajorityVote().fit(answers).labels, DawidSkene(smoothing=0.01).fit(answers).labels]
    rows = np.arange(len(auto))
    model = found.model if found.model is not None else found.crowd.posterior
    doubts = [1 - found.crowd.posterior[rows, auto], 1 - model[rows, auto], found.suspicion]
    wrong = auto != story.truth
    taught, accepted = _taught(story, answers) if len(story.by_gold) else (np.empty((0, 0), np.int64), (0, 0))
    return Draw(
        np.array([*plain, auto, joint]),
        taught,
        np.array([_precision(one, wrong) for one in doubts]),
        int(wrong.sum()),
        found.weight,
        accepted,
    )


def _precision(doubt: Floats, wrong: Bools) -> float:
    """Share of wrong labels among the k most doubtful ones, where k is the number of wrong labels."""
    worst = np.argsort(-doubt, kind="stable")[: int(wrong.sum())]
    return float(wrong[worst].mean()) if len(worst) else 1.0


def _taught(story: Story, answers: Answers) -> tuple[Ints, tuple[int, int]]:
    """Labels of the held-out tasks by models of three kinds of labels, and what the joint one accepts."""
    known, inputs = _part(answers, story.train), story.inputs[story.train]
    learned = item_prior(known, inputs)
    joint = Auto().fit(replace(known, prior=capped(learned.prior)) if learned.weight else known)
    voted = np.eye(answers.n_classes)[MajorityVote().fit(known).labels]
    taught, asked = story.read[story.train], story.read[story.held]
    chances = [_model(taught, soft).probabilities(asked) for soft in (voted, joint.posterior)]
    labels = np.array([*(one.argmax(axis=1) for one in chances), story.by_gold])
    return labels, _accepted(chances[1].max(axis=1), labels[1] == story.truth[story.held])


def _part(answers: Answers, tasks: Ints) -> Answers:
    """The answers to these tasks alone."""
    place = np.full(answers.n_tasks, -1)
    place[tasks] = np.arange(len(tasks))
    kept = place[answers.task] >= 0
    task, worker, label = place[answers.task[kept]], answers.worker[kept], answers.label[kept]
    return replace(answers, task=task, worker=worker, label=label, n_tasks=len(tasks), gold=answers.gold[tasks])


def _model(taught: Features, soft: Floats) -> Probe:
    return fit_calibrated(taught, soft, np.ones(len(soft)), FOLDS, 0)


def _accepted(confidence: Floats, right: Bools) -> tuple[int, int]:
    """Accepted by a threshold from the gold of the other half, and right: both halves together."""
    half = assign_folds(len(right), 2, 0)
    counts = np.zeros(2, np.int64)
    for fold in (0, 1):
        bar = acceptance(confidence[half != fold], right[half != fold], PROMISED)
        kept = (half == fold) & (confidence >= bar.threshold)
        counts += kept.sum(), (kept & right).sum()
    return int(counts[0]), int(counts[1])
