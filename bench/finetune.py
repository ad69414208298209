"""Fine-tuning rates: our loop against the plain loop that tutorials show, and against transformers' Trainer.

    python -m bench.finetune [--encoder FOLDER] [--steps 120] [--loops tutorial,ours,ours-bf16] [--device cuda]

The same texts, the same start, the same batches' size and number of steps. Without an encoder folder: a BERT of 4
layers and width 256 from scratch, its tokenizer trained on the spot. A rate is examples per
CPU-second on a CPU (so other work on the machine matters less) and per second on a GPU, tokenising included; accuracy
is on 1,000 held-out texts.

tutorial: tokenise in the data set's __getitem__, pad to 128, float32, AdamW with its defaults.
trainer:  transformers.Trainer with its defaults (dynamic padding; no evaluation, no saving).
ours:     tokenise once, batches of like lengths, padding to eights, fused AdamW; ours-bf16 with autocast.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from gpu_jobs.learn.encoders import load_tokenizer, quiet
from gpu_jobs.learn.inputs import read_texts
from gpu_jobs.learn.network import Network, load_body, width_of, word_embeddings
from gpu_jobs.learn.train import Lesson, Schedule, Trainer
from gpu_jobs.learn.values import of_texts

CLASSES, VOCABULARY, TEST = 4, 3000, 1000
MEAN_WORDS, SPREAD_WORDS, MOST_WORDS = 3.0, 0.45, 90  # log of words: 22 words, 27 tokens on average, 95 % below 48
TELLING = 0.25  # share of words that a class prefers
WIDTH, LAYERS, PADDED, BATCH, RATE = 256, 4, 128, 16, 5e-4
MATRIX, TIMES = 2048, 10  # of the matrix product whose rate is the yardstick


@dataclass(frozen=True, slots=True)
class Data:
    """Texts to learn from and to be tested on."""

    texts: list[str]
    labels: np.ndarray[Any, np.dtype[np.int64]]
    test: list[str]
    truth: np.ndarray[Any, np.dtype[np.int64]]


def make_data(size: int) -> Data:
    """Pseudo-texts whose class shows in some of their words."""
    chance = np.random.default_rng(0)
    parts = np.array(["ba", "do", "ki", "lu", "me", "no", "pa", "ri", "su", "te", "vo", "za"])
    words = np.array(["".join(chance.choice(parts, int(chance.integers(1, 4)))) for _ in range(VOCABULARY)])
    shares = 1 / np.arange(1, VOCABULARY + 1)
    shares /= shares.sum()
    labels = chance.integers(0, CLASSES, size + TEST)
    lengths = np.minimum(np.exp(chance.normal(MEAN_WORDS, SPREAD_WORDS, len(labels))).astype(int) + 1, MOST_WORDS)
    texts = []
    for label, length in zip(labels, lengths, strict=True):
        drawn = chance.choice(VOCABULARY, int(length), p=shares)
        telling = chance.random(len(drawn)) < TELLING
        drawn[telling] = 100 + 10 * label + chance.integers(0, 10, int(telling.sum()))
        texts.append(" ".join(words[drawn]))
    return Data(texts[:size], labels[:size], texts[size:], labels[size:])


def make_encoder(folder: Path, texts: list[str]) -> Path:
    """A BERT without weights learnt before, and a tokenizer trained on `texts`."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    made.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=2500, special_tokens=special))
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=made, **names).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=2500,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=WIDTH // 32,
        intermediate_size=4 * WIDTH,
        max_position_embeddings=256,
    )
    BertModel(config).save_pretrained(folder)
    return folder


@dataclass(frozen=True, slots=True)
class Result:
    """One loop's figures."""

    seconds: float
    examples: int
    tokens: int  # without padding
    accuracy: float


class Bench:
    """One setting, measured loop by loop."""

    def __init__(self, encoder: Path, data: Data, *, steps: int, device: str) -> None:
        self.encoder, self.data, self.steps, self.device = encoder, data, steps, torch.device(device)
        self.tokenizer = load_tokenizer(encoder)
        self.clock: Callable[[], float] = time.process_time if device == "cpu" else time.perf_counter

    def classifier(self) -> Any:
        """The usual model of transformers."""
        from transformers import AutoModelForSequenceClassification

        torch.manual_seed(0)
        return AutoModelForSequenceClassification.from_pretrained(str(self.encoder), num_labels=CLASSES).to(self.device)

    def tutorial(self) -> Result:
        """The plain loop."""
        model, data, tokenizer = self.classifier(), self.data, self.tokenizer

        class Texts(torch.utils.data.Dataset[dict[str, torch.Tensor]]):
            def __len__(self) -> int:
                return len(data.texts)

            def __getitem__(self, place: int) -> dict[str, torch.Tensor]:
                told = tokenizer(
                    data.texts[place], return_tensors="pt", max_length=PADDED, padding="max_length", truncation=True
                )
                return {
                    "input_ids": told["input_ids"][0],
                    "attention_mask": told["attention_mask"][0],
                    "labels": torch.tensor(int(data.labels[place])),
                }

        started = self.clock()
        loader = torch.utils.data.DataLoader(Texts(), batch_size=BATCH, shuffle=True)
        optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
        model.train()
        for batch, _ in zip(loader, range(self.steps), strict=False):
            optimizer.zero_grad()
            loss = model(**{name: tensor.to(self.device) for name, tensor in batch.items()}).loss
            loss.backward()
            optimizer.step()
            loss.item()
        return self._result(started, lambda: self._judge(model))

    def trainer(self) -> Result:
        """transformers.Trainer as it comes."""
        from transformers import Trainer as HubTrainer
        from transformers import TrainingArguments

        model = self.classifier()
        started = self.clock()
        told = self.tokenizer(self.data.texts, truncation=True, max_length=PADDED)
        pairs = zip(told["input_ids"], told["attention_mask"], self.data.labels, strict=True)
        rows = [{"input_ids": ids, "attention_mask": mask, "labels": int(label)} for ids, mask, label in pairs]
        with tempfile.TemporaryDirectory() as folder:
            settings = TrainingArguments(
                folder,
                per_device_train_batch_size=BATCH,
                max_steps=self.steps,
                learning_rate=RATE,
                report_to=[],
                save_strategy="no",
                disable_tqdm=True,
                use_cpu=self.device.type == "cpu",
                dataloader_pin_memory=False,
            )
            HubTrainer(model=model, args=settings, train_dataset=rows, processing_class=self.tokenizer).train()
        return self._result(started, lambda: self._judge(model))

    def ours(self, precision: str = "no") -> Result:
        """The finetune job's loop."""
        AcceleratorState._reset_state(True)
        accelerator = Accelerator(cpu=self.device.type == "cpu", mixed_precision=precision)
        body = load_body(self.encoder)
        torch.manual_seed(0)
        network = Network(body, width_of(body), CLASSES)
        started = self.clock()
        inputs = read_texts(self.tokenizer, of_texts(self.data.texts), PADDED)
        soft = list(np.eye(CLASSES)[self.data.labels][:, None, :])
        schedule = Schedule(0, 1, BATCH, BATCH, RATE, 1, self.steps + 1)
        lesson = Lesson(inputs, soft, np.ones(len(soft)))
        trainer = Trainer(network, lesson, None, schedule, accelerator)
        from gpu_jobs.learn.batching import epoch_batches

        network.train()
        for rows in epoch_batches(inputs.lengths, BATCH, 0, 0)[: self.steps]:
            trainer.step(rows)
            trainer.progress.total += 1
        return self._result(started, lambda: self._judge_ours(network, accelerator))

    def _result(self, started: float, judge: Callable[[], float]) -> Result:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        seconds = self.clock() - started
        examples = BATCH * self.steps
        mean = np.mean([len(ids) for ids in self.tokenizer(self.data.texts[:TEST])["input_ids"]])
        return Result(seconds, examples, int(mean * examples), judge())

    def _judge(self, model: Any) -> float:
        model.eval()
        found = []
        with torch.inference_mode():
            for at in range(0, TEST, 100):
                told = self.tokenizer(self.data.test[at : at + 100], return_tensors="pt", padding=True, truncation=True)
                told = {name: tensor.to(self.device) for name, tensor in told.items() if name != "token_type_ids"}
                found.append(model(**told).logits.argmax(dim=-1).cpu().numpy())
        return float((np.concatenate(found) == self.data.truth).mean())

    def _judge_ours(self, network: Network, accelerator: Accelerator) -> float:
        from gpu_jobs.learn.train import judge

        rows = judge(network, read_texts(self.tokenizer, of_texts(self.data.test), PADDED), accelerator, 100)
        return float((np.concatenate(rows).argmax(axis=1) == self.data.truth).mean())


def matrix_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Operations a second of a plain square matrix product."""
    one = torch.randn(MATRIX, MATRIX, device=device, dtype=dtype)
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    (one @ one).sum().item()
    started = clock()
    for _ in range(TIMES):
        found = one @ one
    found.sum().item()
    return 2.0 * MATRIX**3 * TIMES / (clock() - started)


def main() -> None:
    """Print one line for each loop."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--loops", default="tutorial,trainer,ours,ours-bf16")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    quiet()
    data = make_data(BATCH * options.steps)
    with tempfile.TemporaryDirectory() as folder:
        encoder = options.encoder or make_encoder(Path(folder), data.texts)
        bench = Bench(encoder, data, steps=options.steps, device=options.device)
        body = load_body(encoder)
        weights = sum(one.numel() for one in body.parameters()) - word_embeddings(body)
        loops: dict[str, Callable[[], Result]] = {
            "tutorial": bench.tutorial,
            "trainer": bench.trainer,
            "ours": bench.ours,
            "ours-bf16": lambda: bench.ours("bf16"),
        }
        unit = "CPU-s" if options.device == "cpu" else "s"
        print(
            f"{options.device}, {options.threads} threads, torch {torch.__version__}, "
            f"{weights / 1e6:.1f} M multiplied weights"
        )
        first: dict[str, float] = {}
        for name in options.loops.split(",") * options.rounds:
            done = loops[name]()
            rate = done.examples / done.seconds
            first.setdefault("rate", rate)
            half = "bf16" in name
            peak = matrix_rate(bench.device, torch.bfloat16 if half else torch.float32)
            share = 6.0 * weights * done.tokens / done.seconds / peak
            print(
                f"{name:<10} {rate:8.1f} examples/{unit} ({rate / first['rate']:.2f} x)  "
                f"{done.tokens / done.seconds:9.0f} tokens/{unit}  {share:5.1%} of the matrix rate  "
                f"accuracy {done.accuracy:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
