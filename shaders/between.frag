#version 330 core
// You and the stranger in one print: the stranger takes over the lights first, then the middle tones, the shadows last.
// Entries:
//   BAKE       the silver's grain, once per stage size: r clumps, g single grains; 0.5 is even
//   LEVEL      one pixel: r how light the viewer's face is, linear
//   CAMERA     the print of both
//   (neither)  the print of the stranger alone, where there is no camera

#ifdef BAKE
#include "lib/noise.glsl"

uniform float u_aspect;

in vec2 v_uv;
out vec4 f_colour;

void main() {
    const mat2 turn = mat2(0.80, 0.60, -0.60, 0.80);                    // so that no two lattices lie alike
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0), turned = turn * place, again = turn * turned;
    float clump = 0.5 * noise(turned * 260.0) + 0.5 * noise(again * 430.0 + 31.0);
    float single = 0.5 * noise(again * 370.0 + 7.0) + 0.5 * noise(turned * 640.0 + 57.0);
    f_colour = vec4(clump, single, 0.5, 1.0);
}
#else
uniform sampler2D u_camera;     // sRGB, row 0 top
uniform float u_camera_aspect;
uniform vec4 u_placement;       // of the viewer's face in it: x, y; distance of the eyes; roll (rad)

out vec4 f_colour;

// Where in the camera's picture a point of the head is. In: distances between the eyes, from the point between them.
vec2 camera_uv(vec2 head) {
    float c = cos(u_placement.w), s = sin(u_placement.w);
    vec2 off = vec2(c * head.x - s * head.y, s * head.x + c * head.y) * u_placement.z;
    return u_placement.xy + off / vec2(u_camera_aspect, 1.0);
}

float camera_level(vec2 uv) {
    vec3 code = texture(u_camera, uv).rgb;
    return dot(code * code, vec3(0.2126, 0.7152, 0.0722));
}

#ifdef LEVEL
void main() {
    float mean = 0.0;
    for (int y = 0; y < 3; ++y)
        for (int x = -1; x <= 1; ++x)
            mean += camera_level(camera_uv(vec2(0.55 * float(x), 0.45 * float(y))));
    f_colour = vec4(mean / 9.0);
}
#else
#include "lib/spline.glsl"
#include "lib/figure.glsl"
#include "lib/paper.glsl"

uniform sampler2D u_source;     // the room, linear light
uniform sampler2D u_prepared;   // the stranger, linear light
uniform sampler2D u_level;      // what LEVEL drew
uniform sampler2D u_clumps;     // what BAKE drew
uniform vec4 u_put;
uniform vec3 u_alignment;
uniform float u_aspect;
uniform float u_share;          // of the stranger, 0..1
uniform float u_presence;
uniform float u_feather;
uniform float u_grain;
uniform float u_even;
uniform float u_time;
uniform float u_opacity;

in vec2 v_uv;

// Tones are square roots of light: about evenly spaced to the eye.
float stranger_tone(vec2 uv, vec2 head, Figure figure, float room) {
    vec3 light = spline_texture(u_prepared, clamp(uv, 0.01, 0.99)).rgb;
    float level = dot(light, vec3(0.2126, 0.7152, 0.0722));
    float cool = smoothstep(0.02, 0.40, (light.b - max(light.r, 0.9 * light.g)) / (level + 0.10));
    float away = 1.0 - 0.25 * smoothstep(0.80, 1.10, figure.egg);
    return mix(room, sqrt(level) * away * mix(1.0, 0.45, cool), figure_seen(figure, head, uv));
}

#ifdef CAMERA
float viewer_tone(vec2 head, float shown, float room) {
    vec2 uv = camera_uv(head);
    vec2 step_uv = 0.7 / vec2(textureSize(u_camera, 0));
    float level = camera_level(uv + step_uv) + camera_level(uv - step_uv);
    level += camera_level(uv + vec2(step_uv.x, -step_uv.y)) + camera_level(uv - vec2(step_uv.x, -step_uv.y));
    float mean = texelFetch(u_level, ivec2(0), 0).r;
    float gain = mix(1.0, clamp(0.30 / max(mean, 0.02), 0.5, 3.0), u_even);
    vec2 within = smoothstep(0.0, 0.12, 0.5 - abs(uv - 0.5));
    float tone = sqrt(level * 0.25 * gain) * mix(0.42, 1.0, shown);     // what is behind lies in shade
    return mix(room, tone, within.x * within.y);
}
#endif

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec3 before = texture(u_source, v_uv).rgb;
    float room = sqrt(dot(before, vec3(0.2126, 0.7152, 0.0722)));
    vec2 uv = face_uv(place, u_put);
    vec2 head = (uv - u_alignment.xy) / u_alignment.z;
    Figure figure = figure_at(head, u_time);
    float shown = figure_shown(figure, u_feather);
    float arrival = smoothstep(0.0, 0.85, u_presence * 2.0 - 0.55 * min(figure.egg, 1.6) - 0.22 * (figure.smoke + 0.5));
    vec2 clumps = texelFetch(u_clumps, ivec2(gl_FragCoord.xy), 0).rg - 0.5;

    float behind = room;
#ifdef CAMERA
    float viewer = viewer_tone(head, 1.0 - smoothstep(0.0, 0.8, figure.outline), room);
    behind = mix(room, viewer, 0.55);                                   // the stranger is given the viewer's shoulders
#endif
    float tone = mix(behind, stranger_tone(uv, head, figure, behind), shown);
#ifdef CAMERA
    // Where both are light goes over first, the shadows of either last; grain by grain, in slow clouds.
    float light = 0.4 * max(tone, viewer) + 0.6 * min(tone, viewer);
    float cloud = tiled(place * 7.0 + vec2(0.013, -0.009) * u_time).g - 0.5;
    float needed = mix(0.90, -0.02, pow(u_share, 0.8)) + 0.34 * clumps.r + 0.30 * cloud;
    tone = mix(viewer, tone, smoothstep(-0.12, 0.12, light - needed));
#endif
    float towards_key = smoothstep(2.2, -2.0, dot(head - vec2(0.0, 0.2), vec2(0.80, 0.45)));
    tone = mix(room, tone * mix(0.72, 1.10, towards_key), arrival);
    tone += u_grain * (clumps.g + 0.5 * clumps.r) * (0.25 + tone * (1.2 - tone) * 2.2);
    f_colour = vec4(mix(before, print_tone(tone) * print_light(place), u_opacity), 1.0);
}
#endif
#endif
