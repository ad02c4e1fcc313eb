/*{
    "ISFVSN": "2",
    "DESCRIPTION": "A bevelled edge: the rim of the glass is cut like a prism, shows what lies further in, and parts its colours.",
    "CATEGORIES": ["Narcissus", "Distortion"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "width", "LABEL": "Breadth of the bevel; 1 reaches the middle", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.16},
        {"NAME": "bend", "LABEL": "How far light is bent, likewise", "TYPE": "float", "MIN": -1.0, "MAX": 1.0, "DEFAULT": 0.29},
        {"NAME": "dispersion", "LABEL": "How far colours part", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.35},
        {"NAME": "glint", "LABEL": "Light on the cut", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.35}
    ]
}*/

float inside(vec2 p) {          // distance to the edge of the glass, stage heights; p from its centre
    vec2 q = abs(p) - n_glass.zw + n_corner;
    return n_corner - length(max(q, 0.0)) - min(max(q.x, q.y), 0.0);
}

void main() {
    float aspect = RENDERSIZE.x / RENDERSIZE.y;
    vec2 shape = vec2(aspect, 1.0);
    vec2 p = (isf_FragNormCoord - n_glass.xy) * shape;
    float depth = inside(p);
    vec3 plain = IMG_THIS_PIXEL(inputImage).rgb;
    float unit = min(n_glass.z, n_glass.w), broad = width * unit;
    if (depth >= broad || depth < -0.02 || broad <= 0.0) {
        gl_FragColor = vec4(plain, 1.0);
        return;
    }
    const float h = 0.002;
    vec2 inward = vec2(inside(p + vec2(h, 0.0)) - inside(p - vec2(h, 0.0)), inside(p + vec2(0.0, h)) - inside(p - vec2(0.0, h)));
    inward = inward / max(length(inward), 1e-5);
    float t = clamp(depth / broad, 0.0, 1.0);
    vec3 sum = vec3(0.0), total = vec3(0.0);
    for (int i = 0; i < 8; ++i) {               // red is bent least
        float wave = (float(i) + 0.5) / 8.0;
        float by = bend * unit * (1.0 + dispersion * (wave - 0.5) * 2.0);
        vec2 to = isf_FragNormCoord + inward * by / shape;
        vec3 weight = max(vec3(1.0 - 2.2 * wave, 1.0 - 2.6 * abs(wave - 0.5), 2.2 * wave - 1.2), 0.0);
        vec3 seen = IMG_NORM_PIXEL(inputImage, to).rgb;
        sum += weight * seen * seen;
        total += weight;
    }
    vec3 light = sum / total;
    // The key stands upper left: the cut that faces it gathers light, the opposite one lies in its own shade.
    float facing = dot(inward, normalize(vec2(0.6, -0.8)));
    light *= 0.86 + 0.22 * facing;
    float ridge = exp(-pow((t - 0.97) / 0.03, 2.0)) + 0.5 * exp(-pow(t / 0.06, 2.0));
    light += vec3(1.0, 0.84, 0.66) * glint * ridge * (0.10 + 0.30 * max(facing, 0.0)) * (0.35 + 2.0 * dot(light, vec3(0.33)));
    gl_FragColor = vec4(sqrt(max(light, 0.0)), 1.0);
}
