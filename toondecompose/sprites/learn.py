"""Gradient descent on all parameters of the background together.

loss = mean of sqrt(|r / s|^2 + 1) - 1 over pixels + priors,   r = I - (a F + (1 - a) B)

Each step uses pixels of the whole clip, drawn without repetition until all have been used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.sprites.model import BackgroundModel
from toondecompose.sprites.parameters import Parameters

RUN_PIXELS = 8
"""Neighbours in a row that are drawn together, for the sake of the memory's cache."""


def index_type(count: int) -> type[np.signedinteger]:
    """Return the smaller of two types whose largest number reaches ``count - 1``."""
    return np.int32 if count - 1 <= np.iinfo(np.int32).max else np.int64


@dataclass(frozen=True)
class Observations:
    """The pixels of the clip where background shows, in the order of time, rows, columns.

    Attributes
    ----------
    place : (M,) int32, (t * H + y) * W + x; int64 in clips of more than 2^31 pixels.
    colour : (M, 3) uint8, the colour of the frame.
    alpha : (M,) uint8, alpha of the objects, less than 255.
    own : (M, 3) uint8, the colour of the object; undefined where alpha is 0.
    """

    place: torch.Tensor
    colour: torch.Tensor
    alpha: torch.Tensor
    own: torch.Tensor

    @classmethod
    def collect(
        cls, frames: np.ndarray, alpha: np.ndarray, own: np.ndarray, *, device: torch.device
    ) -> Observations:
        """Collect from frames (T, H, W, 3), alpha (T, H, W) and own (T, H, W, 3), all uint8."""
        place = np.flatnonzero(alpha.ravel() < 255)
        arrays = (
            place.astype(index_type(alpha.size)),
            np.take(frames.reshape(-1, 3), place, axis=0),
            alpha.ravel()[place],
            np.take(own.reshape(-1, 3), place, axis=0),
        )
        return cls(*(torch.from_numpy(array).to(device) for array in arrays))

    def batches(
        self, steps: int, generator: torch.Generator, *, tuning: Tuning = DEFAULT
    ) -> Iterator[torch.Tensor]:
        """Yield steps times the indices of a batch, sorted."""
        parameters = tuning[Parameters]
        runs = max(1, len(self.place) // RUN_PIXELS)
        each = min(max(1, parameters.batch_pixels // RUN_PIXELS), runs)
        order, used = torch.randperm(runs, generator=generator), 0
        inside = torch.arange(RUN_PIXELS)
        for _ in range(steps):
            if used + each > runs:
                order, used = torch.randperm(runs, generator=generator), 0
            chosen = order[used : used + each].sort().values
            used += each
            index = (chosen[:, None] * RUN_PIXELS + inside).reshape(-1)
            yield index[index < len(self.place)].to(self.place.device)


def recompose(
    model: BackgroundModel, observations: Observations, index: torch.Tensor
) -> torch.Tensor:
    """Return the difference (N, 3) between frames and recomposition at some observations."""
    width, height = model.size
    place = observations.place.index_select(0, index).long()
    t, pixel = place // (width * height), place % (width * height)
    points = torch.stack([pixel % width, pixel // width], dim=-1).float()
    background = model(t, points)
    alpha = observations.alpha.index_select(0, index).float()[:, None] / 255
    own = observations.own.index_select(0, index).float()
    return (
        observations.colour.index_select(0, index).float() - background - alpha * (own - background)
    )


def robust(difference: torch.Tensor, *, tuning: Tuning = DEFAULT) -> torch.Tensor:
    """Return the mean of the robust loss of differences (N, 3)."""
    parameters = tuning[Parameters]
    squared = (difference / parameters.robust_scale_levels).square().sum(dim=-1)
    return (torch.sqrt(squared + 1) - 1).mean()


def priors(model: BackgroundModel, *, tuning: Tuning = DEFAULT) -> torch.Tensor:
    """Return the loss of motions that jerk."""
    parameters = tuning[Parameters]
    total = model.grid.new_zeros(())
    for plane in model.plane_models():
        if len(plane.motion) > 2:
            bend = plane.motion[2:] - 2 * plane.motion[1:-1] + plane.motion[:-2]
            total = total + parameters.jerk_weight * bend.square().sum(dim=-1).mean().to(
                total.dtype
            )
    return total


def learn(
    model: BackgroundModel,
    observations: Observations,
    steps: Iterator[int],
    *,
    count: int,
    seed: int,
    tuning: Tuning = DEFAULT,
) -> None:
    """Take `count` steps of Adam; `steps` counts them and shows the progress."""
    parameters = tuning[Parameters]
    if len(observations.place) == 0:
        return
    generator = torch.Generator().manual_seed(seed)
    descent = Descent(model, tuning=tuning)
    for step, index in zip(
        steps, observations.batches(count, generator, tuning=tuning), strict=True
    ):
        loss = robust(recompose(model, observations, index), tuning=tuning) + priors(
            model, tuning=tuning
        )
        model.zero_grad(set_to_none=True)
        loss.backward()
        descent.step(
            parameters.last_rate_share
            + (1 - parameters.last_rate_share) * 0.5 * (1 + math.cos(math.pi * step / count))
        )


class Descent:
    """Adam (Kingma and Ba, 2015), written out: torch's own takes seconds to import its compiler.

    x <- x - rate * m / (sqrt(v) + e),   m, v the running means of the gradient and its square
    """

    def __init__(self, model: BackgroundModel, *, tuning: Tuning = DEFAULT) -> None:
        parameters = tuning[Parameters]
        rates = {
            "texture": parameters.texture_rate_levels,
            "motion": parameters.motion_rate_px,
            "logit": parameters.alpha_rate_logits,
            "grid": parameters.light_rate_levels,
        }
        self.betas = parameters.adam_betas
        self.states = [
            (p, rates[name.rpartition(".")[2]], torch.zeros_like(p), torch.zeros_like(p))
            for name, p in model.named_parameters()
        ]
        self.steps = 0

    @torch.no_grad()
    def step(self, share: float) -> None:
        """Step by a share of every parameter's rate, along the gradients that are there now."""
        self.steps += 1
        first, second = self.betas
        corrected = [1 - beta**self.steps for beta in self.betas]
        for parameter, rate, mean, square in self.states:
            if parameter.grad is None:
                continue
            mean.lerp_(parameter.grad, 1 - first)
            square.mul_(second).addcmul_(parameter.grad, parameter.grad, value=1 - second)
            size = square.sqrt().div_(math.sqrt(corrected[1])).add_(1e-8)
            parameter.addcdiv_(mean, size, value=-rate * share / corrected[0])


@torch.no_grad()
def total_loss(
    model: BackgroundModel, observations: Observations, seed: int, *, tuning: Tuning = DEFAULT
) -> dict[str, float]:
    """Return the loss per term on some pixels of the clip, the same for the same seed."""
    if len(observations.place) == 0:
        return {}
    generator = torch.Generator().manual_seed(seed)
    differences = [
        recompose(model, observations, i) for i in observations.batches(4, generator, tuning=tuning)
    ]
    everything = torch.cat(differences)
    return {
        "recomposition": float(robust(everything, tuning=tuning)),
        "mean difference in grey levels": float(everything.abs().mean()),
        "jerk": float(priors(model, tuning=tuning)),
    }
