// Around the artist's mainImage(). OPAQUE is defined for the Image tab, whose alpha means nothing.

void main() {
    iChannelTime = float[4](iTime, iTime, iTime, iTime);
    iChannelResolution[0] = vec3(textureSize(iChannel0, 0), 1.0);
    iChannelResolution[1] = vec3(textureSize(iChannel1, 0), 1.0);
    iChannelResolution[2] = vec3(textureSize(iChannel2, 0), 1.0);
    iChannelResolution[3] = vec3(textureSize(iChannel3, 0), 1.0);
    vec4 colour = vec4(0.0, 0.0, 0.0, 1.0);
    mainImage(colour, gl_FragCoord.xy);
#ifdef OPAQUE
    colour.a = 1.0;
#endif
    isf_FragColor = colour;
    n_keep();
}
