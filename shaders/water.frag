#version 330 core
// The water over bed and face. Entries:
//   TILE       a net of caustics that repeats without a seam, once; r light, 0..1
//   STEP       the waves one step later, on a small field: r height, g its speed, b how far the face presses it up
//   HEIGHT     waves and wind together, on as few pixels; r height
//   SURFACE    what of it is seen, on as few pixels: r, g slopes, b how far it gathers light
//   OPTICS     what it does to light, on a seventh of the stage's pixels: r, g how far it bends the picture, b factor on
//              light from below, a light that it mirrors
//   (neither)  the picture seen through it, every pixel
// Lengths are stage coordinates (the stage's height is 1).

in vec2 v_uv;
out vec4 f_colour;

#ifdef TILE
#include "lib/hash.glsl"
#include "lib/tile.glsl"

const int CELLS = 6;

void main() {
    vec4 cloud = tiled(v_uv * 8.0);                         // 8 of its features: it repeats with the tile
    vec2 p = v_uv * float(CELLS) + 0.55 * (cloud.rg - 0.5) + 0.16 * (tiled(v_uv * 24.0).ba - 0.5);
    ivec2 cell = ivec2(floor(p));
    vec3 nearest = vec3(9.0);
    for (int y = -1; y <= 1; ++y)
        for (int x = -1; x <= 1; ++x) {
            ivec2 at = cell + ivec2(x, y);
            vec2 off = p - vec2(at) - hash22((at + CELLS) % CELLS);
            float far = length(off);
            if (far < nearest.x) nearest = vec3(far, nearest.xy);
            else if (far < nearest.y) nearest = vec3(nearest.x, far, nearest.y);
            else if (far < nearest.z) nearest.z = far;
        }
    float line = nearest.y - nearest.x, knot = nearest.z - nearest.x;
    float width = 0.07 + 0.17 * smoothstep(0.3, 0.7, cloud.b);
    float light = 0.52 * exp(-line * line / (width * width)) + 0.30 * exp(-line * 3.0) + 0.40 * exp(-knot / 0.20);
    f_colour = vec4(vec3(clamp(light, 0.0, 1.0)), 1.0);
}
#else
#ifdef STEP
#include "lib/hash.glsl"

uniform sampler2D u_field;      // the surface before
uniform float u_cells;          // of the field, per stage height
uniform float u_aspect;
uniform float u_step_s;
uniform int u_step;             // counts steps since the show began
uniform vec4 u_face;            // centre x, y, breadth of its picture; how far it is there, 0..1
uniform float u_stir;           // how much a moving face stirs, factor
uniform float u_calm;           // how fast waves die, 1/s
uniform float u_drops;          // per minute

const float WAVE_SPEED = 0.30;  // stage heights per second
const float DROP_S = 0.22;      // how long a drop presses

vec4 at(ivec2 cell) {
    return texelFetch(u_field, clamp(cell, ivec2(0), textureSize(u_field, 0) - 1), 0);
}

// How far a place is from the middle of the face: 1 on its outline.
float off_face(vec2 place) {
    return length((place - u_face.xy) * vec2(1.0, 0.80)) / (0.30 * u_face.z);
}

// The water that the face pushes away: rings around it, so that its movement sends out several.
float pressed(vec2 place) {
    float r = off_face(place);
    return u_face.w * 0.024 * u_stir * exp(-0.8 * r * r) * cos(9.0 * r);
}

// A drop from the leaves above, now and then, somewhere off the middle.
float dropped(vec2 place) {
    float every_s = 60.0 / max(u_drops, 1e-3);
    float time_s = float(u_step) * u_step_s;
    uint n = uint(time_s / every_s);
    float since_s = time_s - (float(n) + 0.7 * hash11(n * 5u + 1u)) * every_s;
    if (u_drops <= 0.0 || since_s < 0.0 || since_s > DROP_S) return 0.0;
    float angle = 6.2831853 * hash11(n * 5u + 2u), far = 0.36 + 0.12 * hash11(n * 5u + 3u);
    vec2 off = place - far * vec2(cos(angle) * u_aspect, sin(angle));
    float press = sin(3.14159265 * since_s / DROP_S);
    return -0.35 * press * u_step_s / DROP_S * 0.07 * exp(-dot(off, off) * 2200.0);
}

void main() {
    ivec2 cell = ivec2(gl_FragCoord.xy);
    vec4 here = at(cell);
    vec2 sides = at(cell + ivec2(1, 0)).rg + at(cell - ivec2(1, 0)).rg + at(cell + ivec2(0, 1)).rg + at(cell - ivec2(0, 1)).rg;
    vec2 corners = at(cell + ivec2(1, 1)).rg + at(cell - ivec2(1, 1)).rg + at(cell + ivec2(1, -1)).rg + at(cell - ivec2(1, -1)).rg;
    vec2 bent = (4.0 * sides + corners - 20.0 * here.rg) / 6.0;     // Laplacian, alike in all directions
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec2 shore = 0.5 - abs(v_uv - 0.5);
    float beach = 1.0 - smoothstep(0.0, 0.10, min(shore.x * u_aspect, shore.y));    // waves run out there

    float rate = WAVE_SPEED * u_cells;
    float speed = here.g + u_step_s * rate * rate * bent.r + 0.06 * bent.g;
    float over_face = u_face.w * (1.0 - smoothstep(0.45, 1.0, off_face(place)));      // the water is thin there, waves tire
    speed *= exp(-(u_calm + 7.0 * beach + 9.0 * over_face) * u_step_s);
    float press = mix(here.b, pressed(place), 1.0 - exp(-9.0 * u_step_s));          // eased: nothing jerks
    float height = here.r + u_step_s * speed + (press - here.b) + dropped(place);
    height *= exp(-(0.25 * u_calm + 3.0 * beach + 2.5 * over_face) * u_step_s);
    f_colour = vec4(height, speed, press, 1.0);
}
#else
#ifdef HEIGHT
#include "lib/tile.glsl"

uniform sampler2D u_field;
uniform float u_aspect;
uniform float u_time;           // s
uniform float u_wind;           // factor

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0), drift = vec2(0.11, 0.17) * u_time;
    float swell = tiled(place * vec2(3.1, 4.3) + drift).r + tiled(place * vec2(3.7, 4.9) - 0.9 * drift.yx).g;
    float ripple = tiled(place * vec2(7.0, 11.0) + 1.9 * drift).b + tiled(place * vec2(8.3, 12.1) - 1.7 * drift.yx).a;
    float height = texelFetch(u_field, ivec2(gl_FragCoord.xy), 0).r + u_wind * (0.0066 * swell + 0.0022 * ripple);
    f_colour = vec4(height, 0.0, 0.0, 1.0);
}
#else
#ifdef SURFACE
uniform sampler2D u_height;     // what HEIGHT drew
uniform float u_cells;          // of it, per stage height

float at(ivec2 cell) {
    return texelFetch(u_height, clamp(cell, ivec2(0), textureSize(u_height, 0) - 1), 0).r;
}

void main() {
    ivec2 cell = ivec2(gl_FragCoord.xy);
    float left = at(cell - ivec2(1, 0)), right = at(cell + ivec2(1, 0));
    float above = at(cell - ivec2(0, 1)), below = at(cell + ivec2(0, 1));
    float gathers = (4.0 * at(cell) - left - right - above - below) * u_cells * u_cells;
    f_colour = vec4(vec2(right - left, below - above) * 0.5 * u_cells, gathers, 1.0);
}
#else
#ifdef OPTICS
#include "lib/spline.glsl"
#include "lib/tile.glsl"
#include "lib/pool.glsl"

const float SKY_LOW = 0.50, SKY_HIGH = 0.095, LEAVES = 0.014;
const vec3 EYE = vec3(0.0, 1.28, 0.78);                 // where one looks from: before the stage, above it
const vec3 LAMP = vec3(-0.51, -0.83, 0.22);             // towards the key, as the water mirrors it

uniform sampler2D u_surface;    // what SURFACE drew
uniform sampler2D u_net;        // what TILE drew
uniform float u_aspect;
uniform float u_time;           // s
uniform float u_bend;           // how far slopes bend what is below, stage heights per unit of slope
uniform float u_caustics;       // factor
uniform float u_sky;            // factor on the light of the sky

// What the surface mirrors: a pale sky, dark leaves before it where one looks far. In: a direction, z up, y nearer.
float sky(vec3 towards) {
    vec2 far = mat2(0.80, 0.60, -0.60, 0.80) * towards.xy / (towards.z + 0.35);     // turned: no lattice shows
    vec4 branch = tiled(far * 2.3 + 3.1);
    float leaf = smoothstep(0.36, 0.66, branch.r + 0.34 * branch.g - 0.52 * towards.z + 0.26 * abs(towards.x));
    return mix(mix(SKY_LOW, SKY_HIGH, smoothstep(0.25, 0.85, towards.z)), LEAVES, leaf);
}

// Two nets that glide over each other: where both are bright, light gathers. The deeper it falls, the softer it is.
float caustic(vec2 place, float depth) {
    float blur = 2.1 * depth - 0.4;                      // of mipmaps, less the one that fewer pixels bring
    return min(texture(u_net, place + u_time * vec2(0.012, 0.009), blur).r,
               texture(u_net, place.yx * 1.13 - u_time * vec2(0.010, 0.013) + 0.37, blur).r);
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec3 surface = spline_texture(u_surface, v_uv).rgb;
    vec2 slope = surface.rg;
    float depth = pool_depth(place, u_aspect);
    vec2 bent = slope * inversesqrt(1.0 + 9.0 * dot(slope, slope)) * u_bend * mix(0.30, 1.0, depth);
    float net = caustic(place * 1.05 + slope * 0.12, depth);
    float gathered = max(1.0 + u_caustics * mix(1.5, 0.95, depth) * (3.4 * net - 0.60 + 0.035 * surface.b), 0.30);

    vec3 normal = normalize(vec3(-slope, 1.0));
    vec3 eye = normalize(EYE - vec3(place, 0.0));
    float facing = clamp(dot(normal, eye), 0.0, 1.0);
    float away = 1.0 - facing, away2 = away * away;
    float mirrored = 0.02 + 0.98 * away2 * away2 * away;    // Fresnel, as Schlick (1994) has it
    vec3 towards = 2.0 * facing * normal - eye;
    float glint = max(dot(towards, LAMP), 0.0);
    for (int i = 0; i < 9; ++i) glint *= glint;
    f_colour = vec4(bent, gathered * (1.0 - mirrored), mirrored * (sky(towards) * u_sky + 6.0 * glint));
}
#else
#include "lib/light.glsl"

const vec3 SKY = vec3(0.86, 1.00, 1.06);
const vec3 SCATTERED = vec3(0.0045, 0.0115, 0.0110);

uniform sampler2D u_source;     // linear light
uniform sampler2D u_optics;     // what OPTICS drew
uniform float u_aspect;
uniform float u_murk;           // how much of what is below the water takes, and how much it gives, 0..1
uniform float u_opacity;

void main() {
    vec4 optics = texture(u_optics, v_uv);
    vec3 below = texture(u_source, v_uv - optics.rg * u_opacity * vec2(1.0 / u_aspect, 1.0)).rgb;
    vec3 taken = mix(vec3(1.0), vec3(0.52, 0.86, 0.78), u_murk);
    vec3 mirrored = optics.a * mix(SKY, KEY_LIGHT, smoothstep(0.07, 0.22, optics.a));    // the brightest is the key
    vec3 light = below * taken * optics.b + SCATTERED * u_murk * (0.4 + 0.6 * optics.b) + mirrored;
    f_colour = vec4(mix(below, light, u_opacity), 1.0);
}
#endif
#endif
#endif
#endif
#endif
