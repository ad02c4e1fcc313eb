#version 330 core
// Marks on the sheet, in ink or in the one red; swatches are washed in.

#include "lib/tile.glsl"
#include "lib/shape.glsl"
#include "lib/sheet.glsl"

uniform sampler2D u_type;       // r letters
uniform vec2 u_resolution;
uniform float u_drawn;          // 0..1
uniform float u_words;          // 0..1
uniform float u_opacity;

in vec2 v_place;
in vec2 v_uv;
flat in vec4 v_geometry;
flat in vec4 v_what;
flat in vec4 v_rest;
out vec4 f_colour;

float stroke() {
    vec2 along = v_geometry.zw - v_geometry.xy, to = v_place - v_geometry.xy;
    float way = max(dot(along, along), 1e-9), away = length(to - along * clamp(dot(to, along) / way, 0.0, 1.0));
    float pixel = 1.0 / u_resolution.y, half_width = max(v_what.x, 0.5 * pixel);
    return clamp((half_width - away) / pixel + 0.5, 0.0, 1.0) * min(1.0, sqrt(v_what.x / (0.5 * pixel)));     // thinner than a pixel is paler
}

void main() {
    float shown = smoothstep(v_what.w, v_what.w + 0.10, u_drawn * 1.10) * smoothstep(0.0, 0.8, u_presence);
    vec4 tooth = tiled(v_place * 45.0);
#ifdef LIGHT
    vec3 colour = mix(vec3(0.62, 0.52, 0.38), vec3(0.95, 0.16, 0.10), v_what.z);      // on dark ground
#else
    vec3 colour = mix(INK, RED, v_what.z);
#endif
    float cover;
    if (v_what.y == 2.0) cover = min(1.0, texture(u_type, v_uv).r * 1.25) * 0.95;
    else if (v_what.y == 1.0) {
        float edge = rounded_box(v_place - v_geometry.xy, v_geometry.zw, 0.002) + 0.0012 * (tooth.r - 0.5);
        float pixel = 1.0 / u_resolution.y;
        cover = smoothstep(pixel, -pixel, edge) * (0.80 + 0.20 * smoothstep(0.006, 0.0, -edge)) * (0.90 + 0.2 * (tooth.g - 0.5));
        colour = v_rest.rgb * 0.92;
    } else cover = stroke() * (0.82 + 0.30 * (tooth.g - 0.35));
    if (v_what.w > 0.60 && v_what.y != 0.0) shown *= u_words;
    float mask = clamp(cover, 0.0, 1.0) * shown * u_opacity;
    if (mask <= 0.002) discard;
#ifdef LIGHT
    f_colour = vec4(colour * mask, mask);
#else
    f_colour = vec4(colour * sheet_light(v_place) * mask, mask);
#endif
}
