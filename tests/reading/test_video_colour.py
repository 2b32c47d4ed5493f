"""Colours of videos against the pictures they were made from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from toondecompose.reading import video_colour
from toondecompose.reading.clip_source import ReadingSettings
from toondecompose.reading.media import open_source
from toondecompose.reading.video_colour import ColourSettings, has_alpha

SIZE = (192, 96)

COLOURS = [(230, 40, 40), (40, 200, 60), (30, 60, 220), (255, 255, 255), (12, 12, 12)]
COLOURS += [(240, 220, 60), (128, 128, 128), (200, 120, 90)]

HDR_TAGS = ("-colorspace", "bt2020nc", "-color_primaries", "bt2020", "-color_range", "tv")


def smooth(size: tuple[int, int] = SIZE) -> np.ndarray:
    """Colours that change slowly, so that subsampled chroma loses next to nothing."""
    y, x = np.mgrid[: size[1], : size[0]] / 50
    waves = [100 * np.sin(x), 100 * np.sin(1.2 * y + 1), 100 * np.cos(x + y)]
    return np.rint(128 + np.stack(waves, -1)).astype(np.uint8)


def patches(size: tuple[int, int] = SIZE) -> np.ndarray:
    """Eight flat colours, as a cartoon has them."""
    colours = np.array(COLOURS, np.uint8).reshape(2, 4, 3)
    return colours.repeat(size[1] // 2, 0).repeat(size[0] // 4, 1)


def write(path: Path, picture: np.ndarray, filters: str, *tags: str) -> Path:
    """Write two frames through ffmpeg's filters, losslessly."""
    height, width = picture.shape[:2]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "rawvideo"]
    command += ["-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", "24", "-i", "-"]
    command += ["-vf", filters, "-c:v", "ffv1", *tags, str(path)]
    subprocess.run(command, input=picture.tobytes() * 2, check=True)
    return path


def write_hdr(path: Path, picture: np.ndarray, transfer: str, white: float) -> Path:
    """The same as HDR in BT.2020, with the picture's white at so many cd/m2."""
    filters = "setparams=range=pc:colorspace=gbr:color_primaries=bt709:color_trc=bt709,format=gbrp,"
    filters += f"zscale=t=linear:npl={white},format=gbrpf32le,zscale=t={transfer}:npl={white}:"
    filters += "p=2020:m=2020_ncl:r=limited:f=spline36,format=yuv420p10le"
    return write(path, picture, filters, *HDR_TAGS, "-color_trc", transfer)


def read(path: Path, **settings: str | float) -> tuple[np.ndarray, str]:
    """The second frame, and all lines."""
    reading = ReadingSettings(colour=ColourSettings(**settings))
    source = open_source(str(path), fps=24, reading=reading)
    return [frame() for frame in source.readers()][1], "; ".join(source.lines)


def error(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Absolute differences in levels, away from the edges of the patches."""
    difference = np.abs(found.astype(int) - true)
    cells = difference.reshape(2, true.shape[0] // 2, 4, true.shape[1] // 4, 3)
    return cells[:, 6:-6, :, 6:-6]


@pytest.mark.parametrize("chroma", ["420", "422", "444"])
@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("levels", ["limited", "full"])
@pytest.mark.parametrize("matrix", ["709", "170m", "2020_ncl"])
def test_matrix_and_range_are_obeyed(
    tmp_path: Path, matrix: str, levels: str, bits: int, chroma: str
) -> None:
    pixels = f"yuv{chroma}p" + ("10le" if bits == 10 else "")
    tag = {"709": "bt709", "170m": "smpte170m", "2020_ncl": "bt2020nc"}[matrix]
    tags = ("-colorspace", tag, "-color_range", {"limited": "tv", "full": "pc"}[levels])
    filters = f"zscale=m={matrix}:r={levels}:f=spline36:d=none:c=center,format={pixels}"
    found, said = read(write(tmp_path / "a.mkv", patches(), filters, *tags))
    assert error(found, patches()).max() <= 2
    assert said == ""
    found, _ = read(write(tmp_path / "b.mkv", smooth(), filters, *tags))
    assert error(found, smooth()).mean() < 0.7


@pytest.mark.parametrize(
    ("size", "matrix", "name"),
    [
        ((1280, 720), "709", "bt709"),
        ((1024, 576), "709", "bt709"),
        ((960, 720), "709", "bt709"),
        ((720, 576), "170m", "bt601"),
        ((192, 96), "170m", "bt601"),
    ],
)
def test_without_a_tag_the_size_decides(
    tmp_path: Path, size: tuple[int, int], matrix: str, name: str
) -> None:
    picture = patches(size)
    path = tmp_path / "a.mkv"
    write(path, picture, f"zscale=m={matrix}:r=limited,format=yuv420p,setparams=colorspace=unknown")
    found, said = read(path)
    assert error(found, picture).max() <= 2
    assert f"no tag for its colour matrix: {name} is assumed" in said


def test_primaries_tell_the_matrix_when_it_is_not_tagged(tmp_path: Path) -> None:
    filters = "zscale=m=709:r=limited,format=yuv420p,setparams=colorspace=unknown:"
    path = write(tmp_path / "a.mkv", patches(), f"{filters}color_primaries=bt709")
    found, said = read(path)
    assert "bt709 is assumed" in said
    assert error(found, patches()).max() <= 2


def test_settings_overrule_tags(tmp_path: Path) -> None:
    filters = "zscale=m=709:r=full,format=yuv444p,setparams=colorspace=smpte170m:range=tv"
    path = write(tmp_path / "a.mkv", patches(), filters)
    assert error(read(path)[0], patches()).max() > 15
    found, said = read(path, matrix="bt709", range="full")
    assert error(found, patches()).max() <= 2
    assert said == ""


@pytest.mark.parametrize("primaries", ["2020", "smpte432"])
def test_wide_gamuts_are_converted(tmp_path: Path, primaries: str) -> None:
    tag = {"2020": "bt2020"}.get(primaries, primaries)
    filters = "setparams=range=pc:colorspace=gbr:color_primaries=bt709:color_trc=bt709,format=gbrp,"
    filters += f"zscale=p={primaries}:m=709:r=limited,format=yuv444p10le"
    tags = ("-color_primaries", tag, "-color_trc", "bt709", "-colorspace", "bt709")
    path = write(tmp_path / "a.mkv", patches(), filters, *tags, "-color_range", "tv")
    found, said = read(path)
    assert error(found, patches()).max() <= 2
    assert f"converted from {tag} primaries" in said
    found, said = read(path, primaries="keep")
    assert error(found, patches()).max() > 8
    assert "shown as BT.709, without a conversion" in said


def test_primaries_of_standard_definition_are_converted_when_asked(tmp_path: Path) -> None:
    filters = "setparams=range=pc:colorspace=gbr:color_primaries=bt709:color_trc=bt709,format=gbrp,"
    filters += "zscale=p=170m:m=170m:r=limited,format=yuv444p10le"
    tags = ("-color_primaries", "smpte170m", "-color_trc", "smpte170m", "-colorspace", "smpte170m")
    picture = patches() // 2 + 64  # colours that both gamuts have
    path = write(tmp_path / "a.mkv", picture, filters, *tags, "-color_range", "tv")
    assert error(read(path, primaries="convert")[0], picture).max() <= 2
    found, said = read(path)
    assert 2 < error(found, picture).max() < 40
    assert "colour.primaries: convert converts them" in said


@pytest.mark.parametrize("white", [100, 203])
@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_sdr_in_hdr_comes_out_as_it_was(tmp_path: Path, transfer: str, white: float) -> None:
    found, said = read(write_hdr(tmp_path / "a.mkv", patches(), transfer, white))
    assert error(found, patches()).max() <= 4, "steps of 10 bits, widened from BT.2020 to BT.709"
    assert error(found, patches()).mean() < 0.6
    assert f"tone-mapped to BT.709: {white} cd/m2 becomes white" in said
    assert "nothing is brighter" in said


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_brighter_light_is_compressed_and_the_rest_is_kept(tmp_path: Path, transfer: str) -> None:
    levels = np.linspace(0, 255, SIZE[0]).astype(np.uint8)
    grey = np.broadcast_to(levels[None, :, None], (*SIZE[::-1], 3)).copy()
    found, said = read(write_hdr(tmp_path / "a.mkv", grey, transfer, 600))
    # Levels of the picture with 600 cd/m2 at white, seen with 203 at white.
    true = grey * (600 / 203) ** (1 / 2.4)
    kept = true < 225
    assert np.abs(found - true)[kept].max() <= 2
    row = found[10, true[10, :, 0] > 240, 0].astype(int)
    assert (np.diff(row) >= 0).all()
    assert row[-1] - row[0] > 10 and row[-1] >= 253, "highlights keep their drawing"
    assert "203 cd/m2 becomes white (the reference white of BT.2408), light up to" in said
    assert "is compressed (mobius" in said


def test_a_peak_that_cannot_be_measured_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_hdr(tmp_path / "a.mkv", patches(), "smpte2084", 203)
    monkeypatch.setattr(video_colour, "measure_peak", lambda info: None)
    assert "light up to 1000 cd/m2 (assumed, it could not be measured)" in read(path)[1]


def test_chroma_siting_of_a_tag_is_obeyed(tmp_path: Path) -> None:
    filters = "zscale=m=709:r=limited:f=spline36:c=topleft,format=yuv420p10le"
    tags = ("-colorspace", "bt709", "-color_range", "tv", "-chroma_sample_location", "topleft")
    path = write(tmp_path / "a.mkv", smooth(), filters, *tags)
    assert error(read(path)[0], smooth()).mean() < 0.3
    assert error(read(path, chroma_siting="center")[0], smooth()).mean() > 0.6


def test_formats_with_alpha() -> None:
    formats = ["yuva420p", "rgba", "bgra", "gbrap12le", "ya8", "yuva444p12le", "argb"]
    assert all(map(has_alpha, formats))
    assert not any(map(has_alpha, ["yuv420p", "rgb24", "gray", "gbrp", "bgr0", "pal8"]))
