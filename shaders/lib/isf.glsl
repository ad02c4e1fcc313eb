// What ISF (version 2) declares for every file.

uniform int PASSINDEX;
uniform vec2 RENDERSIZE;        // of what this pass draws, px
uniform float TIME;             // s
uniform float TIMEDELTA;        // s, 0 for the first frame
uniform vec4 DATE;              // year, month from 1, day from 1, second of the day
uniform int FRAMEINDEX;

vec4 isf_pixel(sampler2D image, vec2 place) { return texture(image, place); }
vec2 isf_size(sampler2D image) { return vec2(textureSize(image, 0)); }

#define IMG_SIZE(image) isf_size(image)
#define IMG_NORM_PIXEL(image, place) isf_pixel(image, place)
#define IMG_PIXEL(image, place) isf_pixel(image, (place) / isf_size(image))
#define IMG_THIS_NORM_PIXEL(image) isf_pixel(image, isf_FragNormCoord)
#define IMG_THIS_PIXEL(image) isf_pixel(image, isf_FragNormCoord)

#ifdef FRAG_DATA
vec4 isf_FragData[1];
#endif
