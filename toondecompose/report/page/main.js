// Puts the page together: one App holds the state, and draws when something has changed.
"use strict";

Report.App = class {
  constructor(facts) {
    this.facts = facts;
    this.byId = (id) => document.getElementById(id);
    this.canvas = this.byId("picture");
    this.overlay = this.byId("overlay");
    this.dirty = true;
    const redraw = () => { this.dirty = true; };
    this.pictures = new Report.Pictures(redraw);
    this.compositor = new Report.Compositor(this.canvas, facts, this.pictures);
    this.view = new Report.View();
    this.wipe = facts.size[0] / 2;
    this.clock = new Report.Clock(facts.frames, facts.fps[0] / facts.fps[1], redraw);
    this.layers = new Report.LayerList(facts, redraw);
    this.hints = new Report.Hints(facts, redraw);
    const seek = (frame) => { this.clock.speed = 0; this.clock.seek(frame); };
    this.sheet = new Report.Sheet(facts, seek);
    this.drawings = new Report.Drawings(facts, this.pictures, seek);
    this.mode = "layers";
    this.advice = this.byId("probe").textContent;
    this._controls(seek);
    this._pointer();
    Report.listenToKeys(this);
    new ResizeObserver(() => this.resize()).observe(this.byId("pane"));
    this.resize();
    addEventListener("DOMContentLoaded", redraw);
    const loop = (now) => {
      this.clock.tick(now / 1000);
      const reads = document.readyState === "loading" && this.drawn == null;
      if (this.dirty || reads) this.draw();
      requestAnimationFrame(loop);
    };
    requestAnimationFrame(loop);
  }

  setMode(mode) {
    const refit = (mode === "plate") !== (this.mode === "plate") || this.view.fitted;
    this.mode = mode;
    this.byId("mode").value = mode;
    this.byId("gain-label").hidden = mode !== "difference";
    if (refit) this.fit();
    this.dirty = true;
  }

  click(id) {
    this.byId(id).click();
  }

  zoomBy(factor) {
    const pane = this.panes()[0];
    this.view.zoomTo(this.view.zoom * factor, pane.width / 2, pane.height / 2);
    this.dirty = true;
  }

  fit() {
    this.view.fit(this.size(), this.panes()[0]);
    this.dirty = true;
  }

  resize() {
    const box = this.byId("pane").getBoundingClientRect();
    for (const canvas of [this.canvas, this.overlay]) {
      canvas.width = Math.max(1, Math.round(box.width * devicePixelRatio));
      canvas.height = Math.max(1, Math.round(box.height * devicePixelRatio));
    }
    if (this.view.fitted) this.fit();
    this.dirty = true;
  }

  // Size of the picture in the pane: a frame, or the whole plate.
  size() {
    return this.mode === "plate" ? this.facts.pictures[0].size : this.facts.size;
  }

  panes() {
    const { width, height } = this.canvas;
    if (this.mode !== "beside") return [{ x: 0, y: 0, width, height }];
    const half = Math.floor(width / 2);
    return [{ x: 0, y: 0, width: half, height }, { x: half, y: 0, width: width - half, height }];
  }

  draw() {
    const frame = this.clock.frame, shown = (layer) => this.layers.shown(layer);
    const wantsInput = ["input", "wipe", "beside", "difference"].includes(this.mode);
    this.dirty = false;
    this._follow(frame);
    const masks = this.byId("show-invented").checked && this.mode !== "plate";
    if (this.drawn !== undefined) this.drawn = null;
    if (!this.compositor.ready(frame, wantsInput, masks)) return; // `arrived` draws again
    this.compositor.compose(frame, shown);
    if (masks) this.compositor.composeMasks(frame, shown);
    if (wantsInput) this.compositor.loadInput(frame);
    this.compositor.clearPane();
    const modes = { layers: [0], input: [1], wipe: [2], beside: [1, 0], difference: [3], alpha: [4], plate: [5] };
    modes[this.mode].forEach((mode, i) => this.compositor.show(this.panes()[i], {
      mode, masks, size: this.size(), x: this.view.x, y: this.view.y, zoom: this.view.zoom,
      gain: Number(this.byId("gain").value), wipe: this.wipe, plate: "picture-0",
      behind: Number(this.byId("behind").value),
    }));
    if (this.drawn === undefined) performance.mark("first frame");
    this.drawn = frame;
    this._overlay(frame, shown);
    const place = this.pointer ? this.view.toPicture(...this.pointer) : this.waiting;
    this.waiting = null;
    // It needs the frame of the input, which playing does not wait for.
    if (place && !this.clock.speed) this.probe(place);
    const next = (frame + 1) % this.facts.frames;
    this.compositor.ready(next, wantsInput, masks); // decode ahead
  }

  _overlay(frame, shown) {
    const context = this.overlay.getContext("2d");
    context.clearRect(0, 0, this.overlay.width, this.overlay.height);
    context.imageSmoothingEnabled = false;
    for (const pane of this.panes()) {
      context.save();
      context.beginPath();
      context.rect(pane.x, pane.y, pane.width, pane.height);
      context.clip();
      context.translate(pane.x, pane.y);
      if (this.mode === "plate") Report.overlays.camera(context, this.facts, frame, this.view, 0);
      else {
        if (this.byId("show-paths").checked) Report.overlays.paths(context, this.facts, frame, this.view, shown);
        if (this.hints.on) this.hints.draw(context, this.view);
      }
      if (this.mode === "wipe") Report.overlays.wipe(context, this.view.toPane([this.wipe - 0.5, 0])[0], pane.height);
      context.restore();
    }
  }

  _follow(frame) {
    const { fps, frames } = this.facts;
    this.byId("scrub").value = frame;
    this.byId("position").value = `${frame} / ${frames - 1} · ${((frame * fps[1]) / fps[0]).toFixed(2)} s`;
    const speed = this.clock.speed;
    this.byId("play").textContent = speed === 0 ? "Play" : Math.abs(speed) === 1 ? "Stop" : `Stop (${speed}×)`;
    this.byId("zoom").value = `${Math.round((this.view.zoom / devicePixelRatio) * 100)} %`;
    this.byId("legend").hidden = !this.byId("show-invented").checked;
    this.hints.follow(frame);
    if (this.followed === frame) return;
    this.followed = frame;
    this.sheet.follow(frame);
    this.drawings.follow(frame);
  }

  _controls(seek) {
    const { facts } = this, on = (id, event, act) => this.byId(id).addEventListener(event, act);
    const redraw = () => { this.dirty = true; };
    this.byId("scrub").max = facts.frames - 1;
    this.byId("gain-label").hidden = true;
    on("scrub", "input", () => seek(Number(this.byId("scrub").value)));
    on("play", "click", () => this.clock.play(this.clock.speed ? 0 : 1));
    on("back", "click", () => this.clock.step(-1));
    on("forward", "click", () => this.clock.step(1));
    on("loop", "change", () => { this.clock.loop = this.byId("loop").checked; });
    on("mode", "change", () => this.setMode(this.byId("mode").value));
    on("gain", "input", () => { this.byId("gain-value").value = this.byId("gain").value; redraw(); });
    for (const id of ["behind", "show-invented", "show-paths"]) on(id, "change", redraw);
    on("fit", "click", () => this.fit());
    on("actual", "click", () => this.zoomBy(devicePixelRatio / this.view.zoom));
    on("theme", "click", () => Report.setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
    // Buttons and boxes give the keys back: space plays, whatever was clicked last.
    addEventListener("click", (event) => {
      if (event.target.closest("button, input[type=checkbox], input[type=radio]")) event.target.blur?.();
    });
    // Lists do so after the pointer has chosen; who chooses with the keys stays in the list.
    for (const list of document.querySelectorAll("select")) {
      let pointed = false;
      list.addEventListener("pointerdown", () => { pointed = true; });
      list.addEventListener("keydown", () => { pointed = false; });
      list.addEventListener("change", () => { if (pointed) list.blur(); });
    }
  }

  _pointer() {
    const pane = this.byId("pane");
    let drag = null;
    const place = (event) => {
      const box = pane.getBoundingClientRect();
      const x = (event.clientX - box.left) * devicePixelRatio, y = (event.clientY - box.top) * devicePixelRatio;
      const part = [...this.panes()].reverse().find((one) => x >= one.x);
      return [x - part.x, y - part.y];
    };
    pane.addEventListener("pointerdown", (event) => {
      pane.setPointerCapture(event.pointerId);
      const kind = event.button === 1 || this.mode === "plate" ? "pan" : this.hints.on ? "hint"
        : this.mode === "wipe" && !event.shiftKey ? "wipe" : "pan";
      drag = { kind, at: place(event) };
      if (kind === "hint") this._paint(drag.at, drag.at);
      if (kind === "wipe") this._moveWipe(drag.at);
    });
    pane.addEventListener("pointermove", (event) => {
      const at = place(event);
      if (drag?.kind === "pan") this.view.move(at[0] - drag.at[0], at[1] - drag.at[1]);
      if (drag?.kind === "hint") this._paint(drag.at, at);
      if (drag?.kind === "wipe") this._moveWipe(at);
      if (drag) { drag.at = at; this.dirty = true; }
      this.pointer = at; // what is under it changes with the frame
      this.probe(this.view.toPicture(...at));
    });
    pane.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "mouse") return; // a finger that was lifted has pointed at a place
      this.pointer = this.waiting = null;
      this.byId("probe").textContent = this.advice;
    });
    for (const name of ["pointerup", "pointercancel"]) pane.addEventListener(name, () => { drag = null; });
    pane.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.view.zoomTo(this.view.zoom * 2 ** (-event.deltaY / 300), ...place(event));
      this.dirty = true;
    }, { passive: false });
  }

  _moveWipe(at) {
    this.wipe = this.view.toPicture(...at)[0] + 0.5;
    this.dirty = true;
  }

  _paint(from, to) {
    this.clock.speed = 0;
    this.hints.stroke(this.view.toPicture(...from), this.view.toPicture(...to));
  }

  // Show the colours of a pixel of the frame.
  probe(place) {
    const [x, y] = place.map(Math.round), [width, height] = this.facts.size;
    if (this.mode === "plate" || x < 0 || y < 0 || x >= width || y >= height) return null;
    const frame = this.clock.frame;
    if (!this.compositor.ready(frame, true)) {
      this.waiting = place; // read when the pictures are there
      return null;
    }
    const found = this.compositor.probe(frame, x, y, (layer) => this.layers.shown(layer));
    return Report.showProbe(this.facts, [x, y], found, this._given(frame, x, y));
  }

  _given(frame, x, y) {
    const image = this.pictures.get(`input-${frame}`);
    if (!image) return null;
    this.scratch = this.scratch || document.createElement("canvas");
    this.scratch.width = this.scratch.height = 1;
    const context = this.scratch.getContext("2d", { willReadFrequently: true });
    const scale = image.naturalWidth / this.facts.size[0];
    context.drawImage(image, Math.floor(x * scale), Math.floor(y * scale), 1, 1, 0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }
};

Report.setTheme = (theme) => { document.documentElement.dataset.theme = theme; };

// What needs neither pictures nor a graphics card.
Report.showHead = (facts) => {
  Report.setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.getElementById("title").textContent = facts.clip;
  const [width, height] = facts.size, fps = facts.fps[0] / facts.fps[1];
  document.getElementById("summary").textContent =
    `${facts.frames} frames · ${width} × ${height} · ${Number(fps.toFixed(3))} frames a second`;
};

Report.start = (facts) => {
  Report.showFacts(facts, null);
  const times = document.createElement("script");
  times.src = "benchmarks/times.js"; // absent where the page was taken elsewhere
  times.addEventListener("load", () => Report.showFacts(facts, globalThis.REPORT_TIMES));
  document.head.append(times);
  try {
    Report.app = new Report.App(facts);
  } catch (error) {
    const message = document.getElementById("message");
    message.hidden = false;
    message.textContent = error.message;
    throw error;
  }
};

{
  const facts = JSON.parse(document.getElementById("facts").textContent);
  Report.showHead(facts);
  requestAnimationFrame(() => setTimeout(() => Report.start(facts))); // after the first paint
}
