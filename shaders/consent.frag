#version 330 core
// A piece of the sign by which visitors agree: a ring that fills, or a line of type. Drawn on the finished picture, so
// colours are display-encoded. Blend with ONE, ONE_MINUS_SRC_ALPHA. Entries: RING, and type.

uniform float u_light;          // how far the sign has faded in, 0..1

in vec2 v_local;
out vec4 f_colour;

#ifdef RING
uniform vec2 u_size_px;         // of the box
uniform float u_fill;           // share of the ring that is filled, clockwise from the top, 0..1
uniform float u_agreed;         // 1 once its visitor has agreed: the ring closes around a dot

const vec3 INK = vec3(0.05, 0.045, 0.04), PALE = vec3(0.94, 0.92, 0.88), GILT = vec3(0.93, 0.74, 0.38);
const float TAU = 6.2831853;

float within(float distance_px, float half_width_px) {
    return clamp(0.5 + half_width_px - abs(distance_px), 0.0, 1.0);
}

void main() {
    vec2 p = (v_local - 0.5) * u_size_px;
    float unit = u_size_px.x / 24.0, away = length(p) - 8.0 * unit;
    float turn = fract(atan(p.x, -p.y) / TAU + 1.0);
    float edge = clamp((u_fill - turn) * TAU * 8.0 * unit + 0.5, 0.0, 1.0) * step(1e-4, u_fill);
    float halo = 0.42 * exp(-away * away / (7.0 * unit * unit));
    float track = 0.40 * within(away, max(0.5, 0.28 * unit));
    float filled = max(edge, step(1.0, u_fill)) * within(away, max(0.8, 0.95 * unit));
    float dot_ = u_agreed * clamp(0.5 + 2.6 * unit - length(p), 0.0, 1.0);
    float lit = max(max(track, filled), dot_);
    vec3 colour = mix(PALE, GILT, max(filled, dot_));
    float alpha = lit + halo * (1.0 - lit);
    f_colour = vec4(colour * lit + INK * halo * (1.0 - lit), alpha) * u_light;
}
#else
uniform sampler2D u_source;     // type, RGBA, premultiplied, row 0 top

void main() {
    f_colour = texture(u_source, v_local) * u_light;
}
#endif
