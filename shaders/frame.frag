#version 330 core
// A carved, water-gilt frame on a dim wall; relief.frag shades and shows it. Entries, once per stage size:
//   BAKE_HEIGHT   relief: r height above the wall, g 1 where the frame is
//   BAKE_LIGHT    lit: rgb linear light, premultiplied, a 0 where only the glass is seen
// Lengths are stage coordinates (the stage's height is 1) unless said otherwise.

uniform float u_aspect;         // width / height of the stage
uniform vec4 u_opening;         // the glass: centre x, y, half width, half height
uniform float u_corner;         // radius of its corners
uniform float u_border;         // width of the frame

in vec2 v_uv;
out vec4 f_colour;

#ifdef BAKE_HEIGHT
#include "lib/rolled.glsl"
#include "lib/tile.glsl"
#include "lib/shape.glsl"
#include "lib/acanthus.glsl"

uniform float u_relief;         // how deep it is carved, 0..1

float bump(float t, float centre, float half_width) {
    float x = (t - centre) / half_width;
    return sqrt(max(1.0 - x * x, 0.0));
}

// Section of the moulding; t runs from the glass (0) to the back edge (1). Out: height in frame widths.
float section(float t) {
    if (t < 0.110) return mix(0.04, 0.25, t / 0.110);                       // bevel towards the glass
    if (t < 0.215) return 0.16;                                             // bed of the pearls
    if (t < 0.245) return 0.27;                                             // fillet
    if (t < 0.520) return 0.20 + 0.19 * pow((t - 0.245) / 0.275, 2.2);      // cove
    if (t < 0.555) return 0.44;                                             // fillet
    if (t < 0.890) return 0.34 + 0.20 * bump(t, 0.72, 0.17);                // torus
    return 0.30 * sqrt(max(1.0 - pow((t - 0.89) / 0.11, 2.0), 0.0));        // back edge
}

// Pearls on their bed, shallow flutes in the cove, leaves bound around the torus. `s` is the way along the rail from
// the middle of its side, `rail` that way's length up to the corner, both in frame widths.
float courses(float t, float s, float rail) {
    float h = 0.0;
    if (t > 0.110 && t < 0.215) {
        float n = max(floor(rail / 0.110), 1.0);
        vec2 pearl = vec2((fract(s / rail * n) - 0.5) * rail / n, t - 0.163) / 0.050;
        h = 0.16 + 0.13 * sqrt(max(1.0 - dot(pearl, pearl), 0.0));
    } else if (t > 0.255 && t < 0.510) {
        float n = max(floor(rail / 0.135), 1.0);
        float flute = abs(fract(s / rail * n) - 0.5) * 2.0;
        float ends = smoothstep(0.255, 0.31, t) * smoothstep(0.51, 0.45, t);
        h = section(t) - 0.045 * ends * sqrt(max(1.0 - pow(flute / 0.72, 2.0), 0.0));
        return h - section(t);                                              // cut in, not laid on
    } else if (t > 0.550 && t < 0.890) {
        float v = (t - 0.72) / 0.17;
        float n = max(floor(rail / 0.27), 1.0);
        float leaf = fract(s / rail * n - 0.75 * abs(v) + 0.15);
        float tip = pow(leaf, 0.7) * (1.0 - smoothstep(0.88, 1.0, leaf));
        float rib = 0.16 * exp(-pow(v / 0.09, 2.0)) + 0.10 * abs(sin(7.5 * v * (1.4 - leaf)));
        h = 0.34 + (0.14 + 0.17 * tip + rib * 0.6) * sqrt(max(1.0 - v * v, 0.0));
    }
    return max(h - section(t), 0.0);
}

// Where a leaf grows: x, y of its foot, its angle, its length; and how: half its breadth, its bend, its lobes, what it
// lies on and how far it stands out. Each in the coordinates that the loop over them chooses.
const int CORNER_LEAVES = 6, LEAVES = 9;
const vec4 FEET[LEAVES] = vec4[LEAVES](
    vec4(0.10, 0.16, 3.17, 2.60), vec4(-0.05, -0.06, 3.72, 0.86), vec4(-0.10, 0.22, 2.52, 0.98),       // of a corner,
    vec4(-0.12, 0.08, 0.66, 0.92), vec4(-0.34, 0.0, 0.0, 1.26), vec4(0.05, 0.0, 0.0, 0.75),            // its diagonal,
    vec4(0.25, 0.05, -0.02, 1.95), vec4(0.10, -0.12, -0.58, 0.85), vec4(0.20, 0.12, 0.62, 0.95));      // and of a middle
const vec3 SHAPES[LEAVES] = vec3[LEAVES](
    vec3(0.165, 0.07, 7.0), vec3(0.34, 0.34, 4.5), vec3(0.32, -0.46, 4.5),
    vec3(0.34, 0.34, 4.5), vec3(0.33, 0.0, 5.5), vec3(0.26, 0.0, 5.0),
    vec3(0.15, -0.03, 8.0), vec3(0.27, 0.30, 6.0), vec3(0.26, -0.34, 6.0));
const vec2 RISES[LEAVES] = vec2[LEAVES](
    vec2(0.38, 0.26), vec2(0.34, 0.32), vec2(0.36, 0.34), vec2(0.42, 0.32), vec2(0.46, 0.40), vec2(0.46, 0.22),
    vec2(0.38, 0.26), vec2(0.34, 0.30), vec2(0.36, 0.32));

float laid(float h, float below, float ornament, float height) {
    return ornament > 0.0 ? max(h, below + height * ornament) : h;
}

float boss(vec2 p, float radius) {
    return sqrt(max(1.0 - dot(p, p) / (radius * radius), 0.0));
}

// Ornament at a corner and in the middle of a side. `corner` from the middle of the rail on the diagonal, outward
// positive; `middle` x along the rail, y outward, from the middle of the rail; in frame widths. `leaves` is 0 where none
// reaches: a loop that ends at once costs the processor nothing.
float ornament(vec2 corner, vec2 middle, int leaves) {
    vec2 q = corner.x > corner.y ? corner.yx : corner;      // one half stands for both; q.y points away from the level rail
    vec2 d = vec2(corner.x - corner.y, corner.x + corner.y) * 0.70710678;       // d.y along the diagonal, outward
    vec2 e = vec2(d.y, abs(d.x));
    vec2 m = vec2(abs(middle.x), middle.y);
    float h = 0.0;
    for (int i = 0; i < rolled(leaves); ++i) {
        vec2 p = i < 3 ? q : i < 5 ? e : i < CORNER_LEAVES ? vec2(-e.x, e.y) : m;
        vec2 off = p - FEET[i].xy, along = vec2(cos(FEET[i].z), sin(FEET[i].z));
        vec2 grown = vec2(dot(off, along), dot(off, vec2(-along.y, along.x))) / FEET[i].w;
        h = laid(h, RISES[i].x, acanthus(grown, SHAPES[i].x, SHAPES[i].y, SHAPES[i].z), RISES[i].y);
    }
    for (int i = 0; i < rolled(2); ++i) {
        vec2 p = i < 1 ? (q - vec2(-0.42, 0.20)) / 0.25 : (m - vec2(0.43, -0.06)) / 0.24;
        h = laid(h, 0.40, volute(p, 1.6, i < 1 ? 1.0 : -1.0), 0.28);
    }
    h = laid(h, 0.42, shell((middle + vec2(0.0, 0.34)) / 1.02, 9.0, 1.12), 0.44);
    h = laid(h, 0.54, boss(d + vec2(0.0, 0.14), 0.13), 0.20);
    return laid(h, 0.50, boss(middle + vec2(0.0, 0.36), 0.17), 0.22);
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec2 p = place - u_opening.xy + (tiled(place * 9.0).rg - 0.5) * 0.0035;     // nothing carved is quite straight
    vec2 q = abs(p);
    float t = rounded_box(p, u_opening.zw, u_corner) / u_border;
    bool level = q.y - u_opening.w > q.x - u_opening.z;
    vec2 rail = (level ? vec2(u_opening.z, q.x) : vec2(u_opening.w, q.y)) / u_border + vec2(0.7, 0.0);
    float h = t > 0.0 && t < 1.0 ? section(t) + courses(t, rail.y, rail.x) : 0.0;

    float diagonal = (0.70 - 0.41421356 * u_corner / u_border) * 0.70710678;    // where the rail's middle crosses it
    vec2 corner = (q - u_opening.zw) / u_border - diagonal;
    vec2 middle = (level ? vec2(p.x, q.y - u_opening.w) : vec2(p.y, q.x - u_opening.z)) / u_border;
    float size = level ? (p.y < 0.0 ? 1.16 : 0.98) : 0.84;
    h = max(h, ornament(corner, (middle - vec2(0.0, 0.60)) / size, abs(t - 0.5) < 1.2 ? LEAVES : 0));

    vec4 tooth = tiled(place * 60.0);
    h += step(1e-4, h) * (0.016 * (tooth.r - 0.5) + 0.022 * (tiled(place * 24.0).g - 0.5));
    f_colour = vec4(h * u_border * mix(0.5, 1.5, u_relief), step(1e-4, h), 0.0, 1.0);
}
#endif

#ifdef BAKE_LIGHT
#include "lib/light.glsl"
#include "lib/rolled.glsl"
#include "lib/tile.glsl"
#include "lib/shape.glsl"
#include "lib/acanthus.glsl"

uniform sampler2D u_height;     // what BAKE_HEIGHT drew, with mipmaps
uniform sampler2D u_shade;      // see relief.frag
uniform float u_wear;           // how much bole shows on the high points, 0..1

vec3 normal_at(vec2 uv) {
    vec2 texel = 1.0 / vec2(textureSize(u_height, 0));
    float dx = textureLod(u_height, uv + vec2(texel.x, 0.0), 0.0).r - textureLod(u_height, uv - vec2(texel.x, 0.0), 0.0).r;
    float dy = textureLod(u_height, uv + vec2(0.0, texel.y), 0.0).r - textureLod(u_height, uv - vec2(0.0, texel.y), 0.0).r;
    return normalize(vec3(-vec2(dx, dy) / (2.0 * texel.y), 1.0));
}

// Leaf of gold over red bole: bright and narrow where it is burnished, dull where it is rubbed through or dirty.
vec3 gilding(vec2 place, vec3 n, float key, float open, float proud) {
    vec4 coarse = tiled(place * 9.0), fine = tiled(place * 40.0);
    float rubbed = smoothstep(0.58, 0.90, proud + 0.8 * (fine.r - 0.5)) * smoothstep(0.40, 0.70, coarse.g + 0.5 * (fine.g - 0.5)) * u_wear * 1.3;
    float dirt = (1.0 - open) * (0.5 + 0.5 * fine.b);
    vec3 leaf = mix(GOLD, GOLD_SHADOW, clamp(0.35 * coarse.r * fine.a + 0.75 * dirt, 0.0, 1.0));
    vec3 ground = mix(leaf, BOLE, 0.85 * rubbed);
    vec3 bounce = reflect(vec3(0.0, 0.0, -1.0), n);
    float to_key = max(dot(bounce, KEY), 0.0);
    float narrow = pow(to_key, 36.0) * 2.6 * (1.0 - 0.85 * rubbed) * (0.6 + 0.8 * coarse.a);
    float broad = pow(to_key, 4.0) * 0.50;
    float window = pow(max(dot(bounce, normalize(vec3(0.80, -0.10, 0.45))), 0.0), 5.0);
    vec3 room = FILL_LIGHT * (0.07 + 0.55 * window) + KEY_LIGHT * 0.035 * smoothstep(0.2, -0.8, bounce.y);
    vec3 lit = KEY_LIGHT * key * (0.16 * max(dot(n, KEY), 0.0) + broad + narrow);
    return ground * (lit + room * open) * mix(0.25, 1.0, open);
}

// Old silk: bands that swing to and fro around pomegranates, seen only by their sheen. One figure is 0.17 wide.
float damask(vec2 place) {
    vec2 at = place / vec2(0.170, 0.300);
    at.y += 0.5 * mod(floor(at.x), 2.0);
    vec2 p = (fract(at) - 0.5) * vec2(0.170, 0.300);
    vec2 q = vec2(abs(p.x), p.y);
    float swing = 0.085 * (0.56 + 0.40 * cos(6.2831853 * p.y / 0.300));
    float off = abs(q.x - swing);
    float band = smoothstep(0.0080, 0.0055, off) * smoothstep(0.0016, 0.0030, abs(off - 0.0035));
    float fruit = length((q - vec2(0.0, 0.012)) / vec2(0.036 - 0.35 * max(-p.y, 0.0), 0.050));
    float skin = smoothstep(1.0, 0.9, fruit) * (0.35 + 0.65 * smoothstep(0.70, 0.80, fruit));
    float seeds = smoothstep(0.25, 0.6, abs(sin(q.x * 330.0 + p.y * 200.0) * sin(q.x * 330.0 - p.y * 200.0)));
    float figure = max(skin, seeds * smoothstep(0.66, 0.60, fruit));
    figure = max(figure, smoothstep(0.02, 0.2, shell((vec2(q.x, -p.y) - vec2(0.0, 0.040)) / 0.045, 5.0, 0.85)));
    for (int i = 0; i < rolled(2); ++i) {       // a tall leaf and a low one
        mat2 turn = i < 1 ? mat2(0.25, -0.97, 0.97, 0.25) / 0.085 : mat2(0.90, -0.44, 0.44, 0.90) / 0.060;
        vec2 off = i < 1 ? vec2(q.x - 0.006, 0.078 - p.y) : vec2(q.x - 0.004, 0.085 - p.y);
        figure = max(figure, smoothstep(0.02, 0.2, acanthus(turn * off, i < 1 ? 0.20 : 0.24, i < 1 ? -0.42 : -0.40, 3.5)));
    }
    return max(figure, 0.8 * band);
}

vec3 wall(vec2 place, float key, float open) {
    vec4 stain = tiled(place * 2.3), thread = tiled(vec2(place.x * 150.0, place.y * 26.0));
    vec3 silk = mix(vec3(0.050, 0.078, 0.082), vec3(0.074, 0.104, 0.100), stain.r);
    float figure = damask(place * 0.105 / u_border) * (0.15 + 1.0 * stain.b);
    silk *= 1.0 + 0.30 * (thread.g - 0.5) + 0.22 * figure;
    return silk * (KEY_LIGHT * (0.80 + 0.18 * figure) * key + FILL_LIGHT * 0.22 * mix(0.3, 1.0, open));
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec2 relief = textureLod(u_height, v_uv, 0.0).rg;
    vec4 shade = textureLod(u_shade, v_uv, 0.0);
    float inside = rounded_box(place - u_opening.xy, u_opening.zw, u_corner);
    float key = shade.r * key_pool(place);
    if (relief.g > 0.5) {
        f_colour = vec4(gilding(place, normal_at(v_uv), key, shade.g, shade.b), 1.0);
    } else if (inside > 0.0) {
        f_colour = vec4(wall(place, key, shade.g), 1.0);
    } else {                            // on the glass lie the frame's shadow and a line of gold, its own reflection
        float under = (1.0 - shade.r) * 0.60 * smoothstep(-0.9 * u_border, 0.0, inside);
        float line = smoothstep(-0.075 * u_border, -0.03 * u_border, inside);
        f_colour = vec4(GOLD * KEY_LIGHT * 0.05 * line * key_pool(place), max(under, 0.75 * line));
    }
}
#endif
