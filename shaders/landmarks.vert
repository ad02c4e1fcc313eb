#version 330 core
// One landmark per instance, as a small square around its place.

uniform sampler2D u_samples;    // a column for each landmark: x, y; fractions of the camera's picture, origin top left
uniform vec4 u_part;            // where the camera's picture lies: left, top, width, height; fractions, origin top left
uniform vec2 u_resolution;      // of the target, px
uniform float u_unit;           // radius of a dot, px

out vec2 v_local;

void main() {
    vec2 at = u_part.xy + texelFetch(u_samples, ivec2(gl_InstanceID, 0), 0).xy * u_part.zw;
    v_local = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
    vec2 position = (at + v_local * (u_unit + 1.0) / u_resolution) * 2.0 - 1.0;
    gl_Position = vec4(position.x, -position.y, 0.0, 1.0);
}
