"""Joint optimisation: closed forms and gradient steps in turn, from the warmup to the sprites."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch

from toondecompose.core.geometry import Size, largest_shift
from toondecompose.core.parallel import each
from toondecompose.core.reduction import largest_channel
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import Background, compose_view, plane_masks
from toondecompose.planes.parameters import Parameters as PlanesParameters
from toondecompose.planes.texture import robust_texture
from toondecompose.segmentation.clean_plates import widened
from toondecompose.sprites.edges import Edges, relabel, soften
from toondecompose.sprites.learn import Observations, learn, total_loss
from toondecompose.sprites.light import GRID, solve_light
from toondecompose.sprites.model import BackgroundModel, filled
from toondecompose.sprites.parameters import Parameters


@dataclass(frozen=True)
class Sprites:
    """Result of the joint optimisation.

    Attributes
    ----------
    background : planes front to back, their textures free of the light.
    light : (H, W, 3) float32, grey levels that the camera adds to the background.
    alpha : (T, H, W) uint8 of all objects together.
    colour : (T, H, W, 3) uint8, the objects' own colour.
    loss : loss per term "before" and "after", over pixels where the warmup saw no object.
    """

    background: Background
    light: np.ndarray
    alpha: np.ndarray
    colour: np.ndarray
    loss: dict[str, dict[str, float]]


def refine(
    frames: np.ndarray,
    background: Background,
    objects: np.ndarray,
    *,
    hint_evidence: np.ndarray | None = None,
    iterations: int,
    device: torch.device,
    seed: int,
    track: Callable[[Iterator[int], str, int], Iterator[int]],
    tuning: Tuning = DEFAULT,
) -> Sprites:
    """Refine planes, light and alphas together.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    background : planes of the warmup, front to back.
    objects : (T, H, W) bool, true where the warmup saw an object.
    hint_evidence : (T, H, W), log odds of objects from hints; None without any.
    iterations : steps of gradient descent in all.
    device : where they run.
    seed : of the pixels drawn.
    track : shows the progress of an iterator, given a text and its length.
    """
    parameters = tuning[Parameters]
    size: Size = (frames.shape[2], frames.shape[1])
    grid, light = np.zeros((GRID[1], GRID[0], 3)), None
    labels, loss = objects, {}
    # Near the outlines of the warmup it is uncertain what a pixel shows: the first round avoids it.
    edges = Edges(np.where(widened(objects, tuning=tuning), 255, 0).astype(np.uint8), frames)
    away = Observations.collect(frames, edges.alpha, edges.colour, device=device)
    for number in range(parameters.max_rounds):
        background = gather(frames, background, light, objects=labels, tuning=tuning)
        if number == 0:
            model = BackgroundModel(background=background, light=grid, size=size, tuning=tuning).to(
                device
            )
            loss["before"] = total_loss(model, away, seed, tuning=tuning)
            rng = np.random.default_rng(seed)
            grid = find_light(frames, background, edges.alpha == 0, rng=rng, tuning=tuning)
        observations = Observations.collect(frames, edges.alpha, edges.colour, device=device)
        model = BackgroundModel(background=background, light=grid, size=size, tuning=tuning).to(
            device
        )
        count = (
            iterations * (number + 1) // parameters.max_rounds
            - iterations * number // parameters.max_rounds
        )
        steps = track(
            iter(range(count)),
            f"learning, round {number + 1} of at most {parameters.max_rounds}",
            count,
        )
        learn(model, observations, steps, count=count, seed=seed + number, tuning=tuning)
        start = background
        background = tuple(
            part.result(plane) for part, plane in zip(model.plane_models(), background, strict=True)
        )
        grid = model.grid.detach().cpu().double().numpy()
        light = model.light().detach().cpu().numpy()
        labels = relabel(
            frames, background, light, warmup=objects, hint_evidence=hint_evidence, tuning=tuning
        )
        edges = soften(frames, background, light, labels=labels, tuning=tuning)
        pairs = zip(start, background, strict=True)
        if all(
            largest_shift(a.homographies, b.homographies, size) < parameters.settled_px
            for a, b in pairs
        ):
            break
    assert light is not None, "there is one round at least"
    loss["after"] = total_loss(model, away, seed, tuning=tuning)
    return Sprites(background, light, edges.alpha, edges.colour, loss)


def find_light(
    frames: np.ndarray,
    background: Background,
    free: np.ndarray,
    *,
    rng: np.random.Generator,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the grid of the light, from pixels that the textures nearly explain."""
    size: Size = (frames.shape[2], frames.shape[1])

    near = tuning[PlanesParameters].agreement_levels

    def compare(t: int) -> tuple[np.ndarray, np.ndarray]:
        # All frames at once: half the bytes are enough.
        residual = (frames[t] - compose_view(background, t, size)).astype(np.float16)
        return residual, largest_channel(np.abs(residual.astype(np.float32))) < near

    residuals, explained = (
        np.stack(x) for x in zip(*each(compare, range(len(frames))), strict=True)
    )
    masks = [mask & explained for mask in plane_masks(background, free)]
    return solve_light(residuals, masks, background, rng=rng, tuning=tuning)


def gather(
    frames: np.ndarray,
    background: Background,
    light: np.ndarray | None,
    *,
    objects: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> Background:
    """Gather textures where no object hides the planes; unobserved places become the nearest
    observed.

    After the first round light (H, W, 3) is not None. Then it is subtracted from the frames, and a
    learnt texture stays where the gathered one agrees with it, because it is sharper.
    """
    free = ~widened(objects, tuning=tuning)
    unlit = frames if light is None else _unlit(frames, light)
    planes = []
    for plane, mask in zip(background, plane_masks(background, free), strict=True):
        texture = robust_texture(
            list(unlit), list(mask), plane.homographies, canvas=plane.canvas, tuning=tuning
        )
        colour = filled(texture)
        if light is not None:
            learnt = plane.texture.colour
            agrees = (
                largest_channel(np.abs(colour - learnt))
                <= tuning[PlanesParameters].agreement_levels
            )
            colour = cv2.copyTo(learnt, agrees.view(np.uint8), colour)
        planes.append(replace(plane, texture=replace(texture, colour=colour)))
    return tuple(planes)


def _unlit(frames: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Return frames minus the light."""
    return np.stack(each(lambda f: np.clip(np.round(f - light), 0, 255).astype(np.uint8), frames))
