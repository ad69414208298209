"""The card of a model: what a person should know before trusting it, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping

from gpu_jobs.learn.model import Meta

TASKS = {
    "text": "classes of texts",
    "pair": "classes of pairs of texts",
    "token": "tags of words",
    "image": "classes of images",
    "rating": "ratings of texts",
}
INTERVALS = {
    "accuracy": "95 % Wilson interval",
    "entity_f1": "95 % bootstrap interval over sentences",
}


def write(meta: Meta, metrics: Mapping[str, float | int | str], identity: str, title: str) -> str:
    """The card's text."""
    lines = [
        f"# {title or 'Model ' + identity[:12]}",
        "",
        f"Gives {TASKS[meta.task]}: {', '.join(meta.classes)}.",
        "",
        "| | |",
        "|---|---|",
        f"| identity | `{identity}` |",
        f"| follows | {f'`{meta.parent}`' if meta.parent else 'none'} |",
        f"| encoder | {meta.encoder_name} ({meta.encoder_reason}) |",
        f"| trained | {meta.mode} ({meta.mode_reason}) |",
        f"| data | `{meta.data}` |",
        f"| labels | {meta.labels or 'as the posterior table gave them'} |",
        f"| seed | {meta.seed} |",
        f"| temperature | {meta.temperature:.3f} |",
        "",
        "## On held-out gold",
        "",
        *_figures(metrics),
        "",
    ]
    if meta.encoder == "image-from-scratch":
        lines += ["Trained from scratch, without a pretrained model: expect less than such a model would give.", ""]
    return "\n".join(lines)


def _figures(metrics: Mapping[str, float | int | str]) -> list[str]:
    if "held_out" not in metrics:
        return ["No gold was held out: nothing is known of this model's quality, and it must not go live."]
    lines = ["| figure | value |", "|---|---|"]
    for name, value in metrics.items():
        if name.endswith(("_lower", "_upper")) or isinstance(value, str):
            continue
        words = name.replace("_", " ")
        if name in INTERVALS and f"{name}_lower" in metrics:
            lower, upper = metrics[f"{name}_lower"], metrics[f"{name}_upper"]
            lines.append(f"| {words} | {value} ({lower} to {upper}, {INTERVALS[name]}) |")
        else:
            lines.append(f"| {words} | {value} |")
    return lines
