#version 330 core
// The room behind you, unsharp and dim, as the back of the glass shows it. Two entries:
//   GATHER     a room of our own on a few pixels, or, with CAMERA, the camera's picture
//   (neither)  that, enlarged by a spline so smooth that it reads as out of focus

#ifdef GATHER
uniform float u_exposure;       // factor on the light

in vec2 v_uv;
out vec4 f_colour;

#ifdef CAMERA
#include "lib/rolled.glsl"
#include "lib/srgb.glsl"

uniform sampler2D u_camera;     // sRGB, row 0 top
uniform vec2 u_fit;             // part of the camera's picture that the glass shows, per direction

vec3 room() {
    vec2 reach = abs(vec2(dFdx(v_uv.x), dFdy(v_uv.y))) * u_fit;
    vec2 centre = (v_uv - 0.5) * u_fit + 0.5;
    vec3 sum = vec3(0.0);
    for (int i = 0; i < rolled(16); ++i)
        sum += srgb_decode(texture(u_camera, centre + reach * (vec2(i % 4, i / 4) - 1.5) * 0.3).rgb);
    return sum / 16.0;
}
#else
#include "lib/noise.glsl"

uniform float u_time;           // s

float pane(vec2 p, vec2 centre, vec2 size) {
    vec2 q = abs(p - centre) - size;
    return smoothstep(0.05, -0.05, max(q.x, q.y));
}

// A tall window far behind on the right, a doorway, lamplight on the ceiling.
vec3 room() {
    vec2 p = v_uv;
    vec3 wall = mix(vec3(0.30, 0.22, 0.15), vec3(0.10, 0.11, 0.13), smoothstep(0.1, 1.3, p.x * 0.8 + p.y * 0.4));
    wall += vec3(0.55, 0.36, 0.18) * exp(-7.0 * dot(p - vec2(0.12, 0.10), p - vec2(0.12, 0.10)));
    wall = mix(wall, vec3(0.15, 0.115, 0.09), smoothstep(0.66, 0.95, p.y));
    wall = mix(wall, vec3(0.035, 0.03, 0.03), pane(p, vec2(0.17, 0.62), vec2(0.10, 0.26)));
    float day = 0.92 + 0.08 * noise(vec2(u_time * 0.05, 3.0));
    vec3 sky = vec3(0.55, 0.70, 0.90) * day;
    wall += sky * pane(p, vec2(0.86, 0.36), vec2(0.055, 0.24)) * (0.68 + 0.22 * pane(p, vec2(0.86, 0.30), vec2(0.05, 0.12)));
    wall += sky * 0.10 * exp(-6.0 * dot(p - vec2(0.86, 0.40), p - vec2(0.86, 0.40)));
    return wall;
}
#endif

void main() {
    f_colour = vec4(room() * u_exposure, 1.0);
}
#else
#include "lib/spline.glsl"

uniform sampler2D u_gathered;   // linear light
uniform float u_opacity;

in vec2 v_local;
out vec4 f_colour;

void main() {
    f_colour = vec4(spline_texture(u_gathered, v_local).rgb, 1.0) * u_opacity;
}
#endif
