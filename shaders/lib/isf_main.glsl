// Around the artist's main(), which is called isf_main here.

void main() {
    isf_FragColor = vec4(0.0);
#ifdef FRAG_DATA
    isf_FragData[0] = vec4(0.0);
#endif
    isf_main();
#ifdef FRAG_DATA
    isf_FragColor = isf_FragData[0];
#endif
    n_keep();
}
