// A stone of a mosaic, set by hand into grout, and how light falls on it. Lengths in one unit, slopes as x right, y down.

#include "lib/light.glsl"
#include "lib/shape.glsl"

const vec3 GROUT = vec3(0.060, 0.050, 0.040);
const vec3 GLASS_LIGHT = vec3(1.00, 0.85, 0.68);         // the key on glass: the eye has half got used to it

struct Stone {
    float cover;        // 0 grout .. 1 stone
    vec2 slope;         // of its surface: bevel and the tilt with which it was pressed in
};

// In: a point from the stone's middle, half its size, width of the grout on its side, size of a pixel, two numbers of
// its own 0..1, how crooked it lies.
Stone stone_at(vec2 p, vec2 half_size, float grout, float pixel, vec2 own, float crooked) {
    vec2 room = half_size - grout;
    float least = min(room.x, room.y);
    float edge = rounded_box(p, room, 0.30 * least);
    vec2 q = abs(p) / room;
    vec2 out_of_it = q.x > q.y ? vec2(sign(p.x), 0.0) : vec2(0.0, sign(p.y));
    float bevel = clamp(1.0 + edge / (0.55 * least), 0.0, 1.0);
    return Stone(smoothstep(0.7 * pixel, -0.7 * pixel, edge), out_of_it * bevel * bevel * 0.8 + (own - 0.5) * crooked);
}

// How a surface of that slope mirrors the key: x broadly, y sharply. In: slope, halfway between key and viewer.
vec2 stone_glint(vec2 slope, vec3 halfway) {
    float near = max(dot(vec3(slope, 1.0), halfway), 0.0) * inversesqrt(1.0 + dot(slope, slope));
    float n2 = near * near, n4 = n2 * n2, n8 = n4 * n4, n16 = n8 * n8;
    return vec2(n8, n16 * n16);
}

// How much of the key falls on a surface of that slope, 1 where it lies flat.
float stone_facing(vec2 slope) {
    return max(dot(vec3(slope, 1.0), KEY), 0.0) * inversesqrt(1.0 + dot(slope, slope)) / KEY.z;
}
