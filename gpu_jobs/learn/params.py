"""The options of the learning jobs as their job.json may state them; pydantic, since they come from outside."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gpu_jobs.contract import BadInput, BatchSpec

Task = Literal["text", "pair", "token", "image", "rating"]
Mode = Literal["auto", "full", "lora", "probe"]
Wanted = TypeVar("Wanted", bound=BaseModel)


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EncoderOptions(_Options):
    """Which encoder: a local folder, "hashed", or a hub's model if that is allowed; empty: what is installed."""

    path: str = ""
    hub: str = ""
    hub_allowed: bool = False


class FinetuneOptions(_Options):
    """How to make a model of examples.parquet."""

    task: Task = "text"
    classes: tuple[str, ...] = Field(min_length=2, max_length=1000)  # tags for token, in order for rating
    encoder: EncoderOptions = EncoderOptions()
    mode: Mode = "auto"
    budget_seconds: float = Field(default=1800.0, gt=0)  # of training, for the choice of mode
    epochs: int = Field(default=0, ge=0, le=1000)  # 0: by mode
    batch: int = Field(default=16, ge=1, le=4096)
    micro: int = Field(default=0, ge=0, le=4096)  # 0: the whole batch at once
    rate: float = Field(default=0.0, ge=0)  # 0: by mode and width
    dropout: float = Field(default=0.0, ge=0, lt=1)
    patience: int = Field(default=2, ge=1)
    max_tokens: int = Field(default=256, ge=8, le=8192)
    bf16: bool | None = None  # None: on a GPU that has it
    exact: bool = False  # on a GPU: equal bits at every run, slower
    save_steps: int = Field(default=500, ge=1)
    embeddings_frozen: bool = True  # in full mode: few labels say nothing of words that they lack
    labels: str = ""  # how the labels came about, for the card
    parent: str = ""  # the model that this one follows, for the card
    title: str = ""
    trackers: tuple[Literal["tensorboard", "wandb"], ...] = ()


class PredictOptions(_Options):
    """How to apply a model to items.parquet, a table like examples.parquet."""

    model: str  # its folder
    model_hash: str = ""  # of gpu_jobs.learn.files.hash_of; empty: not checked
    target: float = Field(default=0.95, gt=0, lt=1)  # promised precision of what is accepted without people
    audit_share: float = Field(default=0.05, ge=0, le=1)
    rows: int = Field(default=8192, ge=1)  # items in memory at once
    bf16: bool | None = None


class EmbedOptions(_Options):
    """How to embed items, find near-duplicates and order them for diversity."""

    encoder: EncoderOptions = EncoderOptions()
    similarity: float = Field(default=0.95, gt=0, le=1)  # cosine from which two items count as one
    diverse: int = Field(default=1000, ge=0)  # items to put in order of diversity
    max_tokens: int = Field(default=256, ge=8, le=8192)
    rows: int = Field(default=8192, ge=1)
    bf16: bool | None = None


def options_of(spec: BatchSpec, kind: type[Wanted]) -> Wanted:
    """The run's options as `kind`; BadInput when they are malformed."""
    try:
        return kind.model_validate(spec.options)
    except ValidationError as error:
        raise BadInput(f"options: {error}") from error
