#version 330 core
// An opened case of leather on dark cloth: on the right its tray with a brass mat, on the left its lid with a velvet
// cushion. relief.frag shades and shows it. Entries, once per stage size:
//   BAKE_HEIGHT   relief: r height above the cloth, g what it is made of, see the constants
//   BAKE_LIGHT    lit: rgb linear light, premultiplied, a 0 where only the plate is seen
// Lengths are widths of the mat unless said otherwise.

const float PLATE = 0.0, CLOTH = 1.0, LEATHER = 2.0, VELVET = 3.0, BRASS_FOIL = 4.0, BRASS_MAT = 5.0;

uniform float u_aspect;
uniform vec4 u_opening;         // of the mat, stage coordinates
uniform float u_border;         // width of the mat at its narrowest, stage coordinates

in vec2 v_uv;
out vec4 f_colour;

#include "lib/noise.glsl"
#include "lib/tile.glsl"
#include "lib/mat.glsl"

#ifdef BAKE_HEIGHT
#include "lib/shape.glsl"
#include "lib/acanthus.glsl"

float leaf_at(vec2 p, vec2 base, float angle, float reach, float width, float bend, float lobes) {
    vec2 along = vec2(cos(angle), sin(angle));
    vec2 q = p - base;
    return acanthus(vec2(dot(q, along), dot(q, vec2(-along.y, along.x))) / reach, width, bend, lobes);
}

float groove(float d, float at, float width) {
    float x = (d - at) / width;
    return exp(-x * x);
}

// A spray of leaves for one quarter; p from the corner, x and y inwards, in units of the spray's length.
float spray(vec2 p) {
    vec2 q = p.x > p.y ? p : p.yx;
    float h = leaf_at(q, vec2(0.10, 0.10), 0.785, 0.42, 0.30, 0.0, 4.5);
    h = max(h, leaf_at(q, vec2(0.12, 0.06), 0.26, 0.62, 0.22, -0.20, 5.5));
    h = max(h, leaf_at(q, vec2(0.40, 0.07), 0.02, 0.62, 0.14, 0.20, 5.5));
    return max(h, 0.7 * volute((q - vec2(0.60, 0.26)) / 0.09, 1.4, 1.0));
}

// Mat, foil and wall of the tray. Out: height, material.
vec2 tray(vec2 p, vec2 mat_half) {
    float hole = mat_distance(p, u_opening.zw / u_border);
    float sheet = rounded_box(p, mat_half, 0.05);
    float foil = rounded_box(p, mat_half + 0.20, 0.10);
    float wall = rounded_box(p, mat_half + 0.68, 0.16);
    if (hole < 0.0) return vec2(0.30, PLATE);
    if (sheet < 0.0) {
        float h = 0.60 - 0.20 * smoothstep(0.09, 0.0, hole);            // bevel towards the plate
        h -= 0.035 * groove(hole, 0.17, 0.018) + 0.022 * groove(hole, 0.225, 0.012);
        h -= 0.03 * groove(-sheet, 0.14, 0.016);
        vec2 corner = mat_half - abs(p);
        float chased = spray((corner - 0.17) / 1.25) * smoothstep(0.26, 0.34, hole);
        h += 0.050 * chased;
        float ground = smoothstep(0.26, 0.30, hole) * smoothstep(-0.16, -0.20, sheet) * step(chased, 0.01);
        h += 0.010 * (fractal(mat2(0.8, 0.6, -0.6, 0.8) * p * 15.0, 2) - 0.5) * (0.15 + 0.85 * ground);   // stippled between the lines
        return vec2(h, BRASS_MAT);
    }
    if (foil < 0.0) {
        float across = clamp(sheet / 0.20, 0.0, 1.0);
        vec2 q = abs(p) - mat_half;
        float along = q.x > q.y ? p.y : p.x;
        float bead = abs(fract(along / 0.13) - 0.5) * 2.0;
        float h = 0.66 + 0.10 * sqrt(max(1.0 - pow(across * 2.0 - 1.0, 2.0), 0.0));
        return vec2(h + 0.05 * smoothstep(0.9, 0.1, bead) * smoothstep(0.45, 0.25, abs(across - 0.5)), BRASS_FOIL);
    }
    if (foil < 0.10) return vec2(0.20, VELVET);
    if (wall < 0.0) {
        float across = clamp(-wall / 0.36, 0.0, 1.0) * 2.0 - 1.0;
        float h = 0.98 + 0.16 * sqrt(max(1.0 - across * across, 0.0)) - 0.025 * groove(across, 0.30, 0.07) - 0.025 * groove(across, -0.30, 0.07);
        return vec2(h + 0.030 * (tiled(p * 9.0).g - 0.5) + 0.022 * (noise(p * 16.0) - 0.5), LEATHER);
    }
    return vec2(0.0, CLOTH);
}

// The lid: a cushion with a pressed figure, in a wall of leather.
vec2 lid(vec2 p, vec2 half_size) {
    float wall = rounded_box(p, half_size, 0.16);
    float pad = rounded_box(p, half_size - 0.40, 0.30);
    if (wall > 0.0) return vec2(0.0, CLOTH);
    if (pad > 0.0) {
        float across = clamp(-wall / 0.38, 0.0, 1.0) * 2.0 - 1.0;
        float h = 0.80 + 0.16 * sqrt(max(1.0 - across * across, 0.0)) - 0.025 * groove(across, 0.30, 0.07) - 0.025 * groove(across, -0.30, 0.07);
        return vec2(h + 0.030 * (tiled(p * 9.0).g - 0.5) + 0.022 * (noise(p * 16.0) - 0.5), LEATHER);
    }
    vec2 inner = half_size - 0.40;
    float h = 0.45 + 0.42 * sqrt(clamp(-pad / 1.1, 0.0, 1.0)) + 0.10 * clamp(-pad / 3.0, 0.0, 1.0);
    float figure = spray((inner - 0.42 - abs(p)) / 1.75);
    float line = groove(-pad, 0.34, 0.035) + 0.7 * groove(-pad, 0.44, 0.025);
    vec2 q = vec2(abs(p.x), abs(p.y) * 0.8);
    float rose = max(leaf_at(q, vec2(0.10, 0.0), 0.0, 1.10, 0.26, 0.0, 4.5), leaf_at(q, vec2(0.0, 0.10), 1.57, 1.10, 0.26, 0.0, 4.5));
    rose = max(rose, leaf_at(q, vec2(0.10, 0.10), 0.785, 0.95, 0.26, 0.0, 4.5));
    rose = max(rose, sqrt(max(1.0 - dot(q, q) / 0.05, 0.0)));
    h -= 0.10 * max(max(figure, rose), 0.8 * line);
    return vec2(h + 0.012 * (noise(p * 24.0) - 0.5), VELVET);
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec2 p = (place - u_opening.xy) / u_border + (tiled(place * 7.0).rg - 0.5) * 0.03;
    vec2 mat_half = u_opening.zw / u_border + vec2(1.0, 0.95);
    vec2 half_size = mat_half + 0.68;
    vec2 made = tray(p, mat_half);
    vec2 shut = lid(p + vec2(2.0 * half_size.x + 0.16, 0.0), half_size);
    if (shut.x > made.x) made = shut;
    float strap = rounded_box(p + vec2(half_size.x + 0.08, 0.0), vec2(0.12, half_size.y - 0.15), 0.05);
    if (strap < 0.0 && made.x < 0.55) made = vec2(0.55 + 0.05 * (tiled(p * 12.0).r - 0.5), LEATHER);      // the spine
    if (made.y == CLOTH) made.x = 0.05 * tiled(p * 0.35).r + 0.012 * tiled(p * 14.0).g;
    f_colour = vec4(made.x * u_border, made.y, 0.0, 1.0);
}
#endif

#ifdef BAKE_LIGHT
#include "lib/light.glsl"

const vec3 BRASS = vec3(0.62, 0.47, 0.22);

uniform sampler2D u_height;     // what BAKE_HEIGHT drew, with mipmaps
uniform sampler2D u_shade;      // see relief.frag
uniform float u_wear;           // 0..1

vec3 normal_at(vec2 uv) {
    vec2 texel = 1.0 / vec2(textureSize(u_height, 0));
    float dx = textureLod(u_height, uv + vec2(texel.x, 0.0), 0.0).r - textureLod(u_height, uv - vec2(texel.x, 0.0), 0.0).r;
    float dy = textureLod(u_height, uv + vec2(0.0, texel.y), 0.0).r - textureLod(u_height, uv - vec2(0.0, texel.y), 0.0).r;
    return normalize(vec3(-vec2(dx, dy) / (2.0 * texel.y), 1.0));
}

// Sheet brass: dull between the lines, bright where a finger has polished it, brown where none has.
vec3 brass(vec2 p, vec3 n, float key, float open, float proud, float polish) {
    vec4 coarse = tiled(p * 0.9), fine = tiled(p * 6.0);
    float aged = clamp(0.55 * coarse.r + 0.75 * (1.0 - open) + 0.5 * (fine.g - 0.5) - 0.6 * (proud - 0.5), 0.0, 1.0) * u_wear;
    vec3 metal = mix(BRASS, BRASS * vec3(0.42, 0.34, 0.28), aged);
    vec3 bounce = reflect(vec3(0.0, 0.0, -1.0), n);
    float to_key = max(dot(bounce, KEY), 0.0);
    float spot = pow(to_key, mix(5.0, 26.0, polish)) * mix(0.36, 1.3, polish) * (1.0 - 0.6 * aged);
    float streak = (p.x * 0.5 + p.y + 2.6 + 1.2 * (coarse.g - 0.5)) / 2.4;     // sheet metal is never quite flat
    vec3 lit = KEY_LIGHT * key * (0.18 * max(dot(n, KEY), 0.0) + spot * (0.7 + 0.8 * exp(-streak * streak)));
    float window = pow(max(dot(bounce, normalize(vec3(0.80, -0.10, 0.45))), 0.0), 4.0);
    return metal * (lit + FILL_LIGHT * (0.06 + 0.45 * window) * open) * mix(0.3, 1.0, open);
}

vec3 leather(vec2 p, vec3 n, float key, float open, float proud) {
    vec4 coarse = tiled(p * 0.8), fine = tiled(p * 5.0);
    float rubbed = smoothstep(0.62, 0.95, proud + 0.6 * (coarse.g - 0.5) + 0.5 * (fine.r - 0.5)) * u_wear;
    vec3 hide = mix(vec3(0.030, 0.017, 0.011), vec3(0.10, 0.048, 0.024), rubbed);
    float gloss = pow(max(dot(reflect(vec3(0.0, 0.0, -1.0), n), KEY), 0.0), 14.0) * 0.22;
    return KEY_LIGHT * key * (hide * max(dot(n, KEY), 0.0) + gloss * (0.4 + 0.6 * fine.a)) + FILL_LIGHT * hide * 0.30 * open;
}

// Pile stands up: dark from above, light along the slopes that turn to the key.
vec3 velvet(vec2 p, vec3 n, float key, float open) {
    vec4 coarse = tiled(p * 0.7);
    float pile = noise(p * 26.0);
    float slope = 1.0 - n.z;
    float towards = max(dot(normalize(n.xy + 1e-4), normalize(KEY.xy)), 0.0);
    vec3 dye = mix(vec3(0.042, 0.0125, 0.013), vec3(0.058, 0.020, 0.017), coarse.r) * (0.7 + 0.6 * pile);
    float sheen = smoothstep(0.0, 0.45, slope) * (0.25 + 0.75 * towards);
    return dye * (KEY_LIGHT * key * (0.30 + 0.35 * coarse.g + 2.2 * sheen) + FILL_LIGHT * (0.20 + 0.5 * sheen) * open);
}

vec3 cloth(vec2 p, float key, float open) {
    vec4 stain = tiled(p * 0.25);
    float weave = tiled(vec2(p.x * 40.0, p.y * 7.0)).r + tiled(vec2(p.x * 7.0, p.y * 40.0)).g - 1.0;
    vec3 wool = mix(vec3(0.020, 0.030, 0.028), vec3(0.034, 0.046, 0.040), stain.r) * (1.0 + 0.7 * weave);
    return wool * (KEY_LIGHT * 0.85 * key + FILL_LIGHT * 0.30 * open);
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec2 p = (place - u_opening.xy) / u_border;
    float made = textureLod(u_height, v_uv, 0.0).g;
    vec4 shade = textureLod(u_shade, v_uv, 0.0);
    float key = shade.r * key_pool(place);
    vec3 n = normal_at(v_uv);
    vec3 light;
    if (made == PLATE) {                // on the plate lie the mat's shadow and its own reflection in the silver
        float hole = -mat_distance(p, u_opening.zw / u_border);
        float under = (1.0 - shade.r) * 0.80 * smoothstep(0.9, 0.0, hole);
        float line = smoothstep(0.16, 0.05, hole);
        f_colour = vec4(BRASS * KEY_LIGHT * 0.05 * line * key_pool(place), max(under, 0.55 * line));
        return;
    }
    if (made == BRASS_MAT) light = brass(p, n, key, shade.g, shade.b, 0.25);
    else if (made == BRASS_FOIL) light = brass(p, n, key, shade.g, shade.b, 0.8);
    else if (made == LEATHER) light = leather(p, n, key, shade.g, shade.b);
    else if (made == VELVET) light = velvet(p, n, key, shade.g);
    else light = cloth(p, key, shade.g);
    f_colour = vec4(light, 1.0);
}
#endif
