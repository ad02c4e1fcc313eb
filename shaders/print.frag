#version 330 core
// A sheet of paper with a torn edge on dark ground, around the picture on it. relief.frag shades and shows it. Entries:
//   BAKE_HEIGHT   relief: r height above the ground, g what it is, see the constants
//   BAKE_LIGHT    lit: rgb linear light, premultiplied, a 0 where only the picture is seen
// Lengths are widths of the margin unless said otherwise.

const float PICTURE = 0.0, GROUND = 1.0, PAPER = 2.0;

uniform float u_aspect;
uniform vec4 u_opening;         // the picture, stage coordinates
uniform float u_corner;
uniform float u_border;         // width of the margin, stage coordinates

in vec2 v_uv;
out vec4 f_colour;

#include "lib/noise.glsl"
#include "lib/tile.glsl"
#include "lib/shape.glsl"

// Distance to the edge of the emulsion, which was brushed on by hand.
float emulsion(vec2 p) {
    vec4 cloud = tiled(p * 0.7), bristle = tiled(p * 5.0);
    return rounded_box(p, u_opening.zw / u_border, u_corner / u_border) + 0.12 * (cloud.r - 0.5) + 0.07 * (bristle.g - 0.5);
}

#ifdef BAKE_HEIGHT
uniform float u_deckle;         // 0..1

void main() {
    vec2 p = ((v_uv - 0.5) * vec2(u_aspect, 1.0) - u_opening.xy) / u_border;
    vec2 sheet = u_opening.zw / u_border + 1.0;
    vec4 wide = tiled(p * 0.45), torn = tiled(p * 2.6), fibre = vec4(noise(p * 9.0), noise(p * 13.0 + 5.0), fractal(p * 6.0, 3), 0.0);
    float ragged = 0.55 * (wide.b - 0.5) + 0.40 * (torn.b - 0.5) + 0.16 * (fibre.b - 0.5);
    float edge = rounded_box(p, sheet, 0.12) + 0.12 + ragged * u_deckle;
    vec2 corner = max(abs(p) / sheet - 0.72, 0.0) / 0.28;
    float lift = 0.70 * corner.x * corner.y * (p.x * p.y > 0.0 ? 1.0 : 0.45) + 0.10 * wide.g;      // it never lies quite flat
    float thickness = 0.20 * smoothstep(0.02, -0.34 * u_deckle - 0.02, edge) + 0.022 * (fibre.r - 0.5) + 0.03 * (torn.g - 0.5);
    if (edge > 0.0) f_colour = vec4(0.012 * fibre.g * u_border, GROUND, 0.0, 1.0);
    else f_colour = vec4((lift + thickness + 0.05) * u_border, emulsion(p) < 0.0 ? PICTURE : PAPER, 0.0, 1.0);
}
#endif

#ifdef BAKE_LIGHT
#include "lib/light.glsl"
#include "lib/paper.glsl"

uniform sampler2D u_height;     // what BAKE_HEIGHT drew, with mipmaps
uniform sampler2D u_shade;      // see relief.frag

vec3 normal_at(vec2 uv) {
    vec2 texel = 1.0 / vec2(textureSize(u_height, 0));
    float dx = textureLod(u_height, uv + vec2(texel.x, 0.0), 0.0).r - textureLod(u_height, uv - vec2(texel.x, 0.0), 0.0).r;
    float dy = textureLod(u_height, uv + vec2(0.0, texel.y), 0.0).r - textureLod(u_height, uv - vec2(0.0, texel.y), 0.0).r;
    return normalize(vec3(-vec2(dx, dy) / (2.0 * texel.y), 1.0));
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec2 p = (place - u_opening.xy) / u_border;
    float made = textureLod(u_height, v_uv, 0.0).g;
    vec4 shade = textureLod(u_shade, v_uv, 0.0);
    vec4 stain = tiled(p * 0.3), fibre = vec4(noise(p * 7.0), noise(p * 16.0), 0.0, 0.0);
    vec3 lamp = print_light(place);
    if (made == PICTURE) {              // the brush left more silver at its edge; the sheet's slope shades it
        float slope = clamp(1.0 - dot(normal_at(v_uv), KEY) / KEY.z, -0.2, 0.5);
        float rim = smoothstep(-0.22, -0.02, emulsion(p) + 0.10 * (fibre.r - 0.5));
        f_colour = vec4(PAPER_BLACK * 0.6 * lamp * rim, clamp(max(rim * 0.92, 0.30 * slope), 0.0, 1.0));
        return;
    }
    if (made == GROUND) {
        vec3 slate = mix(vec3(0.034, 0.032, 0.031), vec3(0.058, 0.052, 0.046), stain.r) * (0.8 + 0.4 * fibre.g);
        f_colour = vec4(slate * (lamp * (0.25 + 0.75 * shade.r) * 1.1 + KEY_LIGHT * 0.42 * key_pool(place) * shade.r + FILL_LIGHT * 0.05) * mix(0.25, 1.0, shade.g), 1.0);
        return;
    }
    vec3 sheet = PAPER_WHITE * mix(vec3(1.0), vec3(0.93, 0.86, 0.74), 0.35 + 0.65 * stain.g);
    float facing = 0.25 + 0.75 * max(dot(normal_at(v_uv), KEY), 0.0) / KEY.z;
    f_colour = vec4(sheet * lamp * facing * (0.30 + 0.70 * shade.r) * mix(0.4, 1.0, shade.g) * 0.42, 1.0);
}
#endif
