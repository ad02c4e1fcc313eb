#version 330 core
// A carved, water-gilt frame on a dim wall. Three entries:
//   BAKE_HEIGHT   relief of frame and wall, once per stage size: r height above the wall, g 1 where the frame is
//   BAKE_LIGHT    that relief lit: rgb linear light, a 0 where the glass is seen
//   (neither)     the lit relief drawn over the picture, every frame
// Lengths are stage coordinates (the stage's height is 1) unless said otherwise.

uniform float u_aspect;         // width / height of the stage
uniform vec4 u_opening;         // the glass: centre x, y, half width, half height
uniform float u_corner;         // radius of its corners
uniform float u_border;         // width of the frame
uniform float u_relief;         // how deep it is carved, 0..1

in vec2 v_uv;
out vec4 f_colour;

#ifdef BAKE_HEIGHT
#include "lib/noise.glsl"
#include "lib/shape.glsl"
#include "lib/acanthus.glsl"

float bump(float x, float centre, float half_width) {
    float t = (x - centre) / half_width;
    return sqrt(max(1.0 - t * t, 0.0));
}

// Section of the moulding; t runs from the glass (0) to the back edge (1). Out: height in frame widths.
float section(float t) {
    float bevel = mix(0.05, 0.25, smoothstep(0.0, 0.115, t));
    float cove = 0.25 + 0.17 * pow(smoothstep(0.20, 0.58, t), 1.7);
    float torus = 0.30 + 0.26 * bump(t, 0.72, 0.19);
    float back = 0.34 * sqrt(max(1.0 - pow(max(t - 0.90, 0.0) / 0.10, 2.0), 0.0));
    float h = t < 0.20 ? bevel : cove;
    h = t > 0.53 && t < 0.91 ? max(h * step(t, 0.58), torus) : h;
    return t > 0.90 ? back : h;
}

// Pearls beside the bevel, leaves wrapped around the torus, a reeded back; s is the way along the rail.
float courses(float t, float s, float rail) {
    float pearls_n = max(floor(rail / 0.105), 1.0);
    float along = fract(s / rail * pearls_n) - 0.5;
    float pearl = 1.0 - (pow(along * rail / pearls_n / 0.047, 2.0) + pow((t - 0.16) / 0.042, 2.0));
    float h = t > 0.115 && t < 0.205 ? 0.165 + 0.135 * sqrt(max(pearl, 0.0)) : 0.0;
    float v = (t - 0.72) / 0.19;
    if (abs(v) < 1.0) {
        float leaves_n = max(floor(rail / 0.30), 1.0);
        float phase = s / rail * leaves_n - 0.62 * abs(v);
        float leaf = fract(phase);
        float scale = 0.55 + 0.45 * pow(leaf, 0.8) * (1.0 - smoothstep(0.90, 1.0, leaf));
        float rib = 0.10 * exp(-pow(v / 0.10, 2.0)) + 0.07 * abs(sin(9.4248 * v * (1.3 - leaf)));
        h = 0.30 + (0.20 + 0.10 * scale + rib * 0.55) * sqrt(1.0 - v * v);
    }
    return h;
}

float leaf_at(vec2 p, vec2 base, float angle, float reach, float width, float bend) {
    vec2 along = vec2(cos(angle), sin(angle));
    vec2 q = p - base;
    return acanthus(vec2(dot(q, along), dot(q, vec2(-along.y, along.x))) / reach, width, bend, 6.0);
}

// Ornament at a corner; p from the corner of the rail's middle line in frame widths, outward positive.
float corner_piece(vec2 p) {
    vec2 q = p.x > p.y ? p.yx : p;      // one half stands for both: q.y points away from the rail
    float h = 0.0;
    h = max(h, 0.36 + 0.34 * leaf_at(q, vec2(0.30, 0.02), 3.14159 - 0.02, 2.55, 0.165, -0.06));
    h = h > 0.361 ? h : 0.0;
    float outer = leaf_at(q, vec2(0.10, 0.10), 2.62, 1.25, 0.26, -0.34);
    float inner = leaf_at(q, vec2(-0.05, -0.05), 3.70, 1.15, 0.25, 0.30);
    h = max(h, outer > 0.0 ? 0.34 + 0.40 * outer : 0.0);
    h = max(h, inner > 0.0 ? 0.30 + 0.36 * inner : 0.0);
    vec2 diagonal = vec2(p.x - p.y, p.x + p.y) * 0.70710678;
    float fan = shell((diagonal + vec2(0.0, 0.12)) / 0.98, 4.0, 1.15);
    h = max(h, fan > 0.0 ? 0.40 + 0.42 * fan : 0.0);
    float boss = 1.0 - dot(p + 0.12, p + 0.12) / (0.25 * 0.25);
    h = max(h, boss > 0.0 ? 0.52 + 0.32 * sqrt(boss) : 0.0);
    return h;
}

// Ornament in the middle of a side; p.x along the rail, p.y outward, in frame widths from the rail's middle line.
float middle_piece(vec2 p, float size) {
    p /= size;
    vec2 q = vec2(abs(p.x), p.y);
    float h = 0.0;
    float long_leaf = leaf_at(q, vec2(0.16, 0.02), 0.02, 1.75, 0.17, 0.05);
    float upper = leaf_at(q, vec2(0.10, 0.10), 0.62, 1.05, 0.26, -0.30);
    float lower = leaf_at(q, vec2(0.10, -0.10), -0.60, 0.95, 0.26, 0.32);
    h = max(h, long_leaf > 0.0 ? 0.36 + 0.32 * long_leaf : 0.0);
    h = max(h, upper > 0.0 ? 0.34 + 0.38 * upper : 0.0);
    h = max(h, lower > 0.0 ? 0.30 + 0.34 * lower : 0.0);
    float fan = shell((p + vec2(0.0, 0.30)) / 0.98, 4.5, 1.05);
    h = max(h, fan > 0.0 ? 0.40 + 0.44 * fan : 0.0);
    vec2 eye = p + vec2(0.0, 0.26);
    float boss = 1.0 - dot(eye, eye) / (0.21 * 0.21);
    return max(h, boss > 0.0 ? 0.52 + 0.28 * sqrt(boss) : 0.0);
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec2 hand = vec2(noise(place * 9.0), noise(place * 9.0 + 31.0)) - 0.5;      // nothing carved is quite straight
    vec2 p = place - u_opening.xy + hand * 0.004;
    vec2 q = abs(p);
    float t = rounded_box(p, u_opening.zw, u_corner) / u_border;
    bool level = q.y - u_opening.w > q.x - u_opening.z;
    vec2 rail = (level ? vec2(u_opening.z, q.x) : vec2(u_opening.w, q.y)) / u_border;
    rail.x += 0.7;
    float h = t > 0.0 && t < 1.0 ? max(section(t), courses(t, rail.y, rail.x)) : 0.0;
    vec2 from_corner = (q - u_opening.zw) / u_border - 0.60;
    h = max(h, corner_piece(from_corner));
    vec2 from_middle = level ? vec2(p.x, q.y - u_opening.w) : vec2(p.y, q.x - u_opening.z);
    from_middle = from_middle / u_border - vec2(0.0, 0.60);
    float crest = level ? (p.y < 0.0 ? 1.12 : 0.95) : 0.82;
    h = max(h, middle_piece(from_middle, crest));
    float chisel = 0.010 * (fractal(place * 140.0, 2) - 0.5) + 0.016 * (noise(place * 48.0) - 0.5);
    float there = step(1e-4, h);
    f_colour = vec4((h + chisel * there) * u_border * mix(0.45, 1.25, u_relief), there, 0.0, 1.0);
}
#endif

#ifdef BAKE_LIGHT
#include "lib/noise.glsl"
#include "lib/shape.glsl"
#include "lib/light.glsl"

uniform sampler2D u_height;     // what BAKE_HEIGHT drew, with mipmaps
uniform float u_wear;           // how much bole shows on the high points, 0..1

float height_at(vec2 uv, float level) { return textureLod(u_height, uv, level).r; }

vec3 normal_at(vec2 uv) {
    vec2 texel = 1.0 / vec2(textureSize(u_height, 0));
    float dx = height_at(uv + vec2(texel.x, 0.0), 0.0) - height_at(uv - vec2(texel.x, 0.0), 0.0);
    float dy = height_at(uv + vec2(0.0, texel.y), 0.0) - height_at(uv - vec2(0.0, texel.y), 0.0);
    return normalize(vec3(-vec2(dx, dy) / (2.0 * texel.y), 1.0));
}

// How much of the key reaches a point: a walk through the relief towards the light; the penumbra widens on the way.
float key_reaches(vec2 uv, float h) {
    vec2 ahead = KEY.xy / length(KEY.xy) / vec2(u_aspect, 1.0);
    float climb = KEY.z / length(KEY.xy);
    float hidden = 0.0;
    for (int i = 1; i <= 40; ++i) {
        float way = u_border * 2.2 * pow(float(i) / 40.0, 1.6);
        float level = log2(1.0 + way * 0.16 * float(textureSize(u_height, 0).y));
        float above = height_at(uv + ahead * way, level) - h - climb * way;
        hidden = max(hidden, above / (0.10 * u_border + 0.20 * way));
    }
    return 1.0 - smoothstep(0.0, 1.0, hidden + 0.12 * step(1e-5, hidden));
}

// How open a point lies: it is closed in where its wider and wider surroundings stand higher.
float openness(vec2 uv, float h) {
    float closed = 0.0;
    float finest = log2(float(textureSize(u_height, 0).y) / 720.0);
    for (float level = 1.0; level <= 6.0; level += 1.0)
        closed += max(height_at(uv, level + finest) - h, 0.0) / (exp2(level) / 720.0);
    return exp(-0.55 * closed);
}

vec3 gilding(vec2 place, vec3 n, float open, float key, float proud) {
    vec3 eye = vec3(0.0, 0.0, 1.0);
    vec3 half_way = normalize(KEY + eye);
    float facing = max(dot(n, KEY), 0.0);
    float rubbed = smoothstep(0.45, 0.95, proud + 0.9 * (fractal(place * 26.0, 4) - 0.5) + 0.25 * (u_wear - 0.5));
    rubbed *= smoothstep(0.30, 0.62, fractal(place * 7.0 + 5.0, 3)) * u_wear * 1.4;
    float dirt = (1.0 - open) * (0.55 + 0.45 * fractal(place * 60.0, 3));
    float gloss = 1.0 - 0.75 * clamp(rubbed, 0.0, 1.0);
    vec3 leaf = mix(GOLD, GOLD_SHADOW, 0.30 * fractal(place * 18.0, 3) + 0.55 * dirt);
    vec3 ground = mix(leaf, BOLE, clamp(rubbed, 0.0, 0.85));
    vec3 bounce = reflect(-eye, n);
    float narrow = pow(max(dot(n, half_way), 0.0), 70.0) * 2.6 * gloss;
    float broad = pow(max(dot(n, half_way), 0.0), 9.0) * 0.55;
    vec3 room = FILL_LIGHT * (0.10 + 0.22 * smoothstep(-0.2, 0.9, bounce.x * 0.6 - bounce.y * 0.35));
    vec3 lit = KEY_LIGHT * key * (0.30 * facing + broad + narrow);
    return ground * (lit + room * open) * mix(0.35, 1.0, open);
}

vec3 plaster(vec2 place, float open, float key) {
    float stain = fractal(place * 3.1 + 3.0, 5);
    float tooth = fractal(place * 90.0, 3) - 0.5;
    vec3 paint = mix(vec3(0.060, 0.066, 0.058), vec3(0.105, 0.105, 0.088), stain) * (1.0 + 0.30 * tooth);
    return paint * (KEY_LIGHT * 0.85 * key + FILL_LIGHT * 0.30 * open);
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec4 relief = textureLod(u_height, v_uv, 0.0);
    float inside = rounded_box(place - u_opening.xy, u_opening.zw, u_corner);
    float open = openness(v_uv, relief.r);
    float key = key_reaches(v_uv, relief.r) * key_pool(place);
    float finest = log2(float(textureSize(u_height, 0).y) / 720.0);
    float proud = 0.5 + (relief.r - height_at(v_uv, 4.0 + finest)) / (0.16 * u_border);
    vec3 lit = relief.g > 0.5 ? gilding(place, normal_at(v_uv), open, key, proud) : plaster(place, open, key);
    float solid = max(relief.g, smoothstep(-0.5, 0.5, inside * float(textureSize(u_height, 0).y)));
    f_colour = vec4(lit, solid);
}
#endif

#if !defined(BAKE_HEIGHT) && !defined(BAKE_LIGHT)
uniform sampler2D u_baked;      // square roots of half the light, premultiplied; a 0 where the glass is seen
uniform float u_opacity;
uniform float u_breath;         // slow change of the key, about 1

void main() {
    vec4 stored = texelFetch(u_baked, ivec2(gl_FragCoord.xy), 0);
    if (stored.a == 0.0) discard;
    f_colour = vec4(2.0 * stored.rgb * stored.rgb * u_breath, stored.a) * u_opacity;
}
#endif
