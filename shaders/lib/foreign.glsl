// What every foreign shader is put into, whatever its dialect: it draws a canvas whose row 0 is at the bottom, in
// sRGB-encoded values. VERTEX is defined for the vertex shader. The mirror's signals, `n_<signal>`, are declared by
// Python, from engine/scene/scene.py.

uniform vec4 n_face;            // the reflection's eyes: x, y of their middle (fractions of the stage, origin bottom
                                // left), their distance (stage heights), roll (rad, counterclockwise)
uniform vec4 n_glass;           // centre x, y (as above), half width, half height (stage heights)
uniform float n_corner;         // radius of its corners, stage heights
uniform sampler2D n_camera;     // the newest camera picture, cut to the stage's shape
uniform sampler2D n_reflection; // the newest drawn face, square

// pow() of a negative number is no number on some drivers, and what repeated multiplication gives on others.
float n_pow(float x, float y) {
    if (y == 0.0)
        return 1.0;
    float odd = x < 0.0 && floor(y) == y && mod(y, 2.0) != 0.0 ? -1.0 : 1.0;
    return odd * pow(abs(x), y);
}
vec2 n_pow(vec2 x, vec2 y) { return vec2(n_pow(x.x, y.x), n_pow(x.y, y.y)); }
vec3 n_pow(vec3 x, vec3 y) { return vec3(n_pow(x.xy, y.xy), n_pow(x.z, y.z)); }
vec4 n_pow(vec4 x, vec4 y) { return vec4(n_pow(x.xy, y.xy), n_pow(x.zw, y.zw)); }

// texture2D() where the artist has a variable called texture, and rectangle textures, whose places are pixels.
vec4 n_texture2D(sampler2D image, vec2 place) { return texture(image, place); }
vec4 n_texture2DRect(sampler2D image, vec2 place) { return texture(image, place / vec2(textureSize(image, 0))); }
#ifndef VERTEX
vec4 n_texture2D(sampler2D image, vec2 place, float bias) { return texture(image, place, bias); }
#endif

#ifdef VERTEX
out vec2 isf_FragNormCoord;

void isf_vertShaderInit() {
    isf_FragNormCoord = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    gl_Position = vec4(isf_FragNormCoord * 2.0 - 1.0, 0.0, 1.0);
}
#else
uniform float n_limit;          // the largest value that the canvas takes

in vec2 isf_FragNormCoord;
layout(location = 0) out vec4 isf_FragColor;

// A pixel that is no number, or too large to be one, is not drawn: Python counts those that are. Whether it is one is
// asked of its bits (IEEE 754: all of the exponent is set), as compilers turn comparisons round as if there were no NaN.
void n_keep() {
    uvec4 exponent = floatBitsToUint(isf_FragColor) & 0x7f800000u;
    if (any(equal(exponent, uvec4(0x7f800000u))) || any(greaterThan(abs(isf_FragColor), vec4(n_limit))))
        discard;
}
#endif
