// Programs of the graphics card.
"use strict";

Report.shaders = {
  vertex: `#version 300 es
    in vec2 corner;
    void main() { gl_Position = vec4(corner, 0.0, 1.0); }`,

  // One layer as a frame shows it; the result is premultiplied. Row 0 of the target is the top row
  // of the frame.
  layer: `#version 300 es
    precision highp float;
    precision highp int;
    uniform sampler2D picture, mask, light, overall;
    uniform mat3 toPicture;
    uniform vec2 size, frame, origin;
    uniform float opacity, gain, lightLevels;
    uniform bool isPlane, showMask, hasMask;
    uniform vec3 overallColour, overallRange;
    uniform int overallKind;
    out vec4 result;
    // Light over all: colours are 0..1, the light acts on grey levels, see screen/light.py.
    vec3 lit(vec3 colour, vec2 at) {
      float strength = overallRange.x + overallRange.y * texture(overall, at).r, dark = overallRange.z;
      vec3 levels = clamp(colour, 0.0, 1.0) * 255.0, field = strength * overallColour;
      if (overallKind == 1) levels += field;
      else if (overallKind == 2) levels = (levels + dark) * exp(field) - dark;
      else levels = 255.0 + dark - (255.0 - levels + dark) * exp(-field);
      return levels / 255.0;
    }
    void main() {
      vec2 place = gl_FragCoord.xy - 0.5 + origin;
      vec3 there = toPicture * vec3(place, 1.0);
      vec2 at = (there.xy / there.z + 0.5) / size;
      bool inside = all(greaterThanEqual(at, vec2(0.0))) && all(lessThanEqual(at, vec2(1.0)));
      if (!isPlane && !inside) discard;
      vec4 found = texture(picture, at);
      vec3 colour = found.rgb;
      if (isPlane && lightLevels > 0.0)
        colour += (texture(light, (place + 0.5) / frame).rgb * 255.0 - 128.0) * lightLevels / 255.0;
      if (overallKind > 0) colour = lit(colour, (place + 0.5) / frame);
      float alpha = found.a * opacity;
      if (showMask) {
        // What was observed hides what is behind it and shows nothing itself.
        float seen = hasMask ? texture(mask, at).r : 1.0;
        float unseen = seen > 0.75 ? 0.0 : 1.0;
        vec3 tint = seen < 0.25 ? vec3(1.0, 0.0, 1.0) : vec3(1.0, 0.8, 0.0);
        result = vec4(tint * unseen * alpha, alpha);
        return;
      }
      result = vec4(clamp(clamp(colour, 0.0, 1.0) * gain, 0.0, 1.0) * alpha, alpha);
    }`,

  // What the pane shows of input, recomposition and masks.
  pane: `#version 300 es
    precision highp float;
    precision highp int;
    uniform sampler2D composed, input_, masks, plate;
    uniform vec2 frame, offset, corner;
    uniform float zoom, height, gain, wipe;
    uniform vec3 base; // colour behind the frames of a transparent clip
    uniform int mode, behind;
    uniform bool showMasks;
    out vec4 result;
    vec4 look(sampler2D image, vec2 at) {
      if (zoom < 2.0) return texture(image, at / frame);
      return texture(image, (floor(at) + 0.5) / frame);
    }
    vec3 ground() {
      if (behind == 1) return vec3(0.0);
      if (behind == 2) return vec3(1.0);
      if (behind == 3) return vec3(1.0, 0.0, 1.0);
      vec2 cell = floor(gl_FragCoord.xy / 12.0);
      return vec3(mod(cell.x + cell.y, 2.0) < 0.5 ? 0.55 : 0.7);
    }
    void main() {
      vec2 at = (vec2(gl_FragCoord.x, height - gl_FragCoord.y) - corner - offset) / zoom;
      if (any(lessThan(at, vec2(0.0))) || any(greaterThanEqual(at, frame))) {
        result = vec4(vec3(0.2), 1.0);
        return;
      }
      vec4 found = look(composed, at);
      vec3 layers = found.rgb + (1.0 - found.a) * ground();
      vec3 given = mode == 0 || mode == 5 ? vec3(0.0) : look(input_, at).rgb;
      if (mode == 0) result = vec4(layers, 1.0);
      else if (mode == 1) result = vec4(given, 1.0);
      else if (mode == 2) result = vec4(at.x < wipe ? given : layers, 1.0);
      else if (mode == 3) result = vec4(min(abs(given - found.rgb - (1.0 - found.a) * base) * gain, 1.0), 1.0);
      else if (mode == 4) result = vec4(vec3(found.a), 1.0);
      else {
        vec4 own = look(plate, at);
        result = vec4(mix(ground(), own.rgb, own.a), 1.0);
      }
      if (showMasks && mode != 1) {
        vec4 tint = look(masks, at);
        float strength = max(tint.r, tint.g);
        result.rgb = mix(result.rgb, tint.rgb / max(strength, 0.001), 0.6 * strength);
      }
    }`,
};
