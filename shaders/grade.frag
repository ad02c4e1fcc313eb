#version 330 core
// A colour grade: the finished picture's codes are looked up in curves, and then in a table of colours. Between its entries the picture lies in
// one of six tetrahedra of a cube, which keeps greys grey (Kasson et al. 1995).

#include "lib/srgb.glsl"

uniform sampler2D u_source;     // linear light for the display, 0..1
uniform sampler3D u_table;      // sRGB codes by red, green, blue
uniform sampler2D u_curve;      // what is made of codes before that, red, green and blue each by itself
uniform vec3 u_curve_low;       // codes that the first entry of the curves stands for
uniform vec3 u_curve_range;     // from there to the last one
uniform vec3 u_low;             // codes that the table's first entry stands for
uniform vec3 u_range;           // from there to the last one
uniform float u_strength;       // 0..1
uniform float u_opacity;

out vec4 f_colour;

vec3 entry(ivec3 at) {
    return texelFetch(u_table, at, 0).rgb;
}

vec3 curved(vec3 code) {
    int last = textureSize(u_curve, 0).x - 1;
    vec3 place = clamp((code - u_curve_low) / u_curve_range, 0.0, 1.0) * float(last);
    ivec3 left = ivec3(min(place, float(last) - 1.0));
    vec3 made;
    for (int i = 0; i < 3; ++i)
        made[i] = mix(texelFetch(u_curve, ivec2(left[i], 0), 0)[i], texelFetch(u_curve, ivec2(left[i] + 1, 0), 0)[i], place[i] - float(left[i]));
    return made;
}

vec3 looked_up(vec3 code) {
    int last = textureSize(u_table, 0).x - 1;
    vec3 place = clamp((code - u_low) / u_range, 0.0, 1.0) * float(last);
    ivec3 cell = ivec3(min(place, float(last) - 1.0));
    vec3 f = place - vec3(cell);
    // From the dark corner to the light one along the largest, then the middle, then the smallest of the three.
    ivec3 first = f.r >= f.g ? (f.r >= f.b ? ivec3(1, 0, 0) : ivec3(0, 0, 1)) : (f.g >= f.b ? ivec3(0, 1, 0) : ivec3(0, 0, 1));
    ivec3 missing = f.r < f.g ? (f.r < f.b ? ivec3(1, 0, 0) : ivec3(0, 0, 1)) : (f.g < f.b ? ivec3(0, 1, 0) : ivec3(0, 0, 1));
    ivec3 second = ivec3(1) - missing;
    float most = max(f.r, max(f.g, f.b)), least = min(f.r, min(f.g, f.b)), middle = f.r + f.g + f.b - most - least;
    return entry(cell) * (1.0 - most) + entry(cell + first) * (most - middle) + entry(cell + second) * (middle - least) + entry(cell + 1) * least;
}

void main() {
    vec3 light = texelFetch(u_source, ivec2(gl_FragCoord.xy), 0).rgb;
    vec3 code = srgb_encode(clamp(light, 0.0, 1.0));
    vec3 graded = srgb_decode(clamp(mix(code, looked_up(curved(code)), u_strength), 0.0, 1.0));
    f_colour = vec4(mix(light, graded, u_opacity), 1.0);
}
