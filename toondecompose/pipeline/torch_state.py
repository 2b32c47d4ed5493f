"""The global switches of torch that the stages set, put back for the program that called them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"


@contextmanager
def torch_state_kept() -> Iterator[None]:
    """Put back afterwards what `pipeline.stage.make_torch_repeatable` changes."""
    import torch  # late: it takes seconds

    workspace = os.environ.get(WORKSPACE)
    threads = torch.get_num_threads()
    mode = torch.get_deterministic_debug_mode()
    flags = [
        (torch.backends.cudnn, "benchmark"),
        (torch.backends.cudnn, "allow_tf32"),
        (torch.backends.cuda.matmul, "allow_tf32"),
    ]
    values = [getattr(owner, name) for owner, name in flags]
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_deterministic_debug_mode(mode)
        for (owner, name), value in zip(flags, values, strict=True):
            setattr(owner, name, value)
        if workspace is None:
            os.environ.pop(WORKSPACE, None)
        else:
            os.environ[WORKSPACE] = workspace
