#version 330 core
// `fullscreen.vert`, which for PREPARE also evens the exposure: once a corner, not once a pixel.

uniform vec4 u_rect;    // left, top, right, bottom as fractions of the target, origin top left

out vec2 v_uv;          // fraction of the target, origin top left, y down

#ifdef PREPARE
#include "lib/rolled.glsl"

uniform sampler2D u_reflection; // sRGB, row 0 top
uniform sampler2D u_previous;   // the one before
uniform float u_blend;          // 0 previous .. 1 newest
uniform vec3 u_alignment;       // where the eyes are in it: x, y; distance between them
uniform float u_even;           // how far its exposure is evened, 0..1
uniform vec2 u_turned;          // how far the head has turned since: yaw, pitch (rad); right and up are positive
uniform vec2 u_turned_before;   // the same for the previous face
uniform float u_late;           // how much of that is shown, 0..1

#include "lib/turned_face.glsl"

flat out float v_gain;          // brings the face to a common exposure

float gain() {
    vec3 face = vec3(0.0);
    for (int i = 0; i < rolled(9); ++i)
        face += code_at(u_alignment.xy + u_alignment.z * vec2(0.55 * float(i % 3 - 1), 0.45 * float(i / 3)));
    float level = pow(dot(face / 9.0, vec3(0.2126, 0.7152, 0.0722)), 2.2);
    return mix(1.0, clamp(0.30 / max(level, 0.02), 0.5, 2.5), u_even);
}
#endif

void main() {
    v_uv = mix(u_rect.xy, u_rect.zw, vec2(gl_VertexID & 1, gl_VertexID >> 1));
    gl_Position = vec4(v_uv * 2.0 - 1.0, 0.0, 1.0);
#ifdef PREPARE
    v_gain = gain();
#endif
}
