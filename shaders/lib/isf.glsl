// What ISF (version 2) declares for every file.

uniform int PASSINDEX;
uniform vec2 RENDERSIZE;        // of what this pass draws, px
uniform float TIME;             // s
uniform float TIMEDELTA;        // s, 0 for the first frame
uniform vec4 DATE;              // year, month from 1, day from 1, second of the day
uniform int FRAMEINDEX;

#define IMG_SIZE(image) vec2(textureSize(image, 0))
#define IMG_NORM_PIXEL(image, place) texture(image, place)
#define IMG_PIXEL(image, place) texture(image, (place) / IMG_SIZE(image))
#define IMG_THIS_NORM_PIXEL(image) texture(image, isf_FragNormCoord)
#define IMG_THIS_PIXEL(image) texture(image, isf_FragNormCoord)
