/* SPDX-License-Identifier: MIT */
/* CPU-bound: five bodies attract each other; energy is kept, to the digit. */
#include <math.h>

#include "abi.h"

#define BODIES 5

static struct body {
	double at[3], speed[3], mass;
} bodies[BODIES];

static double energy(void)
{
	double e = 0;

	for (int i = 0; i < BODIES; i++) {
		for (int k = 0; k < 3; k++)
			e += 0.5 * bodies[i].mass * bodies[i].speed[k] * bodies[i].speed[k];
		for (int j = i + 1; j < BODIES; j++) {
			double d2 = 0;

			for (int k = 0; k < 3; k++)
				d2 += (bodies[i].at[k] - bodies[j].at[k]) *
				      (bodies[i].at[k] - bodies[j].at[k]);
			e -= bodies[i].mass * bodies[j].mass / sqrt(d2);
		}
	}
	return e;
}

static void step(double dt)
{
	for (int i = 0; i < BODIES; i++) {
		for (int j = i + 1; j < BODIES; j++) {
			double d[3], d2 = 0, pull;

			for (int k = 0; k < 3; k++) {
				d[k] = bodies[i].at[k] - bodies[j].at[k];
				d2 += d[k] * d[k];
			}
			pull = dt / (d2 * sqrt(d2));
			for (int k = 0; k < 3; k++) {
				bodies[i].speed[k] -= d[k] * bodies[j].mass * pull;
				bodies[j].speed[k] += d[k] * bodies[i].mass * pull;
			}
		}
	}
	for (int i = 0; i < BODIES; i++)
		for (int k = 0; k < 3; k++)
			bodies[i].at[k] += dt * bodies[i].speed[k];
}

int main(void)
{
	double before;

	for (int i = 0; i < BODIES; i++) {
		double angle = 1.25 * i, radius = i * i * 0.7;

		bodies[i].mass = i ? 1e-3 / i : 1;
		bodies[i].at[0] = radius * cos(angle);
		bodies[i].at[1] = radius * sin(angle);
		bodies[i].at[2] = 0.01 * i;
		bodies[i].speed[0] = i ? -sin(angle) / sqrt(radius) : 0;
		bodies[i].speed[1] = i ? cos(angle) / sqrt(radius) : 0;
	}
	before = energy();
	for (int i = 0; i < 100000; i++)
		step(0.001);
	printf("energy %.15f, then %.15f\n", before, energy());
	for (int i = 0; i < BODIES; i++)
		printf("%.12f %.12f %.12f\n", bodies[i].at[0], bodies[i].at[1], bodies[i].at[2]);
	check("energy is kept", fabs(energy() - before) < 1e-6);
	return abi_end();
}
