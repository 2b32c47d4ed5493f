// The keyboard.
"use strict";

Report.KEYS = [
  ["Space", "play or stop"], ["J, K, L", "play backwards, stop, play forwards; J or L again: faster"],
  ["← →", "one frame; with shift ten"], ["Home, End", "first and last frame"],
  ["1 to 9", "show or hide a layer, from the back; with shift alone"],
  ["R, I, W, S, D, A, P", "recomposition, input, wipe, side by side, difference, alpha, plate"],
  ["O, T", "invented pixels, paths"], ["H", "paint a hint"], ["+ − F", "zoom in, out, fit"],
  ["wheel, drag", "zoom, pan; in wipe view drag moves the wipe, with shift it pans"],
];

Report.listenToKeys = (app) => {
  const modes = { r: "layers", i: "input", w: "wipe", s: "beside", d: "difference", a: "alpha", p: "plate" };
  const actions = {
    " ": () => app.clock.play(app.clock.speed ? 0 : 1),
    k: () => app.clock.play(0),
    j: () => app.clock.shuttle(-1),
    l: () => app.clock.shuttle(1),
    Home: () => app.clock.seek(0),
    End: () => app.clock.seek(app.facts.frames - 1),
    f: () => app.fit(),
    "+": () => app.zoomBy(1.25),
    "=": () => app.zoomBy(1.25),
    "-": () => app.zoomBy(0.8),
    o: () => app.click("show-invented"),
    t: () => app.click("show-paths"),
    h: () => app.click("hint-on"),
    "?": () => help.showModal(),
  };
  const help = document.getElementById("help");
  addEventListener("keydown", (event) => {
    if (help.open || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target, type = target.type;
    if (target.tagName === "SELECT" || (target.tagName === "INPUT" && type === "text")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const digit = /^Digit([1-9])$/.exec(event.code);
    let act = actions[key];
    if (key === "ArrowLeft") act = () => app.clock.step(event.shiftKey ? -10 : -1);
    if (key === "ArrowRight") act = () => app.clock.step(event.shiftKey ? 10 : 1);
    if (modes[key]) act = () => app.setMode(modes[key]);
    if (digit) act = () => app.layers[event.shiftKey ? "solo" : "toggle"](digit[1] - 1);
    if (!act) return;
    event.preventDefault();
    act();
  });
  const table = document.createElement("table");
  for (const words of Report.KEYS) {
    const row = table.insertRow();
    for (const word of words) row.insertCell().textContent = word;
  }
  const close = document.createElement("button");
  close.textContent = "Close";
  close.addEventListener("click", () => help.close());
  help.append(table, close);
  document.getElementById("help-button").addEventListener("click", () => help.showModal());
};
