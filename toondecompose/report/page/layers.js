// The list of layers: show, hide, and show one alone.
"use strict";

Report.LayerList = class {
  constructor(facts, changed) {
    this.hidden = new Set();
    this.alone = null;
    this.changed = changed;
    this.count = facts.layers.length;
    this.rows = facts.layers.map((layer, number) => this._row(layer, number));
    document.getElementById("layers").append(...[...this.rows].reverse().map((row) => row.element));
    this._update();
  }

  // Whether a layer is shown.
  shown(number) {
    return this.alone === null ? !this.hidden.has(number) : this.alone === number;
  }

  toggle(number) {
    if (number >= this.count) return;
    this.alone = null;
    this.hidden.has(number) ? this.hidden.delete(number) : this.hidden.add(number);
    this._update();
  }

  solo(number) {
    if (number >= this.count) return;
    this.alone = this.alone === number ? null : number;
    this._update();
  }

  _update() {
    this.rows.forEach(({ show, solo }, number) => {
      show.setAttribute("aria-pressed", this.shown(number));
      solo.setAttribute("aria-pressed", this.alone === number);
    });
    this.changed();
  }

  _row(layer, number) {
    const element = document.createElement("div");
    element.className = "layer";
    const name = document.createElement("b");
    name.textContent = layer.name;
    name.style.color = layer.path ? Report.COLOURS[number % Report.COLOURS.length] : "";
    const note = document.createElement("span");
    note.className = "note";
    note.textContent = layer.kind === "sprite"
      ? `object ${layer.object}` + (layer.confidence == null ? "" : ` · sure to ${Math.round(layer.confidence * 100)} %`)
      : layer.kind === "overlay" ? layer.name === "weather" ? "rain or snow over all"
      : layer.name === "flash" ? "flash or impact frames" : "stands still on the screen"
      : "background";
    const button = (text, title, act) => {
      const one = document.createElement("button");
      one.textContent = text;
      one.title = title;
      one.addEventListener("click", act);
      return one;
    };
    const show = button("Show", `Key ${number + 1}`, () => this.toggle(number));
    const solo = button("Solo", `Shift and ${number + 1}`, () => this.solo(number));
    element.append(name, note, show, solo);
    return { element, show, solo };
  }
};
