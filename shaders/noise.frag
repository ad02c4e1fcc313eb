#version 330 core
// A tile of noise, so that what is baked need not work it out for every pixel: four independent fractal sums, eight
// features across, that repeat without a seam.

#include "lib/hash.glsl"

in vec2 v_uv;
out vec4 f_colour;

vec2 tile_noise(vec2 p, int period, int layer) {
    ivec2 cell = ivec2(floor(p));
    vec2 f = p - vec2(cell);
    f = f * f * f * (f * (f * 6.0 - 15.0) + 10.0);
    ivec2 a = cell % period + layer * 64;
    ivec2 b = (cell + 1) % period + layer * 64;
    vec2 top = mix(hash22(a), hash22(ivec2(b.x, a.y)), f.x);
    vec2 bottom = mix(hash22(ivec2(a.x, b.y)), hash22(b), f.x);
    return mix(top, bottom, f.y);
}

void main() {
    vec4 sum = vec4(0.0);
    float weight = 0.5;
    int period = 8;
    for (int i = 0; i < 6; ++i) {
        vec2 p = v_uv * float(period);
        sum += weight * vec4(tile_noise(p, period, 2 * i), tile_noise(p, period, 2 * i + 1));
        weight *= 0.5;
        period *= 2;
    }
    f_colour = (sum / (1.0 - 2.0 * weight) - 0.5) * 1.4 + 0.5;
}
