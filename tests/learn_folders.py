"""Run folders of the learning jobs, and a tiny encoder made on the spot: no test needs weights from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gpu_jobs import contract
from gpu_jobs.contract import BatchSpec, Limits
from gpu_jobs.learn.values import EXAMPLES_FILE, Examples, of_texts, write_examples

GOOD = ("good", "fine", "lovely", "great", "sound")
BAD = ("bad", "awful", "poor", "broken", "sad")
FILLER = ("the", "film", "was", "a", "story", "and", "its", "end", "with", "music")


def reviews(size: int, seed: int = 0) -> tuple[list[str], Any]:
    """Sentences that a word decides, and their class."""
    chance = np.random.default_rng(seed)
    label = chance.integers(0, 2, size)
    texts = []
    for one in label:
        words = list(chance.choice(FILLER, int(chance.integers(2, 12))))
        words.insert(int(chance.integers(0, len(words))), str(chance.choice(GOOD if one else BAD)))
        texts.append(" ".join(words))
    return texts, label


def review_examples(size: int, held: int) -> Examples:
    """Reviews with certain soft labels; gold of the last `held` is kept away from training."""
    texts, label = reviews(size)
    away = np.arange(size) >= size - held
    return of_texts(texts, np.eye(2)[label], gold=np.where(away, label, -1), held=away)


def write_run(folder: Path, kind: str, examples: Examples, options: dict[str, Any], **limits: Any) -> Path:
    """A run folder of one learning job."""
    (folder / contract.IN).mkdir(parents=True)
    write_examples(folder / contract.IN / EXAMPLES_FILE, examples)
    spec = BatchSpec(
        run_id=folder.name,
        kind=kind,  # type: ignore[arg-type]  # a test may name any
        inputs=contract.hashes_of(folder / contract.IN),
        options=options,
        limits=Limits.model_validate({"lock_folder": str(folder.parent), "threads": 1, **limits}),
    )
    contract.write_job(folder, spec)
    return folder


def tiny_encoder(folder: Path, texts: list[str], *, hidden: int = 32, layers: int = 2, vocabulary: int = 400) -> Path:
    """A Hugging Face model folder with random weights and a tokenizer trained on `texts`."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    made.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=vocabulary, special_tokens=special))
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=made, **names).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=400,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=2 * hidden,
        max_position_embeddings=128,
    )
    BertModel(config).save_pretrained(folder)
    return folder
