#version 330 core
// Between the mirror and shaders of other dialects (ISF, Shadertoy), which take row 0 for the bottom and colours as they
// are displayed. Entries:
//   PICTURE     the picture so far, linear light -> what such a shader may look at
//   CAMERA      the camera's picture, cut to the stage's shape, or an image file -> the same
//   REFLECTION  the drawn face, newest and previous blended -> the same
//   (none)      what the shader drew -> linear light, to be laid over the picture so far

#include "lib/srgb.glsl"

in vec2 v_uv;
out vec4 f_colour;

uniform bool u_upright;         // whether the top is to be at the top for a shader that counts rows from below

vec2 place() {
    return u_upright ? vec2(v_uv.x, 1.0 - v_uv.y) : v_uv;
}

#ifdef PICTURE
uniform sampler2D u_source;     // linear light

void main() {
    f_colour = vec4(srgb_encode(clamp(texture(u_source, place()).rgb, 0.0, 256.0)), 1.0);
}
#endif

#ifdef CAMERA
uniform sampler2D u_camera;     // sRGB
uniform vec2 u_fit;             // the part of its width and height that is seen

void main() {
    f_colour = texture(u_camera, 0.5 + (place() - 0.5) * u_fit);
}
#endif

#ifdef REFLECTION
uniform sampler2D u_reflection; // sRGB
uniform sampler2D u_previous;   // sRGB
uniform float u_blend;

void main() {
    f_colour = vec4(mix(texture(u_previous, place()).rgb, texture(u_reflection, place()).rgb, u_blend), 1.0);
}
#endif

#if !defined(PICTURE) && !defined(CAMERA) && !defined(REFLECTION)
uniform sampler2D u_drawn;      // sRGB and straight alpha
uniform float u_opacity;

void main() {
    vec4 drawn = texture(u_drawn, place());
    f_colour = vec4(srgb_decode(max(drawn.rgb, 0.0)), 1.0) * clamp(drawn.a, 0.0, 1.0) * u_opacity;
}
#endif
