#version 330 core
// The composed picture -> what one projector shows of it, warped, masked, blended with its neighbours, colour matched.
// All of it happens in linear light: the composed picture is an sRGB texture, which OpenGL decodes as it reads.
//   MASK, BLEND, COLOUR    are left out where the venue does not ask for them
//   CRISP                  enlarges by a cubic instead of a straight line from pixel to pixel

#include "lib/srgb.glsl"
#include "lib/dither.glsl"

uniform sampler2D u_source;     // the composed picture, row 0 bottom, as OpenGL drew it; linear light when it is read
uniform vec4 u_part;            // what is shown of it: left, top, width, height; fractions, origin top left
uniform sampler2D u_mask;       // factor on the light, over the whole picture, row 0 top
uniform vec4 u_overlap;         // width of the ramps on the left, top, right, bottom; fractions of the part; 0 none
uniform float u_ramp_power;     // 2.2 / the projector's gamma
uniform float u_lone_black;     // light that is added where no neighbour shines
uniform vec3 u_gain;            // factors on the light
uniform float u_gamma;          // exponent of the light
uniform float u_black;          // the darkest light that is shown

in vec2 v_uv;
out vec4 f_colour;

// How much of this pixel the picture covers, from the distance to its edges: a slanted edge is smooth.
float coverage() {
    vec2 across = vec2(length(vec2(dFdx(v_uv.x), dFdy(v_uv.x))), length(vec2(dFdx(v_uv.y), dFdy(v_uv.y))));
    vec2 inside_px = min(v_uv, 1.0 - v_uv) / max(across, 1e-7);
    vec2 covered = clamp(inside_px + 0.5, 0.0, 1.0);
    return covered.x * covered.y;
}

#ifdef CRISP
// Catmull-Rom (Mitchell and Netravali 1988, B = 0, C = 1/2) in nine reads: two of the four taps of each axis share one.
vec3 sampled(vec2 uv) {
    vec2 size = vec2(textureSize(u_source, 0));
    vec2 texel = uv * size;
    vec2 middle = floor(texel - 0.5) + 0.5;
    vec2 t = texel - middle;
    vec2 w0 = t * (-0.5 + t * (1.0 - 0.5 * t));
    vec2 w1 = 1.0 + t * t * (-2.5 + 1.5 * t);
    vec2 w2 = t * (0.5 + t * (2.0 - 1.5 * t));
    vec2 w3 = t * t * (-0.5 + 0.5 * t);
    vec2 w12 = w1 + w2;
    vec2 at[3] = vec2[3]((middle - 1.0) / size, (middle + w2 / w12) / size, (middle + 2.0) / size);
    vec2 weight[3] = vec2[3](w0, w12, w3);
    vec3 light = vec3(0.0);
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 3; x++)
            light += weight[x].x * weight[y].y * textureLod(u_source, vec2(at[x].x, at[y].y), 0.0).rgb;
    return clamp(light, 0.0, 1.0);
}
#else
vec3 sampled(vec2 uv) {
    return texture(u_source, uv).rgb;
}
#endif

#ifdef BLEND
// Neighbouring ramps mirror each other, so they add up to 1 everywhere.
float ramps() {
    vec4 from_edge = vec4(v_uv, 1.0 - v_uv) / max(u_overlap, vec4(1e-6));
    vec4 ramp = max(smoothstep(0.0, 1.0, from_edge), vec4(equal(u_overlap, vec4(0.0))));
    return ramp.x * ramp.y * ramp.z * ramp.w;
}
#endif

void main() {
    vec2 uv = u_part.xy + clamp(v_uv, 0.0, 1.0) * u_part.zw;
    vec3 light = sampled(vec2(uv.x, 1.0 - uv.y));
#ifdef COLOUR
    light = u_black + (1.0 - u_black) * min(u_gain * pow(light, vec3(u_gamma)), 1.0);
#endif
#ifdef BLEND
    float ramp = ramps();
    float lone = u_lone_black * step(1.0, ramp);
    light = (lone + (1.0 - lone) * light) * pow(ramp, u_ramp_power);
#endif
#ifdef MASK
    light *= texture(u_mask, uv).r;
#endif
    vec3 code = srgb_encode(light * coverage());
    f_colour = vec4(code + (dither(gl_FragCoord.xy) - 0.5) / 255.0, 1.0);
}
