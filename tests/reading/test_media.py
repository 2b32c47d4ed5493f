"""Decoding images and videos; encoding."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from conftest import draw_clip
from PIL import Image

from toondecompose.core.errors import UserError
from toondecompose.reading import video_probe
from toondecompose.reading.images import read_image
from toondecompose.reading.inputs import input_files, note_files
from toondecompose.reading.media import as_fraction, open_source
from toondecompose.reading.video_files import encode_mp4


def frames_of(source: Path) -> list[np.ndarray]:
    return [read() for read in open_source(str(source), fps=24).readers()]


def ffmpeg(*arguments: object) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    draw_clip(tmp_path / "clip", frames=4)
    return tmp_path / "clip"


def test_order_of_numbers_and_strangers(tmp_path: Path) -> None:
    names = ["10.png", "2.JPG", "a1.webp", "01.png", ".0.png", "notes.txt"]
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "3.png").mkdir()
    found = [path.name for path in input_files(str(tmp_path))]
    assert found == ["01.png", "2.JPG", "10.png"]


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGB", (10, 20, 30), (10, 20, 30)),
        ("RGBA", (100, 200, 40, 255), (100, 200, 40)),
        ("L", 77, (77, 77, 77)),
        ("LA", (100, 255), (100, 100, 100)),
        ("1", 1, (255, 255, 255)),
        ("I;16", 0x4D12, (0x4D, 0x4D, 0x4D)),
    ],
)
def test_every_kind_of_image_becomes_rgb(
    tmp_path: Path, mode: str, colour: int | tuple[int, ...], expected: tuple[int, ...]
) -> None:
    Image.new(mode, (4, 3), colour).save(tmp_path / "a.png")
    found = read_image(tmp_path / "a.png")
    assert found.shape == (3, 4, 3)
    assert found.dtype == np.uint8
    assert np.array_equal(found, np.broadcast_to(expected, (3, 4, 3)))


def test_palette_with_a_transparent_colour(tmp_path: Path) -> None:
    image = Image.new("P", (4, 3), 1)
    image.putpalette([0, 0, 0, 50, 60, 70])
    image.putpixel((0, 0), 0)
    image.save(tmp_path / "a.png")
    assert tuple(read_image(tmp_path / "a.png")[1, 1]) == (50, 60, 70)
    image.save(tmp_path / "b.png", transparency=1)
    found = read_image(tmp_path / "b.png")
    assert found.shape == (3, 4, 4)
    assert (found[1, 1, 3], found[0, 0, 3]) == (0, 255)


def test_sixteen_bit_colour(tmp_path: Path) -> None:
    import cv2

    cv2.imwrite(str(tmp_path / "a.png"), np.full((3, 4, 3), (0x1100, 0x2200, 0x33FF), np.uint16))
    assert tuple(read_image(tmp_path / "a.png")[0, 0]) == (0x33, 0x22, 0x11)


def test_a_turned_photo_is_set_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 20))
    exif = image.getexif()
    exif[0x0112] = 6
    for number in range(2):
        image.save(tmp_path / f"{number}.jpg", exif=exif)
    assert read_image(tmp_path / "0.jpg").shape == (40, 20, 3)
    assert open_source(str(tmp_path), fps=24).size == (20, 40)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_obeyed(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((6, 10, 3), np.uint8)
    upright[0, :, 0], upright[:, 0, 1] = 255, 255
    # How a camera that is held so stores the upright picture, by the EXIF standard.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    image = Image.fromarray(np.ascontiguousarray(stored))
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(tmp_path / "0.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "0.png"), upright)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_a_file_cut_short_is_refused(clip: Path, ending: str, share: float) -> None:
    path = clip / f"x.{ending}"
    Image.open(clip / "0.png").save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(UserError, match=rf"x\.{ending} is damaged or half-written"):
        read_image(path)


def test_a_png_with_a_flipped_bit_is_refused(clip: Path) -> None:
    data = bytearray((clip / "1.png").read_bytes())
    data[len(data) // 2] ^= 4
    (clip / "1.png").write_bytes(data)
    with pytest.raises(UserError, match=r"1\.png is damaged"):
        read_image(clip / "1.png")


def test_mixed_sizes_name_both_files(clip: Path) -> None:
    Image.new("RGB", (50, 40)).save(clip / "2.png")
    with pytest.raises(UserError, match=r"0\.png is 192x128, but \S+2\.png is 50x40"):
        open_source(str(clip), fps=24)


@pytest.mark.parametrize("ending", ["tif", "tiff", "tga", "bmp"])
def test_other_kinds_of_images(clip: Path, ending: str) -> None:
    true = frames_of(clip)
    for path in sorted(clip.iterdir()):
        Image.open(path).save(path.with_suffix(f".{ending}"))
        path.unlink()
    assert all(np.array_equal(a, b) for a, b in zip(frames_of(clip), true, strict=True))
    path = clip / f"1.{ending}"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match=rf"1\.{ending} is damaged or half-written"):
        frames_of(clip)


def test_images_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"shot.{number:04d}.psd").touch()
    with pytest.raises(UserError, match=r"no image that can be read \(shot.0000.psd is PSD\)"):
        input_files(str(tmp_path))


def test_a_single_image_is_no_clip(clip: Path) -> None:
    with pytest.raises(
        UserError, match=r"0.png is a single image, .* a pattern such as \S+/\*.png"
    ):
        input_files(str(clip / "0.png"))


OTHER_VIDEOS = ["ts", "mts", "m2ts", "mpg", "vob", "mxf", "wmv", "asf", "flv", "ogv", "3gp", "y4m"]


@pytest.mark.parametrize("ending", OTHER_VIDEOS)
def test_other_kinds_of_videos(clip: Path, ending: str) -> None:
    codec = {"ogv": "libtheora", "y4m": "wrapped_avframe", "3gp": "mpeg4"}.get(ending, "mpeg2video")
    codec = {"wmv": "msmpeg4", "asf": "msmpeg4", "flv": "flv"}.get(ending, codec)
    video = clip / f"a.{ending}"
    ffmpeg("-framerate", "25", "-i", clip / "%d.png", "-c:v", codec, "-q:v", "3",
           "-pix_fmt", "yuv420p", video)  # fmt: skip
    assert open_source(str(video), fps=1).fps == 25
    frames = frames_of(video)
    assert len(frames) == 4
    for number, frame in enumerate(frames):
        given = np.asarray(Image.open(clip / f"{number}.png")).astype(int)
        assert np.abs(frame - given).mean() < 16


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm", "gif"])
def test_videos_give_every_frame_at_the_true_rate(clip: Path, ending: str) -> None:
    video = clip.with_suffix(f".{ending}")
    rate = "25/2" if ending == "gif" else "24000/1001"
    ffmpeg("-framerate", rate, "-i", clip / "%d.png", "-pix_fmt", _format(ending), video)
    source = open_source(str(video), fps=1)
    assert (source.size, source.count) == ((192, 128), None)
    assert source.fps == Fraction(rate)
    frames = frames_of(video)
    assert len(frames) == 4
    for number, frame in enumerate(frames):
        given = np.asarray(Image.open(clip / f"{number}.png")).astype(int)
        assert np.abs(frame - given).mean() < (20 if ending == "gif" else 12)


def test_a_turned_video_is_set_upright(clip: Path) -> None:
    ffmpeg("-i", clip / "%d.png", "-pix_fmt", "yuv420p", clip / "flat.mp4")
    turned = clip / "turned.mp4"
    ffmpeg("-display_rotation", "90", "-i", clip / "flat.mp4", "-c", "copy", turned)
    assert open_source(str(turned), fps=1).size == (128, 192)
    assert frames_of(turned)[0].shape == (192, 128, 3)


def test_pixels_that_are_not_square(clip: Path) -> None:
    video = clip / "wide.mp4"
    ffmpeg("-i", clip / "%d.png", "-vf", "setsar=2/1", "-pix_fmt", "yuv420p", video)
    assert open_source(str(video), fps=1).size == (384, 128)
    assert frames_of(video)[0].shape == (128, 384, 3)


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_the_content_of_a_turned_video_is_upright(clip: Path, degrees: int) -> None:
    given = [np.asarray(Image.open(clip / f"{t}.png")) for t in range(4)]
    ffmpeg("-i", clip / "%d.png", "-pix_fmt", "yuv444p", "-crf", "1", clip / "flat.mp4")
    turned = clip / "turned.mp4"
    ffmpeg("-display_rotation", degrees, "-i", clip / "flat.mp4", "-c", "copy", turned)
    for found, true in zip(frames_of(turned), given, strict=True):
        assert np.abs(found.astype(float) - np.rot90(true, degrees // 90)).mean() < 3


@pytest.mark.parametrize(
    ("aspect", "degrees", "size"),
    [("16/15", 0, (204, 128)), ("8/9", 0, (170, 128)), ("2/1", 90, (64, 192))],
)
def test_odd_pixels_become_square(
    clip: Path, aspect: str, degrees: int, size: tuple[int, int]
) -> None:
    flat, video = clip / "flat.mp4", clip / "wide.mp4"
    ffmpeg("-i", clip / "%d.png", "-vf", f"setsar={aspect}", "-pix_fmt", "yuv420p", flat)
    ffmpeg("-display_rotation", degrees, "-i", flat, "-c", "copy", video)
    source = open_source(str(video), fps=1)
    np.testing.assert_allclose(source.size, size, atol=1)
    assert "square pixels" in "; ".join(source.lines)
    assert frames_of(video)[0].shape == (source.size[1], source.size[0], 3)


@pytest.mark.parametrize("name", ["さくら 第1話", "Élan – çà", "🎬 cut"])
def test_unicode_names(clip: Path, name: str) -> None:
    video = clip / f"{name}.mkv"
    ffmpeg("-i", clip / "%d.png", "-c:v", "ffv1", f"file:{video}")
    folder = clip.parent / name
    folder.mkdir()
    for t in range(4):
        (clip / f"{t}.png").rename(folder / f"{name}_{t:03d}.png")
    for found, other in zip(frames_of(video), frames_of(folder), strict=True):
        assert np.abs(found.astype(float) - other).mean() < 3
    assert len(frames_of(folder / f"{name}_*.png 1:2")) == 2


def test_any_name_of_a_video_is_a_file(clip: Path) -> None:
    video = clip / "Re:Zero 01%d,#.mkv"
    ffmpeg("-i", clip / "%d.png", "-c:v", "ffv1", f"file:{video}")
    assert len(frames_of(video)) == 4


def test_the_default_stream_is_taken_else_the_largest(clip: Path) -> None:
    ffmpeg("-i", clip / "%d.png", "-vf", "scale=96:64", "-c:v", "ffv1", clip / "small.mkv")
    ffmpeg("-i", clip / "%d.png", "-c:v", "ffv1", clip / "large.mkv")
    both = ("-i", clip / "small.mkv", "-i", clip / "large.mkv", "-map", "0:v", "-map", "1:v")
    for default, size in (("0", (192, 128)), ("default", (96, 64))):
        ffmpeg(*both, "-c", "copy", "-disposition:v:0", default, "-disposition:v:1", "0",
               clip / "both.mkv")  # fmt: skip
        assert open_source(str(clip / "both.mkv"), fps=1).size == size
        assert frames_of(clip / "both.mkv")[0].shape == (size[1], size[0], 3)


def test_what_else_a_file_holds_is_said(clip: Path) -> None:
    (clip / "a.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    tone = ("-f", "lavfi", "-t", "0.2", "-i", "sine")
    ffmpeg("-i", clip / "%d.png", *tone, "-i", clip / "a.srt", "-map", "0", "-map", "1",
           "-map", "2", "-c:v", "ffv1", "-colorspace", "bt709", clip / "a.mkv")  # fmt: skip
    assert open_source(str(clip / "a.mkv"), fps=1).lines[-1] == ("left out of the file: subtitles")
    assert len(frames_of(clip / "a.mkv")) == 4


def test_a_video_that_is_too_large_is_refused(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ffmpeg("-i", clip / "%d.png", "-c:v", "libx264", clip / "a.mkv")
    assert open_source(str(clip / "a.mkv"), fps=1).size == (192, 128)
    monkeypatch.setattr(video_probe, "MAX_PIXELS", 192 * 128 // 4)
    with pytest.raises(UserError, match="a.mkv"):
        open_source(str(clip / "a.mkv"), fps=1)


def test_a_playlist_reaches_no_other_file(clip: Path) -> None:
    ffmpeg("-i", clip / "%d.png", "-c:v", "ffv1", clip / "a.mkv")
    (clip / "list.mkv").write_text("ffconcat version 1.0\nfile a.mkv\n")
    with pytest.raises(UserError, match="cannot be decoded"):
        frames_of(clip / "list.mkv")


def test_a_video_with_odd_sides(clip: Path) -> None:
    video = clip / "odd.mkv"
    ffmpeg("-i", clip / "%d.png", "-vf", "crop=101:67:0:0", "-c:v", "ffv1", video)
    assert frames_of(video)[0].shape == (67, 101, 3)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm", "gif"])
def test_a_video_cut_short_is_refused(clip: Path, ending: str) -> None:
    video = clip.with_suffix(f".{ending}")
    ffmpeg("-i", clip / "%d.png", "-pix_fmt", _format(ending), video)
    video.write_bytes(video.read_bytes()[: int(0.6 * video.stat().st_size)])
    with pytest.raises(UserError, match=rf"the video \S+\.{ending} cannot be decoded"):
        frames_of(video)


def test_encoded_video_looks_the_same(clip: Path) -> None:
    given = frames_of(clip)
    encode_mp4(clip / "a.mp4", given, fps=Fraction(24000, 1001), crf=12)
    encode_mp4(clip / "b.mp4", given, fps=Fraction(24000, 1001), crf=12)
    assert (clip / "a.mp4").read_bytes() == (clip / "b.mp4").read_bytes()
    assert open_source(str(clip / "a.mp4"), fps=1).fps == Fraction(24000, 1001)
    found = frames_of(clip / "a.mp4")
    assert len(found) == len(given)
    for a, b in zip(found, given, strict=True):
        assert np.abs(a.astype(int) - b).mean() < 6


def test_encoding_odd_sides_and_nothing(clip: Path) -> None:
    encode_mp4(clip / "odd.mp4", [np.zeros((67, 101, 3), np.uint8)] * 2, fps=24)
    assert open_source(str(clip / "odd.mp4"), fps=1).size == (100, 66)
    with pytest.raises(ValueError, match="no frames"):
        encode_mp4(clip / "none.mp4", [], fps=24)


def test_encoding_to_a_full_disk(clip: Path) -> None:
    (clip / "full.mp4").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        encode_mp4(clip / "full.mp4", frames_of(clip), fps=24)


def test_an_error_among_the_frames_ends_the_encoder(clip: Path) -> None:
    def frames():  # noqa: ANN202
        yield np.zeros((64, 64, 3), np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_mp4(clip / "x.mp4", frames(), fps=24)


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        (24, Fraction(24)),
        (23.976, Fraction(24000, 1001)),
        (12.5, Fraction(25, 2)),
        (8, Fraction(8)),
    ],
)
def test_frame_rates(fps: float, expected: Fraction) -> None:
    assert as_fraction(fps) == expected


def test_the_listing_changes_with_content_only(clip: Path, tmp_path: Path) -> None:
    listing = tmp_path / "listing.json"
    note_files(str(clip), listing)
    first = listing.read_bytes()
    (clip / "1.png").touch()
    note_files(str(clip), listing)
    assert listing.read_bytes() == first
    (clip / "1.png").write_bytes((clip / "2.png").read_bytes())
    note_files(str(clip), listing)
    second = listing.read_bytes()
    assert second != first
    (clip / "3.png").rename(clip / "4.png")
    note_files(str(clip), listing)
    assert listing.read_bytes() != second


def _format(ending: str) -> str:
    return "rgb8" if ending == "gif" else "yuv420p"
