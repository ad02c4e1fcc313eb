/*{
    "ISFVSN": "2",
    "DESCRIPTION": "A woven lenticular picture: threads of ribbed glass show one picture from the left and another from the right, warp and weft never quite together.",
    "CATEGORIES": ["Narcissus", "Transition"],
    "INPUTS": [
        {"NAME": "startImage", "TYPE": "image"},
        {"NAME": "endImage", "TYPE": "image"},
        {"NAME": "progress", "LABEL": "0 the first, 1 the second", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.5},
        {"NAME": "threads", "LABEL": "Threads per stage height", "TYPE": "float", "MIN": 8.0, "MAX": 200.0, "DEFAULT": 64.0},
        {"NAME": "spread", "LABEL": "How unlike the threads are", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.35},
        {"NAME": "weave", "LABEL": "How they are laid", "TYPE": "long", "VALUES": [0, 1], "LABELS": ["ribs", "woven"], "DEFAULT": 1},
        {"NAME": "shine", "LABEL": "Whether the ribs catch light", "TYPE": "bool", "DEFAULT": true}
    ]
}*/

float hash(float n) {
    return fract(sin(n * 91.345) * 47453.545);
}

void main() {
    vec2 p = vec2(isf_FragNormCoord.x * RENDERSIZE.x / RENDERSIZE.y, isf_FragNormCoord.y) * threads;
    vec2 cell = floor(p);
    bool across = weave == 1 && mod(cell.x + cell.y, 2.0) < 0.5;
    float thread = across ? cell.y + 1000.0 : cell.x;
    float along = across ? p.x : p.y;
    float t = (across ? fract(p.y) : fract(p.x)) * 2.0 - 1.0;      // across the rib
    float ridge = sqrt(max(1.0 - t * t, 0.0));

    // Each thread turns over at an angle of its own, and its two flanks one after the other.
    float turn = progress * (1.0 + 2.0 * spread) - spread + spread * (hash(thread) * 2.0 - 1.0) * 0.8 + 0.12 * t;
    float second = smoothstep(0.42, 0.58, turn);

    vec2 lens = (across ? vec2(0.0, t) : vec2(t, 0.0)) * (1.0 - ridge) * 0.35 / threads;
    vec2 to = isf_FragNormCoord - lens * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
    vec3 a = IMG_NORM_PIXEL(startImage, to).rgb, b = IMG_NORM_PIXEL(endImage, to).rgb;
    vec3 light = mix(a * a, b * b, second);

    // A thread dips where another crosses it.
    float over = weave == 1 ? 0.5 + 0.5 * cos((fract(along) - 0.5) * 6.2831853) : 1.0;
    light *= mix(0.62, 1.06, ridge * (0.55 + 0.45 * over));
    if (shine)
        light += vec3(1.0, 0.86, 0.66) * 0.05 * pow(max(0.0, 1.0 - abs(t + 0.45) * 2.2), 3.0) * over * (0.2 + light);
    gl_FragColor = vec4(sqrt(light), 1.0);
}
