/*{
    "ISFVSN": "2",
    "DESCRIPTION": "Breath on cold glass: whoever stands there fogs it from the mouth outwards; what nobody breathes on clears from its edge.",
    "CATEGORIES": ["Narcissus", "Film"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "warmth", "LABEL": "How much a breath leaves", "TYPE": "float", "MIN": 0.0, "MAX": 3.0, "DEFAULT": 1.0},
        {"NAME": "damp", "LABEL": "Fog that is always there, at the rim", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.55},
        {"NAME": "drying", "LABEL": "How fast it clears, 1/s", "TYPE": "float", "MIN": 0.005, "MAX": 1.0, "DEFAULT": 0.07},
        {"NAME": "milk", "LABEL": "Colour of lit fog", "TYPE": "color", "DEFAULT": [0.72, 0.70, 0.66, 1.0]}
    ],
    "PASSES": [
        {"TARGET": "fog", "PERSISTENT": true, "FLOAT": true, "WIDTH": "floor($WIDTH / 3)", "HEIGHT": "floor($HEIGHT / 3)"},
        {"TARGET": "soft", "FLOAT": true, "WIDTH": "floor($WIDTH / 8)", "HEIGHT": "floor($HEIGHT / 8)"},
        {"TARGET": "softer", "FLOAT": true, "WIDTH": "floor($WIDTH / 8)", "HEIGHT": "floor($HEIGHT / 8)"},
        {}
    ]
}*/

// fog: r is how much water is on the glass, 0..1; g how much of it has run together into drops.

float hash(vec2 p) {
    vec3 q = fract(vec3(p.xyx) * 0.1031);
    q += dot(q, q.yzx + 33.33);
    return fract((q.x + q.y) * q.z);
}

float noise(vec2 p) {
    vec2 i = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(i), hash(i + vec2(1.0, 0.0)), f.x), mix(hash(i + vec2(0.0, 1.0)), hash(i + 1.0), f.x), f.y);
}

float cloud(vec2 p) {
    return 0.5 * noise(p) + 0.3 * noise(p * 2.1 + 7.0) + 0.2 * noise(p * 4.3 + 19.0);
}

// A point of the glass in stage heights, from the middle between the eyes, upright with the head.
vec2 fromEyes(vec2 place, float aspect) {
    vec2 off = (place - n_face.xy) * vec2(aspect, 1.0);
    float c = cos(n_face.w), s = sin(n_face.w);
    return vec2(c * off.x + s * off.y, c * off.y - s * off.x);
}

// Where a breath lands: from the mouth down, broader than high, ragged.
float breathAt(vec2 place, float aspect) {
    vec2 off = fromEyes(place, aspect) / n_face.z - vec2(0.0, -2.0);
    float ragged = 0.55 * (cloud(place * vec2(aspect, 1.0) * 9.0 + floor(TIME * 0.2)) - 0.5);
    float d = length(off * vec2(0.50, 0.85)) + ragged;
    return 1.0 - smoothstep(0.1, 1.45, d);
}

float dampAt(vec2 place, float aspect) {
    vec2 half_size = n_glass.zw;
    vec2 q = abs((place - n_glass.xy) * vec2(aspect, 1.0)) - half_size + n_corner;
    float inside = n_corner - length(max(q, 0.0)) - min(max(q.x, q.y), 0.0);
    float low = 0.5 - 0.5 * (place.y - n_glass.y) / half_size.y;
    float reach = (0.05 + 0.10 * low * low) * (0.5 + cloud(place * vec2(aspect, 1.0) * 6.0));
    return damp * (1.0 - smoothstep(0.0, reach * 2.0, inside));
}

// Nobody breathes by the clock.
float exhaled() {
    return smoothstep(-0.1, 0.8, sin(TIME * 1.35 + 0.8 * sin(TIME * 0.31)));
}

vec4 condense(vec2 place) {
    float aspect = RENDERSIZE.x / RENDERSIZE.y;
    float rim = dampAt(place, aspect);
    float mouth = breathAt(place, aspect) * n_presence * warmth;
    if (FRAMEINDEX == 0)
        return vec4(max(rim, min(1.0, 0.75 * mouth)), 0.3, 0.0, 1.0);
    vec2 texel = 1.0 / RENDERSIZE;
    vec4 was = IMG_NORM_PIXEL(fog, place);
    float around = 0.25 * (IMG_NORM_PIXEL(fog, place + vec2(texel.x, 0.0)).r + IMG_NORM_PIXEL(fog, place - vec2(texel.x, 0.0)).r
        + IMG_NORM_PIXEL(fog, place + vec2(0.0, texel.y)).r + IMG_NORM_PIXEL(fog, place - vec2(0.0, texel.y)).r);
    float water = mix(was.r, around, min(1.0, 2.0 * TIMEDELTA));
    water += TIMEDELTA * mouth * (0.35 + 1.2 * n_mouth) * exhaled() * (1.0 - water);
    water -= TIMEDELTA * drying * (0.35 + 1.3 * (1.0 - water)) * step(rim, water);
    float drops = was.g + TIMEDELTA * (0.04 * water - 0.02);
    return vec4(clamp(water, rim, 1.0), clamp(drops, 0.0, 1.0), 0.0, 1.0);
}

// The picture as seen through wet glass: light, not code values, is what spreads.
vec4 spread(sampler2D image, vec2 place, float reach) {
    vec4 sum = vec4(0.0);
    float total = 0.0;
    for (int i = 0; i < 24; ++i) {
        float r = sqrt((float(i) + 0.5) / 24.0), turn = float(i) * 2.39996;
        vec2 to = place + reach * r * vec2(cos(turn) * RENDERSIZE.y / RENDERSIZE.x, sin(turn));
        float weight = exp(-2.0 * r * r);
        vec4 seen = IMG_NORM_PIXEL(image, to);
        sum += weight * seen * seen;
        total += weight;
    }
    return sqrt(sum / total);
}

void main() {
    vec2 place = isf_FragNormCoord;
    if (PASSINDEX == 0) {
        gl_FragColor = condense(place);
        return;
    }
    if (PASSINDEX == 1) {
        gl_FragColor = spread(inputImage, place, 0.045);
        return;
    }
    if (PASSINDEX == 2) {
        gl_FragColor = spread(soft, place, 0.03);
        return;
    }
    float aspect = RENDERSIZE.x / RENDERSIZE.y;
    vec4 wet = IMG_NORM_PIXEL(fog, place);
    vec2 grainAt = place * vec2(aspect, 1.0) * 420.0;
    vec2 cell = floor(grainAt);                 // each bead is a lens of its own
    float bead = hash(cell) * 0.6 + noise(grainAt * 0.37) * 0.4;
    float water = wet.r * (0.82 + 0.36 * bead);
    float haze = 0.86 * smoothstep(0.03, 0.95, water);
    vec2 bent = (vec2(hash(cell + 40.0), hash(cell + 80.0)) - 0.5) * 0.007 * haze;
    vec3 clear = IMG_NORM_PIXEL(inputImage, place + bent * vec2(1.0 / aspect, 1.0)).rgb;
    vec3 far = IMG_NORM_PIXEL(softer, place).rgb;
    vec3 light = mix(clear * clear, far * far, haze);
    float key = smoothstep(1.5, 0.0, length((place - vec2(0.18, 0.95)) * vec2(aspect, 1.0)));
    vec3 lit = milk.rgb * milk.rgb * (0.05 + 0.15 * key + 0.40 * dot(far * far, vec3(0.3, 0.5, 0.2)));
    light = mix(light, light * 0.62 + lit, haze * milk.a);
    light *= 1.0 + haze * 0.22 * (bead - 0.5);
    gl_FragColor = vec4(sqrt(light), 1.0);
}
