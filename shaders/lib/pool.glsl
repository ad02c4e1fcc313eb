// The hollow that the pool fills. In: stage coordinates, width / height of the stage. Out: 0 at the rim, 1 where it is
// deepest; a little above the middle, so that the face lies over the deep.

float pool_depth(vec2 place, float aspect) {
    vec2 reach = vec2(0.5 * aspect + 0.02, 0.56) * vec2(mix(1.0, 0.96, step(1.0, aspect)), 1.0);
    vec2 p = (place - vec2(0.0, -0.02)) / reach;
    float out_from_middle = pow(pow(abs(p.x), 2.4) + pow(abs(p.y), 2.4), 1.0 / 2.4);
    return 1.0 - smoothstep(0.36, 1.04, out_from_middle);
}
