// Signed distances: negative inside. All lengths in the unit of the arguments.

float rounded_box(vec2 p, vec2 half_size, float radius) {
    vec2 q = abs(p) - half_size + radius;
    return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - radius;
}

// Union of two distances whose joint is rounded over about `width`.
float smooth_union(float a, float b, float width) {
    float h = max(width - abs(a - b), 0.0) / width;
    return min(a, b) - h * h * width * 0.25;
}
