#version 330 core
// A flower or a loose petal of narcissus on the water, drawn by distances, lit by the key. Two entries:
//   SHADOW     its soft shadow, laid over the picture
//   (neither)  the thing itself

#include "lib/light.glsl"

uniform float u_opacity;
uniform float u_brightness;     // factor on its light
uniform float u_shadow;         // 0..1

in vec2 v_local;
in vec2 v_place;
flat in float v_turn;
flat in float v_seed;
flat in float v_is_flower;
out vec4 f_colour;

// Half breadth of a tepal at u of its length: broad, with a small point.
float breadth(float u) {
    float x = clamp(u, 0.0, 1.0);
    return 0.44 * pow(max(sin(3.14159265 * pow(x, 0.80)), 0.0), 0.62) * (1.0 - 0.30 * smoothstep(0.84, 1.0, x));
}

// About the signed distance to a tepal that lies along +x from the origin, length 1.
float tepal(vec2 p) {
    float side = abs(p.y) - breadth(p.x);
    return max(side * 0.80, max(-p.x, p.x - 1.0));
}

// p turned so that the tepal of a whorl of three that is nearest lies along +x; `first` is where one of them lies.
vec2 folded(vec2 p, float first, out float turn) {
    float third = 2.0943951;
    turn = floor((atan(p.y, p.x) - first) / third + 0.5) * third + first;
    return vec2(cos(turn) * p.x + sin(turn) * p.y, cos(turn) * p.y - sin(turn) * p.x);
}

#ifdef SHADOW
void main() {
    float turn;
    float far = v_is_flower > 0.5 ? length(v_local) - 0.74 : tepal(v_local + vec2(0.5, 0.0));
    float dark = 1.0 - smoothstep(-0.34, 0.40, far);
    f_colour = vec4(vec3(0.0), dark * u_shadow * u_opacity);
}
#else
// Light on a surface that lets some through. In: slopes in the thing's own directions, its colour.
vec3 lit(vec2 slope, vec3 colour, float open) {
    float c = cos(v_turn), s = sin(v_turn);
    vec3 normal = normalize(vec3(-(c * slope.x - s * slope.y), -(c * slope.y + s * slope.x), 1.0));
    float key = max(dot(normal, KEY), 0.0), through = 0.5 + 0.5 * dot(normal, KEY);
    float sheen = pow(max(dot(normal, normalize(KEY + vec3(0.0, 0.35, 0.94))), 0.0), 40.0);
    vec3 light = KEY_LIGHT * key_pool(v_place) * (0.80 * key + 0.22 * through * through) + FILL_LIGHT * (0.20 + 0.16 * normal.z);
    return colour * light * open + KEY_LIGHT * 0.05 * sheen * key_pool(v_place);
}

// A tepal's slopes: cupped along its middle, raised at its base, curling down at its tip, with fine veins.
vec2 curl(vec2 p, float seed) {
    float across = p.y / max(breadth(p.x), 0.05);
    float veins = 0.07 * sin(p.y * 95.0 + 3.0 * p.x + seed * 40.0) * smoothstep(0.1, 0.4, p.x);
    float rib = -0.28 * across * exp(-across * across * 14.0) * 3.0;
    return vec2(mix(0.70, -0.80, p.x), 0.55 * across * abs(across) + rib + veins + 0.20 * sin(seed * 30.0 + p.x * 5.0));
}

vec3 tepal_light(vec2 p, float turn, float seed, float open) {
    vec2 slope = curl(p, seed);
    slope = vec2(cos(turn) * slope.x - sin(turn) * slope.y, sin(turn) * slope.x + cos(turn) * slope.y);
    vec3 colour = mix(vec3(0.62, 0.64, 0.40), vec3(0.86, 0.84, 0.76), smoothstep(0.12, 0.46, p.x));
    return lit(slope, colour, open);
}

vec4 laid(vec4 below, vec3 light, float cover) {
    return mix(below, vec4(light, 1.0), cover);
}

// The cup: yellow, green within, its crinkled edge red, as the poet's narcissus has it.
vec4 corona(vec4 below, vec2 p, float soft) {
    float angle = atan(p.y, p.x);
    float crinkle = 0.018 * sin(angle * 17.0 + v_seed * 20.0) + 0.012 * sin(angle * 29.0);
    float r = length(p) / (0.27 * (1.0 + crinkle * 2.0));
    vec4 shaded = vec4(below.rgb * mix(0.45, 1.0, smoothstep(0.95, 1.55, r)), below.a);
    vec2 outward = p / max(length(p), 1e-3);
    vec3 colour = mix(vec3(0.62, 0.60, 0.12), vec3(0.95, 0.66, 0.09), smoothstep(0.05, 0.50, r));
    colour = mix(colour, vec3(0.80, 0.22, 0.04), 0.85 * smoothstep(0.80, 0.96, r));
    float flutes = 0.35 * sin(angle * 17.0 + v_seed * 20.0) * smoothstep(0.4, 0.9, r);
    vec2 slope = outward * mix(0.1, 0.9, smoothstep(0.15, 0.8, r)) + vec2(-outward.y, outward.x) * flutes;
    float open = mix(0.68, 1.0, smoothstep(0.1, 0.9, r));
    return laid(shaded, lit(slope, colour, open), 1.0 - smoothstep(1.0 - soft / 0.27, 1.0 + soft / 0.27, r));
}

void main() {
    float soft = max(fwidth(v_local.x), fwidth(v_local.y)) * 0.8;
    vec4 sum = vec4(0.0);
    if (v_is_flower > 0.5) {
        float turn;
        vec2 p = folded(v_local, 0.0, turn);
        float far = tepal(p);
        float top_turn;
        vec2 q = folded(v_local, 1.0471976, top_turn);
        float top = tepal(q);
        float under = mix(0.50, 1.0, smoothstep(-0.02, 0.16, top));            // the upper whorl shades the lower
        sum = laid(sum, tepal_light(p, turn, v_seed + turn, under), 1.0 - smoothstep(-soft, soft, far));
        sum = laid(sum, tepal_light(q, top_turn, v_seed + top_turn, 1.0), 1.0 - smoothstep(-soft, soft, top));
        sum = corona(sum, v_local, soft);
    } else {
        vec2 p = v_local * vec2(1.0, 1.35) + vec2(0.5, 0.16 * sin(v_seed * 50.0) * (1.0 - v_local.x * v_local.x * 4.0));
        vec3 light = tepal_light(p, 0.0, v_seed, 0.95);
        float sunk = smoothstep(-0.12, 0.34, p.y * (v_seed < 0.5 ? 1.0 : -1.0) + 0.25 * (p.x - 0.5));    // one side is wet
        light *= mix(vec3(1.0), vec3(0.34, 0.52, 0.46), 0.85 * sunk);
        sum = laid(sum, light, (1.0 - smoothstep(-soft, soft, tepal(p))) * mix(1.0, 0.86, sunk));
    }
    if (sum.a < 0.003) discard;
    f_colour = vec4(sum.rgb * u_brightness, sum.a) * u_opacity;
}
#endif
