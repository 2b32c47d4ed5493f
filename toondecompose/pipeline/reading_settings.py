"""How the settings of the frames stage want an input to be read."""

from __future__ import annotations

from dataclasses import fields

from toondecompose.pipeline.settings import FramesSettings
from toondecompose.reading.clip_source import ReadingSettings
from toondecompose.reading.video_colour import ColourSettings


def reading_settings(settings: FramesSettings) -> ReadingSettings:
    """How the settings of the frames stage want the input to be read."""
    colour = {f.name: getattr(settings, f"colour_{f.name}") for f in fields(ColourSettings)}
    return ReadingSettings(
        missing_numbers=settings.missing_numbers,
        uneven_timing=settings.uneven_timing,
        deinterlace=settings.deinterlace,
        colour=ColourSettings(**colour),
    )
