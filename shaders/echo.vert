#version 330 core
// Entries, as `echo.frag` has them. A line is a ribbon of one quad for each sample, whose ends are those of its neighbours;
// a veil hangs between the line and the stranger's own; a halo is a square.

uniform float u_aspect;

#ifdef HALO
uniform sampler2D u_patches;    // two columns for each: x, y, how strong, 0; its light
uniform float u_unit;           // distance between the eyes, stage coordinates

out vec2 v_local;
flat out vec3 v_light;

void main() {
    vec4 at = texelFetch(u_patches, ivec2(2 * gl_InstanceID, 0), 0);
    v_light = texelFetch(u_patches, ivec2(2 * gl_InstanceID + 1, 0), 0).rgb * at.z;
    v_local = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
    vec2 place = at.xy + v_local * 0.62 * u_unit;
    gl_Position = vec4(place / vec2(u_aspect, 1.0) * 2.0, 0.0, 1.0);
}
#else
uniform sampler2D u_samples;    // two columns for each: x, y, normal; way to the stranger's, eye distances, share of light or -1
uniform float u_width;          // half the breadth of the line, stage coordinates
uniform float u_near, u_far;    // eye distances
uniform float u_spread;         // ways between the viewer's line and the stranger's, from one repetition to the next
uniform int u_quads;            // of all lines together
uniform int u_contour;          // of the face's contour, which comes first and is repeated after all the others

out vec2 v_place;               // stage coordinates
out float v_across;             // line: -1..1, half widths of its glow; veil: 0 at the line, 1 at the stranger's
out float v_parted;             // 0..1
flat out float v_repeat;        // 0 the outline itself, 1 its first repetition

void main() {
    int repeated = gl_InstanceID - u_quads;
    int quad = repeated < 0 ? gl_InstanceID : repeated % u_contour, sample_at = quad + (gl_VertexID & 1);
    v_repeat = repeated < 0 ? 0.0 : float(1 + repeated / u_contour);
    bool goes_on = texelFetch(u_samples, ivec2(2 * quad + 1, 0), 0).w >= 0.0;
    vec4 line = texelFetch(u_samples, ivec2(2 * sample_at, 0), 0);
    vec4 apart = texelFetch(u_samples, ivec2(2 * sample_at + 1, 0), 0);
    v_parted = smoothstep(u_near, max(u_far, u_near + 1e-3), apart.z) * max(apart.w, 0.0);
#ifdef VEIL
    v_across = float(gl_VertexID >> 1);
    v_place = line.xy + apart.xy * v_across;
#else
    v_across = float(gl_VertexID >> 1) * 2.0 - 1.0;
    v_place = line.xy - apart.xy * v_repeat * u_spread + line.zw * v_across * u_width * 16.0 * (1.0 + 0.5 * v_repeat);
#endif
    gl_Position = goes_on ? vec4(v_place / vec2(u_aspect, 1.0) * 2.0, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
}
#endif
