// Zoom and pan, the same in all panes. Units are pixels of the screen.
"use strict";

Report.View = class {
  constructor() {
    this.zoom = 1;
    this.x = 0; // where the corner of the picture lies in its pane
    this.y = 0;
    this.fitted = true;
  }

  // Show all of a picture in a pane.
  fit(size, pane) {
    this.zoom = Math.min(pane.width / size[0], pane.height / size[1]);
    this.x = (pane.width - this.zoom * size[0]) / 2;
    this.y = (pane.height - this.zoom * size[1]) / 2;
    this.fitted = true;
  }

  // Zoom so that a place in the pane stays where it is; 800 % at most, of pixels of the page, which
  // may be several of the screen.
  zoomTo(zoom, x, y) {
    const next = Math.min(Math.max(zoom, 0.05), 8 * (globalThis.devicePixelRatio ?? 1));
    this.x = x - ((x - this.x) * next) / this.zoom;
    this.y = y - ((y - this.y) * next) / this.zoom;
    this.zoom = next;
    this.fitted = false;
  }

  move(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.fitted = false;
  }

  // The pixel of the picture at a place in the pane; its centre is at an integer.
  toPicture(x, y) {
    return [(x - this.x) / this.zoom - 0.5, (y - this.y) / this.zoom - 0.5];
  }

  toPane([x, y]) {
    return [(x + 0.5) * this.zoom + this.x, (y + 0.5) * this.zoom + this.y];
  }
};
