// Buffer A of moth.glsl, [5, 1] px or more: where each moth is, in its lowest row: x, y from the face in stage heights; heading, rad; how far
// its wings are open, 0..1. Each flies on incommensurate sines, nearer to the face the more somebody is there.

const int MOTHS = 5;

float hash(float n) {
    return fract(sin(n * 127.1) * 43758.5453);
}

vec2 path(float n, float t) {
    float a = hash(n) * 6.2831853, b = hash(n + 0.3) * 6.2831853, w = 0.21 + 0.17 * hash(n + 0.7);
    vec2 at = vec2(sin(t * w + a) + 0.55 * sin(t * w * 2.37 + b), cos(t * w * 0.83 + b) + 0.5 * sin(t * w * 1.93 + a));
    return at * mix(0.62, 0.34, n_presence) * vec2(1.15, 0.8);
}

void mainImage(out vec4 fragColor, in vec2 fragCoord) {
    fragColor = vec4(0.0);
    if (fragCoord.y > 1.0 || fragCoord.x > float(MOTHS))
        return;
    float n = floor(fragCoord.x) + 1.0;
    vec2 at = path(n, iTime), ahead = path(n, iTime + 0.05) - at;
    float beat = 0.5 + 0.5 * sin(iTime * mix(17.0, 26.0, hash(n + 0.2)) + n);
    fragColor = vec4(at, atan(ahead.y, ahead.x + 1e-5), mix(0.3, 1.0, beat));
}
