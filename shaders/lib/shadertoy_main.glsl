// Around the artist's mainImage(). OPAQUE is defined for the Image tab, whose alpha means nothing.

void main() {
    vec4 colour = vec4(0.0, 0.0, 0.0, 1.0);
    mainImage(colour, gl_FragCoord.xy);
#ifdef OPAQUE
    colour.a = 1.0;
#endif
    isf_FragColor = colour;
    n_keep();
}
