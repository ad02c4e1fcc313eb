#version 330 core
// One rectangle for each frame of the archive, just larger than its opening.

uniform sampler2D u_hung;       // a column for each frame: centre, half size of its opening; stage coordinates
uniform float u_aspect;

out vec2 v_at;                  // from the middle of the opening, in halves of it
out vec2 v_place;               // stage coordinates
flat out int v_frame;

void main() {
    vec4 frame = texelFetch(u_hung, ivec2(gl_InstanceID, 0), 0);
    v_frame = gl_InstanceID;
    v_at = (vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0) * 1.04;
    v_place = frame.xy + v_at * frame.zw;
    gl_Position = vec4(v_place / vec2(u_aspect, 1.0) * 2.0, 0.0, 1.0);
}
