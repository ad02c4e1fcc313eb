#version 330 core
// A lit relief, drawn larger than the stage -> what is kept of it: the mean of each pixel, as square roots of half the
// light, which 8 bit hold without steps.

#include "lib/dither.glsl"

uniform sampler2D u_source;     // linear light, a coverage; with mipmaps
uniform float u_level;          // of the mipmap that has the stage's size

in vec2 v_uv;
out vec4 f_colour;

void main() {
    vec4 light = textureLod(u_source, v_uv, u_level);
    vec3 code = sqrt(clamp(light.rgb * 0.5, 0.0, 1.0));
    f_colour = vec4(code + (dither(gl_FragCoord.xy) - 0.5) / 255.0, light.a);
}
