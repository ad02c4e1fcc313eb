// Value noise with a quintic fade, and its fractal sum. In: a point, one feature per unit. Out: 0..1, mean 0.5.

#include "lib/hash.glsl"

float noise(vec2 p) {
    ivec2 cell = ivec2(floor(p));
    vec2 f = p - vec2(cell);
    f = f * f * f * (f * (f * 6.0 - 15.0) + 10.0);
    float top = mix(hash21(cell), hash21(cell + ivec2(1, 0)), f.x);
    float bottom = mix(hash21(cell + ivec2(0, 1)), hash21(cell + ivec2(1, 1)), f.x);
    return mix(top, bottom, f.y);
}

// Each octave is turned, so that the cells of the lattice do not show.
float fractal(vec2 p, int octaves) {
    const mat2 turn = mat2(0.80, 0.60, -0.60, 0.80);
    float sum = 0.0, weight = 0.5, total = 0.0;
    for (int i = 0; i < octaves; ++i) {
        sum += weight * noise(p);
        total += weight;
        weight *= 0.5;
        p = turn * p * 2.03 + 17.7;
    }
    return sum / total;
}
