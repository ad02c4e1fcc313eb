#version 330 core
// A plastered wall with oval frames of dark wood, and the lamp on the largest. relief.frag shades and shows it; what is in
// the frames is drawn by portraits.frag. Entries, once per stage size:
//   BAKE_HEIGHT   relief: r height above the plaster, stage coordinates; g what it is made of, see the constants
//   BAKE_LIGHT    lit: rgb linear light, premultiplied, a 0 where only the portraits are seen

const float PICTURE = 0.0, PLASTER = 1.0, WOOD = 2.0, SLIP = 3.0, BRASS = 4.0, CORD = 5.0;
const float MOULDING = 0.26;    // breadth of a frame by half the height of its opening

uniform float u_aspect;
uniform vec4 u_opening;         // of the newest frame, stage coordinates
uniform sampler2D u_hung;       // a column for each frame: centre, half size of its opening
uniform float u_age;            // 0..1

in vec2 v_uv;
out vec4 f_colour;

#include "lib/noise.glsl"
#include "lib/tile.glsl"
#include "lib/mat.glsl"
#include "lib/picture_light.glsl"

#ifdef BAKE_HEIGHT
float segment(vec2 p, vec2 a, vec2 b) {
    vec2 along = b - a;
    return length(p - a - along * clamp(dot(p - a, along) / dot(along, along), 0.0, 1.0));
}

// A turned moulding: a gilt slip, a cove, a round back. In: distance from the opening in breadths. Out: height in breadths.
vec2 moulding(float t) {
    if (t < 0.15) return vec2(0.34 + 0.10 * sqrt(max(1.0 - pow(t / 0.075 - 1.0, 2.0), 0.0)), SLIP);
    if (t < 0.45) return vec2(0.40 + 0.22 * pow((t - 0.15) / 0.30, 1.6), WOOD);
    float round_back = (t - 0.70) / 0.30;
    return vec2(0.46 + 0.30 * sqrt(max(1.0 - round_back * round_back, 0.0)) - 0.05 * exp(-pow((t - 0.49) / 0.02, 2.0)), WOOD);
}

vec2 plaster(vec2 p) {
    vec4 broad = tiled(p * 2.6), trowel = tiled(vec2(p.x * 7.0 + 2.0 * p.y, p.y * 17.0)), fine = tiled(p * 30.0);
    float crack = abs(tiled(p * 3.1 + 0.05 * (fine.rg - 0.5)).b - 0.5);
    float cracked = smoothstep(0.008, 0.0, crack) * smoothstep(0.55, 0.72, tiled(p * 1.1 + 3.0).r) * u_age;
    return vec2(0.0016 * broad.r + 0.0011 * trowel.g + 0.0005 * fine.b - 0.0012 * cracked, PLASTER);
}

void main() {
    vec2 p = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec2 made = plaster(p);
    for (int i = 0; i < textureSize(u_hung, 0).x; ++i) {
        vec4 frame = texelFetch(u_hung, ivec2(i, 0), 0);
        float breadth = MOULDING * frame.w, reach = 1.5 * frame.w + 0.04;
        vec2 q = p - frame.xy;
        if (max(abs(q.x), abs(q.y)) > reach) continue;
        float d = mat_distance(q, frame.zw) / breadth;
        if (d < 0.0) made = vec2(0.25 * breadth, PICTURE);
        else if (d < 1.0) {
            vec2 turned = moulding(d);
            float around = atan(q.y / frame.w, q.x / frame.z);
            float grain = tiled(vec2(around * 3.0 + float(i), d * 2.2)).r + tiled(vec2(around * 8.0, d * 9.0 + float(i))).g - 1.0;
            made = vec2(breadth * (turned.x + (turned.y == WOOD ? 0.022 * grain : 0.0)), turned.y);
        } else if (i > 0) {
            vec2 nail = vec2(0.0, -1.26 * frame.w - 0.020);
            float cord = min(segment(q, nail, vec2(-0.45 * frame.z, -1.16 * frame.w)), segment(q, nail, vec2(0.45 * frame.z, -1.16 * frame.w)));
            if (cord < 0.0009) made = vec2(0.004, CORD);
            float head = length(q - nail) / 0.0042;
            if (head < 1.0) made = vec2(0.005 + 0.004 * sqrt(1.0 - head * head), BRASS);
        }
    }
    vec2 lamp = p - lamp_at(u_opening);
    vec2 shade_size = vec2(0.55 * u_opening.z, 0.015);
    float shade = length(vec2(max(abs(lamp.x) - shade_size.x, 0.0), lamp.y)) / shade_size.y;
    if (shade < 1.0) made = vec2(0.058 + 0.026 * sqrt(1.0 - shade * shade), BRASS);
    else if (abs(lamp.x) < 0.0035 && lamp.y > 0.0 && lamp.y < 0.05) made = vec2(0.055, BRASS);
    f_colour = vec4(made, 0.0, 1.0);
}
#endif

#ifdef BAKE_LIGHT
#include "lib/light.glsl"

const vec3 WALL = vec3(0.55, 0.51, 0.46), BRASS_COLOUR = vec3(0.62, 0.47, 0.22);

uniform sampler2D u_height;     // what BAKE_HEIGHT drew, with mipmaps
uniform sampler2D u_shade;      // see relief.frag

vec3 normal_at(vec2 uv) {
    vec2 texel = 1.0 / vec2(textureSize(u_height, 0));
    float dx = textureLod(u_height, uv + vec2(texel.x, 0.0), 0.0).r - textureLod(u_height, uv - vec2(texel.x, 0.0), 0.0).r;
    float dy = textureLod(u_height, uv + vec2(0.0, texel.y), 0.0).r - textureLod(u_height, uv - vec2(0.0, texel.y), 0.0).r;
    return normalize(vec3(-vec2(dx, dy) / (2.0 * texel.y), 1.0));
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    float made = textureLod(u_height, v_uv, 0.0).g;
    vec4 shade = textureLod(u_shade, v_uv, 0.0);
    vec3 n = normal_at(v_uv), pool = picture_light(place, u_opening);
    if (made == PICTURE) {              // the frame's shadow, and the lamp in the domed glass
        f_colour = vec4(pool * 0.010 * tiled(place * 2.0).r, 0.75 * (1.0 - shade.r));
        return;
    }
    vec2 to_lamp = lamp_at(u_opening) - place;
    vec3 lamp = normalize(vec3(to_lamp * 0.9, 0.20 + 0.5 * length(to_lamp)));
    float facing = 0.62 * max(dot(n, lamp), 0.0) / max(lamp.z, 0.2) + 0.38 * max(dot(n, KEY), 0.0) / KEY.z;
    vec3 bounce = reflect(vec3(0.0, 0.0, -1.0), n);
    float gloss = max(dot(bounce, lamp), 0.0), key_gloss = max(dot(bounce, KEY), 0.0);
    float open = mix(0.30, 1.0, shade.g), lit = 0.35 + 0.65 * shade.r;
    vec4 broad = tiled(place * 1.6), fine = tiled(place * 9.0);
    vec3 colour = WALL * mix(vec3(1.0), vec3(0.86, 0.80, 0.70), u_age * smoothstep(0.45, 0.75, broad.g)) * (0.90 + 0.20 * broad.r + 0.10 * (fine.r - 0.5));
    float shine = 0.0;
    if (made == WOOD) {
        colour = mix(vec3(0.040, 0.020, 0.011), vec3(0.120, 0.056, 0.026), fine.g * fine.g * 1.6);
        shine = 0.16 * pow(gloss, 18.0) + 0.24 * pow(key_gloss, 24.0);
    }
    if (made == SLIP) { colour = mix(GOLD_SHADOW, GOLD, 0.25 + 0.5 * fine.b) * 0.7; shine = 0.20 * pow(gloss, 7.0) + 0.16 * pow(key_gloss, 7.0); }
    if (made == BRASS) { colour = BRASS_COLOUR * 0.5; shine = 0.40 * pow(gloss, 6.0) + 0.5 * pow(key_gloss, 14.0); }
    if (made == CORD) colour = vec3(0.10, 0.075, 0.05);
    vec3 tint = made == PLASTER || made == CORD || made == WOOD ? vec3(1.0) : BRASS_COLOUR * 1.5;
    f_colour = vec4(pool * lit * open * (colour * facing * (made == PLASTER ? 0.40 : 0.62) + tint * shine), 1.0);
}
#endif
