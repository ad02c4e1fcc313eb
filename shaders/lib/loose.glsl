// Grains that come loose from a picture: how far what is at a place has got. In: the place in stage heights from the top
// left, how many grains there are down the stage, how much of the picture has come loose (0..1). Out: 0 in its place .. 1 gone.

#include "lib/tile.glsl"

float loose(vec2 place, float rows, float amount) {
    float cloud = clamp((tiled(place * 2.6).r - 0.5) * 2.4 + 0.5, 0.0, 1.0);    // neighbours go together,
    float single = clamp((tiled(place * rows * 0.55).g - 0.5) * 2.2 + 0.5, 0.0, 1.0);   // but not as one
    return clamp((amount * 1.55 - (0.66 * cloud + 0.34 * single)) / 0.55, 0.0, 1.0);
}
