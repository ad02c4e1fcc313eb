#version 330 core
// A warped picture on the area of one projector: triangles of `engine/render/projection/warp.py`. The fourth coordinate makes OpenGL
// interpolate in perspective, so that a plain corner pin is exact with two triangles.

in vec3 in_place;   // x * w, y * w, w: where a point of the picture lands, fractions of the area, origin top left, y down
in vec2 in_uv;      // that point, fractions of this projector's part of the picture, origin top left, y down

out vec2 v_uv;

void main() {
    v_uv = in_uv;
    gl_Position = vec4(2.0 * in_place.x - in_place.z, in_place.z - 2.0 * in_place.y, 0.0, in_place.z);
}
