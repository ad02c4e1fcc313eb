// What Shadertoy declares for every pass. The channels are declared by Python, as sampler2D, samplerCube or sampler3D.

uniform vec3 iResolution;       // of the stage, px; z is 1, the shape of a pixel
uniform float iTime;            // s
uniform float iTimeDelta;       // s, 0 for the first frame
uniform float iFrameRate;       // 1/s
uniform int iFrame;
uniform vec4 iMouse;            // px: x, y of the face; z, w the same, negative while nobody is there
uniform vec4 iDate;             // year, month from 0, day from 1, second of the day

uniform float iChannelTime[4];  // s
uniform vec3 iChannelResolution[4]; // px; z is the depth of a volume, else 1

#define iSampleRate 44100.0
#define iGlobalTime iTime
