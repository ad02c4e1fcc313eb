#version 330 core
// A face in a medallion of glass stones on a wall of gold ones. Entries:
//   BAKE_SLOPE    the wall, once per stage size: rg slope of the stones, b how bright gold and glass can glint there
//   BAKE_COLOUR   the wall: rgb square root of the light that is there without any glint
//   GROW          on one pixel for each of the finest stones: rgb colour of the stone that lies there, a its level (0 for
//                 4x4, 1 for 8x8, ...) and, as the fraction, how far it has come apart into four
//   (neither)     wall and medallion in this moment's light

uniform vec4 u_opening;         // the medallion, stage coordinates
uniform float u_border;         // width of the border around it
uniform float u_aspect;

in vec2 v_uv;
out vec4 f_colour;

const vec3 LAPIS = vec3(0.010, 0.028, 0.080);
const float TOP_LEVEL = 4.0;    // 64x64 stones

#if defined(BAKE_SLOPE) || defined(BAKE_COLOUR)
#include "lib/hash.glsl"
#include "lib/tile.glsl"
#include "lib/stone.glsl"

const float COURSE = 0.0152;    // height of a row of the wall
const vec3 CREAM = vec3(0.62, 0.54, 0.40), CINNABAR = vec3(0.30, 0.040, 0.022), PEARL = vec3(0.78, 0.74, 0.66);

uniform vec2 u_resolution;

struct Place {
    vec2 at, half_size;         // from the stone's middle, along its row and across; half its size
    vec2 along;                 // direction of its row on the stage
    ivec2 id;
    float course;               // of the border from the inside, 0 to 4; 5 and more is the wall
};

// Rows around the medallion, as if drawn with a string.
Place ring_place(vec2 p, float r) {
    float inside = (r - u_opening.z) / u_border * 5.0;
    float width = u_border / 5.0, course = floor(inside);
    float middle = u_opening.z + (course + 0.5) * width;
    float count = 2.0 * floor(3.1415927 * middle / (width * 1.08));
    float turn = (atan(p.y, p.x) / 6.2831853 + 0.5) * count + 0.37 * course;
    vec2 half_size = vec2(3.1415927 * middle / count, 0.5 * width);
    vec2 at = vec2((fract(turn) - 0.5) * 2.0 * half_size.x, (fract(inside) - 0.5) * width);
    return Place(at, half_size, vec2(-p.y, p.x) / r, ivec2(int(mod(floor(turn), count)), int(course)), course);
}

// Rows across the wall, never quite level; stones of uneven length.
Place wall_place(vec2 p) {
    vec2 bent = p + 0.020 * (tiled(p * 1.3).rg - 0.5) + 0.006 * (tiled(p * 5.0).ba - 0.5);
    float row = floor(bent.y / COURSE), length_unit = COURSE * 1.12;
    float x = bent.x / length_unit + 7.3 * hash11(uint(int(row) + 4096));
    int i = int(floor(x));
    float f = fract(x), left = 0.35 * hash21(ivec2(i, int(row)));
    if (f < left) { f += 1.0; i -= 1; left = 0.35 * hash21(ivec2(i, int(row))); }
    float right = 1.0 + 0.35 * hash21(ivec2(i + 1, int(row)));
    vec2 at = vec2((f - 0.5 * (left + right)) * length_unit, bent.y - (row + 0.5) * COURSE);
    return Place(at, vec2(0.5 * (right - left) * length_unit, 0.5 * COURSE), vec2(1.0, 0.0), ivec2(i, int(row)), 99.0);
}

Place place_of(vec2 p) {
    float r = length(p);
    if (r < u_opening.z + u_border * 1.8) return ring_place(p, r);
    return wall_place(p);
}

vec4 colour_of(Place place) {
    float own = hash21(place.id + ivec2(911, 17)), other = hash21(place.id + ivec2(5, 733));
    float tone = 0.72 + 0.5 * own;
    if (place.course < 1.0) return vec4(CREAM * tone, 0.0);
    if (place.course < 2.0) return vec4(CINNABAR * tone, 0.0);
    if (place.course < 3.0) return place.id.x % 5 == 0 ? vec4(PEARL, 0.0) : vec4(LAPIS * 0.8 * tone, 0.0);
    if (place.course < 4.0) return vec4(CINNABAR * tone, 0.0);
    if (place.course < 5.0) return vec4(CREAM * tone, 0.0);
    if (own > 0.965) return vec4(mix(BOLE, CREAM, other) * 0.7, 0.0);            // the leaf has fallen off
    return vec4(mix(mix(GOLD_SHADOW, GOLD, 0.5), GOLD * vec3(1.1, 1.05, 0.9), other) * (0.8 + 0.3 * own), 1.0);
}

// How much of the key there is on the wall: most on the border, less around it, little far off.
float key_there(vec2 p) {
    float r = length(p), out_of_border = r - u_opening.z - u_border;
    if (out_of_border < 0.0) return 0.85 * key_pool(p + u_opening.xy);
    float shadow = 0.20 * smoothstep(0.12, 0.03, out_of_border) * smoothstep(0.0, 0.03, out_of_border) * smoothstep(-0.1, 0.3, p.x + p.y);
    return (0.50 - 0.30 * smoothstep(0.42, 1.0, r) - shadow) * key_pool(p + u_opening.xy);
}

void main() {
    vec2 p = (v_uv - 0.5) * vec2(u_aspect, 1.0) - u_opening.xy;
    Place place = place_of(p);
    vec2 own = hash22(place.id + ivec2(77, 3));
    vec4 colour = colour_of(place);
    float least = min(place.half_size.x, place.half_size.y);
    Stone stone = stone_at(place.at, place.half_size, 0.13 * least, 1.0 / u_resolution.y, own, mix(0.16, 0.62, colour.a));
    vec2 slope = stone.slope.x * place.along + stone.slope.y * vec2(-place.along.y, place.along.x) * (place.course > 50.0 ? 1.0 : -1.0);
    float key = key_there(p);
#ifdef BAKE_COLOUR
    vec3 light = colour.rgb * (mix(GLASS_LIGHT, KEY_LIGHT, colour.a) * key * stone_facing(slope) * mix(1.0, 0.30, colour.a) + FILL_LIGHT * 0.22);
    f_colour = vec4(sqrt(mix(GROUT * KEY_LIGHT * key * 0.5, light, stone.cover)), 1.0);
#else
    f_colour = vec4(clamp(slope * 0.5 + 0.5, 0.0, 1.0), stone.cover * key * mix(0.06, 1.0, colour.a), 1.0);
#endif
}

#else

#include "lib/srgb.glsl"
#include "lib/hash.glsl"
#include "lib/figure.glsl"

uniform sampler2D u_growth;     // sRGB: level 0 the finished face, the last level 4x4
uniform vec3 u_alignment;
uniform float u_presence;       // 0 ground alone .. 1 face
uniform float u_grown;          // 0..1
uniform float u_even;           // 0..1

int levels() { return int(log2(float(textureSize(u_growth, 0).x)) + 0.5) - 2; }

// What the face's exposure is to be multiplied by.
float exposure() {
    int coarsest = levels();
    vec3 sum = vec3(0.0);
    for (int y = 1; y <= 2; ++y)
        for (int x = 1; x <= 2; ++x)
            sum += texelFetch(u_growth, ivec2(x, y), coarsest).rgb;
    float level = pow(dot(sum / 4.0, vec3(0.2126, 0.7152, 0.0722)), 2.2);
    return mix(1.0, clamp(0.30 / max(level, 0.02), 0.6, 2.2), u_even);
}

// The colour of glass for a place of the face's picture: the figure before a ground of lapis, lit from the upper left.
vec3 smalto(vec3 code, vec2 uv, float gain, vec3 ground) {
    vec2 head = (uv - u_alignment.xy) / u_alignment.z;
    Figure figure = figure_at(head, 0.0);
    vec3 light = srgb_decode(code) * gain;
    float level = dot(light, vec3(0.2126, 0.7152, 0.0722));
    light = max(mix(vec3(level), light, 1.10), 0.0);
    light *= mix(vec3(0.42, 0.47, 0.54), vec3(1.12, 1.00, 0.86), smoothstep(1.5, -1.5, dot(head - vec2(0.0, 0.2), vec2(0.80, 0.45))));
    light *= rim_dimmed(figure, level);
    float seen = figure_seen(figure, head, uv) * smoothstep(0.0, 0.9, u_presence * 1.9 - 0.5 * min(figure.egg, 1.6));
    return mix(ground, light, seen);
}

#ifdef GROW
void main() {
    const int finest = int(TOP_LEVEL);
    ivec2 cell = ivec2(gl_FragCoord.xy);
    float gain = exposure(), reached = u_grown / 0.82 * TOP_LEVEL;
    int coarsest = levels();
    vec3 colour = vec3(0.0);
    float level = 0.0;
    for (int k = 0; k <= finest; ++k) {
        ivec2 id = cell >> (finest - k);
        vec2 uv = (vec2(id) + 0.5) / float(4 << k);
        float own = hash21(id + ivec2(31 * k, 7));
        vec3 ground = LAPIS * (0.55 + 0.9 * own) * (own > 0.93 ? vec3(1.3, 1.9, 1.7) : vec3(1.0));
        int level_here = max(coarsest - k, 0);
        ivec2 at = k <= coarsest ? id : id >> (k - coarsest);
        vec3 here = smalto(texelFetch(u_growth, at, level_here).rgb, uv, gain, ground) * (0.88 + 0.24 * hash21(id + ivec2(5, 91 * k)));
        float split = k == 0 ? 1.0 : smoothstep(0.0, 1.0, level - float(k - 1));
        colour = mix(colour, here, split);
        if (split < 1.0 || k == finest) break;
        // It comes apart from the eyes outward, each stone in its own time.
        float late = 0.42 * min(length((uv - u_alignment.xy) / 0.55), 1.0) + 0.25 * own;
        level = float(k) + clamp((reached - float(k) - late) / 0.33, 0.0, 1.0);
    }
    f_colour = vec4(colour, min(level, TOP_LEVEL));
}

#else
#include "lib/stone.glsl"
#include "lib/spline.glsl"

uniform sampler2D u_slopes;     // what BAKE_SLOPE drew
uniform sampler2D u_colours;    // what BAKE_COLOUR drew
uniform sampler2D u_cells;      // what GROW drew
uniform vec4 u_put;             // where the face's picture lies: centre x, y; 1 / side
uniform vec4 u_placement;       // where the viewer is
uniform vec2 u_resolution;
uniform float u_glint;          // factor
uniform float u_breath;         // slow change of the key
uniform float u_time;
uniform float u_opacity;

// A stone of one level, lit.
vec3 stone_of(vec2 uv, float count, vec3 colour, float relief, vec3 halfway, float key, float cut) {
    vec2 q = uv * count;
    ivec2 id = ivec2(floor(q));
    vec2 own = hash22(id + ivec2(int(count), 9)), half_size = vec2(0.5 / count);
    float pixel = u_put.z / u_resolution.y;
    float grout = 0.0011 + 0.035 * half_size.x;
    Stone stone = stone_at((fract(q) - 0.5) / count, half_size, grout, pixel, own, 0.30);
    stone.cover *= smoothstep(0.0, -1.4 * pixel, cut);
    vec4 vein = tiled(uv * 5.0 + own * 8.0);
    vec3 glass = colour * (0.80 + 0.40 * vein.r) + 0.02 * (vein.g - 0.5);
    vec2 slope = stone.slope * relief;
    vec3 light = max(glass, 0.0) * (GLASS_LIGHT * key * stone_facing(slope) + FILL_LIGHT * 0.22);
    light += GLASS_LIGHT * (0.05 * u_glint * relief * key * stone_glint(slope, halfway).y);
    return mix(mix(GROUT * KEY_LIGHT * key * 0.5, light, 1.0 - relief), light, stone.cover);
}

vec3 medallion(vec2 place, float r, vec3 halfway, float key) {
    vec2 straight = (place - u_put.xy) * u_put.z + 0.5;
    vec2 uv = straight + 0.016 * (tiled(place * 2.2).rg - 0.5) + 0.004 * (tiled(place * 9.0).ba - 0.5);    // laid by hand
    vec4 cell = texelFetch(u_cells, ivec2(clamp(uv, 0.0, 0.999) * float(textureSize(u_cells, 0).x)), 0);
    float soft = smoothstep(0.80, 1.0, u_grown), level = floor(cell.a), apart = cell.a - level;
    float relief = mix(1.0 - 0.06 * cell.a, 0.34, soft), cut = (r - u_opening.z + 0.0025) * u_put.z;
    vec3 colour = cell.rgb;
    if (soft > 0.0) colour = mix(colour, spline_texture(u_cells, straight).rgb, 0.62 * soft);
    float count = 4.0 * exp2(level);
    vec3 light = stone_of(uv, count, colour, relief, halfway, key, cut);
    if (apart > 0.0) light = mix(light, stone_of(uv, 2.0 * count, colour, relief, halfway, key, cut), smoothstep(0.0, 0.8, apart));
    return light;
}

void main() {
    vec2 place = (v_uv - 0.5) * vec2(u_aspect, 1.0);
    vec2 sway = vec2(sin(u_time * 0.11) + sin(u_time * 0.17 + 1.0), sin(u_time * 0.13 + 2.0)) * 0.02;
    vec3 viewer = normalize(vec3((u_placement.xy - 0.5) * vec2(0.9, 0.6) + sway - 0.25 * place, 1.0));
    vec3 halfway = normalize(KEY + viewer), light;
    float r = length(place - u_opening.xy);
    if (r < u_opening.z) {
        light = medallion(place, r, halfway, 1.35 * key_pool(place) * u_breath);
    } else {
        vec4 baked = texelFetch(u_slopes, ivec2(gl_FragCoord.xy), 0);
        vec3 dull = texelFetch(u_colours, ivec2(gl_FragCoord.xy), 0).rgb;
        vec2 glint = stone_glint(baked.rg * 2.0 - 1.0, halfway);
        light = (dull * dull + GOLD * KEY_LIGHT * (u_glint * baked.b * (0.85 * glint.x + 0.9 * glint.y))) * u_breath;
    }
    f_colour = vec4(light, 1.0) * u_opacity;
}
#endif
#endif
