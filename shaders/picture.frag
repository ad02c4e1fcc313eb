#version 330 core
// A still picture, or one plain colour, laid over what is there. One entry more:
//   PICTURE    the picture; without it, the colour alone

#ifdef PICTURE
#include "lib/srgb.glsl"

uniform sampler2D u_picture;    // sRGB, row 0 top
uniform vec4 u_lie;             // where it lies: centre x, y, half width, half height, stage coordinates
uniform float u_aspect;         // width / height of the stage
#endif
uniform vec3 u_filter;           // linear light that it is multiplied by
uniform float u_opacity;        // 0..1

in vec2 v_uv;
out vec4 f_colour;

void main() {
    vec4 seen = vec4(1.0);
#ifdef PICTURE
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0) - u_lie.xy;
    vec2 uv = 0.5 + 0.5 * place / u_lie.zw;
    seen = texture(u_picture, uv);
    seen = vec4(srgb_decode(seen.rgb), seen.a * float(all(lessThanEqual(abs(uv - 0.5), vec2(0.5)))));
#endif
    f_colour = vec4(seen.rgb * u_filter, 1.0) * (seen.a * u_opacity);
}
