// Which frame is shown. Playing follows the time, at the clip's own frame rate: a slow computer
// leaves frames out and stays in time.
"use strict";

Report.Clock = class {
  constructor(frames, fps, changed) {
    this.frames = frames;
    this.fps = fps;
    this.changed = changed;
    this.frame = 0;
    this.speed = 0; // frames of the clip for a frame of time; negative is backwards
    this.loop = true;
  }

  // Go to a frame; a number outside of the clip is taken to its nearest frame.
  seek(frame) {
    this.frame = Math.min(Math.max(Math.round(frame), 0), this.frames - 1);
    this._restart();
    this.changed();
  }

  step(count) {
    this.speed = 0;
    const next = this.frame + count;
    this.seek(this.loop ? ((next % this.frames) + this.frames) % this.frames : next);
  }

  play(speed) {
    if (speed > 0 && !this.loop && this.frame === this.frames - 1) this.frame = 0;
    this.speed = speed;
    this._restart();
    this.changed();
  }

  // As in an editing program: each J or L plays faster in its direction.
  shuttle(direction) {
    const same = Math.sign(this.speed) === direction;
    this.play(same ? Math.max(-8, Math.min(8, this.speed * 2)) : direction);
  }

  // Called with the time in seconds for every picture that the screen shows.
  tick(now) {
    if (!this.speed) return;
    if (this.started === null) this.started = now;
    const passed = Math.floor((now - this.started) * this.fps * Math.abs(this.speed) + 1e-6);
    let next = this.from + passed * Math.sign(this.speed);
    if (this.loop) {
      next = ((next % this.frames) + this.frames) % this.frames;
    } else if (next < 0 || next >= this.frames) {
      next = next < 0 ? 0 : this.frames - 1;
      this.speed = 0;
    } else if (next === this.frame) return;
    if (next !== this.frame || !this.speed) {
      this.frame = next;
      this.changed();
    }
  }

  _restart() {
    this.started = null;
    this.from = this.frame;
  }
};
