#version 330 core
// One mote of dust per instance: where it drifts at this moment, how large and how bright it is.

#include "lib/hash.glsl"

uniform float u_aspect;
uniform vec2 u_resolution;      // px
uniform float u_time;           // s
uniform float u_speed;

out vec2 v_local;
out float v_light;

// A slow wander that never comes back: three sines whose rates have no common measure.
float wander(float seed, float time) {
    return sin(time * 0.131 + seed * 6.28) + 0.6 * sin(time * 0.0837 + seed * 17.0) + 0.4 * sin(time * 0.2113 + seed * 41.0);
}

void main() {
    uint n = uint(gl_InstanceID) * 7u;
    vec2 home = vec2(hash11(n), hash11(n + 1u));
    float depth = hash11(n + 2u);
    float time = u_time * u_speed;
    vec2 at = home + vec2(0.035 * wander(hash11(n + 3u), time), 0.05 * wander(hash11(n + 4u), time * 0.8));
    at = fract(at + vec2(0.004, -0.0022) * time * (0.4 + depth));
    // The beam of the key comes from the upper left; a mote shines while it is in it.
    float across = dot((at - vec2(0.34, 0.40)) * vec2(u_aspect, 1.0), vec2(0.53, -0.85));
    float beam = exp(-14.0 * across * across) * smoothstep(1.05, 0.15, at.x + 0.35 * at.y);
    vec2 edge = smoothstep(vec2(0.0), vec2(0.06), 0.5 - abs(at - 0.5));
    float turn = 0.55 + 0.45 * sin(time * (0.3 + hash11(n + 5u)) + 6.28 * hash11(n + 6u));
    v_light = beam * edge.x * edge.y * turn * (0.25 + 0.75 * depth * depth);
    v_local = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
    float radius = max(0.0011 + 0.0022 * depth * depth, 0.8 / u_resolution.y);
    vec2 position = at * 2.0 - 1.0 + v_local * radius * 2.0 * vec2(1.0 / u_aspect, 1.0);
    gl_Position = v_light < 0.01 ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(position, 0.0, 1.0);
}
