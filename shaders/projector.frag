#version 330 core
// The composed picture -> a window: linear light to sRGB code values, dithered to 8 bit.

#include "lib/srgb.glsl"
#include "lib/dither.glsl"

uniform sampler2D u_source;     // linear light 0..1, row 0 top

in vec2 v_local;
out vec4 f_colour;

void main() {
#ifdef EXACT
    ivec2 pixel = ivec2(v_local * vec2(textureSize(u_source, 0)));
    vec3 light = texelFetch(u_source, pixel, 0).rgb;
#else
    vec3 light = texture(u_source, v_local).rgb;
#endif
    vec3 code = srgb_encode(clamp(light, 0.0, 1.0));
    f_colour = vec4(code + (dither(gl_FragCoord.xy) - 0.5) / 255.0, 1.0);
}
