#version 330 core
// What is left of the picture where its grains have not come loose; grains.frag draws those.

#include "lib/loose.glsl"

uniform sampler2D u_source;     // linear light
uniform vec2 u_cells;           // grains across and down
uniform float u_aspect;
uniform float u_amount;         // 0..1
uniform float u_opacity;

in vec2 v_uv;
out vec4 f_colour;

void main() {
    vec3 source = texelFetch(u_source, ivec2(gl_FragCoord.xy), 0).rgb;
    float gone = smoothstep(0.02, 0.16, loose(v_uv * vec2(u_aspect, 1.0), u_cells.y, u_amount));
    f_colour = vec4(source * (1.0 - gone * u_opacity), 1.0);
}
