// Numbers without a pattern, from integers (PCG, O'Neill 2014) and from points. Out: 0..1.

uint hash_bits(uint n) {
    n = n * 747796405u + 2891336453u;
    n = ((n >> ((n >> 28) + 4u)) ^ n) * 277803737u;
    return (n >> 22) ^ n;
}

float hash11(uint n) {
    return float(hash_bits(n) >> 8) / 16777216.0;
}

float hash21(ivec2 cell) {
    return hash11(hash_bits(uint(cell.x) * 1664525u) ^ uint(cell.y) * 1013904223u);
}

vec2 hash22(ivec2 cell) {
    uint n = hash_bits(hash_bits(uint(cell.x) * 1664525u) ^ uint(cell.y) * 1013904223u);
    return vec2(float(n >> 8) / 16777216.0, hash11(n));
}
