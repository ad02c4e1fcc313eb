// Carved ornament as height fields. In: a point in ornament space (unit: the ornament's length). Out: height 0..1,
// 0 outside. Made for this frame; the lobes sweep forward along the spine as in a carved acanthus.

// A leaf that grows from the origin along +x to (1, 0). `bend` turns its tip towards +y, `width` is half of its
// greatest breadth, `lobes` how many it has on each side.
float acanthus(vec2 p, float width, float bend, float lobes) {
    float u = p.x;
    float v = p.y - bend * u * u;
    float side = abs(v);
    float sweep = u * lobes - 1.5 * side / width;           // lines of equal sweep lean forward
    float lobe = abs(sin(3.14159265 * sweep));
    float cut = 0.44 * (1.0 - 0.75 * smoothstep(0.55, 0.95, u));       // the point of a leaf is whole
    float body = pow(max(sin(3.14159265 * pow(clamp(u, 0.0, 1.0), 0.66)), 0.0), mix(0.62, 1.05, u));
    float reach = width * body * (1.0 - cut + cut * sqrt(lobe));
    float across = side / max(reach, 1e-4);
    if (u <= 0.0 || u >= 1.0 || across >= 1.0) return 0.0;
    float dome = sqrt(1.0 - across * across);
    float veins = 1.0 - cut + cut * pow(lobe, 0.8);
    float groove = 1.0 - 0.42 * exp(-pow(side / (0.10 * width), 2.0));
    float rib = exp(-pow(side / (0.055 * width), 2.0));
    float curl = 0.55 + 0.45 * smoothstep(0.40, 0.82, u);   // the tip turns up, then under
    float under = 1.0 - 0.60 * smoothstep(0.86, 1.0, u);
    return (dome * veins * groove + 0.16 * rib) * curl * under;
}

// A scallop of `flutes` around the origin, opening towards +y over `spread` radians to each side, radius 1.
float shell(vec2 p, float flutes, float spread) {
    float radius = length(p);
    float angle = atan(p.x, p.y);
    float flute = abs(cos(angle / spread * flutes * 1.57079633));
    float rim = (0.80 + 0.20 * cos(angle)) * (0.90 + 0.10 * sqrt(flute));
    float edge = radius / rim;
    if (edge >= 1.0 || abs(angle) >= spread) return 0.0;
    float sides = smoothstep(0.0, 0.12, spread - abs(angle));
    float dish = 0.30 + 0.70 * smoothstep(0.10, 0.86, edge * edge);
    float lip = sqrt(max(1.0 - pow(max(edge - 0.80, 0.0) / 0.20, 2.0), 0.0));
    return dish * lip * (0.55 + 0.45 * flute) * sides;
}

// A scroll: a rope wound `turns` times towards its eye at the origin, radius 1; `hand` 1 or -1 is its sense.
float volute(vec2 p, float turns, float hand) {
    float radius = length(p);
    if (radius >= 1.0) return 0.0;
    float angle = hand * atan(p.y, p.x) / 6.2831853;
    float wound = fract(pow(radius, 0.75) * turns - angle);
    float rope = sqrt(max(1.0 - pow(2.0 * wound - 1.0, 2.0), 0.0));
    float eye = 1.1 * sqrt(max(1.0 - pow(radius / 0.26, 2.0), 0.0));
    return max(rope * (0.50 + 0.40 * (1.0 - radius)), eye);
}
