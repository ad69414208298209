"""Named entities from a crowd: a word tagger trained on crowd posteriors, on majority votes and on gold.

    python -m bench.ner FOLDER [--encoder hashed|FOLDER] [--mode auto|full|lora|probe] [--seeds 3]

FOLDER holds answers.csv, gold.csv and items.csv (ner_news). Three of ten sentences are held out, drawn by the seed:
their answers are not used at all, their gold measures. For each label source and seed it runs the finetune job and
prints strict entity F1 on held-out sentences, and the F1 of the labels themselves; at the end the F1 of all seeds with
bootstrap intervals over sentences, and the differences to majority vote on the same sentences.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from gpu_jobs import contract
from gpu_jobs.__main__ import run
from gpu_jobs.contract import BatchSpec, Limits
from gpu_jobs.events import EventLog
from gpu_jobs.kernels.spans import BSCSeq
from gpu_jobs.kernels.spans.bio import spans_of, strict_f1, tag_set
from gpu_jobs.kernels.values import Floats, Ints
from gpu_jobs.learn.files import HOLDOUT_FILE
from gpu_jobs.learn.scores import REDRAWS, entity_counts
from gpu_jobs.learn.values import EXAMPLES_FILE, Examples, write_examples

SOURCES = ("majority vote", "crowd posterior", "gold")
HELD_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class News:
    """Sentences, their true tags and the crowd's."""

    words: list[list[str]]
    gold: list[list[str]]
    answers: pd.DataFrame  # task (row of `words`), worker, label
    tags: tuple[str, ...]

    def coded(self, tags: list[str]) -> Ints:
        """Tags as indices."""
        return np.array([self.tags.index(tag) for tag in tags], dtype=np.int64)


def read(folder: Path) -> News:
    """The crowd in `folder`; sentences whose gold does not fit their words are left out."""
    kinds = {"dtype": str, "keep_default_na": False}
    items = pd.read_csv(folder / "items.csv", **kinds).set_index("task")["tokens"]
    gold = pd.read_csv(folder / "gold.csv", **kinds).set_index("task")["label"]
    answers = pd.read_csv(folder / "answers.csv", **kinds)
    names = [name for name in items.index if name in gold and len(items[name].split()) == len(gold[name].split())]
    place = {name: row for row, name in enumerate(names)}
    answers = answers[answers["task"].isin(place)].assign(task=lambda frame: frame["task"].map(place))
    tagged = [gold[name].split() for name in names]
    every = {tag for line in [*tagged, *(label.split() for label in answers["label"])] for tag in line}
    return News([items[name].split() for name in names], tagged, answers, tuple(tag_set(every)))


def soft_labels(news: News, source: str, rows: Ints) -> dict[int, Floats]:
    """Tag probabilities [word, tag] of the training sentences."""
    certain = np.eye(len(news.tags))
    if source == "gold":
        return {int(row): certain[news.coded(news.gold[row])] for row in rows}
    told = news.answers[news.answers["task"].isin(rows)]
    if source == "majority vote":
        grouped = told.groupby("task")["label"]
        votes = {row: sum(certain[news.coded(one.split())] for one in lines) for row, lines in grouped}
        return {int(row): certain[np.asarray(count).argmax(axis=1)] for row, count in votes.items()}
    fitted = BSCSeq().fit(told).__dict__["probas_"].reindex(columns=list(news.tags), fill_value=0.0)
    return {int(row): part.to_numpy() for row, part in fitted.groupby(level=0)}


def label_f1(news: News, soft: dict[int, Floats]) -> float:
    """F1 of the training labels against gold."""
    found = [spans_of([news.tags[tag] for tag in block.argmax(axis=1)]) for block in soft.values()]
    return strict_f1(found, [spans_of(news.gold[row]) for row in soft])[2]


def examples(news: News, soft: dict[int, Floats], held: Ints) -> Examples:
    """The finetune job's input."""
    size = len(news.words)
    nothing = np.empty((0, len(news.tags)))
    away = np.isin(np.arange(size), held)
    return Examples(
        np.arange(size, dtype=np.int64),
        [""] * size,
        [""] * size,
        news.words,
        [b""] * size,
        [soft.get(row, nothing) for row in range(size)],
        np.ones(size),
        [news.coded(news.gold[row]) if away[row] else np.empty(0, np.int64) for row in range(size)],
        away,
    )


def train(news: News, soft: dict[int, Floats], held: Ints, options: argparse.Namespace, seed: int) -> Ints:
    """Counts [sentence, right / claimed / true entities] of a new model on the held-out sentences."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / contract.IN).mkdir()
        write_examples(folder / contract.IN / EXAMPLES_FILE, examples(news, soft, held))
        spec = BatchSpec(
            run_id="ner",
            kind="finetune",
            seed=seed,
            inputs=contract.hashes_of(folder / contract.IN),
            options={
                "task": "token",
                "classes": list(news.tags),
                "mode": options.mode,
                "encoder": {"path": options.encoder},
                "epochs": options.epochs,
                "bf16": options.bf16,
            },
            limits=Limits(threads=options.threads),
        )
        contract.write_job(folder, spec)
        report = run(folder, EventLog(io.StringIO()))
        if report.status != "done":
            raise SystemExit(report.error)
        told = pq.read_table(folder / contract.OUT / HOLDOUT_FILE)
        print(f"  {report.metrics['encoder']}, {report.metrics['mode']}, {report.metrics['seconds']} s", flush=True)
    lines = [
        [spans_of([news.tags[tag] for tag in row]) for row in told[name].to_pylist()] for name in ("label", "gold")
    ]
    return entity_counts(*lines)


def f1(counts: Ints) -> Floats:
    """F1 of summed counts [..., 3]."""
    return np.asarray(2 * counts[..., 0] / np.maximum(1, counts[..., 1] + counts[..., 2]), dtype=np.float64)


def redraws(counts: Ints, seed: int = 0) -> Floats:
    """F1 of sentences drawn anew, the same draws for every source."""
    drawn = np.random.default_rng(seed).integers(len(counts), size=(REDRAWS, len(counts)))
    return f1(counts[drawn].sum(axis=1))


def interval(values: Floats) -> str:
    """The middle 95 %."""
    return f"{np.quantile(values, 0.025):.4f} to {np.quantile(values, 0.975):.4f}"


def splits(size: int, seeds: int) -> Iterator[tuple[int, Ints, Ints]]:
    """Seed, training rows and held-out rows."""
    for seed in range(seeds):
        mixed = np.random.default_rng(seed).permutation(size)
        cut = round(HELD_SHARE * size)
        yield seed, np.sort(mixed[cut:]), np.sort(mixed[:cut])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--encoder", default="")
    parser.add_argument("--mode", default="auto")
    parser.add_argument("--epochs", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bf16", action="store_true", default=None)
    options = parser.parse_args()
    news = read(options.folder)
    print(f"{len(news.words)} sentences, {len(news.answers)} answers, tags {' '.join(news.tags)}")
    every: dict[str, list[Ints]] = {source: [] for source in SOURCES}
    for seed, rows, held in splits(len(news.words), options.seeds):
        for source in SOURCES:
            soft = soft_labels(news, source, rows)
            counts = train(news, soft, held, options, seed)
            every[source].append(counts)
            print(f"seed {seed}  {source:<16} labels {label_f1(news, soft):.4f}  model {f1(counts.sum(axis=0)):.4f}")
    pooled = {source: np.concatenate(parts) for source, parts in every.items()}
    base = redraws(pooled[SOURCES[0]])
    print(f"held-out entity F1 over {options.seeds} splits, 95 % bootstrap intervals over sentences")
    for source, counts in pooled.items():
        drawn = redraws(counts)
        gain = f1(counts.sum(axis=0)) - f1(pooled[SOURCES[0]].sum(axis=0))
        print(
            f"{source:<16} {f1(counts.sum(axis=0)):.4f} ({interval(drawn)})  against majority vote {gain:+.4f} "
            f"({interval(drawn - base)})"
        )


if __name__ == "__main__":
    main()
