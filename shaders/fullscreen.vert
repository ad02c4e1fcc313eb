#version 330 core
// A rectangle of the target, as a strip of four vertices without any buffer.
// Pictures keep row 0 at the top, so uv runs down, and texture row 0 is drawn first. TO_WINDOW turns the picture over,
// once, because a window's row 0 is at the bottom.

uniform vec4 u_rect;    // left, top, right, bottom as fractions of the target, origin top left

out vec2 v_uv;          // fraction of the target, origin top left, y down
out vec2 v_local;       // the same of the rectangle

void main() {
    v_local = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    v_uv = mix(u_rect.xy, u_rect.zw, v_local);
    vec2 position = v_uv * 2.0 - 1.0;
#ifdef TO_WINDOW
    position.y = -position.y;
#endif
    gl_Position = vec4(position, 0.0, 1.0);
}
