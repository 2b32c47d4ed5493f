// Lines over the picture: paths of sprites, the camera's window on the plate, the wipe.
"use strict";

Report.COLOURS = ["#ff4d4d", "#2aa8ff", "#39c96b", "#ffb020", "#b06cff", "#22d3d3", "#ff7ac0", "#c9a227"];

Report.overlays = {
  // The path of each sprite, with a dot where it is now.
  paths(context, facts, frame, view, shown) {
    facts.layers.forEach((layer, number) => {
      if (!layer.path || !shown(number)) return;
      const colour = Report.COLOURS[number % Report.COLOURS.length];
      const places = layer.path.map((one) => one && view.toPane(one));
      Report.overlays._line(context, places, "#000", 4);
      Report.overlays._line(context, places, colour, 2);
      if (places[frame]) Report.overlays._dot(context, places[frame], colour, layer.name);
    });
  },

  // The part of the plate that the camera sees, and its centre over the whole clip.
  camera(context, facts, frame, view, layer) {
    const matrixOf = (one) => one.find(([picture]) => facts.pictures[picture].layer === layer)?.slice(2);
    const [width, height] = facts.size;
    const centres = facts.placements.map((one) => {
      const matrix = matrixOf(one);
      return matrix && view.toPane(Report.matrix.apply(matrix, (width - 1) / 2, (height - 1) / 2));
    });
    Report.overlays._line(context, centres, "#000", 4);
    Report.overlays._line(context, centres, "#2aa8ff", 2);
    const now = matrixOf(facts.placements[frame]);
    if (!now) return;
    const window_ = Report.matrix.corners(now, width, height).map(([x, y]) => view.toPane([x, y]));
    Report.overlays._line(context, [...window_, window_[0]], "#000", 5);
    Report.overlays._line(context, [...window_, window_[0]], "#ffb020", 2.5);
  },

  wipe(context, x, height) {
    Report.overlays._line(context, [[x, 0], [x, height]], "#000", 4);
    Report.overlays._line(context, [[x, 0], [x, height]], "#fff", 2);
  },

  _line(context, places, colour, width) {
    context.beginPath();
    let pen = false;
    for (const place of places) {
      if (place) pen ? context.lineTo(...place) : context.moveTo(...place);
      pen = Boolean(place);
    }
    context.strokeStyle = colour;
    context.lineWidth = width * devicePixelRatio;
    context.stroke();
  },

  _dot(context, [x, y], colour, name) {
    context.beginPath();
    context.arc(x, y, 6 * devicePixelRatio, 0, 7);
    context.fillStyle = colour;
    context.fill();
    context.strokeStyle = "#000";
    context.lineWidth = devicePixelRatio;
    context.stroke();
    context.font = `bold ${14 * devicePixelRatio}px sans-serif`;
    context.lineWidth = 3 * devicePixelRatio;
    context.strokeText(name, x + 10 * devicePixelRatio, y);
    context.fillText(name, x + 10 * devicePixelRatio, y);
  },
};
