// Carved ornament as height fields. In: a point in ornament space (unit: the ornament's length). Out: height 0..1,
// 0 outside. Made for this frame; the lobes sweep forward along the spine as in a carved acanthus.

// A leaf that grows from the origin along +x to (1, 0). `bend` turns its tip towards +y, `width` is half of its
// greatest breadth, `lobes` how many it has on each side.
float acanthus(vec2 p, float width, float bend, float lobes) {
    float u = p.x;
    float v = p.y - bend * u * u;
    float side = abs(v);
    float sweep = u * lobes - 1.35 * side / width;          // lines of equal sweep lean forward
    float lobe = abs(sin(3.14159265 * sweep));
    float body = pow(max(sin(3.14159265 * pow(clamp(u, 0.0, 1.0), 0.72)), 0.0), 0.62);
    float reach = width * body * (0.66 + 0.34 * sqrt(lobe));
    float across = side / max(reach, 1e-4);
    if (u <= 0.0 || u >= 1.0 || across >= 1.0) return 0.0;
    float dome = sqrt(1.0 - across * across);
    float veins = 0.70 + 0.30 * pow(lobe, 0.7);
    float rib = exp(-pow(side / (0.13 * width), 2.0));
    float hollow = 1.0 - 0.34 * exp(-pow((side / width - 0.30) / 0.16, 2.0)) * (1.0 - u);
    float curl = 0.62 + 0.38 * smoothstep(0.45, 0.85, u);   // the tip turns up, then under
    float under = 1.0 - 0.55 * smoothstep(0.88, 1.0, u);
    return (dome * veins * hollow + 0.22 * rib) * curl * under / 1.1;
}

// A fan of `ribs` flutes around the origin, opening towards +y over `spread` radians to each side, radius 1.
float shell(vec2 p, float ribs, float spread) {
    float radius = length(p);
    float angle = atan(p.x, p.y);
    float flute = abs(cos(angle / spread * ribs * 1.57079633));
    float rim = 0.84 + 0.16 * sqrt(flute);
    float edge = radius / rim;
    if (edge >= 1.0 || abs(angle) >= spread) return 0.0;
    float sides = smoothstep(0.0, 0.10, spread - abs(angle));
    float rise = 0.35 + 0.65 * smoothstep(0.05, 0.85, edge);
    float roll = sqrt(max(1.0 - pow(max(edge - 0.62, 0.0) / 0.38, 2.0), 0.0));
    return rise * roll * (0.62 + 0.38 * flute) * sides;
}

// A scroll: a rope wound `turns` times towards its eye at the origin, radius 1.
float volute(vec2 p, float turns) {
    float radius = length(p);
    if (radius >= 1.0) return 0.0;
    float angle = atan(p.y, p.x) / 6.2831853;
    float wound = fract(sqrt(radius) * turns - angle);
    float rope = sqrt(max(1.0 - pow(2.0 * wound - 1.0, 2.0), 0.0));
    float eye = sqrt(max(1.0 - pow(radius / 0.22, 2.0), 0.0));
    return max(rope * (0.55 + 0.30 * (1.0 - radius)), eye);
}
