// A drawn face as a figure before a room: where its picture lies, and which part of it is the figure.

#include "lib/tile.glsl"

struct Figure {
    float smoke;        // -0.5..0.5, so that no edge is drawn with a compass
    float egg;          // 0 in the middle of the head, 1 at its outline
    float bust;         // neck and shoulders that go down out of the picture: negative inside
    float outline;      // of both: negative inside
};

// Where in the face's picture a place of the stage is. In: stage coordinates; centre x, y, 1 / side, roll (rad).
vec2 face_uv(vec2 place, vec4 put) {
    place -= put.xy;
    float c = cos(put.w), s = sin(put.w);
    return vec2(c * place.x + s * place.y, c * place.y - s * place.x) * put.z + 0.5;
}

// In: distances between the eyes, from the point between them (a head is about 2.4 wide and 3.2 high); seconds.
Figure figure_at(vec2 head, float time) {
    float smoke = tiled(head * 0.8 + vec2(0.0, time * 0.05)).r - 0.5;
    float egg = length((head - vec2(0.0, 0.20)) / vec2(1.25, 1.62)) + 0.22 * smoke;
    float slope = abs(head.x) - 0.62 - 1.9 * smoothstep(1.45, 2.7, head.y) - 0.25 * max(head.y - 2.7, 0.0);
    float bust = max(slope, 0.9 - head.y) + 0.25 * smoke;
    return Figure(smoke, egg, bust, min((egg - 1.0) * 1.2, bust));
}

// How much of the figure stands before the room, 0..1; `feather` 0 close around it, 1 far.
float figure_shown(Figure figure, float feather) {
    return 1.0 - smoothstep(-0.10, 0.25 + 0.9 * feather, figure.outline);
}

// How much is left of what is bright at the rim of the head, where it is mostly a light background, 0..1. In: luminance of
// the face's picture, its skin being about 0.3.
float rim_dimmed(Figure figure, float level) {
    return 1.0 - 0.9 * smoothstep(0.70, 1.08, figure.egg) * smoothstep(0.16, 0.46, level);
}

// How much of the face's picture is seen, 0..1: the head and what is under it; its own background sinks away, and so
// does every edge of it.
float figure_seen(Figure figure, vec2 head, vec2 uv) {
    vec2 within = smoothstep(vec2(-0.02), vec2(0.12, 0.10), vec2(0.5 - abs(uv.x - 0.5), uv.y));
    float down = 1.0 - smoothstep(0.80, 1.12, uv.y);
    float chest = (1.0 - smoothstep(-0.10, 0.35, figure.bust)) * (1.0 - smoothstep(0.55, 1.05, abs(head.x)));
    return within.x * within.y * down * max(1.0 - smoothstep(0.90, 1.28, figure.egg), 0.75 * chest);
}
