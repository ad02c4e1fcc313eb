#version 330 core
// The lens and the film: bloom, vignette, one filmic curve, grain. Two entries:
//   GATHER     the picture on an eighth of its pixels, for the bloom
//   (neither)  linear scene light -> linear light for the display, 0..1

#ifdef GATHER
uniform sampler2D u_source;

in vec2 v_uv;
out vec4 f_colour;

void main() {
    vec2 texel = 1.0 / vec2(textureSize(u_source, 0));
    vec3 sum = vec3(0.0);
    for (int y = -1; y <= 1; y += 2)
        for (int x = -1; x <= 1; x += 2)
            sum += texture(u_source, v_uv + vec2(x, y) * 2.0 * texel).rgb;
    f_colour = vec4(sum * 0.25, 1.0);
}
#else
#include "lib/hash.glsl"

uniform sampler2D u_source;     // linear light
uniform sampler2D u_gathered;   // the same, small
uniform vec2 u_resolution;
uniform float u_aspect;
uniform float u_exposure;       // factor
uniform float u_bloom;          // 0..1
uniform float u_vignette;       // 0..1
uniform float u_grain;          // of the encoded picture, 0..0.1
uniform int u_moment;           // which grain
uniform float u_opacity;

in vec2 v_uv;
out vec4 f_colour;

// Narkowicz's fit (2015) to the ACES curve.
vec3 curve(vec3 x) {
    return clamp(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0);
}

void main() {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    vec3 source = texelFetch(u_source, pixel, 0).rgb;
    vec3 light = mix(source, texture(u_gathered, v_uv).rgb, u_bloom);
    vec2 off = (v_uv - 0.5) * vec2(min(u_aspect, 1.6), 1.0);
    light *= u_exposure / (1.0 + u_vignette * dot(off, off) * 1.6);
    vec3 shown = 0.0025 + 0.9975 * curve(light);
    float grain = hash11(uint(pixel.x) + uint(pixel.y) * 8192u + uint(u_moment) * 977u) - 0.5;
    shown += grain * 3.46 * u_grain * 2.0 * sqrt(shown.g);
    f_colour = vec4(mix(source, clamp(shown, 0.0, 1.0), u_opacity), 1.0);
}
#endif
