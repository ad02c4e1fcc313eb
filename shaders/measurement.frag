#version 330 core
// The sheet of paper that the measurement is drawn on. Entries:
//   BAKE       the paper, once per stage size: rgb square root of its colour
//   (neither)  that, under the lamp

uniform float u_aspect;

in vec2 v_uv;
out vec4 f_colour;

#ifdef BAKE
#include "lib/tile.glsl"
#include "lib/noise.glsl"
#include "lib/shape.glsl"

const vec3 SHEET = vec3(0.93, 0.90, 0.83);

uniform float u_stains;         // 0..1
uniform vec2 u_resolution;

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec4 broad = tiled(place * 1.3), cloud = tiled(place * 4.0 + 3.0), fibre = tiled(vec2(place.x * 30.0 + 9.0 * place.y, place.y * 90.0));
    vec3 colour = SHEET * (0.965 + 0.05 * (cloud.r - 0.5) + 0.07 * (fibre.g - 0.5) + 0.03 * (noise(place * u_resolution.y * 0.5) - 0.5));
    float foxed = smoothstep(0.60, 0.86, cloud.b) * smoothstep(0.45, 0.70, broad.r);
    float rim = smoothstep(0.10, -0.02, min(0.5 * u_aspect - abs(place.x), 0.5 - abs(place.y)) + 0.05 * (broad.g - 0.5));
    colour *= mix(vec3(1.0), vec3(0.80, 0.66, 0.46), u_stains * clamp(0.55 * foxed + 0.75 * rim + 0.18 * broad.b, 0.0, 1.0));
    // The plate pressed its edge into the sheet.
    float plate = rounded_box(place, vec2(0.5 * u_aspect, 0.5) - 0.042, 0.012);
    vec2 outward = vec2(0.5 * u_aspect, 0.5) - abs(place);
    float towards = outward.x < outward.y ? sign(place.x) : sign(place.y);
    colour *= 1.0 - 0.16 * towards * exp(-pow((plate + 0.003) / 0.0022, 2.0)) + 0.08 * towards * exp(-pow((plate - 0.002) / 0.002, 2.0));
    colour *= mix(1.0, 0.975, smoothstep(0.002, -0.002, plate));       // a film of ink that the wiping left
    f_colour = vec4(sqrt(colour), 1.0);
}
#else
#include "lib/sheet.glsl"

uniform sampler2D u_paper;      // what BAKE drew
uniform float u_opacity;

void main() {
    vec3 code = texelFetch(u_paper, ivec2(gl_FragCoord.xy), 0).rgb;
    f_colour = vec4(code * code * sheet_light((v_uv - 0.5) * vec2(u_aspect, 1.0)), 1.0) * u_opacity;
}
#endif
