// The colours of one pixel: input, recomposition, and each layer from front to back.
"use strict";

Report.showProbe = (facts, [x, y], found, given) => {
  const box = document.getElementById("probe");
  const parts = [`(${x}, ${y})`];
  const add = (name, rgba) => {
    const part = document.createElement("span");
    const chip = document.createElement("span");
    chip.className = "chip";
    chip.style.background = `rgba(${rgba[0]},${rgba[1]},${rgba[2]},${(rgba[3] ?? 255) / 255})`;
    part.append(chip, ` ${name} ${rgba.join(" ")}`);
    parts.push(part);
  };
  if (given) add("input", given);
  add("all", found.all);
  const touched = found.layers.filter(({ rgba }) => rgba[3] > 0).reverse();
  touched.forEach(({ picture, rgba }) => add(facts.pictures[picture].name, rgba));
  box.replaceChildren(...parts);
  return touched.length ? facts.pictures[touched[0].picture].name : null;
};
