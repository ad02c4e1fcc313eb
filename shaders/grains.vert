#version 330 core
// One small rectangle for each grain that has come loose, where it has drifted to.

#include "lib/hash.glsl"
#include "lib/loose.glsl"

uniform sampler2D u_source;
uniform vec2 u_cells;           // grains across and down
uniform vec3 u_patch;           // which of them are drawn: the first, across and down; how many across
uniform float u_aspect;
uniform float u_amount;         // 0..1
uniform float u_drift;          // stage heights
uniform float u_rise;           // -1 down .. 1 up
uniform float u_halftone;       // 0..1
uniform float u_time;
uniform vec2 u_resolution;

out vec2 v_at;                  // -1..1 within the grain
flat out vec3 v_light;
flat out float v_cover;
flat out float v_pixel;         // size of a pixel in grains

void main() {
    ivec2 cell = ivec2(u_patch.xy) + ivec2(gl_InstanceID % int(u_patch.z), gl_InstanceID / int(u_patch.z));
    vec2 own = hash22(cell + ivec2(5, 9)), home = (vec2(cell) + 0.15 + 0.7 * hash22(cell)) / u_cells;
    float way = loose(home * vec2(u_aspect, 1.0), u_cells.y, u_amount);
    v_light = textureLod(u_source, home, 0.0).rgb;
    vec2 flow = tiled(home * vec2(u_aspect, 1.0) * 1.7 + vec2(0.02, 0.03) * u_time).gb - 0.5;
    vec2 course = normalize(flow + 0.5 * (own - 0.5) + vec2(0.0, 1e-4)) * (1.0 - abs(u_rise)) + vec2(2.0 * flow.x, -1.0) * u_rise;
    vec2 place = (home - 0.5) * vec2(u_aspect, 1.0) + course * u_drift * way * way * (0.5 + own.x);
    float level = sqrt(clamp(dot(v_light, vec3(0.2126, 0.7152, 0.0722)), 0.0, 1.0));
    float radius = 0.66 / u_cells.y * mix(1.0, 0.25 + 0.95 * level, u_halftone * smoothstep(0.0, 0.3, way)) * (1.0 - 0.6 * way);
    v_cover = smoothstep(0.0, 0.08, way) * (1.0 - smoothstep(0.55, 1.0, way));
    v_pixel = 1.0 / (u_resolution.y * radius);
    v_at = (vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0) * (1.0 + v_pixel);
    bool is_seen = v_cover > 0.004 && radius * u_resolution.y > 0.25;
    gl_Position = is_seen ? vec4((place + v_at * radius) / vec2(u_aspect, 1.0) * 2.0, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
}
