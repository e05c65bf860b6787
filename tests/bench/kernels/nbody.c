/* SPDX-License-Identifier: Apache-2.0
 *
 * Doubles and square roots: a star and four planets under gravity, by the leapfrog rule. nbody [STEPS] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BODIES = 5 };
struct body {
    double at[3];
    double speed[3];
    double mass;
};

static struct body bodies[BODIES];

static void begin(void)
{
    bodies[0].mass = 1000;
    for (int i = 1; i < BODIES; i++) {
        double far = 4.0 * i + 0.5;
        bodies[i] = (struct body){{far, 0.1 * i, -0.05 * i}, {0.01 * i, sqrt(1000 / far), 0.2}, 0.5 + i};
        bodies[0].speed[1] -= bodies[i].mass * bodies[i].speed[1] / 1000;
    }
}

static void step(double dt)
{
    for (int i = 0; i < BODIES; i++) {
        for (int k = i + 1; k < BODIES; k++) {
            double d[3];
            double square = 0.01;
            for (int n = 0; n < 3; n++) {
                d[n] = bodies[i].at[n] - bodies[k].at[n];
                square += d[n] * d[n];
            }
            double pull = dt / (square * sqrt(square));
            for (int n = 0; n < 3; n++) {
                bodies[i].speed[n] -= d[n] * bodies[k].mass * pull;
                bodies[k].speed[n] += d[n] * bodies[i].mass * pull;
            }
        }
    }
    for (int i = 0; i < BODIES; i++) {
        for (int n = 0; n < 3; n++) {
            bodies[i].at[n] += dt * bodies[i].speed[n];
        }
    }
}

static double energy(void)
{
    double sum = 0;
    for (int i = 0; i < BODIES; i++) {
        const double *v = bodies[i].speed;
        sum += bodies[i].mass * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / 2;
        for (int k = i + 1; k < BODIES; k++) {
            double square = 0.01;
            for (int n = 0; n < 3; n++) {
                double d = bodies[i].at[n] - bodies[k].at[n];
                square += d * d;
            }
            sum -= bodies[i].mass * bodies[k].mass / sqrt(square);
        }
    }
    return sum;
}

int main(int argc, char *argv[])
{
    unsigned long steps = argc > 1 ? strtoul(argv[1], NULL, 10) : 500000;
    begin();
    double before = energy();
    for (unsigned long i = 0; i < steps; i++) {
        step(0.001);
    }
    printf("%.12g -> %.12g, first planet at %.9f %.9f %.9f\n", before, energy(), bodies[1].at[0], bodies[1].at[1],
           bodies[1].at[2]);
    return 0;
}
