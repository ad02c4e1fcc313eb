// Interleaved gradient noise (Jimenez 2014): evenly spread over every small neighbourhood, so it hides the steps of
// 8 bit without looking like noise. In: pixel. Out: 0..1.

float dither(vec2 pixel) {
    return fract(52.9829189 * fract(dot(pixel, vec2(0.06711056, 0.00583715))));
}
