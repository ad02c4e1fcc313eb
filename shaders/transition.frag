#version 330 core
// One scene gives way to the next: light of both, each where it lies on the wall.
// u_from, u_to: their pictures (linear light); u_from_extent, u_to_extent: how much of the width and height each covers,
// 0..1; u_share: how much of the light is the next one's, 0..1.

uniform sampler2D u_from;
uniform sampler2D u_to;
uniform vec2 u_from_extent;
uniform vec2 u_to_extent;
uniform float u_share;

in vec2 v_uv;
out vec4 f_colour;

vec3 light(sampler2D picture, vec2 extent) {
    vec2 uv = (v_uv - 0.5) / extent + 0.5;
    bool is_beside = any(lessThan(uv, vec2(0.0))) || any(greaterThan(uv, vec2(1.0)));
    return is_beside ? vec3(0.0) : texture(picture, uv).rgb;
}

void main() {
    f_colour = vec4(mix(light(u_from, u_from_extent), light(u_to, u_to_extent), u_share), 1.0);
}
