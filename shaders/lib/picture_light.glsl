// The lamp on the newest frame of the archive. In: stage coordinates; that frame's opening (centre, half size).

vec2 lamp_at(vec4 newest) {
    return newest.xy - vec2(0.0, 1.26 * newest.w + 0.030);
}

// What reaches the wall: most under the lamp, little at the edges of the room.
vec3 picture_light(vec2 place, vec4 newest) {
    vec2 away = (place - newest.xy + vec2(0.0, 0.22 * newest.w)) / (newest.w * vec2(1.75, 1.65));
    float near = exp(-1.1 * dot(away, away)), far = exp(-0.16 * dot(away, away));
    return vec3(1.00, 0.80, 0.56) * (0.80 * near + 0.30 * far) + vec3(0.25, 0.32, 0.42) * 0.03;
}
