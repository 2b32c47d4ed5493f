// Hints painted over a frame: white where object K is, black where it is not.
"use strict";

// The pixels of a hint file: soft edges of strokes become whole pixels or none.
Report.hardenHint = (pixels) => {
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3] >= 128 ? 255 : 0;
    const level = alpha && pixels[i] >= 128 ? 255 : 0;
    pixels[i] = pixels[i + 1] = pixels[i + 2] = level;
    pixels[i + 3] = alpha;
  }
  return pixels;
};

Report.Hints = class {
  constructor(facts, changed) {
    this.facts = facts;
    this.changed = changed;
    this.sheets = new Map(); // by name of the file
    this.byId = (id) => document.getElementById(id);
    const objects = new Map();
    for (const layer of facts.layers.filter((one) => one.kind !== "overlay"))
      objects.set(layer.object, layer.kind === "sprite" ? layer.name : "background");
    for (const [number, name] of [...objects].sort((a, b) => a[0] - b[0])) {
      const option = new Option(`${number} · ${name}`, number);
      this.byId("hint-object").append(option);
    }
    const sprite = facts.layers.find((layer) => layer.kind === "sprite");
    if (sprite) this.byId("hint-object").value = sprite.object;
    this.byId("hint-folder").textContent = `hints/${facts.clip}/`;
    this.byId("hint-save").addEventListener("click", () => this.save());
    this.byId("hint-clear").addEventListener("click", () => {
      this.sheets.delete(this.name());
      this.changed();
    });
    for (const id of ["hint-on", "hint-object"]) this.byId(id).addEventListener("change", changed);
  }

  get on() {
    return this.byId("hint-on").checked;
  }

  name() {
    return `${this.frame}.${this.byId("hint-object").value}.png`;
  }

  // Say which frame is shown.
  follow(frame) {
    this.frame = frame;
    const there = this.sheets.has(this.name());
    this.byId("hint-name").textContent = this.name();
    this.byId("hint-save").disabled = this.byId("hint-clear").disabled = !there;
  }

  // Paint a stroke between two pixels of the frame.
  stroke(from, to) {
    const name = this.name();
    if (!this.sheets.has(name)) this.sheets.set(name, this._sheet());
    const context = this.sheets.get(name).getContext("2d");
    const ink = document.querySelector("input[name=hint-ink]:checked").value;
    context.globalCompositeOperation = ink === "erase" ? "destination-out" : "source-over";
    context.strokeStyle = ink === "white" ? "#fff" : "#000";
    context.lineWidth = Number(this.byId("hint-width").value);
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(from[0] + 0.5, from[1] + 0.5);
    context.lineTo(to[0] + 0.5, to[1] + 0.51);
    context.stroke();
    this.changed();
  }

  draw(context, view) {
    const sheet = this.sheets.get(this.name());
    if (!sheet) return;
    context.globalAlpha = 0.75;
    const [x, y] = view.toPane([-0.5, -0.5]);
    context.drawImage(sheet, x, y, sheet.width * view.zoom, sheet.height * view.zoom);
    context.globalAlpha = 1;
  }

  // The hint of the frame as a canvas, of whole pixels.
  file() {
    const sheet = this.sheets.get(this.name());
    const copy = this._sheet(), context = copy.getContext("2d");
    const pixels = sheet.getContext("2d").getImageData(0, 0, sheet.width, sheet.height);
    Report.hardenHint(pixels.data);
    context.putImageData(pixels, 0, 0);
    return copy;
  }

  save() {
    const link = document.createElement("a");
    link.download = this.name();
    link.href = this.file().toDataURL("image/png");
    link.click();
  }

  _sheet() {
    const sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = this.facts.size;
    return sheet;
  }
};
