"""Which object is what: planes of the background first, from back to front, then the sprites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Cast:
    """The objects of a clip.

    Attributes
    ----------
    planes : for each object of the background, from back to front, the numbers of its planes.
        Planes are numbered from front to back (``toondecompose.planes``).
    sprites : how many objects are sprites; they follow those of the background.
    """

    planes: tuple[tuple[int, ...], ...]
    sprites: int

    @property
    def objects(self) -> int:
        """Number of objects."""
        return len(self.planes) + self.sprites

    @property
    def sprite_numbers(self) -> range:
        """Numbers of the objects that are sprites."""
        return range(len(self.planes), self.objects)


def cast_objects(objects: int | None, planes: int, sprites: int) -> Cast:
    """Give the objects to what was found.

    Sprites come first; planes become objects of their own while there are objects left, the
    farthest first, and the others stay together. Objects that nothing is left for are sprites
    that stay empty.

    Parameters
    ----------
    objects : how many are asked for, the background included; None for as many as there are.
    planes, sprites : how many were found.

    Examples
    --------
    >>> cast_objects(2, planes=2, sprites=1)
    Cast(planes=((0, 1),), sprites=1)
    >>> cast_objects(3, planes=2, sprites=1)
    Cast(planes=((1,), (0,)), sprites=1)
    >>> cast_objects(4, planes=1, sprites=1)
    Cast(planes=((0,),), sprites=3)
    """
    wanted = planes + sprites if objects is None else objects
    alone = min(planes - 1, max(0, wanted - 1 - sprites))
    behind = [(i,) for i in reversed(range(planes - alone, planes))]
    return Cast((*behind, tuple(range(planes - alone))), wanted - alone - 1)


def share_background(cast: Cast, free: np.ndarray, covers: list[np.ndarray]) -> list[np.ndarray]:
    """Divide the background's alpha among its objects.

    Parameters
    ----------
    cast : of the clip.
    free : (...) float32, the alpha of the whole background, 0..1.
    covers : for each plane but the last, front to back, what it hides of those behind, (...) 0..1.

    Returns
    -------
    An alpha (...) float32 for each object of the background; they sum to free.
    """
    shares, left = [], free.astype(np.float32)
    for cover in covers:
        shares.append(left * cover)
        left = left - shares[-1]
    shares.append(left)
    return [np.sum([shares[i] for i in numbers], axis=0) for numbers in cast.planes]
