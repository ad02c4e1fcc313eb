#version 330 core
// The composed picture -> a window. Two entries:
//   ENCODE     linear light to sRGB code values, dithered to 8 bit, pixel by pixel
//   (none)     code values, enlarged or made smaller

in vec2 v_local;
out vec4 f_colour;

#ifdef ENCODE
#include "lib/srgb.glsl"
#include "lib/dither.glsl"

uniform sampler2D u_source;     // linear light 0..1, row 0 top
uniform float u_light;          // factor on it, 0 black to 1

void main() {
    ivec2 pixel = ivec2(v_local * vec2(textureSize(u_source, 0)));
    vec3 code = srgb_encode(clamp(texelFetch(u_source, pixel, 0).rgb, 0.0, 1.0) * u_light);
    f_colour = vec4(code + (dither(gl_FragCoord.xy) - 0.5) / 255.0, 1.0);
}
#else
uniform sampler2D u_source;     // sRGB code values, row 0 top

void main() {
    f_colour = vec4(texture(u_source, v_local).rgb, 1.0);
}
#endif
