// Buffer A of ink.glsl: pale ink in dark water. rg is what hangs in the water, warm and cool; b is how long it has.
// iChannel0: itself. iChannel1: the picture so far, whose lights give off ink.

float hash(vec2 p) {
    vec3 q = fract(vec3(p.xyx) * 0.1031);
    q += dot(q, q.yzx + 33.33);
    return fract((q.x + q.y) * q.z);
}

float noise(vec2 p) {
    vec2 i = floor(p), f = fract(p);
    f = f * f * f * (f * (f * 6.0 - 15.0) + 10.0);
    return mix(mix(hash(i), hash(i + vec2(1.0, 0.0)), f.x), mix(hash(i + vec2(0.0, 1.0)), hash(i + 1.0), f.x), f.y);
}

// A stream function: its turned slope is a flow that neither gathers nor thins out.
float stream(vec2 p) {
    float t = iTime;
    return 0.060 * noise(p * 2.3 + vec2(0.05 * t, -0.07 * t)) + 0.026 * noise(p * 5.1 + vec2(-0.09 * t, -0.12 * t))
        + 0.010 * noise(p * 11.0 + vec2(0.13 * t, -0.2 * t));
}

vec2 flow(vec2 p) {
    const float h = 0.01;
    float x = stream(p + vec2(h, 0.0)) - stream(p - vec2(h, 0.0)), y = stream(p + vec2(0.0, h)) - stream(p - vec2(0.0, h));
    return vec2(y, -x) / (2.0 * h) + vec2(0.0, 0.010);
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
    ink += vec2(0.05, 0.16) * smoothstep(0.58, 0.85, noise(p * 2.1 + vec2(0.03, -0.05) * iTime)) * smoothstep(0.0, 0.4, uv.y);
    if (iFrame == 0) {
        fragColor = vec4(ink, 0.0, 1.0);
        return;
    }
    float dt = min(iTimeDelta, 0.05);
    vec2 back = uv - dt * flow(p) / vec2(aspect, 1.0);
    vec2 px = 1.0 / iResolution.xy;
    vec4 was = texture(iChannel0, back);
    vec4 around = 0.25 * (texture(iChannel0, back + vec2(px.x, 0.0)) + texture(iChannel0, back - vec2(px.x, 0.0))
        + texture(iChannel0, back + vec2(0.0, px.y)) + texture(iChannel0, back - vec2(0.0, px.y)));
    was = mix(was, around, 0.12);
    vec2 hung = was.rg * exp(-dt * 0.16);
    hung += dt * 0.75 * ink * max(1.0 - 0.6 * hung, 0.0);
    fragColor = vec4(hung, was.b, 1.0);
}
