#version 330 core
// The stranger in the glass. Two entries:
//   PREPARE    newest and previous face blended, in linear light, its exposure evened; as many pixels as the face has
//   (neither)  that, enlarged by a spline, put where the viewer is, lit like the room, without any edge of its own

#ifdef PREPARE
#include "lib/rolled.glsl"
#include "lib/srgb.glsl"

uniform sampler2D u_reflection; // sRGB, row 0 top
uniform sampler2D u_previous;   // the one before
uniform float u_blend;          // 0 previous .. 1 newest
uniform vec3 u_alignment;       // where the eyes are in it: x, y; distance between them
uniform float u_clarity;        // 0 soft .. 2 crisp
uniform vec2 u_turned;          // how far the head has turned since: yaw, pitch (rad); right and up are positive
uniform vec2 u_turned_before;   // the same for the previous face
uniform float u_late;           // how much of that is shown, 0..1

#include "lib/turned_face.glsl"

in vec2 v_uv;
flat in float v_gain;           // brings the face to a common exposure
out vec4 f_colour;

// One look here, and four beside it for the edges: the spline that enlarges the face also blurs it, and this undoes what
// it can, so that the eyes stay clear. All looks are of one loop, as a driver that draws on the processor compiles anew
// whatever is called from another place.
void main() {
    vec2 texel = 1.0 / vec2(textureSize(u_reflection, 0));
    vec3 middle = vec3(0.0), beside = vec3(0.0);
    for (int i = 0; i < rolled(5); ++i) {
        vec2 near = vec2(i == 1 ? -1 : i == 2 ? 1 : 0, i == 3 ? -1 : i == 4 ? 1 : 0);   // here, left, right, above, below
        vec3 code = code_at(v_uv + texel * near);
        if (i == 0) middle = code;
        else beside += code;
    }
    vec3 crisp = srgb_decode(clamp(middle + u_clarity * (middle - beside * 0.25), 0.0, 1.0));
    f_colour = vec4(crisp * v_gain, 1.0);
}
#else
#include "lib/spline.glsl"
#include "lib/figure.glsl"

const vec3 SHADE = vec3(0.010, 0.0095, 0.009);

uniform sampler2D u_prepared;   // linear light, mipmaps none
uniform vec4 u_put;             // where its picture lies: centre x, y (stage coordinates), 1 / side, roll (rad)
uniform vec3 u_alignment;
uniform float u_aspect;
uniform float u_presence;       // 0 nobody .. 1 somebody
uniform float u_opacity;
uniform float u_feather;        // softness of its edge, 0..1
uniform float u_shoulders;      // how much of neck and shoulders there is under the head, 0..1
uniform float u_sink;           // how far its outline sinks into the dark, 0..1
uniform float u_time;

in vec2 v_uv;
out vec4 f_colour;

void main() {
    vec2 uv = face_uv((v_uv - 0.5) * vec2(u_aspect, 1.0), u_put);
    vec2 head = (uv - u_alignment.xy) / u_alignment.z;
    Figure figure = figure_at(head, u_time);
    figure.bust += 9.0 * (1.0 - u_shoulders);
    figure.outline = min((figure.egg - 1.0) * 1.2, figure.bust);
    float shown = figure_shown(figure, u_feather);
    // It gathers from the eyes outward, as breath leaves a pane.
    float arrival = smoothstep(0.0, 0.85, u_presence * 2.0 - 0.55 * min(figure.egg, 1.6) - 0.22 * (figure.smoke + 0.5));
    float mask = shown * arrival * u_opacity;
    if (mask <= 0.002) discard;

    // Only the head and what is under it are seen; the picture's own background sinks into the dark.
    float seen = figure_seen(figure, head, uv);
    vec3 light = spline_texture(u_prepared, clamp(uv, 0.0, 0.985)).rgb;
    float level = dot(light, vec3(0.2126, 0.7152, 0.0722));
    float cool = smoothstep(0.02, 0.40, (light.b - min(light.r, light.g)) / (level + 0.10));  // nothing is blue by lamplight
    light = mix(light, level * vec3(0.20, 0.17, 0.15), cool);
    light = mix(light, vec3(level), 0.6 * smoothstep(0.95, 1.25, figure.egg));
    float towards_key = smoothstep(1.5, -1.5, dot(head - vec2(0.0, 0.2), vec2(0.80, 0.45)));
    light *= mix(vec3(0.34, 0.42, 0.50), vec3(1.18, 1.02, 0.84), towards_key);
    light *= rim_dimmed(figure, level);
    light *= 1.0 - u_sink * smoothstep(0.35, 1.10, figure.egg);
    f_colour = vec4((light * seen + SHADE) * mask, mask);
}
#endif
