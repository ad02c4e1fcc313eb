// The hollow that the pool fills. In: stage coordinates, width / height of the stage. Out: 0 at the rim, 1 where it is
// deepest; a little above the middle, so that the face lies over the deep.

float pool_depth(vec2 place, float aspect) {
    vec2 p = (place - vec2(0.0, -0.02)) / vec2(0.48 * aspect + 0.02, 0.56);
    vec2 p2 = p * p;
    float out_from_middle = 0.6 * sqrt(p2.x + p2.y) + 0.4 * sqrt(sqrt(dot(p2, p2)));     // rounder than the stage
    return 1.0 - smoothstep(0.36, 1.04, out_from_middle);
}
