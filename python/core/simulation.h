/* A simulation and the spikes it has recorded. */
#ifndef SPIKEGRAD_PYTHON_SIMULATION_H
#define SPIKEGRAD_PYTHON_SIMULATION_H

/* recorder_destroy: the simulation too; NULL is legal. */
void recorder_destroy(void *recorder);

#endif
