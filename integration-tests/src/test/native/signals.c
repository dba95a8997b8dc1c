// SPDX-License-Identifier: Apache-2.0
/*
 * For each line on standard input, raises and handles SIGSEGV 20,000 times, and prints the CPU time
 * of one in ns. For WatchBenchmark.
 */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#define TIMES 20000

static void recover(int sig)
{
	(void)sig;
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(void)
{
	struct sigaction action = { .sa_handler = recover };
	char line[16];

	sigaction(SIGSEGV, &action, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		double start = cpu_ns();

		for (int i = 0; i < TIMES; i++)
			raise(SIGSEGV);
		printf("%.1f\n", (cpu_ns() - start) / TIMES);
	}
	return 0;
}
