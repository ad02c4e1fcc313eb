#version 330 core
// The picture so far, painted. Entries, the first four on half of the stage's pixels:
//   CODES      rgb square roots of the light, evenly spaced to the eye
//   EDGES      rgb structure tensor: squared slope across, product, squared slope down
//   FORMS      that, evened over a neighbourhood
//   PAINTED    the strokes: of four sectors around each place, turned along the form, those count that are even in themselves
//   (neither)  the painting, its paint lit from the side

uniform float u_radius;         // of the brush, stage heights

in vec2 v_uv;
out vec4 f_colour;

#if defined(CODES)
uniform sampler2D u_source;     // linear light

void main() {
    f_colour = vec4(sqrt(max(texture(u_source, v_uv).rgb, 0.0)), 1.0);
}

#elif defined(EDGES)
uniform sampler2D u_codes;

float grey(vec2 uv) {
    return dot(texture(u_codes, uv).rgb, vec3(0.30, 0.59, 0.11));
}

void main() {
    vec2 t = 1.0 / vec2(textureSize(u_codes, 0));
    float nw = grey(v_uv - t), ne = grey(v_uv + vec2(t.x, -t.y)), sw = grey(v_uv + vec2(-t.x, t.y)), se = grey(v_uv + t);
    float across = ne + se - nw - sw + 2.0 * (grey(v_uv + vec2(t.x, 0.0)) - grey(v_uv - vec2(t.x, 0.0)));
    float down = sw + se - nw - ne + 2.0 * (grey(v_uv + vec2(0.0, t.y)) - grey(v_uv - vec2(0.0, t.y)));
    f_colour = vec4(across * across, across * down, down * down, 1.0) / 16.0;
}

#elif defined(FORMS)
uniform sampler2D u_edges;

void main() {
    vec2 reach = 1.6 / vec2(textureSize(u_edges, 0));
    vec3 sum = vec3(0.0);
    for (int y = -1; y <= 1; ++y)
        for (int x = -1; x <= 1; ++x)
            sum += texture(u_edges, v_uv + vec2(x, y) * reach).rgb * float((2 - abs(x)) * (2 - abs(y)));
    f_colour = vec4(sum / 16.0, 1.0);
}

#elif defined(PAINTED)
uniform sampler2D u_codes;
uniform sampler2D u_forms;
uniform float u_aspect;
uniform float u_flow;           // 0..1

void main() {
    vec3 form = texture(u_forms, v_uv).rgb;
    float spread = length(vec2(form.x - form.z, 2.0 * form.y)), sum = form.x + form.z;
    vec2 along = vec2(2.0 * form.y, form.z - form.x + spread);         // across the steepest slope
    if (abs(form.y) < 1e-7) along = form.x > form.z ? vec2(0.0, 1.0) : vec2(1.0, 0.0);
    along = normalize(along);
    float stretch = 1.0 + 1.6 * u_flow * spread / (sum + 1e-4);
    vec2 long_way = along * u_radius * stretch, short_way = vec2(-along.y, along.x) * u_radius / stretch;
    long_way.x /= u_aspect;
    short_way.x /= u_aspect;
    vec3 total = vec3(0.0);
    float weights = 0.0;
    for (int sector = 0; sector < 4; ++sector) {
        vec2 a = (sector & 1) == 0 ? long_way : -long_way, b = (sector & 2) == 0 ? short_way : -short_way;
        vec3 mean = vec3(0.0), squares = vec3(0.0);
        for (int j = 0; j < 3; ++j)
            for (int i = 0; i < 3; ++i) {
                vec3 code = texture(u_codes, v_uv + a * (float(i) * 0.46) + b * (float(j) * 0.46)).rgb;
                mean += code;
                squares += code * code;
            }
        mean /= 9.0;
        float uneven = dot(squares / 9.0 - mean * mean, vec3(1.0));
        float weight = 1.0 / (1.0 + pow(uneven * 600.0, 4.0));
        total += mean * weight;
        weights += weight;
    }
    f_colour = vec4(total / max(weights, 1e-6), 1.0);
}

#else
#include "lib/tile.glsl"

uniform sampler2D u_source;
uniform sampler2D u_painted;
uniform sampler2D u_forms;
uniform float u_aspect;
uniform float u_impasto;        // factor
uniform float u_opacity;

// How high the paint lies: light paint is thicker, and the bristles leave furrows along the form.
float paint(vec2 uv, vec2 along) {
    vec2 place = uv * vec2(u_aspect, 1.0) / u_radius;
    float furrow = tiled(vec2(dot(place, along) * 0.35, dot(place, vec2(-along.y, along.x)) * 1.9)).r;
    return dot(texture(u_painted, uv).rgb, vec3(0.30, 0.59, 0.11)) * 0.6 + 0.75 * furrow;
}

void main() {
    vec3 form = texture(u_forms, v_uv).rgb, source = texture(u_source, v_uv).rgb;
    vec2 along = normalize(vec2(2.0 * form.y, form.z - form.x + length(vec2(form.x - form.z, 2.0 * form.y))) + vec2(1e-5, 2e-5));
    vec2 step_to_key = vec2(-0.75, -0.66) * 0.22 * u_radius / vec2(u_aspect, 1.0);
    float slope = paint(v_uv - step_to_key, along) - paint(v_uv + step_to_key, along);
    vec3 code = texture(u_painted, v_uv).rgb;
    vec3 painted = code * code * clamp(1.0 - 2.2 * u_impasto * slope, 0.4, 1.8);
    f_colour = vec4(mix(source, painted, u_opacity), 1.0);
}
#endif
