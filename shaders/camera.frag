#version 330 core
// The camera's picture as it is, filling the glass; mirrored already.

#include "lib/srgb.glsl"

uniform sampler2D u_camera;     // sRGB, row 0 top
uniform vec2 u_fit;             // part of the camera's picture that the glass shows, per direction
uniform vec4 u_opening;         // the glass, stage coordinates
uniform float u_aspect;
uniform float u_exposure;       // factor on the light
uniform float u_saturation;     // 0 grey .. 1 as it is
uniform float u_opacity;

in vec2 v_uv;
out vec4 f_colour;

void main() {
    vec2 place = ((v_uv - 0.5) * vec2(u_aspect, 1.0) - u_opening.xy) / u_opening.zw * 0.5;      // -0.5..0.5 within the glass
    vec3 light = srgb_decode(texture(u_camera, place * u_fit + 0.5).rgb);
    light = max(mix(vec3(dot(light, vec3(0.2126, 0.7152, 0.0722))), light, u_saturation), 0.0);
    f_colour = vec4(light * u_exposure, 1.0) * u_opacity;
}
