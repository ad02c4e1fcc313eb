// The sheet of the measurement under its lamp, and what is written on it. In: stage coordinates. Linear light.

const vec3 SHEET = vec3(0.93, 0.90, 0.83), INK = vec3(0.060, 0.048, 0.042), RED = vec3(0.56, 0.075, 0.055);

uniform float u_breath;         // slow change of the lamp
uniform float u_time;
uniform float u_presence;       // the lamp is turned up for whoever comes

// A shaded lamp above the upper left of the face.
vec3 sheet_light(vec2 place) {
    vec2 sway = 0.012 * vec2(sin(0.43 * u_time) + sin(0.71 * u_time + 1.0), sin(0.57 * u_time + 2.0));
    vec2 away = (place - sway - vec2(-0.05, -0.10)) / vec2(0.70, 0.50);
    float pool = 0.10 + 0.66 * exp(-1.05 * dot(away, away));
    return vec3(1.00, 0.87, 0.70) * pool * (0.62 + 0.38 * u_presence) * u_breath;
}
