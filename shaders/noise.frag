#version 330 core
// A tile of noise, so that what is baked need not work it out for every pixel: four independent fractal sums, eight
// features across, that repeat without a seam; 0..1, mean 0.5, standard deviation about 0.15.

#include "lib/hash.glsl"
#include "lib/rolled.glsl"

in vec2 v_uv;
out vec4 f_colour;

vec2 slope(ivec2 cell, int period, int layer) {
    float turn = hash21(cell % period + layer * 64) * 6.2831853;
    return vec2(cos(turn), sin(turn));
}

// Gradient noise (Perlin 1985, with the quintic fade of 2002), about -0.7..0.7.
float tile_noise(vec2 p, int period, int layer) {
    ivec2 cell = ivec2(floor(p));
    vec2 f = p - vec2(cell);
    vec2 fade = f * f * f * (f * (f * 6.0 - 15.0) + 10.0);
    float a = dot(slope(cell, period, layer), f);
    float b = dot(slope(cell + ivec2(1, 0), period, layer), f - vec2(1.0, 0.0));
    float c = dot(slope(cell + ivec2(0, 1), period, layer), f - vec2(0.0, 1.0));
    float d = dot(slope(cell + ivec2(1, 1), period, layer), f - vec2(1.0, 1.0));
    return mix(mix(a, b, fade.x), mix(c, d, fade.x), fade.y);
}

void main() {
    vec4 sum = vec4(0.0);
    float weight = 0.5;
    int period = 8;
    for (int i = 0; i < rolled(6); ++i) {
        vec2 p = v_uv * float(period);
        for (int k = 0; k < rolled(4); ++k)
            sum[k] += weight * tile_noise(p, period, 4 * i + k);
        weight *= 0.5;
        period *= 2;
    }
    f_colour = sum * 1.15 + 0.5;
}
