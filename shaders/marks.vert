#version 330 core
// One rectangle for each mark on the sheet: a stroke (0), a swatch (1) or a letter (2).

uniform sampler2D u_marks;      // three columns for each: geometry; half width, kind, tone, when it is drawn; the rest
uniform float u_aspect;
uniform vec2 u_resolution;

out vec2 v_place;               // stage coordinates
out vec2 v_uv;                  // of a letter on the sheet of type
flat out vec4 v_geometry;
flat out vec4 v_what;
flat out vec4 v_rest;

void main() {
    v_geometry = texelFetch(u_marks, ivec2(3 * gl_InstanceID, 0), 0);
    v_what = texelFetch(u_marks, ivec2(3 * gl_InstanceID + 1, 0), 0);
    v_rest = texelFetch(u_marks, ivec2(3 * gl_InstanceID + 2, 0), 0);
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    v_uv = vec2(0.0);
    if (v_what.y == 2.0) {
        v_place = mix(v_geometry.xy, v_geometry.zw, corner);
        v_uv = mix(v_rest.xy, v_rest.zw, corner);
    } else if (v_what.y == 1.0) {
        v_place = v_geometry.xy + (corner * 2.0 - 1.0) * (v_geometry.zw + 1.5 / u_resolution.y);
    } else {
        vec2 along = v_geometry.zw - v_geometry.xy;
        float reach = v_what.x + 1.5 / u_resolution.y, way = length(along);
        vec2 forth = way > 1e-6 ? along / way : vec2(1.0, 0.0);
        vec2 side = vec2(-forth.y, forth.x) * (corner.y * 2.0 - 1.0);
        v_place = mix(v_geometry.xy - forth * reach, v_geometry.zw + forth * reach, corner.x) + side * reach;
    }
    gl_Position = vec4(v_place / vec2(u_aspect, 1.0) * 2.0, 0.0, 1.0);
}
