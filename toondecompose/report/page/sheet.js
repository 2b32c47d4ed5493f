// The exposure sheet with the error of each frame; a click goes to the frame.
"use strict";

// Runs of frames that show the same picture: [{picture, first, last}].
Report.runs = (frames) => {
  const found = [];
  for (const frame of [...frames].sort((a, b) => a - b)) {
    const last = found[found.length - 1];
    if (last && last.last === frame - 1) last.last = frame;
    else found.push({ first: frame, last: frame });
  }
  return found;
};

Report.worst = (errors) => errors.indexOf(Math.max(...errors));

Report.Sheet = class {
  constructor(facts, seek) {
    this.facts = facts;
    this.cell = Math.max(8, Math.min(26, Math.floor(1800 / facts.frames)));
    this.left = 76;
    this.element = document.getElementById("sheet");
    this.inner = document.createElement("div");
    this.inner.style.cssText = `position:relative;width:${this.left + this.cell * facts.frames}px`;
    this.element.append(this.inner);
    this.head = document.createElement("div");
    this.head.id = "playhead";
    this.head.style.width = `${this.cell}px`;
    this.buttons = [];
    this.inner.append(this.head, this._numbers());
    facts.layers.forEach((layer, number) => {
      if (layer.kind !== "plane") this.inner.append(this._layer(layer, number));
    });
    this.inner.append(this._errors());
    this.inner.addEventListener("click", (event) => {
      const x = event.clientX - this.inner.getBoundingClientRect().left - this.left;
      if (x >= 0) seek(Math.floor(x / this.cell));
    });
    const worst = Report.worst(facts.errors.page);
    const button = document.getElementById("worst");
    button.textContent = `Worst: frame ${worst} (${facts.errors.page[worst].toFixed(2)})`;
    button.addEventListener("click", () => seek(worst));
  }

  follow(frame) {
    const x = this.left + frame * this.cell;
    this.head.style.left = `${x}px`;
    for (const { button, run } of this.buttons)
      button.classList.toggle("current", run.first <= frame && frame <= run.last);
    const { scrollLeft, clientWidth } = this.element;
    if (x < scrollLeft + this.left || x + this.cell > scrollLeft + clientWidth)
      this.element.scrollLeft = x - clientWidth / 2;
  }

  _row(name, kind) {
    const row = document.createElement("div");
    row.className = `row ${kind}`;
    const label = document.createElement("span");
    label.className = "name";
    label.textContent = name;
    row.append(label);
    return row;
  }

  _numbers() {
    const row = this._row("frame", "numbers");
    const step = Math.ceil(28 / this.cell / 2) * 2;
    for (let t = 0; t < this.facts.frames; t += step) {
      const tick = document.createElement("span");
      tick.className = "tick";
      tick.textContent = t;
      tick.style.left = `${this.left + t * this.cell + 2}px`;
      row.append(tick);
    }
    return row;
  }

  _layer(layer, number) {
    const row = this._row(layer.name, "sprite");
    for (const picture of this.facts.pictures) {
      if (picture.layer !== number) continue;
      for (const run of Report.runs(picture.frames)) {
        const button = document.createElement("button");
        button.className = "run";
        button.textContent = picture.name.split(".").pop().replace(/^0+/, "").replace(/^(frame|overlay).*/, "–");
        button.title = `${picture.name}: frames ${run.first} to ${run.last}`;
        button.style.left = `${this.left + run.first * this.cell}px`;
        button.style.width = `${(run.last - run.first + 1) * this.cell - 1}px`;
        this.buttons.push({ button, run });
        row.append(button);
      }
    }
    return row;
  }

  _errors() {
    const { layers, page } = this.facts.errors, frames = this.facts.frames;
    const row = this._row("error", "error");
    const highest = Math.max(...layers, ...page, 0.01);
    const top = document.createElement("div");
    top.className = "note";
    top.textContent = highest.toFixed(2);
    row.firstChild.append(top);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("width", frames * this.cell);
    svg.setAttribute("viewBox", `0 0 ${frames} 1`);
    svg.setAttribute("preserveAspectRatio", "none");
    for (const [name, errors] of [["line-layers", layers], ["line-page", page]]) {
      const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
      line.setAttribute("class", name);
      line.setAttribute("points", errors.map((e, t) => `${t + 0.5},${1 - e / highest}`).join(" "));
      svg.append(line);
    }
    row.append(svg);
    return row;
  }
};
