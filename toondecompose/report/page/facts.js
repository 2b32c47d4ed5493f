// Settings, versions and times as tables. Times lie beside the page, see benchmarks/times.js.
"use strict";

Report.showFacts = (facts, times) => {
  const box = document.getElementById("facts-table");
  const table = (head, rows) => {
    const one = document.createElement("table");
    for (const [tag, cells] of [["th", head], ...rows.map((row) => ["td", row])]) {
      const line = one.insertRow();
      for (const cell of cells) {
        const element = document.createElement(tag);
        element.textContent = cell ?? "";
        line.append(element);
      }
    }
    return one;
  };
  const words = (value) => Object.entries(value || {})
    .map(([key, one]) => `${key}: ${typeof one === "object" ? JSON.stringify(one) : one}`).join(" · ");
  const order = ["frames", "flow", "alpha", "homography", "preview", "sprites", "refine", "report", "video"];
  const rank = (stage) => (order.indexOf(stage) + 99) % 99;
  const stages = [...new Set([...Object.keys(facts.stages), ...Object.keys(times || {})])]
    .sort((a, b) => rank(a) - rank(b));
  const rows = stages.map((stage) => {
    const one = facts.stages[stage] || {}, time = times && times[stage];
    return [stage, time ? `${time[0].toFixed(1)} s` : "", time ? `${Math.round(time[1])} MiB` : "",
      words(one.settings), words(one.versions), one.device];
  });
  box.replaceChildren(table(["stage", "time", "memory", "settings", "versions", "device"], rows));
  const { drawings, inputs, scale } = facts.quality;
  const note = document.createElement("p");
  note.className = "note";
  note.textContent = "In this page plates and drawings are "
    + (drawings === null ? "lossless" : `WebP of quality ${drawings}`)
    + `, frames of the input WebP of quality ${inputs}`
    + (scale === 1 ? "." : ` at ${scale * 100} % of their size.`)
    + (facts.grain ? " The clip has grain, which the page leaves out." : "");
  box.append(note);
};
