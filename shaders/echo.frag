#version 330 core
// Where the stranger is not the viewer. Entries, all of which add light:
//   (neither)  the viewer's outline, a thin line with a glow
//   VEIL       what falls from it to the stranger's own feature
//   HALO       the hue in which the viewer's colour differs

uniform float u_heard;          // 0 nothing was compared .. 1
uniform float u_presence;
uniform float u_opacity;

out vec4 f_colour;

#ifdef HALO
uniform float u_tints;

in vec2 v_local;
flat in vec3 v_light;

void main() {
    float soft = max(1.0 - dot(v_local, v_local), 0.0);
    f_colour = vec4(v_light * soft * soft * soft * u_tints * u_heard * smoothstep(0.4, 1.0, u_presence) * u_opacity, 0.0);
}
#else
#include "lib/tile.glsl"

const vec3 MOON = vec3(0.62, 0.80, 1.00);

uniform float u_line, u_veil, u_width;
uniform float u_time;           // s
uniform vec2 u_resolution;

in vec2 v_place;
in float v_across;
in float v_parted;
flat in float v_repeat;

void main() {
    // Breath on a pane is never even, and never still.
    float time = u_time - 1.7 * v_repeat;
    float breath = tiled(v_place * 2.3 + vec2(0.013, -0.021) * time).r * 0.7 + tiled(v_place * 9.0 - vec2(0.0, 0.02) * time).g * 0.3;
    float held = 0.2 + 0.8 * smoothstep(0.32, 0.70, breath + 0.12 * v_parted);
    float light = v_parted * held * u_heard * smoothstep(0.4, 1.0, u_presence) * u_opacity;
#ifdef VEIL
    float falls = (1.0 - v_across) * (1.0 - v_across);
    f_colour = vec4(MOON * light * u_veil * 0.22 * falls, 0.0);
#else
    float away = abs(v_across) * 16.0;                      // half breadths
    float thick = max(1.0, 0.6 / (u_width * u_resolution.y));      // thinner than a pixel is paler
    float core = exp(-0.5 * away * away / (thick * thick)) / thick;
    float glow = 0.13 * exp(-0.028 * away * away) * (1.0 - smoothstep(0.7, 1.0, abs(v_across)));
    f_colour = vec4(MOON * light * u_line * (core + glow) * pow(0.42, v_repeat), 0.0);
#endif
}
#endif
