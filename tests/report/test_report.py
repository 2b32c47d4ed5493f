"""The report: its parts, and the page itself in a headless browser, where this machine has one."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from finished import (
    COUNT,
    DRAWINGS,
    PAN,
    SIZE,
    add_noise,
    drawing,
    finished_clip,
    overlays,
    sprite_place,
    sweep,
)
from PIL import Image
from report.browser import CHROMIUM, Browser, browser

from toondecompose.pipeline.settings import ReportSettings
from toondecompose.pipeline.sources import sources
from toondecompose.pipeline.terminal import Progress
from toondecompose.pipeline.times import write_report_times
from toondecompose.report.encoding import DRAWING_QUALITIES, Quality, encode_all, encode_webp
from toondecompose.report.html import PAGE, SCRIPTS
from toondecompose.stages import report, video
from toondecompose.store.artifacts import ClipFolder

NAME = "<img src=x onerror=alert(1)>"
"""A clip's name that must stay text."""

GAINS = np.r_[0.5, 0.75, np.ones(COUNT - 2)]


def write_report(root: Path) -> ClipFolder:
    clip = finished_clip(root, gains=GAINS, light=6)
    report.main(clip, ReportSettings(), Progress(stage="report", clip=clip.name))
    return clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> ClipFolder:
    return write_report(tmp_path_factory.mktemp("report") / NAME)


@pytest.fixture(scope="module")
def text(clip: ClipFolder) -> str:
    return clip.path("report.html").read_text()


def facts(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="facts">(.*?)</script>', text)
    return json.loads(found[1])


def test_it_is_one_file(clip: ClipFolder, text: str) -> None:
    assert clip.owned("report") == ["report.html"]
    links = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", text)
    assert links == ["benchmarks/times.js"], "only the times lie beside it"
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert len(re.findall(r'id="picture-\d+"', text)) == 4, "plate, drawings, a frame without one"
    assert len(re.findall(r'id="input-\d+"', text)) == COUNT


def test_the_first_frame_comes_first(text: str) -> None:
    places = [text.index(f'id="{name}"') for name in ("facts", "light", "picture-0", "mask-0")]
    places.append(text.index("Report.start(facts)"))
    assert text.index("<main>") < places[0] < places[4] < places[1] < places[2] < places[3]
    assert places[3] < text.index('id="input-0"')


def test_names_are_escaped(text: str) -> None:
    assert facts(text)["clip"] == NAME
    assert "<img" not in text


def test_facts(text: str) -> None:
    found = facts(text)
    assert (found["size"], found["fps"], found["frames"]) == ([96, 64], [12, 1], COUNT)
    assert [one["frames"] for one in found["pictures"][1:3]] == [list(one) for one in DRAWINGS]
    assert found["placements"][2][0][2:] == [1, 0, PAN * 2, 0, 1, 0, 0, 0, 1]
    x, y = sprite_place(3)
    np.testing.assert_allclose(found["layers"][1]["path"][3], [x + 15, y + 17], atol=0.6)
    assert max(found["errors"]["layers"]) == 0 and max(found["errors"]["page"]) < 0.5
    assert found["stages"]["refine"]["settings"] == {"of": "refine"}
    assert found["grain"] is False


def test_the_same_clip_gives_the_same_bytes(tmp_path: Path, text: str) -> None:
    assert write_report(tmp_path / NAME).path("report.html").read_text() == text


def test_what_the_next_stage_makes_does_not_change_the_page(tmp_path: Path) -> None:
    clip, progress = finished_clip(tmp_path), Progress(stage="report", clip="shot")
    add_noise(clip)
    report.main(clip, ReportSettings(), progress)
    first = clip.path("report.html").read_text()
    assert facts(first)["grain"], "measured, not read from the folder"
    video.write_grain(clip, progress)
    assert clip.exists("grain/0.png")
    report.main(clip, ReportSettings(), progress)
    assert clip.path("report.html").read_text() == first
    report.main(clip, ReportSettings(tuning={"footage": {"min_grain_levels": 20.0}}), progress)
    assert not facts(clip.path("report.html").read_text())["grain"]


def test_drawings_are_lossless(text: str) -> None:
    data = re.search(r'id="picture-1">([^<]+)', text)[1]
    found = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    np.testing.assert_array_equal(found, drawing(0))


def test_pictures_keep_to_a_budget() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (8, 64, 64, 4), np.uint8)
    files, quality = encode_all(lambda i: noise[i], 8, DRAWING_QUALITIES, budget=10**6)
    assert quality == Quality(None) and len(files) == 8
    smaller, quality = encode_all(lambda i: noise[i], 8, DRAWING_QUALITIES, budget=8 * 9000)
    assert quality.level is not None and sum(map(len, smaller)) <= 8 * 9000
    assert encode_all(lambda i: noise[i], 0, DRAWING_QUALITIES, budget=0)[0] == []


def test_a_large_canvas_is_scaled_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "WIDEST", 50)
    assert report.bounded(np.zeros((40, 100, 4), np.uint8)).shape == (20, 50, 4)
    half = Image.open(io.BytesIO(encode_webp(np.zeros((40, 30), np.uint8), Quality(90, 0.5))))
    assert half.size == (15, 20)


def test_the_stage_depends_on_the_files_of_the_page() -> None:
    found = {Path(path).resolve() for path in sources("toondecompose.stages.report")}
    assert {PAGE / name for name in SCRIPTS} < found
    assert {path.name for path in PAGE.glob("*.js")} == set(SCRIPTS), "each script is in the page"


def test_times_lie_beside_the_page(tmp_path: Path) -> None:
    clip = ClipFolder(root=tmp_path)
    clip.write_bytes("benchmarks/refine.tsv", b"s\th:m:s\tmax_rss\n20.36\t0:00:20\t506.60\n")
    clip.write_bytes("benchmarks/video.tsv", b"s\th:m:s\tmax_rss\n0.1\t0:00:00\tNA\n")
    write_report_times(clip.root)
    written = clip.path("benchmarks/times.js").read_text()
    assert written == 'globalThis.REPORT_TIMES = {"refine": [20.36, 506.6]};\n'


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_logic_of_the_scripts() -> None:
    done = subprocess.run(
        ["node", str(ROOT / "tests/report/logic.js"), str(PAGE)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


@pytest.fixture(scope="module")
def page(clip: ClipFolder) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    write_report_times(clip.root)
    with browser() as one:
        one.open(clip.path("report.html").as_uri(), (1280, 900))
        one.wait("Report.app && Report.app.drawn === 0")
        yield one
        assert one.errors == []


def goto(page: Browser, frame: int) -> None:
    page.run(f"Report.app.clock.seek({frame})")
    page.wait(f"Report.app.drawn === {frame} && !Report.app.dirty")


def composed(page: Browser) -> np.ndarray:
    """The frame as the page has put it together, (H, W, 4)."""
    data = page.run(
        "(() => { const c = Report.app.compositor, gl = c.gl; "
        "gl.bindFramebuffer(gl.FRAMEBUFFER, c.composed.buffer); "
        f"const p = new Uint8Array({SIZE[0] * SIZE[1] * 4}); "
        f"gl.readPixels(0, 0, {SIZE[0]}, {SIZE[1]}, gl.RGBA, gl.UNSIGNED_BYTE, p); "
        "return btoa(String.fromCharCode(...p)); })()"
    )
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(SIZE[1], SIZE[0], 4)


@pytest.mark.slow
def test_the_page_makes_the_frames(page: Browser, clip: ClipFolder) -> None:
    for t in range(COUNT):
        goto(page, t)
        found = composed(page)
        assert found[..., 3].min() == 255
        # Interpolation in a graphics card has 8 bits of fraction.
        error = np.abs(found[..., :3].astype(int) - clip.read_png(f"source/{t}.png"))
        assert error.mean() < 0.7 and error.max() <= 5, t


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["add", "multiply", "screen"])
def test_light_and_overlays_are_in_the_page(tmp_path: Path, kind: str) -> None:
    clip = finished_clip(tmp_path, gains=GAINS, over_all=sweep(kind), over=overlays())
    report.main(clip, ReportSettings(), Progress(stage="report", clip=clip.name))
    text = clip.path("report.html").read_text()
    found = facts(text)
    assert found["overall"]["kind"] == kind and text.count('id="light-') == COUNT
    assert [one["kind"] for one in found["layers"]] == ["plane", "sprite", "overlay", "overlay"]
    assert found["pictures"][-1]["frames"] == list(range(3, COUNT))
    assert max(found["errors"]["layers"]) == 0 and max(found["errors"]["page"]) < 0.5
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    # Where soft rims meet, the frame has the more opaque one, the page both.
    meet = np.logical_and(*(one.picture[..., 3] > 0 for one in overlays()))
    with browser() as page:
        page.open(clip.path("report.html").as_uri(), (1280, 900))
        page.wait("Report.app && Report.app.drawn === 0")
        for t in (0, 2, 3, COUNT - 1):
            goto(page, t)
            error = np.abs(composed(page)[..., :3].astype(int) - clip.read_png(f"source/{t}.png"))
            assert error.mean() < 0.9 and error[~meet].max() <= 5, t
        with_logo = composed(page)
        page.key("3", "Digit3", shift=True)
        page.wait("!Report.app.dirty")
        alone = composed(page)
        logo = overlays()[0].picture
        assert np.abs(alone[..., 3].astype(int) - logo[..., 3]).max() <= 1
        page.key("3", "Digit3", shift=True)
        page.key("3", "Digit3")
        page.wait("!Report.app.dirty")
        changed = np.abs(composed(page).astype(int) - with_logo).max(axis=2) > 3
        assert changed.any() and not changed[logo[..., 3] == 0].any(), "hidden"
        assert page.run("[...document.querySelectorAll('#hint-object option')].length") == 2
        page.screenshot(tmp_path / "page.png")
        assert page.errors == []


@pytest.mark.slow
def test_the_first_frame_is_shown_before_all_is_read(text: str) -> None:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    rest = threading.Event()
    cut = text.index('id="mask-0"') + 20  # in the middle of a picture
    head, tail = text[:cut].encode(), text[cut:].encode()

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/report.html"
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(head + tail) if known else 0))
            self.end_headers()
            if known:
                self.wfile.write(head)
                rest.wait(60)
                self.wfile.write(tail)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with browser() as page:
            page.open("about:blank", (1280, 900))
            page.send("Page.navigate", url=f"http://127.0.0.1:{server.server_port}/report.html")
            page.wait("globalThis.Report?.app?.drawn === 0")
            assert page.run("document.readyState") == "loading"
            page.run("document.querySelectorAll('#drawings summary')[1].click()")
            page.run("Report.app.setMode('input')")
            page.run("document.getElementById('show-invented').click()")
            rest.set()
            page.wait("document.readyState === 'complete' && Report.app.drawn === 0")
            page.wait("document.querySelectorAll('.thumb').length === 3")
            page.wait("['mask-0', 'input-0'].every((id) => Report.app.pictures.get(id) !== null)")
            assert page.errors == []
    finally:
        rest.set()
        server.shutdown()
        server.server_close()


@pytest.mark.slow
def test_layers_are_hidden_and_shown_alone(page: Browser, clip: ClipFolder) -> None:
    goto(page, 2)
    x, y = sprite_place(2)[0] + 15, sprite_place(2)[1] + 17
    whole = composed(page)
    page.key("2", "Digit2")
    page.wait("!Report.app.dirty")
    behind = clip.read_png("vis/2.obj.0.png")[y, x, :3].astype(int)
    assert np.abs(composed(page)[y, x, :3] - behind).max() <= 5
    page.key("2", "Digit2", shift=True)
    page.wait("!Report.app.dirty")
    alone = composed(page)
    assert alone[0, 0, 3] == 0 and (alone[y, x] == whole[y, x]).all()
    page.key("2", "Digit2", shift=True)
    page.key("2", "Digit2")
    page.wait("!Report.app.dirty")
    assert (composed(page) == whole).all()


@pytest.mark.slow
def test_keys_and_playing(page: Browser) -> None:
    goto(page, 0)
    page.key("ArrowRight", "ArrowRight")
    assert page.run("Report.app.clock.frame") == 1
    page.key("End", "End")
    page.key("ArrowRight", "ArrowRight")
    assert page.run("Report.app.clock.frame") == 0, "it loops"
    page.key("l", "KeyL")
    page.key("l", "KeyL")
    assert page.run("Report.app.clock.speed") == 2
    page.key("k", "KeyK")
    page.key(" ", "Space")
    assert page.run("Report.app.clock.speed") == 1
    page.wait("Report.app.clock.frame >= 3")
    page.key(" ", "Space")
    assert page.run("Report.app.clock.speed") == 0


@pytest.mark.slow
def test_the_sheet_follows_and_is_clicked(page: Browser) -> None:
    goto(page, 3)
    current = "[...document.querySelectorAll('.run.current')].map(e => e.textContent).join()"
    assert page.run(current) == "2"
    names = page.run("[...document.querySelectorAll('.run')].map(e => e.textContent).join()")
    assert names == "1,1,2,2,–"
    x, y = page.run(
        "(() => { const b = document.querySelectorAll('.run')[1].getBoundingClientRect(); "
        "return [b.x + 3, b.y + 5]; })()"
    )
    page.mouse("mousePressed", x, y, button="left", clickCount=1)
    page.mouse("mouseReleased", x, y, button="left", clickCount=1)
    page.wait("Report.app.clock.frame === 4")
    page.click("#worst")
    worst = page.run("Report.worst(Report.app.facts.errors.page)")
    assert page.run("Report.app.clock.frame") == worst
    page.run("document.querySelectorAll('#drawings summary')[1].click()")
    page.wait("document.querySelectorAll('.thumb').length === 3")
    page.run("document.querySelectorAll('.thumb')[1].click()")
    assert page.run("Report.app.clock.frame") == DRAWINGS[1][0]


@pytest.mark.slow
def test_the_probe_zoom_and_pan(page: Browser, clip: ClipFolder) -> None:
    goto(page, 5)
    x, y = sprite_place(5)[0] + 15, sprite_place(5)[1] + 17
    page.wait(f"Report.app.probe([{x}, {y}]) === 'A.0001'")
    shown = page.run("document.getElementById('probe').textContent")
    colour = clip.read_png("vis/5.obj.1.png")[y, x]
    numbers = [int(one) for one in re.search(r"A\.0001 (\d+ \d+ \d+ \d+)", shown)[1].split()]
    assert np.abs(np.subtract(numbers, colour.astype(int))).max() <= 2
    page.run("Report.app.view.zoomTo(100, 50, 60)")
    assert page.run("Report.app.view.zoom") == 8, "800 % at most"
    before = page.run("Report.app.view.toPicture(50, 60)")
    page.run("Report.app.view.zoomTo(2, 50, 60)")
    np.testing.assert_allclose(page.run("Report.app.view.toPicture(50, 60)"), before)
    page.run("Report.app.fit()")


@pytest.mark.slow
def test_a_hint_is_painted_on_the_frame(page: Browser) -> None:
    goto(page, 1)
    page.run("Report.app.fit()")
    page.click("#hint-on")
    box = page.run(
        "(() => { const b = document.getElementById('pane').getBoundingClientRect(), "
        "v = Report.app.view; return [[10, 20], [40, 20]].map(p => v.toPane(p))"
        ".map(p => [p[0] + b.x, p[1] + b.y]); })()"
    )
    page.mouse("mousePressed", *box[0], button="left", clickCount=1)
    page.mouse("mouseMoved", *box[1], button="left", buttons=1)
    page.mouse("mouseReleased", *box[1], button="left", clickCount=1)
    assert page.run("Report.app.hints.name()") == "1.1.png"
    uri = page.run("Report.app.hints.file().toDataURL('image/png')")
    hint = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))
    assert hint.shape == (SIZE[1], SIZE[0], 4)
    assert (hint[20, 12:38] == 255).all() and hint[40, 12:38].max() == 0
    assert set(np.unique(hint)) == {0, 255}, "no soft edges"
    page.click("#hint-on")
    page.wait("!Report.app.dirty")
    assert not page.run("document.getElementById('hint-save').disabled"), "not while painting only"
    page.click("#hint-clear")
    page.wait("!Report.app.dirty")
    assert page.run("document.getElementById('hint-save').disabled"), "there is nothing to save"


@pytest.mark.slow
def test_lists_and_help_leave_the_keys_to_the_page(page: Browser) -> None:
    goto(page, 0)
    page.run(
        "(() => { const s = document.getElementById('behind'); s.focus(); "
        "s.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true })); "
        "s.dispatchEvent(new Event('change', { bubbles: true })); })()"
    )
    page.key("ArrowRight", "ArrowRight")
    assert page.run("Report.app.clock.frame") == 1
    page.key("?", "Slash", shift=True)
    assert page.run("document.getElementById('help').open")
    page.key(" ", "Space")
    assert page.run("Report.app.clock.speed") == 0, "the page behind the keys does not play"
    page.run("document.getElementById('help').close()")


@pytest.mark.slow
def test_the_probe_follows_the_frame(page: Browser) -> None:
    goto(page, 4)
    page.run("Report.app.fit()")
    x, y = page.run(
        "(() => { const b = document.getElementById('pane').getBoundingClientRect(), "
        "p = Report.app.view.toPane([50, 30]); return [p[0] + b.x, p[1] + b.y]; })()"
    )
    page.mouse("mouseMoved", x, y)
    page.wait("document.getElementById('probe').textContent.includes('(50, 30)')")
    shown = "document.getElementById('probe').textContent"
    before = page.run(shown)
    page.key("ArrowRight", "ArrowRight")
    page.wait("Report.app.drawn === 5 && !Report.app.dirty")
    after = page.run(shown)
    page.run("Report.app.probe([50, 30])")
    assert before != after == page.run(shown)
    page.mouse("mouseMoved", 1, 1)
    assert "50, 30" not in page.run(shown), "the pointer is elsewhere"


@pytest.mark.slow
def test_every_view_draws(page: Browser, tmp_path: Path) -> None:
    goto(page, 4)
    seen = {}
    for mode in ("layers", "input", "wipe", "beside", "difference", "alpha", "plate"):
        page.run(f"Report.app.setMode('{mode}')")
        page.wait("!Report.app.dirty && Report.app.drawn === 4")
        page.run("new Promise(requestAnimationFrame)")
        page.screenshot(tmp_path / f"{mode}.png")
        shot = np.asarray(Image.open(tmp_path / f"{mode}.png"))[80:560, 20:900]
        seen[mode] = shot[..., :3].astype(int)
    inner = np.s_[150:400, 250:600]
    assert np.abs(seen["layers"][inner] - seen["input"][inner]).mean() < 8
    assert seen["difference"][inner].mean() < 60 < seen["layers"][inner].mean()
    assert (seen["alpha"][inner] == 255).mean() > 0.95
    assert np.abs(seen["plate"] - seen["layers"]).mean() > 5
    page.run("Report.app.setMode('layers')")


@pytest.mark.slow
def test_invented_pixels_are_marked(page: Browser) -> None:
    goto(page, 4)
    page.click("#show-invented")
    page.wait("!Report.app.dirty && Report.app.drawn === 4")
    marked = page.run(
        "(() => { const c = Report.app.compositor, gl = c.gl; "
        "gl.bindFramebuffer(gl.FRAMEBUFFER, c.masks.buffer); const p = new Uint8Array(4); "
        "return [[30, 30], [80, 30]].map(([x, y]) => { "
        "gl.readPixels(x, y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, p); return [...p]; }); })()"
    )
    # The plate is not observed from 40 to 60, which frame 4 shows from 26 to 46.
    assert marked == [[255, 0, 255, 255], [0, 0, 0, 255]]
    page.click("#show-invented")


@pytest.mark.slow
def test_names_settings_and_times_are_text(page: Browser) -> None:
    assert page.run("document.getElementById('title').textContent") == NAME
    assert page.run("document.querySelectorAll('img[src=x]').length") == 0
    table = page.run("document.getElementById('facts-table').textContent")
    assert "of: refine" in table
    start = time.monotonic()
    for size in ((2560, 1300), (1280, 900)):
        page.resize(size)
        wide = page.run("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], "nothing sticks out"
    assert time.monotonic() - start < 60
