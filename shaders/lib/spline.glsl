// Cubic B-spline enlargement with four bilinear fetches in place of sixteen (Sigg and Hadwiger 2005): smooth to the
// second derivative, so that a small picture enlarged tenfold shows no lattice.

vec4 spline_texture(sampler2D image, vec2 uv) {
    vec2 size = vec2(textureSize(image, 0));
    vec2 p = uv * size - 0.5;
    vec2 f = fract(p);
    p -= f;
    vec2 g = 1.0 - f;
    vec2 w0 = g * g * g / 6.0;
    vec2 w1 = (4.0 - 6.0 * f * f + 3.0 * f * f * f) / 6.0;
    vec2 w3 = f * f * f / 6.0;
    vec2 w2 = 1.0 - w0 - w1 - w3;
    vec2 s0 = w0 + w1;
    vec2 a = (p - 0.5 + w1 / s0) / size;
    vec2 b = (p + 1.5 + w3 / (w2 + w3)) / size;
    vec4 top = mix(texture(image, vec2(b.x, a.y)), texture(image, a), s0.x);
    vec4 bottom = mix(texture(image, b), texture(image, vec2(a.x, b.y)), s0.x);
    return mix(bottom, top, s0.y);
}
