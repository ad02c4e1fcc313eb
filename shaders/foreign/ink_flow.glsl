// Buffer A of ink.glsl: pale ink in dark water. rg is what hangs in the water, warm and cool; b is how long it has.
// iChannel0: itself. iChannel1: the picture so far, whose lights give off ink.

float hash(vec2 p) {
    vec3 q = fract(vec3(p.xyx) * 0.1031);
    q += dot(q, q.yzx + 33.33);
    return fract((q.x + q.y) * q.z);
}

// Value noise and its slope: x the noise, 0..1, yz how it changes with p.
vec3 noise(vec2 p) {
    vec2 i = floor(p), f = fract(p);
    vec2 fade = f * f * f * (f * (f * 6.0 - 15.0) + 10.0), steep = 30.0 * f * f * (f * (f - 2.0) + 1.0);
    float a = hash(i), b = hash(i + vec2(1.0, 0.0)), c = hash(i + vec2(0.0, 1.0)), d = hash(i + 1.0);
    float twist = a - b - c + d;
    return vec3(a + (b - a) * fade.x + (c - a) * fade.y + twist * fade.x * fade.y,
        steep * (vec2(b - a, c - a) + twist * fade.yx));
}

// The turned slope of a stream function: a flow that neither gathers nor thins out.
vec2 flow(vec2 p) {
    float t = iTime;
    vec2 slope = 0.060 * 2.3 * noise(p * 2.3 + vec2(0.05 * t, -0.07 * t)).yz
        + 0.026 * 5.1 * noise(p * 5.1 + vec2(-0.09 * t, -0.12 * t)).yz
        + 0.010 * 11.0 * noise(p * 11.0 + vec2(0.13 * t, -0.2 * t)).yz;
    return vec2(slope.y, -slope.x) + vec2(0.0, 0.010);
}

void mainImage(out vec4 fragColor, in vec2 fragCoord) {
    float aspect = iResolution.x / iResolution.y;
    vec2 uv = fragCoord / iResolution.xy;
    vec2 p = vec2(uv.x * aspect, uv.y);
    vec3 code = texture(iChannel1, uv).rgb;
    vec3 seen = code * code;
    float given = smoothstep(0.02, 0.6, dot(seen, vec3(0.3, 0.55, 0.15)));
    vec2 ink = given * mix(vec2(0.55, 0.75), vec2(1.0, 0.45), clamp(0.5 + 1.6 * (seen.r - seen.b), 0.0, 1.0));
    // Where nobody is, the water still has something of those who were: a little rises now and then.
    ink += vec2(0.05, 0.16) * smoothstep(0.58, 0.85, noise(p * 2.1 + vec2(0.03, -0.05) * iTime).x) * smoothstep(0.0, 0.4, uv.y);
    if (iFrame == 0) {
        fragColor = vec4(ink, 0.0, 1.0);
        return;
    }
    float dt = min(iTimeDelta, 0.05);
    vec2 back = uv - dt * flow(p) / vec2(aspect, 1.0);
    vec2 px = vec2(1.0, iFrame % 2 == 0 ? 1.0 : -1.0) / iResolution.xy;         // it spreads along one diagonal, then the other
    vec4 was = texture(iChannel0, back);
    was = mix(was, 0.5 * (texture(iChannel0, back + px) + texture(iChannel0, back - px)), 0.06);
    vec2 hung = was.rg * exp(-dt * 0.16);
    hung += dt * 0.75 * ink * max(1.0 - 0.6 * hung, 0.0);
    fragColor = vec4(hung, was.b, 1.0);
}
