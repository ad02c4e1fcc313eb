// The newest and the previous face blended, each turned by what the viewer's head has done since.
// Needs u_reflection, u_previous, u_blend, u_alignment, u_turned, u_turned_before and u_late.

const float DEPTH = 1.3;        // of the middle of a face before the axis about which it turns, eye distances

// How far what is seen here has moved by a small turn of the head: most in its middle, not at all at its outline.
vec2 moved_by(vec2 turned, vec2 uv) {
    vec2 egg = ((uv - u_alignment.xy) / u_alignment.z - vec2(0.0, 0.20)) / vec2(1.25, 1.62);
    return u_late * DEPTH * max(0.0, 1.0 - dot(egg, egg)) * u_alignment.z * vec2(turned.x, -turned.y);
}

vec3 code_at(vec2 uv) {
    vec3 previous = textureLod(u_previous, uv - moved_by(u_turned_before, uv), 0.0).rgb;
    return mix(previous, textureLod(u_reflection, uv - moved_by(u_turned, uv), 0.0).rgb, u_blend);
}
