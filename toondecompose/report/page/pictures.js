// The pictures of the page, decoded when they are first asked for.
"use strict";

Report.Pictures = class {
  constructor(arrived) {
    this.arrived = arrived;
    this.images = new Map();
  }

  has(id) {
    return document.getElementById(id) !== null;
  }

  // Whether a picture has been read to its end: the page starts before it is read to its own.
  here(id) {
    const element = document.getElementById(id);
    return document.readyState !== "loading" || Boolean(element && element.nextSibling);
  }

  // The data URI of a picture.
  uri(id) {
    return "data:image/webp;base64," + document.getElementById(id).textContent;
  }

  // The decoded image, or null while it is being read or decoded; `arrived` is called then.
  get(id) {
    let one = this.images.get(id);
    if (!one && !this.here(id)) return null;
    if (!one) {
      one = { image: new Image(), ready: false };
      this.images.set(id, one);
      one.image.src = this.uri(id);
      one.image.decode().then(() => { one.ready = true; this.arrived(); });
      if (id.startsWith("input-")) this._forget();
    }
    return one.ready ? one.image : null;
  }

  // Frames are many: only those asked for last are kept decoded.
  _forget() {
    const inputs = [...this.images.keys()].filter((id) => id.startsWith("input-"));
    inputs.slice(0, -90).forEach((id) => this.images.delete(id));
  }
};
