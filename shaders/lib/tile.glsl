// Noise from the tile that `noise.frag` draws. In: a point, one feature per unit. Out: four fractal sums, about 0..1.

uniform sampler2D u_noise;

vec4 tiled(vec2 p) {
    return texture(u_noise, p / 8.0);
}
