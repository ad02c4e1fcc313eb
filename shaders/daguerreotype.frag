#version 330 core
// A silvered plate and the image on it. Entries:
//   BAKE       its flaws, once per stage size: r tarnish, g scratches (0.5 none, more is bright), b thumb print and
//              polishing lines (0.5 none), a grain of the amalgam (0.5 none)
//   BARE       the plate without an image
//   (neither)  the plate with it
// Silver mirrors where there is no amalgam; amalgam scatters. A mirror that shows the dark makes the image positive, a
// mirror that shows the light makes it negative.

uniform float u_aspect;
uniform vec4 u_opening;

in vec2 v_uv;
out vec4 f_colour;

#ifdef BAKE
#include "lib/noise.glsl"
#include "lib/tile.glsl"
#include "lib/mat.glsl"

uniform float u_tarnish;        // 0..1
uniform float u_wear;           // 0..1
uniform vec2 u_resolution;

// Scratches: thin, slightly bent strokes of different lengths. Out: -1..1, most of the plate 0.
float scratches(vec2 p) {
    float sum = 0.0;
    float width = max(0.0016, 0.9 / (u_resolution.y * u_opening.w));
    for (int i = 0; i < 26; ++i) {
        uint n = uint(i) * 5u;
        vec2 at = (vec2(hash11(n), hash11(n + 1u)) * 2.0 - 1.0) * vec2(u_opening.z / u_opening.w, 1.0);
        float angle = (hash11(n + 2u) - 0.5) * 1.3 + (i % 3 == 0 ? 1.4 : 0.25);
        float reach = 0.06 + 0.50 * pow(hash11(n + 3u), 3.0);
        vec2 along = vec2(cos(angle), sin(angle));
        vec2 q = vec2(dot(p - at, along), dot(p - at, vec2(-along.y, along.x)));
        q.y += 0.05 * q.x * q.x / reach;
        float ends = smoothstep(1.0, 0.4, abs(q.x) / reach);
        float stroke = smoothstep(width, 0.2 * width, abs(q.y)) * ends * (0.25 + 0.75 * hash11(n + 4u)) * sqrt(0.0016 / width);
        sum += (i % 4 == 0 ? -0.45 : 1.0) * stroke;
    }
    return clamp(sum, -1.0, 1.0);
}

// A thumb print: loops of ridges around a core, broken by pores. Out: 0..1.
float thumb(vec2 p) {
    p = mat2(0.80, -0.60, 0.60, 0.80) * p;
    float inside = length(p / vec2(0.115, 0.165));
    vec4 cloud = tiled(p * 20.0);
    vec2 q = p + 0.012 * (cloud.rg - 0.5);
    q.y = q.y > 0.0 ? q.y : 0.62 * q.y;
    float ridge = 0.5 + 0.5 * cos(6.2831853 * length(q * vec2(1.25, 0.8) + vec2(0.006, -0.02)) * 62.0 + 3.0 * cloud.b);
    float broken = smoothstep(0.25, 0.50, tiled(p * 70.0).r);
    float press = smoothstep(1.05, 0.55, inside + 0.35 * (cloud.a - 0.5));
    return press * (0.22 + 0.78 * smoothstep(0.35, 0.75, ridge) * broken);
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0) - u_opening.xy;
    vec2 p = place / u_opening.w;
    float edge = -mat_distance(place, u_opening.zw) / u_opening.w;     // 0 at the mat, about 0.8 in the middle
    vec4 cloud = tiled(p * 2.2), fine = tiled(p * 9.0);
    vec2 tooth = vec2(0.55 * noise(p * 75.0) + 0.45 * noise(p.yx * 150.0), noise(p * 24.0));
    float reach = 0.10 + 0.26 * u_tarnish;
    float from = max(edge + 0.15 * (cloud.r - 0.5) + 0.04 * (fine.g - 0.5) - 0.05 * (p.x - p.y), 0.0) / (0.62 * reach);
    float creep = exp(-from * sqrt(from));
    float spots = smoothstep(0.68, 0.95, fine.b) * smoothstep(0.50, 0.75, cloud.g) * 0.22;
    float tarnish = clamp(max(creep * (1.0 + 0.5 * (fine.g - 0.5) + 0.3 * (tooth.g - 0.5)), spots * smoothstep(0.0, 0.3, edge)) * min(1.0, 2.0 * u_tarnish), 0.0, 1.0);
    float print = thumb(p - vec2(0.37, 0.62));
    vec2 stroke = vec2(p.x, p.y + 0.03 * sin(p.x * 2.1));                // buffed by hand, side to side
    float lines = noise(stroke * vec2(3.0, 130.0)) + noise(stroke * vec2(7.0, 250.0) + 9.0) - 1.0;
    float dim = 0.5 + 0.30 * lines * (1.0 - print) + 0.48 * print * u_wear;
    f_colour = vec4(tarnish, 0.5 + 0.5 * scratches(p) * u_wear, clamp(dim, 0.0, 1.0), tooth.r * 0.6 + fine.a * 0.4);
}
#else
#include "lib/light.glsl"
#include "lib/figure.glsl"

const vec3 SILVER = vec3(0.78, 0.76, 0.72);
const vec3 TARNISH_BLUE = vec3(0.18, 0.24, 0.42);
const vec3 TARNISH_BROWN = vec3(0.45, 0.28, 0.12);

uniform sampler2D u_source;     // the room that the plate mirrors, linear light
uniform sampler2D u_flaws;      // what BAKE drew
uniform float u_tilt;           // degrees
uniform float u_flip_at;        // degrees
uniform float u_presence;       // how far the image is developed, 0..1
uniform float u_time;
uniform float u_breath;         // slow change of the key, about 1
uniform float u_opacity;

#ifndef BARE
#include "lib/spline.glsl"

uniform sampler2D u_prepared;   // linear light
uniform vec4 u_put;
uniform vec3 u_alignment;
uniform float u_feather;
uniform float u_contrast;

// The plate sees blue and green, hardly red. In: linear light. Out: square root of what the plate sees.
float seen_by_plate(vec2 uv) {
    vec3 light = spline_texture(u_prepared, clamp(uv, 0.01, 0.99)).rgb;
    float level = dot(light, vec3(0.20, 0.60, 0.20));
    float cool = smoothstep(0.02, 0.40, (light.b - max(light.r, light.g * 0.9)) / (level + 0.10));
    return sqrt(level * mix(1.0, 0.35, cool));
}

// How much amalgam the image has here, 0..1. In: stage coordinates.
float image(vec2 place) {
    vec2 uv = face_uv(place, u_put);
    vec2 head = (uv - u_alignment.xy) / u_alignment.z;
    Figure figure = figure_at(head, u_time);
    float shown = figure_shown(figure, u_feather);
    float backdrop = 0.13 * exp(-0.14 * dot(head - vec2(-0.5, 0.2), head - vec2(-0.5, 0.2)));
    if (shown <= 0.0) return backdrop;
    float seen = figure_seen(figure, head, uv);
    float tone = seen_by_plate(uv);
    float towards_key = smoothstep(1.6, -1.6, dot(head - vec2(0.0, 0.2), vec2(0.80, 0.45)));
    tone *= mix(0.66, 1.08, towards_key) * (1.0 - 0.30 * smoothstep(0.80, 1.10, figure.egg));
    tone = clamp(tone, 0.0, 1.1);
    float steep = smoothstep(0.16, 1.02, tone);
    tone = mix(tone, mix(steep, smoothstep(0.0, 1.0, steep), 0.5), u_contrast);
    return mix(backdrop, pow(tone, 1.7), seen * shown);
}
#endif

// What the mirror meets at this angle: 0 the dark before it, 1 the light beside it.
float light_met(vec2 p, float wave) {
    float angle = u_tilt + 9.0 * p.x + 3.0 * p.y + 5.0 * (wave - 0.5);
    return smoothstep(u_flip_at - 7.0, u_flip_at + 9.0, abs(angle));
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec2 p = (place - u_opening.xy) / u_opening.w;
    vec4 flaws = texture(u_flaws, v_uv);
    vec3 before = texture(u_source, v_uv).rgb;
    vec3 room = mix(vec3(dot(before, vec3(0.2126, 0.7152, 0.0722))), before, 0.15);    // silver greys what it mirrors
    float met = light_met(p, tiled(p * 0.9).g);
    float grain = flaws.a - 0.5;

    // Bare silver is veiled a little; the image clears it as it develops, shadows first.
    float grease = max(flaws.b - 0.62, 0.0) * 0.55;
    float veil = 0.16 + 0.05 * (tiled(p * 1.7 + vec2(0.0, u_time * 0.02)).b - 0.5);
    float amalgam = veil;
#ifndef BARE
    float developed = image(place);
    float limit = 0.10 + 1.2 * u_presence * u_presence * u_presence;    // highlights come last
    amalgam = mix(veil, limit * (1.0 - exp(-developed / limit)) * mix(1.0, 1.22, u_presence), smoothstep(0.0, 0.4, u_presence));
#endif
    amalgam = clamp(amalgam + (0.10 * amalgam * (1.2 - amalgam) + 0.012) * 2.0 * grain, 0.0, 1.0);
    amalgam = mix(amalgam, 0.40, grease) * (1.0 - 0.55 * max(flaws.g - 0.5, 0.0));

    float polish = flaws.b - 0.5;
    float lamp = key_pool(place) * u_breath;
    vec3 dark = 0.010 + 0.55 * room * SILVER;
    float fall = exp(-0.8 * dot(p - vec2(-0.25, -0.35), p - vec2(-0.25, -0.35)));
    vec3 bright = SILVER * mix(vec3(1.0), KEY_LIGHT, 0.30) * (0.17 + 0.38 * fall);
    vec3 mirror = mix(dark, bright, met) * (1.0 + 0.55 * polish) + SILVER * 0.035 * max(polish, 0.0) * lamp;
    vec3 scatter = SILVER * mix(vec3(1.0), KEY_LIGHT, 0.25) * mix(0.76, 0.07, met) * lamp;
    vec3 light = mix(mirror, scatter, mix(amalgam, 1.0 - pow(1.0 - amalgam, 3.0), met));
    light += SILVER * mix(0.20, 0.35, met) * (flaws.g - 0.5) * (0.4 + lamp);

    // Silver sulphide: a film that turns from straw over brown to blue as it thickens.
    vec3 film = mix(vec3(1.0), vec3(0.88, 0.76, 0.56), smoothstep(0.02, 0.24, flaws.r));
    film = mix(film, TARNISH_BROWN * 1.3, smoothstep(0.14, 0.46, flaws.r));
    film = mix(film, mix(TARNISH_BROWN, TARNISH_BLUE, 0.6) * 1.1, smoothstep(0.40, 0.60, flaws.r));
    film = mix(film, TARNISH_BLUE * vec3(1.1, 1.05, 0.9), smoothstep(0.54, 0.80, flaws.r));
    film *= 1.0 - 0.5 * smoothstep(0.75, 1.0, flaws.r);
    light *= film;
    light += TARNISH_BLUE * 0.03 * smoothstep(0.45, 0.9, flaws.r) * lamp;
    f_colour = vec4(max(mix(before, light, u_opacity), 0.0), 1.0);
}
#endif
