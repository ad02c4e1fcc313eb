// The light of the mirror's room, and the materials that it falls on; linear light.

const vec3 KEY = vec3(-0.598, -0.531, 0.600);           // towards the key: upper left, before the wall
const vec3 KEY_LIGHT = vec3(1.00, 0.72, 0.45);          // about 2 700 K
const vec3 FILL_LIGHT = vec3(0.25, 0.32, 0.42);         // cool, from the room

const vec3 GOLD = vec3(0.83, 0.61, 0.25);
const vec3 GOLD_SHADOW = vec3(0.23, 0.12, 0.05);
const vec3 BOLE = vec3(0.42, 0.11, 0.07);

// How bright the key is on the wall, 0..1: a lamp with a soft edge. In: stage coordinates.
float key_pool(vec2 place) {
    vec2 away = (place - vec2(-0.30, -0.24)) / vec2(0.80, 0.74);
    return 0.10 + 1.05 * exp(-1.5 * dot(away, away));
}
