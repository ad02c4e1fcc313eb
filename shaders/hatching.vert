#version 330 core
// One triangle of the face's surface for each instance, as a strip whose last corner is said twice.

uniform sampler2D u_corners;    // a column for each triangle: its three landmarks
uniform sampler2D u_surface;    // a column for each landmark: place (stage coordinates), how dark it is 0..1
uniform sampler2D u_map;        // a column for each landmark: its place on the mean face, distances between the eyes
uniform float u_aspect;

out vec2 v_map;
out float v_tone;
out vec2 v_place;
flat out float v_turned;        // above 0 where the surface faces the viewer

float doubled_area(vec2 a, vec2 b, vec2 c) {
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

void main() {
    ivec3 corners = ivec3(texelFetch(u_corners, ivec2(gl_InstanceID, 0), 0).xyz + 0.5);
    int mine = corners[min(gl_VertexID, 2)];
    vec2 a = texelFetch(u_surface, ivec2(corners.x, 0), 0).xy, b = texelFetch(u_surface, ivec2(corners.y, 0), 0).xy, c = texelFetch(u_surface, ivec2(corners.z, 0), 0).xy;
    vec2 ma = texelFetch(u_map, ivec2(corners.x, 0), 0).xy, mb = texelFetch(u_map, ivec2(corners.y, 0), 0).xy, mc = texelFetch(u_map, ivec2(corners.z, 0), 0).xy;
    v_turned = doubled_area(a, b, c) * doubled_area(ma, mb, mc);
    vec4 here = texelFetch(u_surface, ivec2(mine, 0), 0);
    v_map = texelFetch(u_map, ivec2(mine, 0), 0).xy;
    v_tone = here.z;
    v_place = here.xy;
    gl_Position = vec4(here.xy / vec2(u_aspect, 1.0) * 2.0, 0.0, 1.0);
}
