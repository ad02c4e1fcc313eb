// Around the artist's mainImage(). OPAQUE is defined for the Image tab, whose alpha means nothing.

void main() {
    iChannelTime = float[4](iTime, iTime, iTime, iTime);
    iChannelResolution[0] = n_size(iChannel0);
    iChannelResolution[1] = n_size(iChannel1);
    iChannelResolution[2] = n_size(iChannel2);
    iChannelResolution[3] = n_size(iChannel3);
    vec4 colour = vec4(0.0, 0.0, 0.0, 1.0);
    mainImage(colour, gl_FragCoord.xy);
#ifdef OPAQUE
    colour.a = 1.0;
#endif
    isf_FragColor = colour;
    n_keep();
}
