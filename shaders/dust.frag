#version 330 core
// Light on one mote of dust, added to the picture.

#include "lib/light.glsl"

uniform float u_brightness;
uniform float u_opacity;

in vec2 v_local;
in float v_light;
out vec4 f_colour;

void main() {
    float soft = max(1.0 - dot(v_local, v_local), 0.0);
    f_colour = vec4(KEY_LIGHT * soft * soft * v_light * u_brightness * u_opacity, 0.0);
}
