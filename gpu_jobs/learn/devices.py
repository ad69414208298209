"""Sets up Accelerate for one run: device, threads, precision, trackers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import torch
from accelerate import Accelerator

from gpu_jobs.contract import BatchSpec
from gpu_jobs.learn.params import FinetuneOptions


class Precise(Protocol):
    """Options that state a precision."""

    @property
    def bf16(self) -> bool | None:
        """Whether to compute in bfloat16; None: where a GPU has it."""


def accelerator_for(options: Precise, spec: BatchSpec, folder: Path) -> Accelerator:
    """Accelerate on the GPU if there is one, else on the CPU with the threads that the run may use."""
    gpu = torch.cuda.is_available()
    torch.set_num_threads(spec.limits.threads)
    half = (gpu and torch.cuda.is_bf16_supported()) if options.bf16 is None else options.bf16
    trackers = list(options.trackers) if isinstance(options, FinetuneOptions) else []
    if isinstance(options, FinetuneOptions) and options.exact:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS asks for it, before its first call
        torch.use_deterministic_algorithms(True)
    accelerator = Accelerator(
        cpu=not gpu,
        mixed_precision="bf16" if half else "no",
        log_with=trackers or None,
        project_dir=str(folder / "track") if trackers else None,
    )
    if trackers:
        accelerator.init_trackers("tapcrowd")
    return accelerator
