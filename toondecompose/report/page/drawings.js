// All drawings as small pictures, with the frames that hold them.
"use strict";

// Frames as text: "3–5, 9".
Report.framesText = (frames) => Report.runs(frames)
  .map(({ first, last }) => (first === last ? `${first}` : `${first}–${last}`)).join(", ");

Report.Drawings = class {
  constructor(facts, pictures, seek) {
    this.thumbs = [];
    facts.layers.forEach((layer, number) => {
      const own = facts.pictures.map((one, i) => ({ ...one, i })).filter((one) => one.layer === number);
      if (!own.length) return;
      const group = document.createElement("details");
      const title = document.createElement("summary");
      const what = layer.kind === "plane" ? "canvas" : own.length === 1 ? "drawing" : "drawings";
      title.textContent = `${layer.name} · ${own.length} ${what}`;
      const box = document.createElement("div");
      box.className = "thumbs";
      group.append(title, box);
      // Pictures are decoded when their group is opened.
      const fill = () => {
        if (document.readyState === "loading") {
          addEventListener("DOMContentLoaded", fill, { once: true });
          return;
        }
        if (!box.childElementCount)
          for (const one of own) box.append(this._thumb(one, pictures.uri(`picture-${one.i}`), seek));
        if (this.frame !== undefined) this.follow(this.frame);
      };
      group.addEventListener("toggle", fill);
      document.getElementById("drawings").append(group);
    });
  }

  follow(frame) {
    this.frame = frame;
    for (const { button, frames } of this.thumbs) button.classList.toggle("current", frames.has(frame));
  }

  _thumb(one, uri, seek) {
    const button = document.createElement("button");
    button.className = "thumb";
    const image = new Image();
    image.src = uri;
    image.alt = one.name;
    const text = document.createElement("span");
    text.textContent = `${one.name} · ${Report.framesText(one.frames)}`;
    button.append(image, text);
    button.addEventListener("click", () => seek(one.frames[0]));
    this.thumbs.push({ button, frames: new Set(one.frames) });
    return button;
  }
};
