// Checks what the scripts of the page compute without a page; node runs it, see test_report.py.
"use strict";
const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

for (const name of ["matrix", "clock", "view", "hints", "sheet", "drawings"])
  vm.runInThisContext(fs.readFileSync(path.join(process.argv[2], `${name}.js`), "utf8"), { filename: name });

const same = (found, wanted) => found.forEach((one, i) => assert.ok(Math.abs(one - wanted[i]) < 1e-9, `${found}`));

same(Report.matrix.apply([2, 0, 1, 0, 2, -1, 0, 0, 1], 3, 4), [7, 7]);
same(Report.matrix.apply([1, 0, 0, 0, 1, 0, 0.5, 0, 1], 2, 4), [1, 2]);
same(Report.matrix.columns([1, 2, 3, 4, 5, 6, 7, 8, 9]), [1, 4, 7, 2, 5, 8, 3, 6, 9]);
same(Report.matrix.corners([1, 0, 10, 0, 1, 0, 0, 0, 1], 4, 2)[2], [13.5, 1.5]);

// A second of a clip of 24 frames a second is 24 frames, whatever the screen's rate is.
const clock = new Report.Clock(100, 24, () => {});
clock.play(1);
for (let i = 0; i <= 61; i += 1) clock.tick(5 + i / 61);
assert.strictEqual(clock.frame, 24);
clock.play(-1);
clock.tick(10);
clock.tick(12);
assert.strictEqual(clock.frame, 76, "backwards through the beginning");
clock.loop = false;
clock.seek(98);
clock.play(1);
clock.tick(0);
clock.tick(1);
assert.deepStrictEqual([clock.frame, clock.speed], [99, 0], "it stops at the end");
clock.step(1);
assert.strictEqual(clock.frame, 99);
clock.shuttle(1);
clock.shuttle(1);
assert.strictEqual(clock.speed, 2);
clock.shuttle(-1);
assert.strictEqual(clock.speed, -1);

const view = new Report.View();
view.fit([100, 50], { width: 400, height: 400 });
same([view.zoom, view.x, view.y], [4, 0, 100]);
same(view.toPicture(...view.toPane([12, 7])), [12, 7]);
view.zoomTo(100, 0, 0);
assert.strictEqual(view.zoom, 8);
globalThis.devicePixelRatio = 2;
view.zoomTo(100, 0, 0);
assert.strictEqual(view.zoom, 16, "800 % of pixels of the page, which are two of the screen");

assert.deepStrictEqual(Report.runs([4, 0, 1, 5]), [{ first: 0, last: 1 }, { first: 4, last: 5 }]);
assert.strictEqual(Report.framesText([3, 4, 5, 9]), "3–5, 9");
assert.strictEqual(Report.worst([1, 3, 2]), 1);

const soft = [255, 255, 255, 127, 250, 250, 250, 128, 0, 0, 0, 200, 10, 10, 10, 0];
assert.deepStrictEqual(Report.hardenHint(soft), [0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 0]);

console.log("ok");
