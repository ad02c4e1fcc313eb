#version 330 core
// The strangers in the frames of the archive; in the newest whoever stands there, over whoever stood there last.

#include "lib/srgb.glsl"
#include "lib/spline.glsl"
#include "lib/figure.glsl"
#include "lib/picture_light.glsl"

uniform sampler2D u_kept;       // sRGB, tiles: the strangers of this evening, tile 0 the newest
uniform int u_kept_columns;     // tiles in a row
uniform sampler2D u_states;     // a column for each frame: how far its portrait has faded in, 0..1; factor on its light
uniform sampler2D u_prepared;   // whoever stands there: linear light
uniform vec3 u_alignment;
uniform vec4 u_opening;         // of the newest frame
uniform float u_presence;       // 0 nobody .. 1 somebody
uniform float u_even;           // 0..1
uniform float u_breathing;      // factor
uniform float u_breath;         // slow change of the lamp
uniform float u_time;
uniform float u_opacity;

in vec2 v_at;
in vec2 v_place;
flat in int v_frame;
out vec4 f_colour;

const vec3 EMPTY = vec3(0.020, 0.0165, 0.013), GROUND = vec3(0.060, 0.047, 0.036);
const float TILE = 64.0;        // px

vec3 kept_light(vec2 uv, float gain) {
    vec2 tile = vec2(v_frame % u_kept_columns, v_frame / u_kept_columns);
    vec2 inside = clamp(uv, 2.0 / TILE, 1.0 - 2.0 / TILE) + tile;
    return srgb_decode(spline_texture(u_kept, inside * TILE / vec2(textureSize(u_kept, 0))).rgb) * gain;
}

float arrived(Figure figure, float share) {
    return smoothstep(0.0, 0.85, share * 2.0 - 0.55 * min(figure.egg, 1.6) - 0.22 * (figure.smoke + 0.5));
}

// A miniature: the head before umber, the colours a little faded.
vec3 miniature(vec3 light, Figure figure, float seen) {
    float level = dot(light, vec3(0.2126, 0.7152, 0.0722));
    float cool = smoothstep(0.02, 0.40, (light.b - min(light.r, light.g)) / (level + 0.10));
    float colour = 0.52 * (1.0 - cool) * (1.0 - smoothstep(0.90, 1.20, figure.egg));
    vec3 faded = mix(vec3(level), light, colour) * vec3(1.06, 0.99, 0.88) * rim_dimmed(figure, level) * (1.0 - 0.6 * cool);
    return mix(GROUND * (1.15 - 0.55 * length(v_at)), faded, seen);
}

void main() {
    vec2 q = pow(abs(v_at), vec2(2.35));
    if (q.x + q.y > 1.10) discard;
    float own = float(v_frame), pace = 0.62 + 0.11 * fract(own * 0.618);
    float breath = sin(u_time * pace + own * 2.4) + 0.5 * sin(u_time * 0.37 * pace + own * 1.1);
    vec2 at = v_at * (1.0 - 0.007 * u_breathing * breath) + vec2(0.0, 0.004 * u_breathing * breath);
    vec2 uv = u_alignment.xy + (at * vec2(1.55, 1.98) + vec2(0.0, 0.20)) * u_alignment.z;
    vec2 head = (uv - u_alignment.xy) / u_alignment.z;
    Figure figure = figure_at(head, u_time + 40.0 * own);
    float seen = figure_seen(figure, head, uv);
    vec4 state = texelFetch(u_states, ivec2(v_frame, 0), 0);
    vec3 light = EMPTY;
    if (state.x > 0.0) light = mix(light, miniature(kept_light(uv, mix(1.0, state.y, u_even)), figure, seen), arrived(figure, state.x));
    if (v_frame == 0 && u_presence > 0.0) {
        vec3 live = spline_texture(u_prepared, clamp(uv, 0.0, 0.985)).rgb;
        light = mix(light, miniature(live, figure, seen), arrived(figure, u_presence));
    }
    float dim = v_frame == 0 ? 1.0 : 0.80;
    light *= picture_light(v_place, u_opening) * dim * u_breath * (1.0 + 0.012 * u_breathing * breath);
    f_colour = vec4(light * u_opacity, u_opacity);
}
