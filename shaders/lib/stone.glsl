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

// In: colour, slope, 0 glass .. 1 gold, towards the viewer, light of the key, glitter. Out: linear light.
vec3 stone_lit(vec3 colour, vec2 slope, float gold, vec3 viewer, float key, float glint) {
    vec3 n = normalize(vec3(slope, 1.0));
    float facing = max(dot(n, KEY), 0.0) / KEY.z;
    float near = max(dot(n, normalize(KEY + viewer)), 0.0);
    float n2 = near * near, n4 = n2 * n2, n8 = n4 * n4, n16 = n8 * n8;
    vec3 wide = colour * mix(facing, 0.30 * facing + 1.15 * glint * n8, gold);
    vec3 sharp = mix(vec3(0.05), 1.2 * colour, gold) * glint * n16 * n16;
    return mix(GLASS_LIGHT, KEY_LIGHT, gold) * key * (wide + sharp) + FILL_LIGHT * colour * (0.22 + 0.10 * gold);
}
