#version 330 core
// A grain of the picture: a round dot of the light that was there.

uniform float u_opacity;

in vec2 v_at;
flat in vec3 v_light;
flat in float v_cover;
flat in float v_pixel;
out vec4 f_colour;

void main() {
    float mask = smoothstep(1.0 + 0.5 * v_pixel, 1.0 - 0.5 * v_pixel, length(v_at)) * v_cover * u_opacity;
    if (mask <= 0.002) discard;
    f_colour = vec4(v_light * mask, mask);
}
