#version 330 core
// One flower or petal of narcissus per instance: flowers first, where the composition wants them, then loose petals
// along the rim. They drift, turn and bob a little. SHADOW puts their shadows where the key throws them.

#include "lib/hash.glsl"
#include "lib/light.glsl"

uniform float u_aspect;
uniform float u_time;           // s
uniform float u_drift;          // factor
uniform float u_size;           // radius of a flower, stage heights
uniform int u_flowers;

// Across and down from the middle to the rim (-1..1), size, turn (rad).
const vec4 FLOWERS[8] = vec4[](
    vec4(-0.80, 0.74, 1.12, 0.30), vec4(0.86, -0.70, 0.86, 1.30), vec4(-0.55, 0.90, 0.84, 2.20), vec4(0.90, 0.80, 0.95, 0.90),
    vec4(-0.93, 0.40, 0.72, 1.70), vec4(0.64, -0.92, 0.70, 0.10), vec4(-0.88, -0.82, 0.66, 2.60), vec4(0.66, 0.93, 0.64, 1.10)
);

out vec2 v_local;               // the flower's radius is 1; turned with it
out vec2 v_place;               // stage coordinates of this point
flat out float v_turn;          // rad
flat out float v_seed;
flat out float v_is_flower;

// A slow wander that never comes back: sines whose rates have no common measure.
float wander(float seed, float time) {
    return sin(time * 0.171 + seed * 6.28) + 0.6 * sin(time * 0.0937 + seed * 17.0) + 0.4 * sin(time * 0.2713 + seed * 41.0);
}

void main() {
    uint n = uint(gl_InstanceID) * 11u + 3u;
    bool is_flower = gl_InstanceID < u_flowers;
    float time = u_time * u_drift;
    float seed = hash11(n);
    vec4 home = FLOWERS[min(gl_InstanceID, 7)];
    if (!is_flower) {
        float angle = 6.2831853 * (float(gl_InstanceID - u_flowers) * 0.381966 + 0.16 * hash11(n + 1u) + 0.05);
        vec2 around = vec2(cos(angle), sin(angle));
        around /= pow(pow(abs(around.x), 3.0) + pow(abs(around.y), 3.0), 1.0 / 3.0);
        home = vec4(around * (0.80 + 0.17 * hash11(n + 2u)), 0.80 + 0.40 * hash11(n + 3u), 6.2831853 * hash11(n + 4u));
    }
    float narrow = min(1.0, u_aspect * 1.1);
    vec2 centre = home.xy * vec2(0.5 * u_aspect, 0.5);
    centre += (is_flower ? 0.006 : 0.016) * vec2(wander(hash11(n + 5u), time), wander(hash11(n + 6u), time * 0.87));
    v_turn = home.w + (is_flower ? 0.05 : 0.25) * wander(hash11(n + 7u), time * 0.8);
    v_seed = seed;
    v_is_flower = is_flower ? 1.0 : 0.0;
    float tipped = 0.80 + 0.16 * hash11(n + 8u);     // seen from the side a little
    float reach = u_size * narrow * home.z;
#ifdef SHADOW
    centre += -KEY.xy / KEY.z * 0.026 * (is_flower ? 1.0 : 0.5);
#endif
    vec2 extent = is_flower ? vec2(1.04) : vec2(0.54, 0.46);
#ifdef SHADOW
    extent += is_flower ? 0.14 : 0.40;
#endif
    v_local = (vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0) * extent;
    float c = cos(v_turn), s = sin(v_turn);
    vec2 turned = vec2(c * v_local.x - s * v_local.y, c * v_local.y + s * v_local.x);
    v_place = centre + turned * vec2(1.0, tipped) * reach;
    gl_Position = vec4(v_place * vec2(2.0 / u_aspect, 2.0), 0.0, 1.0);
}
