#version 330 core
// The stranger in the glass. Two entries:
//   PREPARE    newest and previous face blended, in linear light, its exposure evened; as many pixels as the face has
//   (neither)  that, enlarged by a spline, put where the viewer is, lit like the room, without any edge of its own

#include "lib/srgb.glsl"

#ifdef PREPARE
uniform sampler2D u_reflection; // sRGB, row 0 top
uniform sampler2D u_previous;   // the one before
uniform float u_blend;          // 0 previous .. 1 newest
uniform vec3 u_alignment;       // where the eyes are in it: x, y; distance between them
uniform float u_even;           // how far its exposure is evened, 0..1

in vec2 v_uv;
out vec4 f_colour;

vec3 face_at(vec2 uv) {
    return srgb_decode(mix(texture(u_previous, uv).rgb, texture(u_reflection, uv).rgb, u_blend));
}

void main() {
    vec3 mean = vec3(0.0);
    for (int y = 0; y < 3; ++y)
        for (int x = -1; x <= 1; ++x)
            mean += face_at(u_alignment.xy + u_alignment.z * vec2(0.55 * float(x), 0.45 * float(y)));
    float level = dot(mean / 9.0, vec3(0.2126, 0.7152, 0.0722));
    float gain = mix(1.0, clamp(0.30 / max(level, 0.02), 0.6, 2.2), u_even);
    f_colour = vec4(face_at(v_uv) * gain, 1.0);
}
#else
#include "lib/spline.glsl"
#include "lib/noise.glsl"
#include "lib/light.glsl"

uniform sampler2D u_prepared;   // linear light, mipmaps none
uniform vec4 u_put;             // where its picture lies: centre x, y (stage coordinates), 1 / side, roll (rad)
uniform vec3 u_alignment;
uniform float u_aspect;
uniform float u_presence;       // 0 nobody .. 1 somebody
uniform float u_opacity;
uniform float u_feather;        // softness of its edge, 0..1
uniform float u_time;

in vec2 v_uv;
out vec4 f_colour;

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0) - u_put.xy;
    float c = cos(u_put.w), s = sin(u_put.w);
    vec2 uv = vec2(c * place.x + s * place.y, c * place.y - s * place.x) * u_put.z + 0.5;

    // In distances between the eyes, from the point between them: the head is an egg about 1.2 wide and 1.9 high.
    vec2 head = (uv - u_alignment.xy) / u_alignment.z;
    float smoke = fractal(head * 0.9 + vec2(0.0, u_time * 0.05), 3) - 0.5;
    float egg = length((head - vec2(0.0, 0.35)) / vec2(1.35, 1.75));
    float bust = length((head - vec2(0.0, 2.3)) / vec2(2.3, 1.25));
    float figure = min(egg, bust + 0.1) + smoke * 0.35;
    float mask = 1.0 - smoothstep(0.95 - 0.45 * u_feather, 1.0 + 0.9 * u_feather, figure);
    vec2 border = smoothstep(vec2(0.0), vec2(0.10), 0.5 - abs(uv - 0.5) + 0.04 * smoke);
    mask *= border.x * border.y;
    // It gathers from the eyes outward, as breath leaves a pane.
    float arrival = smoothstep(0.0, 0.45, u_presence * 1.55 - 0.45 * egg - 0.5 * (smoke + 0.5));
    mask *= arrival * u_opacity;
    if (mask <= 0.002) discard;

    vec3 light = spline_texture(u_prepared, clamp(uv, 0.0, 1.0)).rgb;
    float level = dot(light, vec3(0.2126, 0.7152, 0.0722));
    float beside = smoothstep(0.75, 1.25, egg);
    light = mix(light, level * vec3(0.85, 0.95, 1.0) * 0.45, beside * 0.85);
    float modelled = 0.62 + 0.62 * smoothstep(1.5, -1.3, dot(head - vec2(0.0, 0.4), vec2(0.75, 0.55)));
    light *= mix(vec3(0.80, 0.92, 1.05), vec3(1.10, 0.98, 0.84), smoothstep(1.2, -1.2, head.x + 0.5 * head.y)) * modelled;
    f_colour = vec4(light * mask, mask);
}
#endif
