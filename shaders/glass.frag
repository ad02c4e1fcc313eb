#version 330 core
// Old mercury glass over what it reflects. Two entries:
//   BAKE       its flaws, once per stage size: r lost silver, g haze, b and a slopes of its waves (0.5 is level)
//   (neither)  the picture seen through them

uniform float u_aspect;
uniform vec4 u_opening;
uniform float u_corner;

in vec2 v_uv;
out vec4 f_colour;

#ifdef BAKE
#include "lib/hash.glsl"
#include "lib/tile.glsl"
#include "lib/shape.glsl"

uniform float u_foxing;         // 0..1

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    float edge = -rounded_box(place - u_opening.xy, u_opening.zw, u_corner);
    float size = u_opening.w;
    float near = 1.0 - clamp(edge / (0.40 * size), 0.0, 1.0);            // 1 at the edge of the glass
    vec4 cloud = tiled(place * 6.0);
    vec2 warped = place + 0.05 * (cloud.ba - 0.5);
    vec4 bloom = tiled(warped * 16.0), fine = tiled(warped * 60.0);
    float creep = smoothstep(0.52, 0.95, near * 0.80 + 1.1 * (bloom.r - 0.5) + 0.6 * (cloud.r - 0.5));
    float speck = smoothstep(0.60, 0.80, fine.g) * smoothstep(0.30, 0.80, near + 1.2 * (cloud.g - 0.5));
    float rim = smoothstep(0.84, 1.0, near + 0.25 * (bloom.b - 0.5));
    float fox = clamp((creep * (0.40 + 1.1 * fine.b) + 0.50 * speck + 0.6 * rim) * u_foxing, 0.0, 1.0);
    float spots = 0.0;
    for (int i = 0; i < 30; ++i) {
        vec2 at = u_opening.xy + (vec2(hash11(uint(3 * i)), hash11(uint(3 * i + 1))) * 2.0 - 1.0) * u_opening.zw;
        float radius = size * (0.003 + 0.008 * pow(hash11(uint(3 * i + 2)), 3.0));
        vec2 off = place - at;
        float away = length(off) / radius * (0.75 + 0.6 * tiled(place * 90.0).r);
        spots = max(spots, (1.0 - smoothstep(0.6, 1.2, away)) * (0.35 + 0.5 * hash11(uint(7 * i + 5))));
    }
    float haze = 0.25 + 0.6 * (cloud.b - 0.5) + 0.45 * near * near + 0.5 * (fine.a - 0.5);
    vec2 waves = tiled(place * vec2(3.1, 2.2)).rg;
    f_colour = vec4(max(fox, spots * u_foxing), clamp(haze, 0.0, 1.0), waves);
}
#else
#include "lib/light.glsl"

const float GRAIN = 0.35;       // how much the silver's own grain is seen in what it reflects

uniform sampler2D u_source;     // linear light
uniform sampler2D u_flaws;      // what BAKE drew
uniform float u_time;
uniform float u_waves;          // how far the picture is bent, in thousandths of the stage's height
uniform float u_haze;           // how much light the glass itself gives, 0..1
uniform float u_opacity;

void main() {
    vec4 flaws = texture(u_flaws, v_uv);
    vec2 bent = v_uv + (flaws.ba - 0.5) * u_waves * u_opacity * vec2(0.002 / u_aspect, 0.002);
    vec3 light = texture(u_source, bent).rgb;
    vec3 ghost = texture(u_source, bent + vec2(0.0055 / u_aspect, 0.0035)).rgb;     // of the front of the pane
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0) - u_opening.xy;
    float from_key = exp(-2.2 * length(place + u_opening.zw) / u_opening.w);
    vec3 glass = (light * 0.93 + ghost * 0.07) * vec3(0.92, 0.96, 0.94);
    glass *= 1.0 + GRAIN * (flaws.g - 0.4);
    glass += (KEY_LIGHT * 0.10 * from_key + FILL_LIGHT * 0.014) * flaws.g * u_haze;
    vec3 lost = vec3(0.012, 0.008, 0.005) + KEY_LIGHT * 0.030 * from_key;
    glass = mix(glass, lost + glass * vec3(0.30, 0.24, 0.18), flaws.r * 0.88);
    f_colour = vec4(mix(light, glass, u_opacity), 1.0);
}
#endif
