// A silver gelatin print under its lamp. In: stage coordinates, or tones; linear light.

const vec3 PAPER_BLACK = vec3(0.050, 0.045, 0.040);
const vec3 PAPER_WHITE = vec3(0.94, 0.92, 0.88);

// A shaded lamp over the upper left of the picture; warm, but the eye has half got used to it.
vec3 print_light(vec2 place) {
    vec2 away = (place - vec2(-0.05, -0.09)) / vec2(0.46, 0.52);
    return vec3(1.00, 0.89, 0.75) * (0.06 + 0.94 * exp(-1.25 * dot(away, away)));
}

// What a tone (0 black .. 1 white, evenly spaced to the eye) reflects: a soft toe and a soft shoulder.
vec3 print_tone(float tone) {
    float t = clamp(tone, 0.0, 1.0);
    t = mix(t, smoothstep(0.0, 1.0, t), 0.55);
    return mix(PAPER_BLACK * 0.55, PAPER_WHITE, t * t * (0.75 + 0.25 * t));
}
