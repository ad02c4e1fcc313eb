// A loop that stays a loop. Drivers write out one of known length, and all functions with it; where the processor draws,
// the first picture then waits ten times as long for its compiler. In: how often it runs. Out: that, which no compiler knows.

uniform int u_zero;             // nobody sets it, so it is 0

int rolled(int count) {
    return count + u_zero;
}
