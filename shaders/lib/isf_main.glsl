// Around the artist's main(), which is called isf_main here.

void main() {
    isf_FragColor = vec4(0.0);
    isf_main();
    n_keep();
}
