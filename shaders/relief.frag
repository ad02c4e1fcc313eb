#version 330 core
// What all reliefs share: how light reaches them, and showing them once they are lit. Lengths are stage coordinates.
//   SHADE      once per stage size: r key that gets there, g openness, b how far it stands out from its surroundings
//   (neither)  the lit relief, drawn over the picture, every frame

in vec2 v_uv;
out vec4 f_colour;

#ifdef SHADE
#include "lib/light.glsl"
#include "lib/rolled.glsl"

uniform float u_aspect;
uniform float u_border;         // width of the frame: how far its shadows reach
uniform sampler2D u_height;     // r height, with mipmaps

float rows() { return float(textureSize(u_height, 0).y); }

// How much of the key reaches a point: a walk through the relief towards the light; the penumbra widens on the way.
float key_reaches(vec2 uv, float h) {
    vec2 ahead = KEY.xy / length(KEY.xy) / vec2(u_aspect, 1.0);
    float climb = KEY.z / length(KEY.xy);
    float hidden = 0.0;
    for (int i = 1; i <= rolled(28); ++i) {
        float way = u_border * 2.4 * pow((float(i) - 0.5) / 28.0, 1.7);
        float above = textureLod(u_height, uv + ahead * way, log2(1.0 + way * 0.15 * rows())).r - h - climb * way;
        hidden = max(hidden, above / (0.05 * u_border + 0.24 * way));
    }
    return 1.0 - smoothstep(0.0, 1.0, hidden);
}

// How open a point lies: it is closed in where its wider and wider surroundings stand higher.
float openness(vec2 uv, float h) {
    float closed = 0.0;
    for (int level = 1; level <= rolled(6); ++level)
        closed += max(textureLod(u_height, uv, float(level) + log2(rows() / 720.0)).r - h, 0.0) / exp2(float(level));
    return exp(-400.0 * closed);
}

void main() {
    float h = textureLod(u_height, v_uv, 0.0).r;
    float around = textureLod(u_height, v_uv, 3.5 + log2(rows() / 720.0)).r;
    f_colour = vec4(key_reaches(v_uv, h), openness(v_uv, h), 0.5 + (h - around) / (0.2 * u_border), 1.0);
}
#else
uniform sampler2D u_baked;      // square roots of half the light, premultiplied; a 0 where only the glass is seen
uniform float u_opacity;
uniform float u_breath;         // slow change of the key, about 1

void main() {
    vec4 stored = texelFetch(u_baked, ivec2(gl_FragCoord.xy), 0);
    if (stored.a == 0.0) discard;
    f_colour = vec4(2.0 * stored.rgb * stored.rgb * u_breath, stored.a) * u_opacity;
}
#endif
