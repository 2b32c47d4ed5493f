// Homographies as nine numbers, row by row. They map pixels of a frame to pixels of a picture;
// pixel centres lie at integers.
"use strict";
globalThis.Report = globalThis.Report || {};

Report.matrix = {
  apply(m, x, y) {
    const w = m[6] * x + m[7] * y + m[8];
    return [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w];
  },

  // WebGL takes columns.
  columns(m) {
    return [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
  },

  // The corners of a frame, as the camera's window on the plate.
  corners(m, width, height) {
    const right = width - 0.5, bottom = height - 0.5;
    return [[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]]
      .map(([x, y]) => Report.matrix.apply(m, x, y));
  },
};
