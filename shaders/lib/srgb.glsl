// The transfer curve of sRGB. The encoder replaces the 2.4th root by nested square roots, which software OpenGL
// draws three times as fast; it is off by less than a third of one of 255 steps.

vec3 srgb_decode(vec3 code) {
    return mix(code / 12.92, pow((code + 0.055) / 1.055, vec3(2.4)), step(0.04045, code));
}

vec3 srgb_encode(vec3 light) {
    vec3 r2 = sqrt(light);
    vec3 r4 = sqrt(r2);
    vec3 r8 = sqrt(r4);
    vec3 upper = 0.662002687 * r2 + 0.684122060 * r4 - 0.323583601 * r8 - 0.0225411470 * light;
    return mix(12.92 * light, upper, step(0.0031308, light));
}
