#version 330 core
// The surface of a face, hatched along its form as on a copper plate: the darker, the broader the lines; a second set
// across them in the shadows.

#include "lib/tile.glsl"
#include "lib/sheet.glsl"

uniform float u_spacing;        // of the lines, distances between the eyes
uniform float u_hatching;       // 0..1
uniform float u_drawn;          // 0..1
uniform float u_opacity;

in vec2 v_map;
in float v_tone;
in vec2 v_place;
flat in float v_turned;
out vec4 f_colour;

// Ink on one set of lines. In: across the lines, in spacings; half breadth of a line, 0..1.
float lines(float across, float breadth) {
    float pixel = 2.0 * fwidth(across);
    float away = abs(fract(across) - 0.5) * 2.0;
    return smoothstep(breadth + 0.5 * pixel, breadth - 0.5 * pixel, away) * smoothstep(0.02, 0.10, breadth);
}

void main() {
    if (v_turned <= 0.0) discard;
    float wander = 0.30 * (tiled(v_map * 1.5 + vec2(0.011, 0.017) * u_time).r - 0.5);       // no hand is quite still
    float along = v_map.y - 0.16 * v_map.x * v_map.x * (v_map.y > 0.3 ? 0.6 : 1.0);
    float tone = clamp(v_tone * u_hatching * 1.15, 0.0, 1.0);
    float first = lines(along / u_spacing + wander, 0.80 * smoothstep(0.16, 1.0, tone));
    float second = lines((0.80 * v_map.x + 0.60 * v_map.y) / u_spacing + wander, 0.62 * smoothstep(0.50, 1.0, tone));
    float reached = smoothstep(0.0, 0.06, (u_drawn - 0.34) / 0.36 * 3.6 - 0.9 - v_map.y);
    float ink = (1.0 - (1.0 - first) * (1.0 - second)) * reached * smoothstep(0.0, 0.8, u_presence) * (0.78 + 0.2 * tiled(v_place * 60.0).g);
    float mask = ink * u_opacity;
    f_colour = vec4(INK * sheet_light(v_place) * mask, mask);
}
