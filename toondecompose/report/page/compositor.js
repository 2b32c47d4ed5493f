// Lays pictures over each other with WebGL: one quad for each layer, into a picture of the size of
// the frame; and shows that in the pane.
"use strict";

Report.Compositor = class {
  constructor(canvas, facts, pictures) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, preserveDrawingBuffer: true });
    if (!gl) throw new Error("This browser has no WebGL 2, which the page needs.");
    this.gl = gl;
    this.canvas = canvas;
    this.facts = facts;
    this.pictures = pictures;
    this.textures = new Map();
    this.layerProgram = this._program(Report.shaders.layer);
    this.paneProgram = this._program(Report.shaders.pane);
    const quad = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, quad);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    const [width, height] = facts.size;
    this.composed = this._target(width, height);
    this.masks = this._target(width, height);
    this.pixel = this._target(1, 1);
    this.given = this._texture();
    this.blank = this._texture();
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  // Whether all pictures of a frame are decoded; those that are not are asked for.
  ready(frame, wantsInput, wantsMasks) {
    const numbers = this.facts.placements[frame].map(([picture]) => picture);
    const ids = numbers.map((picture) => `picture-${picture}`);
    if (wantsMasks)
      ids.push(...numbers.map((picture) => `mask-${picture}`).filter((id) => this.pictures.has(id)));
    if (wantsInput) ids.push(`input-${frame}`);
    if (this.facts.light) ids.push("light");
    if (this.facts.overall) ids.push(`light-${frame}`);
    return ids.map((id) => this.pictures.get(id)).every(Boolean);
  }

  // Lay the layers of a frame over each other; `shown` says which.
  compose(frame, shown) {
    this._into(this.composed, ...this.facts.size);
    for (const placement of this.facts.placements[frame])
      if (shown(this.facts.pictures[placement[0]].layer)) this._layer(frame, placement, {});
  }

  // The same with the colours of what nobody has seen.
  composeMasks(frame, shown) {
    this._into(this.masks, ...this.facts.size);
    for (const placement of this.facts.placements[frame])
      if (shown(this.facts.pictures[placement[0]].layer)) this._layer(frame, placement, { mask: true });
  }

  // RGBA of one pixel: composed, and of each layer that the frame has, from back to front.
  probe(frame, x, y, shown) {
    const read = (draw) => {
      this._into(this.pixel, 1, 1);
      draw();
      const found = new Uint8Array(4);
      this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, found);
      const [r, g, b, a] = found;
      return a ? [r, g, b].map((one) => Math.min(255, Math.round((one * 255) / a))).concat(a) : [0, 0, 0, 0];
    };
    const placed = this.facts.placements[frame].filter(([one]) => shown(this.facts.pictures[one].layer));
    const draw = (one) => this._layer(frame, one, { origin: [x, y] });
    return {
      all: read(() => placed.forEach(draw)),
      layers: placed.map((one) => ({ picture: one[0], rgba: read(() => draw(one)) })),
    };
  }

  // Put the frame as it was given into its texture.
  loadInput(frame) {
    const image = this.pictures.get(`input-${frame}`);
    if (!image || this.loaded === frame) return;
    const gl = this.gl;
    gl.bindTexture(gl.TEXTURE_2D, this.given);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, image);
    this.loaded = frame;
  }

  clearPane() {
    const gl = this.gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(0.2, 0.2, 0.2, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  // Show a part of the pane (x, y, width, height in its pixels, y from the top).
  show(part, options) {
    const gl = this.gl, program = this.paneProgram, all = this.canvas.height;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, this.canvas.width, all);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(part.x, all - part.y - part.height, part.width, part.height);
    gl.disable(gl.BLEND);
    gl.useProgram(program);
    this._bind(program, "composed", 0, this.composed.texture);
    this._bind(program, "input_", 1, this.given);
    this._bind(program, "masks", 2, this.masks.texture);
    const plate = options.mode === 5 && this._picture(options.plate);
    this._bind(program, "plate", 3, plate || this.blank);
    const at = (name) => gl.getUniformLocation(program, name);
    gl.uniform2f(at("frame"), ...options.size);
    gl.uniform3f(at("base"), ...(this.facts.ground || [0, 0, 0]).map((level) => level / 255));
    gl.uniform2f(at("offset"), options.x, options.y);
    gl.uniform2f(at("corner"), part.x, part.y);
    gl.uniform1f(at("zoom"), options.zoom);
    gl.uniform1f(at("height"), all);
    gl.uniform1f(at("gain"), options.gain);
    gl.uniform1f(at("wipe"), options.wipe);
    gl.uniform1i(at("mode"), options.mode);
    gl.uniform1i(at("behind"), options.behind);
    gl.uniform1i(at("showMasks"), options.masks ? 1 : 0);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    gl.disable(gl.SCISSOR_TEST);
  }

  _layer(frame, [picture, opacity, ...matrix], { origin = [0, 0], mask = false }) {
    const gl = this.gl, program = this.layerProgram, facts = this.facts;
    const texture = this._picture(`picture-${picture}`);
    if (!texture) return;
    const own = facts.pictures[picture];
    const hasMask = mask && this.pictures.has(`mask-${picture}`);
    gl.useProgram(program);
    this._bind(program, "picture", 0, texture);
    this._bind(program, "mask", 1, (hasMask && this._picture(`mask-${picture}`)) || this.blank);
    this._bind(program, "light", 2, (facts.light && this._picture("light")) || this.blank);
    const lit = facts.overall && facts.layers[own.layer].kind !== "overlay";
    this._bind(program, "overall", 3, (lit && this._picture(`light-${frame}`)) || this.blank);
    const at = (name) => gl.getUniformLocation(program, name);
    gl.uniformMatrix3fv(at("toPicture"), false, Report.matrix.columns(matrix));
    gl.uniform2f(at("size"), ...own.size);
    gl.uniform2f(at("frame"), ...facts.size);
    gl.uniform2f(at("origin"), ...origin);
    gl.uniform1f(at("opacity"), opacity);
    gl.uniform1f(at("gain"), facts.gains[frame]);
    gl.uniform1f(at("lightLevels"), facts.light);
    gl.uniform1i(at("overallKind"), lit ? ["add", "multiply", "screen"].indexOf(facts.overall.kind) + 1 : 0);
    if (lit) {
      gl.uniform3f(at("overallColour"), ...facts.overall.colour);
      gl.uniform3f(at("overallRange"), facts.overall.low, facts.overall.span, facts.overall.dark);
    }
    gl.uniform1i(at("isPlane"), facts.layers[own.layer].kind === "plane" ? 1 : 0);
    gl.uniform1i(at("showMask"), mask ? 1 : 0);
    gl.uniform1i(at("hasMask"), hasMask ? 1 : 0);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  // The texture of a picture, or null while it is being decoded.
  _picture(id) {
    const known = this.textures.get(id);
    if (known) {
      this.textures.delete(id); // it becomes the one used last
      this.textures.set(id, known);
      return known;
    }
    const image = this.pictures.get(id);
    if (!image) return null;
    const gl = this.gl, texture = this._texture();
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, image);
    this.textures.set(id, texture);
    if (this.textures.size > 256) {
      const [oldest] = this.textures.keys();
      gl.deleteTexture(this.textures.get(oldest));
      this.textures.delete(oldest);
    }
    return texture;
  }

  _bind(program, name, unit, texture) {
    const gl = this.gl;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform1i(gl.getUniformLocation(program, name), unit);
  }

  _into(target, width, height) {
    const gl = this.gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, target.buffer);
    gl.viewport(0, 0, width, height);
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  _target(width, height) {
    const gl = this.gl, texture = this._texture(), buffer = gl.createFramebuffer();
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, buffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    return { texture, buffer };
  }

  _texture() {
    const gl = this.gl, texture = gl.createTexture();
    gl.activeTexture(gl.TEXTURE7); // the units in use keep their textures
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const [name, value] of [
      [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
      [gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
    ]) gl.texParameteri(gl.TEXTURE_2D, name, value);
    return texture;
  }

  _program(fragment) {
    const gl = this.gl, program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, Report.shaders.vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, "corner");
    gl.linkProgram(program);
    return program;
  }
};
