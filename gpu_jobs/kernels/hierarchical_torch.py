"""Dawid-Skene with worker confusions that are shrunk twice, in torch under Accelerate on one or several devices.

Model (Dawid and Skene 1979, fitted by MAP-EM): a task has a class c ~ pi and worker w answers l with probability
C[w, c, l]. With few answers per worker, free confusions lose to majority vote, so each worker's row c starts as the
crowd's shared row c, its diagonal moved in log odds by how far the worker's one-coin accuracy lies from the crowd's;
the worker's own counts then pull away from that start. Known classes are clamped.

Bits: posteriors are rounded to multiples of 2**-30, so sums of fewer than 2**23 of them are exact whatever the order
of addition, and a task's own answers are added in the order of their columns: on the CPU, equal answers give equal
labels, posteriors and confusions for any order of rows, number of threads or number of ranks.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor

from gpu_jobs.kernels.majority_vote import MajorityVote
from gpu_jobs.kernels.values import Answers, Fit, Floats, Ints, credible_interval, labels_of

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress

# Priors in answers; one setting for all crowds, chosen by bench/aggregate_crowds.py on six recorded ones.
SHARED_ANSWERS = 5000.0  # weight of the prior on the crowd's shared confusion ...
SHARED_ACCURACY = 0.75  # ... which is right this often, its errors spread evenly
CROWD_ANSWERS = 1000.0  # weight of the same accuracy in the crowd's mean accuracy
COIN_ANSWERS = 20.0  # weight of the crowd's mean in a worker's one-coin accuracy
ROW_ANSWERS = 2.0  # weight per class of the shrunk start in a worker's confusion row
CLASS_TASKS = 50.0  # tasks per class behind a flat class prior
START_VOTES = 0.5  # pseudo-votes per class in the first posterior
MAX_ODDS = 6.0  # bound on log odds of a diagonal
TOLERANCE = 1e-6  # stop when the posterior moves less than this on average
QUANTUM = 2.0**-30


@dataclass(frozen=True, slots=True)
class _Shard:
    """One rank's tasks: which answers they got, as a one-hot matrix [task, worker x label] and its transpose."""

    first: int
    last: int
    incidence: Tensor
    transposed: Tensor
    gold: Tensor
    answered: Tensor  # [task, 1], one where a task has an answer


@dataclass(frozen=True, slots=True)
class _Totals:
    """Sums over all ranks for the present posterior."""

    counts: Tensor  # [worker, answered class, true class]
    tasks: Tensor  # [class]
    moved: float
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class _Model:
    confusion: Tensor  # [worker, answered class, true class]
    prior: Tensor  # [class]
    right: Tensor  # [worker], Beta parameters of the one-coin accuracy
    wrong: Tensor


def fit(answers: Answers, *, iterations: int = 50, progress: Progress | None = None) -> Fit:
    """MAP-EM from smoothed votes; MemoryError when the device cannot hold the job."""
    if answers.n_classes == 1 or not len(answers.task):
        return MajorityVote().fit(answers)
    try:
        # Accelerate would pick Apple's GPU, which has no float64
        accelerator = Accelerator(cpu=not torch.cuda.is_available())
        return _fit(answers, accelerator, iterations, progress)
    except torch.OutOfMemoryError as error:
        raise MemoryError(str(error)) from error


def _fit(answers: Answers, accelerator: Accelerator, iterations: int, progress: Progress | None) -> Fit:
    shard = _shard(answers, accelerator)
    posterior = _start(answers, shard)
    moved = log_likelihood = torch.zeros(1, dtype=torch.float64, device=posterior.device)
    for iteration in range(iterations + 1):
        totals = _reduce(accelerator, shard, posterior, torch.cat([moved, log_likelihood]))
        model = _maximise(totals)
        change = totals.moved / answers.n_tasks
        if iteration and progress:
            progress(iteration, change)
        if iteration == iterations or (iteration and change < TOLERANCE):
            break
        before = posterior
        posterior, log_likelihood = _expect(shard, model)
        moved = (posterior - before).abs().sum().view(1)
    return _finish(answers, accelerator, _whole(answers, accelerator, shard, posterior), (model, totals, iteration))


def _shard(answers: Answers, accelerator: Accelerator) -> _Shard:
    """This rank's contiguous range of tasks, with its answers in an order that does not depend on the input's."""
    bounds = np.linspace(0, answers.n_tasks, accelerator.num_processes + 1).astype(np.int64)
    first, last = (int(bound) for bound in bounds[accelerator.process_index :][:2])
    mine = (answers.task >= first) & (answers.task < last)
    task = answers.task[mine] - first
    column = answers.worker[mine] * answers.n_classes + answers.label[mine]
    columns = answers.n_workers * answers.n_classes
    device = accelerator.device
    return _Shard(
        first,
        last,
        incidence=_one_hot(task, column, (last - first, columns), device),
        transposed=_one_hot(column, task, (columns, last - first), device),
        gold=torch.from_numpy(answers.gold[first:last]).to(device),
        answered=torch.from_numpy((np.bincount(task, minlength=last - first) > 0)[:, None]).to(device, torch.float64),
    )


def _one_hot(row: Ints, column: Ints, shape: tuple[int, int], device: torch.device) -> Tensor:
    order = np.lexsort((column, row))
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=shape[0]))])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(
            torch.from_numpy(starts),
            torch.from_numpy(column[order]),
            torch.ones(len(order), dtype=torch.float64),
            size=shape,
            device=device,
            check_invariants=False,  # they hold by construction
        )


def _start(answers: Answers, shard: _Shard) -> Tensor:
    votes = answers.votes()[shard.first : shard.last] + START_VOTES
    start = torch.from_numpy(votes / votes.sum(axis=1, keepdims=True)).to(shard.gold.device)
    return _settle(shard, start)


def _settle(shard: _Shard, posterior: Tensor) -> Tensor:
    """Clamp known classes and round to the quantum."""
    known = shard.gold >= 0
    posterior[known] = torch.nn.functional.one_hot(shard.gold[known], posterior.shape[1]).to(posterior.dtype)
    return (posterior / QUANTUM).round() * QUANTUM


def _reduce(accelerator: Accelerator, shard: _Shard, posterior: Tensor, scalars: Tensor) -> _Totals:
    """The one exchange of an iteration: worker counts, class counts and two scalars in one flat tensor."""
    classes = posterior.shape[1]
    counts = shard.transposed @ posterior
    flat = torch.cat([counts.flatten(), (posterior * shard.answered).sum(dim=0), scalars])
    total = accelerator.reduce(flat, "sum")
    cells, tasks, tail = total.split([counts.numel(), classes, 2])
    return _Totals(cells.view(-1, classes, classes), tasks, float(tail[0]), float(tail[1]))


def _maximise(totals: _Totals) -> _Model:
    """Class prior and worker confusions, each row pulled towards the shared row at the worker's own accuracy."""
    counts, classes = totals.counts, len(totals.tasks)
    eye = torch.eye(classes, dtype=counts.dtype, device=counts.device)
    even = (1 - eye) * (1 - SHARED_ACCURACY) / (classes - 1) + eye * SHARED_ACCURACY
    shared = counts.sum(dim=0) + SHARED_ANSWERS * even
    shared = shared / shared.sum(dim=0)
    right, total = counts.diagonal(dim1=1, dim2=2).sum(dim=1), counts.sum(dim=(1, 2))
    crowd = (right.sum() + CROWD_ANSWERS * SHARED_ACCURACY) / (total.sum() + CROWD_ANSWERS)
    right, wrong = right + COIN_ANSWERS * crowd, total - right + COIN_ANSWERS * (1 - crowd)
    shift = torch.log(right / wrong)[:, None] - torch.logit(crowd)
    diagonal = torch.sigmoid((torch.logit(shared.diagonal()) + shift).clamp(-MAX_ODDS, MAX_ODDS))[:, None, :]
    errors = shared * (1 - eye)
    start = eye * diagonal + errors / errors.sum(dim=0) * (1 - diagonal)
    weight = ROW_ANSWERS * classes
    prior = totals.tasks + CLASS_TASKS
    return _Model(
        confusion=(counts + weight * start) / (counts.sum(dim=1, keepdim=True) + weight),
        prior=prior / prior.sum(),
        right=right,
        wrong=wrong,
    )


def _expect(shard: _Shard, model: _Model) -> tuple[Tensor, Tensor]:
    """Posterior of this rank's tasks and its share of the log likelihood, in the log domain."""
    table = model.confusion.log().flatten(0, 1)
    joint = shard.incidence @ table + model.prior.log()
    known = shard.gold >= 0
    unknown = joint[~known].logsumexp(dim=1).sum()
    given = joint[known].gather(1, shard.gold[known][:, None]).sum()
    return _settle(shard, joint.softmax(dim=1)), (unknown + given).view(1)


def _whole(answers: Answers, accelerator: Accelerator, shard: _Shard, posterior: Tensor) -> Floats:
    whole = torch.zeros(answers.n_tasks, answers.n_classes, dtype=posterior.dtype, device=posterior.device)
    whole[shard.first : shard.last] = posterior
    gathered: Floats = accelerator.reduce(whole, "sum").cpu().numpy()
    return gathered


def _finish(answers: Answers, accelerator: Accelerator, posterior: Floats, fitted: tuple[_Model, _Totals, int]) -> Fit:
    model, totals, iterations = fitted
    right, wrong = model.right.cpu().numpy(), model.wrong.cpu().numpy()
    lower, upper = credible_interval(right, wrong)
    return Fit(
        labels=labels_of(answers, posterior),
        posterior=posterior,
        confusion=model.confusion.transpose(1, 2).cpu().numpy(),
        accuracy=right / (right + wrong),
        lower=lower,
        upper=upper,
        iterations=iterations,
        log_likelihood=totals.log_likelihood,
        device=str(accelerator.device),
        world=accelerator.num_processes,
    )
