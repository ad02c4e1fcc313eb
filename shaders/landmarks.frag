#version 330 core
// A landmark: a light dot with a dark rim, to be seen on any picture. Blend with ONE, ONE_MINUS_SRC_ALPHA.

uniform float u_unit;           // radius of a dot, px

in vec2 v_local;
out vec4 f_colour;

void main() {
    float from_middle_px = length(v_local) * (u_unit + 1.0);
    float rim = clamp(u_unit + 1.0 - from_middle_px, 0.0, 1.0);
    float dot_ = clamp(u_unit + 0.5 - from_middle_px, 0.0, 1.0);
    f_colour = vec4(vec3(0.94, 0.92, 0.88) * dot_, max(dot_, 0.55 * rim));
}
