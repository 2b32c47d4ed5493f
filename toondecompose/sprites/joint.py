"""The joint step: closed forms and gradient steps in turn, from the warmup to the sprites."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch

from toondecompose.geometry import Size
from toondecompose.parallel import each
from toondecompose.planes.background import Background, compose_view, plane_masks
from toondecompose.planes.texture import AGREEMENT, robust_texture
from toondecompose.sprites.edges import Edges, relabel, soften
from toondecompose.sprites.learn import Sights, learn, total_loss
from toondecompose.sprites.light import GRID, solve_light, upsample
from toondecompose.sprites.model import BackgroundModel, filled

ROUNDS = 2
"""Times that plates and labels take turns."""

MARGIN = 2
"""Pixels around the objects that do not enter the plates."""


@dataclass(frozen=True)
class Sprites:
    """What the joint step found.

    Attributes
    ----------
    background : planes front to back, their textures free of the light.
    light : (H, W, 3) float32, grey levels that the screen adds to the background.
    alpha : (T, H, W) uint8 of all objects together.
    colour : (T, H, W, 3) uint8, the objects' own colour.
    loss : loss per term, "before" and "after".
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
    iterations: int,
    device: torch.device,
    seed: int,
    track: Callable[[Iterator[int], str, int], Iterator[int]],
) -> Sprites:
    """Refine everything together.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    background : planes of the warmup, front to back.
    objects : (T, H, W) bool, true where the warmup saw an object.
    iterations : steps of gradient descent in all.
    device : where they run.
    seed : of the pixels drawn.
    track : shows the progress of an iterator, given a text and its length.
    """
    size: Size = (frames.shape[2], frames.shape[1])
    rng = np.random.default_rng(seed)
    grid = np.zeros((GRID[1], GRID[0], 3))
    light = upsample(grid, size)
    background = gather(frames, background, light, objects)
    edges = Edges(np.where(objects, 255, 0).astype(np.uint8), frames)
    start = BackgroundModel(background=background, light=grid, size=size).to(device)
    loss = {"before": measure(start, frames, edges, device, seed)}
    grid = find_light(frames, background, objects, rng)
    labels = objects
    for number in range(ROUNDS):
        if number:
            background = gather(frames, background, light, labels)
        model = BackgroundModel(background=background, light=grid, size=size).to(device)
        sights = Sights.collect(frames, hidden(edges.alpha, number == 0), edges.colour, device)
        count = iterations * (number + 1) // ROUNDS - iterations * number // ROUNDS
        if len(sights.place):
            steps = track(iter(range(count)), f"learning, round {number + 1} of {ROUNDS}", count)
            learn(model, sights, steps, count, seed + number)
        background = tuple(
            part.result(plane) for part, plane in zip(model.planes, background, strict=True)
        )
        grid = model.grid.detach().cpu().double().numpy()
        light = model.light().detach().cpu().numpy()
        labels = relabel(frames, background, light, objects)
        edges = soften(frames, background, light, labels)
    loss["after"] = measure(model, frames, edges, device, seed)
    return Sprites(background, light, edges.alpha, edges.colour, loss)


def measure(
    model: BackgroundModel, frames: np.ndarray, edges: Edges, device: torch.device, seed: int
) -> dict[str, float]:
    """Return the loss per term over the pixels that show background."""
    sights = Sights.collect(frames, edges.alpha, edges.colour, device)
    return total_loss(model, sights, seed) if len(sights.place) else {}


def hidden(alpha: np.ndarray, hard: bool) -> np.ndarray:
    """Return the alpha by which pixels count; with `hard`, none near an object counts."""
    return np.stack(each(lambda a: cv2.dilate(a, _kernel()), alpha)) if hard else alpha


def find_light(
    frames: np.ndarray, background: Background, objects: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the light's grid, from pixels that the textures explain nearly."""
    size: Size = (frames.shape[2], frames.shape[1])
    free = hidden(objects.astype(np.uint8), True) == 0
    views = each(lambda t: frames[t] - compose_view(background, t, size), range(len(frames)))
    residuals = np.stack(views).astype(np.float32)
    near = np.abs(residuals).max(axis=-1) < AGREEMENT
    masks = [mask & near for mask in plane_masks(background, free)]
    return solve_light(residuals, masks, background, rng)


def gather(
    frames: np.ndarray, background: Background, light: np.ndarray, objects: np.ndarray
) -> Background:
    """Gather textures where no object hides the planes; unseen places as the nearest seen.

    A learnt texture is kept where the gathered one agrees with it: it is sharper.
    """
    free = hidden(objects.astype(np.uint8), True) == 0
    unlit = np.clip(np.round(frames - light), 0, 255).astype(np.uint8) if light.any() else frames
    planes = []
    for plane, mask in zip(background, plane_masks(background, free), strict=True):
        texture = robust_texture(unlit, mask, plane.homographies, plane.canvas)
        colour = filled(texture)
        agrees = np.abs(colour - plane.texture.colour).max(axis=-1, keepdims=True) <= AGREEMENT
        if light.any():
            colour = np.where(agrees, plane.texture.colour, colour)
        planes.append(replace(plane, texture=replace(texture, colour=colour)))
    return tuple(planes)


def _kernel() -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * MARGIN + 1, 2 * MARGIN + 1))
