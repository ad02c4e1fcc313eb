// A candle at the mirror's lower edge, seen only by what it lights. iChannel0: the picture so far.
// The picture's own lights and darks are taken for a relief; the flame leans, so its shadows move.

float hash(float n) {
    return fract(sin(n) * 43758.5453);
}

float noise(float t) {
    float i = floor(t), f = fract(t);
    return mix(hash(i), hash(i + 1.0), f * f * (3.0 - 2.0 * f));
}

// Of the flame: how bright it is, about 1. A draught now and then makes it stumble.
float flicker(float t) {
    float draught = smoothstep(0.62, 0.9, noise(t * 0.35 + 5.0));
    return 1.0 + 0.05 * (noise(t * 3.1) - 0.5) + draught * 0.30 * (noise(t * 9.0 + 11.0) - 0.6);
}

float height(vec2 uv) {
    return dot(textureLod(iChannel0, uv, 2.0).rgb, vec3(0.3, 0.55, 0.15));
}

void mainImage(out vec4 fragColor, in vec2 fragCoord) {
    float aspect = iResolution.x / iResolution.y;
    vec2 uv = fragCoord / iResolution.xy;
    vec2 p = vec2(uv.x * aspect, uv.y);
    vec3 seen = texture(iChannel0, uv).rgb;
    vec3 light = seen * seen;

    vec2 lean = vec2(noise(iTime * 0.9) - 0.5, noise(iTime * 1.3 + 30.0) - 0.5) * vec2(0.035, 0.02);
    vec2 flame = vec2((n_glass.x - 0.62 * n_glass.z / aspect) * aspect, n_glass.y - 0.86 * n_glass.w) + lean;
    float bright = flicker(iTime);

    vec2 px = 3.0 / iResolution.xy;
    vec2 slope = vec2(height(uv + vec2(px.x, 0.0)) - height(uv - vec2(px.x, 0.0)), height(uv + vec2(0.0, px.y)) - height(uv - vec2(0.0, px.y)));
    vec3 normal = normalize(vec3(-slope * 2.2, 1.0));
    vec3 to = vec3(flame - p, 0.30);
    float far = dot(to, to);
    float lambert = max(dot(normal, normalize(to)), 0.0);
    vec3 warm = vec3(1.0, 0.60, 0.26);
    vec3 lit = warm * bright * lambert * 0.62 / (far + 0.12);
    vec3 room = vec3(0.25, 0.32, 0.42) * 0.85;
    light *= room + lit;

    // What glass itself gives back of it: a faint bloom around the flame, below the edge.
    light += warm * bright * 0.016 / (0.02 + dot(p - flame, p - flame)) * 0.05;
    fragColor = vec4(sqrt(light), 1.0);
}
