// Moths and the dust of their wings around the light that a face is. Buffer A: moth_paths.glsl.
// iChannel0: buffer A, a pixel for each moth. iChannel1: the picture so far.

const int MOTHS = 5;

vec4 hash4(vec2 cell) {
    vec4 q = fract(vec4(cell.xyxy) * vec4(0.1031, 0.1030, 0.0973, 0.1099));
    q += dot(q, q.wzxy + 33.33);
    return fract((q.xxyz + q.yzzw) * q.zywx);
}

// Scales that they lost, sinking through the light: one in each cell of a drifting grid, `across` stage heights wide.
float motes(vec2 p, float across, float seed) {
    p = p / across + vec2(0.4 * sin(iTime * 0.11 + seed), iTime * 0.05 + seed * 7.3);
    vec2 cell = floor(p);
    vec4 random = hash4(cell + seed * 31.0);
    vec2 at = 0.2 + 0.6 * random.xy + 0.14 * sin(iTime * (0.3 + random.zw) + random.wz * 6.2831853);
    vec2 off = (p - cell - at) * across;
    float size = mix(0.0009, 0.0022, random.z);
    float turning = 0.5 + 0.5 * sin(iTime * (0.5 + random.w) + random.x * 40.0);
    return step(0.45, random.w) * turning * exp(-dot(off, off) / (size * size));
}

// A moth seen against the light: two wings that open and close, a body between them.
float moth(vec2 p, float open) {
    p.x = abs(p.x) / open;
    vec2 fore = (p - vec2(0.55, 0.22)) * mat2(0.85, 0.53, -0.53, 0.85) / vec2(0.66, 0.36);
    vec2 hind = (p - vec2(0.38, -0.30)) / vec2(0.42, 0.38);
    vec2 body = p * vec2(open, 1.0) / vec2(0.13, 0.55);
    return smoothstep(0.0, 0.8, max(max(1.0 - dot(fore, fore), 0.9 - dot(hind, hind)), 1.0 - dot(body, body)));
}

void mainImage(out vec4 fragColor, in vec2 fragCoord) {
    float aspect = iResolution.x / iResolution.y;
    vec2 uv = fragCoord / iResolution.xy;
    vec2 p = (uv - n_face.xy) * vec2(aspect, 1.0);
    vec3 seen = texture(iChannel1, uv).rgb;
    vec3 light = seen * seen;
    vec3 warm = vec3(1.0, 0.72, 0.45);

    light += warm * exp(-dot(p, p) * 3.0) * (0.30 * motes(p, 0.13, 1.0) + 0.20 * motes(p, 0.09, 2.0));
    for (int i = 0; i < MOTHS; ++i) {
        vec4 fly = texelFetch(iChannel0, ivec2(i, 0), 0);       // where, heading, how far its wings are open
        float size = 0.011 + 0.002 * float(i);
        vec2 q = p - fly.xy;
        if (dot(q, q) > 4.0 * size * size)
            continue;
        vec2 up = vec2(cos(fly.z), sin(fly.z));
        q = vec2(dot(q, vec2(up.y, -up.x)), dot(q, up)) / size;
        float glow = exp(-dot(fly.xy, fly.xy) * 6.0);           // the light comes from the face, through their wings
        vec3 wing = mix(vec3(0.014, 0.011, 0.008), warm * vec3(0.22, 0.19, 0.15), glow);
        float veins = 0.75 + 0.25 * sin(q.x * 9.0 + q.y * 4.0);
        light = mix(light, wing * veins + 0.25 * light, 0.8 * moth(q, fly.w));
    }
    fragColor = vec4(sqrt(light), 1.0);
}
