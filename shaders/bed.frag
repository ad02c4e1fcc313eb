#version 330 core
// The bed of the pool: stones at the rim that sink into the dark. Two entries:
//   BAKE       stones, lit by the key through the water, once per stage size: linear light
//   (neither)  that, every frame

in vec2 v_uv;
out vec4 f_colour;

#ifdef BAKE
#include "lib/hash.glsl"
#include "lib/tile.glsl"
#include "lib/light.glsl"
#include "lib/pool.glsl"
#include "lib/rolled.glsl"

const float SLOPE_STEP = 0.0015;    // stage heights over which a slope is measured

uniform float u_aspect;
uniform float u_stones;             // breadth of the larger stones, stage heights
uniform float u_clear;              // how far one sees down, 0..1

struct Stone {
    float height;                   // 0 between stones, 1 on top
    float name;                     // a number of its own, 0..1
};

// Stones that lie close: cells around jittered points (Worley 1996), domed from their border upward.
Stone stone_at(vec2 p, int layer) {
    ivec2 cell = ivec2(floor(p));
    float nearest = 9.0, second = 9.0, name = 0.0;
    for (int i = 0; i < rolled(9); ++i) {
        ivec2 at = cell + ivec2(i % 3, i / 3) - 1;
        vec2 jitter = hash22(at + layer * 97);
        float size = 0.72 + 0.5 * hash21(at + layer * 131);
        vec2 off = p - vec2(at) - 0.12 - 0.76 * jitter;
        float turn = 6.2831853 * hash21(at - layer * 53);
        off = vec2(cos(turn) * off.x + sin(turn) * off.y, cos(turn) * off.y - sin(turn) * off.x);
        float far = length(off * vec2(0.82, 1.18)) / size;
        if (far < nearest) {
            second = nearest;
            nearest = far;
            name = hash21(at + layer * 211);
        } else if (far < second) {
            second = far;
        }
    }
    float in_from_border = clamp(min((second - nearest) / 0.36, 1.35 - 2.0 * nearest), 0.0, 1.0);
    return Stone(sqrt(in_from_border * (2.0 - in_from_border)), name);
}

// Large stones over gravel; x height in stage heights, y which stone, z how far it is a large one.
vec3 bed_at(vec2 place) {
    vec2 warped = place + 0.016 * (tiled(place * 7.0).rg - 0.5);
    Stone large = stone_at(warped / u_stones, 1);
    Stone small = stone_at(warped / u_stones * 2.7 + 5.0, 2);
    float lies = smoothstep(0.28, 0.36, large.name);       // not every place has a large one
    float tooth = 0.012 * (tiled(place * 45.0).b - 0.5);
    float raised = lies * large.height, gravel = 0.34 * small.height;
    bool is_large = raised > gravel;
    return vec3(u_stones * (0.50 * max(raised, gravel) + tooth), is_large ? large.name : small.name, is_large);
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec3 here = bed_at(place);
    float right = bed_at(place + vec2(SLOPE_STEP, 0.0)).x, below = bed_at(place + vec2(0.0, SLOPE_STEP)).x;
    vec3 normal = normalize(vec3(here.x - right, here.x - below, SLOPE_STEP * 1.3));
    vec4 cloud = tiled(place * 2.6), fine = tiled(place * 30.0);

    vec3 grey = mix(vec3(0.16, 0.17, 0.16), vec3(0.40, 0.36, 0.29), here.y);
    vec3 stone = mix(grey, vec3(0.30, 0.20, 0.12), smoothstep(0.70, 0.95, fract(here.y * 7.3)));
    stone *= 0.72 + 0.7 * (fine.r - 0.2) * (0.5 + fract(here.y * 3.7));
    float moss = smoothstep(0.42, 0.72, cloud.r + 0.5 * (fine.g - 0.5) + 0.10 * normal.z);
    stone = mix(stone, vec3(0.045, 0.085, 0.035), 0.75 * moss);
    float crevice = smoothstep(0.0, 0.22, here.x / u_stones);
    float key = max(dot(normal, KEY), 0.0);
    vec3 light = stone * (KEY_LIGHT * key * key_pool(place) * 1.0 + FILL_LIGHT * 0.30) * mix(0.10, 1.0, crevice);

    // Down there the red goes first, then everything.
    float depth = pool_depth(place + 0.10 * (cloud.ba - 0.5), u_aspect);
    vec3 lost = exp(-vec3(9.5, 5.4, 5.8) * depth * mix(1.6, 0.4, u_clear));
    vec3 deep = mix(vec3(0.012, 0.026, 0.023), vec3(0.0025, 0.007, 0.008), smoothstep(0.0, 0.75, depth));
    f_colour = vec4(light * lost + deep * (1.0 - lost.g), 1.0);
}
#else
uniform sampler2D u_baked;          // linear light
uniform float u_opacity;

void main() {
    f_colour = vec4(texelFetch(u_baked, ivec2(gl_FragCoord.xy), 0).rgb, 1.0) * u_opacity;
}
#endif
