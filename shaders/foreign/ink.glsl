// Pale ink in dark water: what is lit gives off plumes, which drift, thin and are gone. Buffer A: ink_flow.glsl.
// iChannel0: buffer A. iChannel1: the picture so far.

float depth(vec2 uv) {
    vec4 ink = texture(iChannel0, uv);
    return ink.r + ink.g;
}

void mainImage(out vec4 fragColor, in vec2 fragCoord) {
    vec2 uv = fragCoord / iResolution.xy;
    vec2 px = 1.5 / iResolution.xy;
    vec4 ink = texture(iChannel0, uv);
    vec3 code = texture(iChannel1, uv).rgb;
    vec3 water = vec3(0.010, 0.017, 0.022) * (0.6 + 0.8 * uv.y);
    // Light from the upper left passes the plume's flank first.
    vec2 slope = 2.0 * (vec2(depth(uv + vec2(px.x, 0.0)), depth(uv + vec2(0.0, px.y))) - ink.r - ink.g);
    float flank = clamp(0.5 - dot(slope, vec2(-0.6, 0.8)) * 2.4, 0.15, 1.2);
    vec2 cover = 1.0 - exp(-1.1 * ink.rg);
    vec3 plume = cover.r * vec3(0.80, 0.62, 0.44) + cover.g * vec3(0.22, 0.30, 0.36);
    vec3 light = water + plume * (0.25 + 0.55 * flank) * 0.62;
    light = mix(light, code * code, 0.42 * n_presence);
    fragColor = vec4(sqrt(light), 1.0);
}
