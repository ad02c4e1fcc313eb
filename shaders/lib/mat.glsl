// The opening of a brass mat: an oval whose sides are a little fuller than an ellipse's.
// In: a point from its centre, half its size. Out: about the distance to its edge, negative inside.

float mat_distance(vec2 p, vec2 half_size) {
    vec2 q = abs(p) / half_size;
    vec2 powers = pow(max(q, 1e-4), vec2(2.35));
    float norm = pow(powers.x + powers.y, 1.0 / 2.35);
    vec2 slope = pow(max(q, 1e-4), vec2(1.35)) * pow(max(norm, 1e-4), -1.35) / half_size;
    return (norm - 1.0) / max(length(slope), 1e-3);
}
