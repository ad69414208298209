"""Do Dawid-Skene and majority vote give crowd-kit's labels on recorded crowds?

    python -m bench.parity FOLDER

FOLDER holds one folder per crowd with answers.csv (task, worker, label). Prints the share of tasks with the same label;
for majority vote over the tasks without a tie, since every library breaks ties its own way. crowd-kit is a peer to
compare with, installed with the development tools.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from crowdkit.aggregation import DawidSkene as PeerDawidSkene
from crowdkit.aggregation import MajorityVote as PeerMajorityVote

from gpu_jobs.kernels import DawidSkene, MajorityVote

CLASSES = 50
"""A folder with more labels than this holds texts, not classes."""


def tied(answers: pd.DataFrame) -> pd.Index:
    """Tasks whose most frequent label is not the only one."""
    counts = answers.groupby(["task", "label"]).size()
    top = counts.groupby("task").transform("max")
    leaders = counts[counts == top].groupby("task").size()
    return leaders[leaders > 1].index


def compare(folder: Path) -> str:
    """One line of the table."""
    answers = pd.read_csv(folder / "answers.csv", dtype=str)[["task", "worker", "label"]]
    ours, theirs = DawidSkene().fit_predict(answers), PeerDawidSkene(n_iter=100).fit_predict(answers)
    same = (ours == theirs.reindex(ours.index)).mean()
    clear = answers[~answers["task"].isin(tied(answers))]
    vote, peer = MajorityVote().fit_predict(clear), PeerMajorityVote().fit_predict(clear)
    same_vote = (vote == peer.reindex(vote.index)).mean()
    return f"{folder.name:12} {len(ours):6} {same:12.4f} {same_vote:14.4f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    print(f"{'crowd':12} {'tasks':>6} {'dawid-skene':>12} {'majority-vote':>14}")
    for folder in sorted(parser.parse_args().folder.iterdir()):
        labels = pd.read_csv(folder / "answers.csv", dtype=str)["label"].nunique()
        if labels <= CLASSES:
            print(compare(folder), flush=True)


if __name__ == "__main__":
    main()
