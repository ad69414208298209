"""Scores the methods for pairs, texts and spans on recorded crowds, one setting for all.

    python -m bench.structured_crowds FOLDER

FOLDER holds valence_pairs, speech_text and ner_news, each with answers.csv and gold.csv. Prints for every method the
share of gold pairs ordered right (a tie is wrong), the word error rate (case and punctuation dropped) or precision,
recall and F1 of strict spans, and the seconds of the fit; the bar to reach stands beside each crowd.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

from gpu_jobs.kernels.spans.bio import spans_of, strict_f1
from gpu_jobs.kernels.texts.distance import edit_distances

PUNCTUATION = re.compile(r"[^\w\s]")
PAIRS_BAR, TEXTS_BAR, SPANS_BAR = "at least 0.85", "at most 0.058", "at least 0.82"
Score = Callable[[pd.Series, pd.Series], str]  # found, gold by task -> figures


def score_pairs(found: pd.Series, gold: pd.Series) -> str:
    """Share of gold pairs whose winner has the higher score."""
    right = [
        found[winner] > max(found[item] for item in task.split("|") if item != winner) for task, winner in gold.items()
    ]
    return f"{np.mean(right):.4f} ordered right"


def score_texts(found: pd.Series, gold: pd.Series) -> str:
    """Word error rate: edit distance over the words of the gold."""
    lines = [[PUNCTUATION.sub("", text.lower()).split() for text in texts] for texts in (found[gold.index], gold)]
    words = {word: code for code, word in enumerate(sorted({word for text in lines[0] + lines[1] for word in text}))}
    coded = [[np.array([words[word] for word in text], dtype=np.int64) for text in texts] for texts in lines]
    return f"{edit_distances(*coded).sum() / sum(map(len, coded[1])):.4f} word error rate"


def score_spans(found: pd.Series, gold: pd.Series) -> str:
    """Precision, recall and F1 of spans right in bounds and type."""
    figures = strict_f1(
        (spans_of(found[task].split()) for task in gold.index), (spans_of(tags.split()) for tags in gold)
    )
    return " / ".join(f"{figure:.4f}" for figure in figures) + " precision / recall / F1"


def compare(folder: Path, package: str, bar: str, score: Score) -> None:
    """Print one line for each method of `package`."""
    kinds = {"dtype": str, "keep_default_na": False}
    answers = pd.read_csv(folder / "answers.csv", **kinds)
    gold = pd.read_csv(folder / "gold.csv", **kinds).set_index("task")["label"]
    if package == "texts":
        answers = answers.rename(columns={"label": "text"})
    print(f"{folder.name}: {len(gold)} gold tasks, {len(answers)} answers, bar {bar}")
    methods = import_module(f"gpu_jobs.kernels.{package}")
    for name, (_, attribute) in methods.METHODS.items():
        started = time.perf_counter()
        found = getattr(methods, attribute)().fit_predict(answers)
        seconds = time.perf_counter() - started
        print(f"  {name:<20} {score(found, gold)}  ({seconds:.1f} s)", flush=True)


def main() -> None:
    """Print the figures of the three crowds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    compare(folder / "valence_pairs", "pairs", PAIRS_BAR, score_pairs)
    compare(folder / "speech_text", "texts", TEXTS_BAR, score_texts)
    compare(folder / "ner_news", "spans", SPANS_BAR, score_spans)


if __name__ == "__main__":
    main()
