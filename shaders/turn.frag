#version 330 core
// The wall as the audience sees it -> a window that hangs on its side or is seen in a mirror, pixel by pixel.

uniform sampler2D u_source;     // sRGB code values, row 0 bottom
uniform vec4 u_turn;            // from the window to the wall, about their middles: x = a X + b Y, y = c X + d Y

in vec2 v_local;
out vec4 f_colour;

void main() {
    vec2 from_middle = v_local - 0.5;
    vec2 place = vec2(dot(u_turn.xy, from_middle), dot(u_turn.zw, from_middle)) + 0.5;
    ivec2 size = textureSize(u_source, 0);
    ivec2 pixel = ivec2(place * vec2(size));
    f_colour = texelFetch(u_source, ivec2(pixel.x, size.y - 1 - pixel.y), 0);
}
