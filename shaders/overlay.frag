#version 330 core
// One piece of the overlay: a rounded box with, if there is any, text on it. Colours are display-encoded, for it is
// drawn on the finished picture. Blend with ONE, ONE_MINUS_SRC_ALPHA.

#include "lib/dither.glsl"

uniform sampler2D u_source;     // text, RGBA, straight alpha, row 0 top, one texel per pixel of the box
uniform vec2 u_size_px;         // of the box
uniform float u_corner_px;      // radius of its corners, 0 to half its smaller side
uniform vec4 u_colour;          // of the box, straight alpha
uniform float u_glow;           // how much lighter the box is in its middle, 0..1

in vec2 v_local;
out vec4 f_colour;

float rounded_box_px(vec2 from_middle, vec2 half_size, float radius) {
    vec2 beyond = abs(from_middle) - half_size + radius;
    return length(max(beyond, 0.0)) + min(max(beyond.x, beyond.y), 0.0) - radius;
}

void main() {
    vec2 from_middle = (v_local - 0.5) * u_size_px;
    float inside = clamp(0.5 - rounded_box_px(from_middle, 0.5 * u_size_px, u_corner_px), 0.0, 1.0);
    float light = 1.0 + u_glow * exp(-4.0 * dot(v_local - 0.5, v_local - 0.5));
    vec3 box = u_colour.rgb * light + (dither(gl_FragCoord.xy) - 0.5) / 255.0;
    vec4 text = texelFetch(u_source, min(ivec2(v_local * u_size_px), textureSize(u_source, 0) - 1), 0);
    float alpha = text.a + u_colour.a * (1.0 - text.a);
    vec3 premultiplied = text.rgb * text.a + box * u_colour.a * (1.0 - text.a);
    f_colour = vec4(premultiplied, alpha) * inside;
}
