"""The training loop: soft labels, item weights, early stop; the same result whatever interrupts it or splits it.

An effective batch is a pure function of (seed, epoch, step). Ranks take turns at its rows and cut their share into
micro-batches; the loss is a sum over rows divided by the weight of the whole batch, so neither the number of ranks
nor a halved micro-batch changes the step, up to rounding (and up to dropout, off unless asked for).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from gpu_jobs.contract import RetryLater
from gpu_jobs.events import EventLog
from gpu_jobs.kernels.values import Floats, Ints
from gpu_jobs.learn.batching import by_length, epoch_batches
from gpu_jobs.learn.checkpoint import Checkpoints, Progress, trainable
from gpu_jobs.learn.inputs import Inputs
from gpu_jobs.learn.network import Network, judging, to_device
from gpu_jobs.learn.probe import cross_entropy, temperature
from gpu_jobs.learn.readers import split
from gpu_jobs.learn.stopping import Stop

MAX_HALVINGS = 4
CLIP = 1.0  # norm of the gradient
DECAY = 0.01
WARMUP = 0.06  # share of the steps
HEAD_RATE = 10.0  # the head starts from nothing: its rate is this many times the body's
STEP_SEED = 100_003  # keeps the seeds of steps apart
JUDGE_ROWS = 4  # times the micro-batch: without gradients more rows fit


@dataclass(frozen=True, slots=True)
class Lesson:
    """What to learn: inputs, and for each item its soft labels [row, class] and weight."""

    inputs: Inputs
    soft: list[Floats]
    weight: Floats

    def rows_weight(self, rows: Ints) -> float:
        """The weight of all label rows of these items."""
        return float(sum(self.weight[row] * len(self.soft[row]) for row in rows))

    def targets(self, rows: Ints) -> tuple[Tensor, Tensor]:
        """Soft labels [row, class] and weights [row] of these items, one after the other."""
        soft = np.concatenate([self.soft[row] for row in rows])
        weight = np.repeat(self.weight[rows], [len(self.soft[row]) for row in rows])
        return torch.from_numpy(soft.astype(np.float32)), torch.from_numpy(weight.astype(np.float32))


@dataclass(frozen=True, slots=True)
class Schedule:
    """How to train."""

    seed: int
    epochs: int
    batch: int  # items of an effective batch
    micro: int  # items in one forward pass of one rank, to begin with
    rate: float  # of the body; linear warm-up, then linear decay
    patience: int  # epochs without a better held-out loss before it stops
    save_steps: int  # steps between checkpoints inside an epoch


class Trainer:
    """One training run under Accelerate."""

    def __init__(
        self, network: Network, lesson: Lesson, held: Lesson | None, schedule: Schedule, accelerator: Accelerator
    ) -> None:
        self.network = network.to(accelerator.device)
        self.lesson, self.held, self.schedule, self.accelerator = lesson, held, schedule, accelerator
        self.progress = Progress(micro=schedule.micro)
        self.optimizer = _optimizer(network, schedule.rate)
        self.batches = -(-len(lesson.weight) // schedule.batch)

    def run(self, checkpoints: Checkpoints, log: EventLog) -> Progress:
        """Train to the end, or to a checkpoint and SIGTERM's way out; the network then holds its best weights."""
        if saved := checkpoints.load(self.network, self.optimizer):
            self.progress = saved
            log.emit("warn", text=f"resumed at step {saved.total}")
        with Stop() as stop:
            while self.progress.epoch < self.schedule.epochs and not self.progress.finished:
                if self._epoch(checkpoints, log, stop):
                    self._save(checkpoints)
                    stop.obey()
                self._judge(checkpoints, log)
                self._save(checkpoints)
        self.accelerator.wait_for_everyone()
        checkpoints.load_best(self.network)
        return self.progress

    def _epoch(self, checkpoints: Checkpoints, log: EventLog, stop: Stop) -> bool:
        """The rest of this epoch's steps; whether it was asked to stop."""
        progress, schedule = self.progress, self.schedule
        rows = epoch_batches(self.lesson.inputs.lengths, schedule.batch, schedule.seed, progress.epoch)
        self.network.train()
        for batch in rows[progress.step :]:
            loss, asked = self.step(batch, stop.asked)
            progress.losses.append(loss)
            progress.step += 1
            progress.total += 1
            self.accelerator.log({"loss": loss}, step=progress.total)
            log.emit("step", step=progress.total, total=self.batches * schedule.epochs, loss=round(loss, 6))
            if asked:
                return True
            if progress.total % schedule.save_steps == 0:
                self._save(checkpoints)
        progress.epoch, progress.step = progress.epoch + 1, 0
        return False

    def step(self, rows: Ints, asked: bool = False) -> tuple[float, bool]:
        """One optimiser step; its loss, and whether any rank was asked to stop."""
        torch.manual_seed(self.schedule.seed + STEP_SEED * (self.progress.total + 1))
        _set_rate(self.optimizer, self._factor())
        loss = self._shared(self._gradients(rows), asked)
        nn.utils.clip_grad_norm_([parameter for _, parameter in trainable(self.network)], CLIP)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss

    def _gradients(self, rows: Ints) -> float:
        """Leave this rank's share of the gradient; halve the micro-batch while memory does not suffice."""
        mine = rows[self.accelerator.process_index :: self.accelerator.num_processes]
        total = self.lesson.rows_weight(rows)
        while True:
            micro = self.progress.micro
            try:
                parts = [mine[at : at + micro] for at in range(0, len(mine), micro)]
                return float(sum(self._backward(part, total) for part in parts))
            except torch.OutOfMemoryError as error:
                self.optimizer.zero_grad(set_to_none=True)
                if torch.cuda.is_available():
                    torch.cuda.empty_cache()
                if self.progress.halvings == MAX_HALVINGS or micro == 1:
                    raise RetryLater(f"out of memory with {micro} items at once") from error
            self.progress.micro, self.progress.halvings = max(1, micro // 2), self.progress.halvings + 1

    def _backward(self, rows: Ints, total: float) -> float:
        soft, weight = self.lesson.targets(rows)
        with self.accelerator.autocast():
            scores = self.network(to_device(self.lesson.inputs.batch(rows), self.accelerator.device))
        soft, weight = soft.to(scores.device), weight.to(scores.device)
        loss = (nn.functional.cross_entropy(scores, soft, reduction="none") * weight).sum() / max(total, 1e-12)
        self.accelerator.backward(loss)
        return float(loss.detach())

    def _shared(self, loss: float, asked: bool) -> tuple[float, bool]:
        """Add up what the ranks have: gradients, loss and whether to stop, in one message."""
        if self.accelerator.num_processes == 1:
            return loss, asked
        parameters = [parameter for _, parameter in trainable(self.network)]
        parts = [torch.zeros_like(p).ravel() if p.grad is None else p.grad.ravel() for p in parameters]
        extra = torch.tensor([loss, float(asked)], device=self.accelerator.device)
        summed: Tensor = self.accelerator.reduce(torch.cat([*parts, extra]), "sum")
        at = 0
        for parameter in parameters:
            parameter.grad = summed[at : at + parameter.numel()].view_as(parameter).clone()
            at += parameter.numel()
        return float(summed[-2]), bool(summed[-1] > 0)

    def _factor(self) -> float:
        """The rate of this step as a share of the highest."""
        total = self.batches * self.schedule.epochs
        warm = max(1, round(WARMUP * total))
        done = self.progress.total
        return (done + 1) / warm if done < warm else max(0.0, (total - done) / max(1, total - warm))

    def _judge(self, checkpoints: Checkpoints, log: EventLog) -> None:
        """Measure on held-out items, keep the best weights, and finish when nothing gets better."""
        progress = self.progress
        if self.held is None:
            progress.finished = progress.epoch >= self.schedule.epochs
            return
        loss = held_out_loss(self.network, self.held, self.accelerator, progress.micro * JUDGE_ROWS)
        progress.held_out.append(loss)
        self.accelerator.log({"held_out_loss": loss}, step=progress.total)
        log.emit("eval", epoch=progress.epoch, held_out_loss=round(loss, 6))
        if loss < progress.best_loss:
            progress.best_loss, progress.best_epoch = loss, progress.epoch
            if self.accelerator.is_main_process:
                checkpoints.save_best(self.network)
        stale = progress.epoch - progress.best_epoch >= self.schedule.patience
        progress.finished = stale or progress.epoch >= self.schedule.epochs

    def _save(self, checkpoints: Checkpoints) -> None:
        if self.accelerator.is_main_process:
            checkpoints.save(self.network, self.optimizer, self.progress)
        self.accelerator.wait_for_everyone()


def _optimizer(network: Network, rate: float) -> torch.optim.AdamW:
    head = [parameter for parameter in network.head.parameters() if parameter.requires_grad]
    body = [parameter for parameter in network.body.parameters() if parameter.requires_grad]
    groups = [{"params": body, "lr": rate, "top": rate}, {"params": head, "lr": rate, "top": rate * HEAD_RATE}]
    return torch.optim.AdamW([group for group in groups if group["params"]], weight_decay=DECAY, fused=True)


def _set_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = group["top"] * factor


def judge(network: Network, inputs: Inputs, accelerator: Accelerator, size: int) -> list[Floats]:
    """Logits [row, class] of every item, on every rank alike."""
    lengths = inputs.lengths
    found: list[Floats] = [np.empty((0, 0))] * len(lengths)
    with judging(network):
        for rows in by_length(lengths, size):
            batch = to_device(inputs.batch(rows), accelerator.device)
            with accelerator.autocast():
                scores = network(batch).float().cpu().numpy().astype(np.float64)
            for row, part in zip(rows, split(scores, inputs.words, rows), strict=True):
                found[row] = part
    return found


def held_out_loss(network: Network, held: Lesson, accelerator: Accelerator, size: int) -> float:
    """Mean cross entropy per label row of held-out items, weighted."""
    scores, soft, weight = _held_rows(network, held, accelerator, size)
    return cross_entropy(scores, soft, weight) / max(float(weight.sum()), 1e-12)


def held_out_temperature(network: Network, held: Lesson, accelerator: Accelerator, size: int) -> float:
    """The temperature that fits the soft labels of held-out items best."""
    return temperature(*_held_rows(network, held, accelerator, size * JUDGE_ROWS))


def _held_rows(network: Network, held: Lesson, accelerator: Accelerator, size: int) -> tuple[Floats, Floats, Floats]:
    rows = judge(network, held.inputs, accelerator, size)
    weight = np.repeat(held.weight, [len(one) for one in held.soft])
    return np.concatenate(rows), np.concatenate(held.soft), weight
